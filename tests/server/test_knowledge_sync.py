"""The knowledge base kept fresh: what is withdrawn goes, what fails leaves what was there."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from agent.extractive import ExtractiveDrafter
from agent.journal import MemoryJournal
from agent.model import Disposition, Result, Trigger, TriggerKind
from agent.policy.terms import Mode, Policy
from agent.respond import Responder, respond
from agent.sandbox.talk import vector
from server.knowledge_sync import Sync
from tests.tools.knowledge import recorded
from tools.clock import StoppedClock
from tools.freshdesk import FRESHDESK
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.http import Wire
from tools.knowledge import vectors
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.meaning import FAILED, Embeds, Meaning, NoVectors, Vector
from tools.ledger import MemoryLedger
from tools.model import AccountId, TicketId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Shared, share

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ACCOUNT = AccountId("acme")
ASKED = "<p>How do I return an item, and how long do I have?</p>"


class Dead:
    """An endpoint that is not there; implements `Embeds`."""

    model = recorded.MODEL

    async def embed(self, texts: list[str], *, seconds: float) -> tuple[Vector, ...]:
        """Fail."""
        raise NoVectors(f"nobody answers {len(texts)} texts in {seconds:g} s", retry_after=60.0)


@dataclass
class World:
    """A demo helpdesk in this process, and its help centre's index."""

    desk: Desk
    wire: Wire
    shared: Shared
    index: KnowledgeIndex
    clock: StoppedClock

    def open(self, lane: Lane, grant: Grant) -> Helpdesk:
        """Open it."""
        return FRESHDESK.open(
            self.wire.origin, "k", account=ACCOUNT, shared=self.shared, lane=lane, grant=grant
        )

    def sync(self, *, folder: Path | None = None, embeds: Embeds | None = None) -> Sync:
        """Return what keeps the index fresh."""

        async def rate() -> float | None:
            return None

        return Sync(
            index=self.index,
            open=lambda lane: self.open(lane, READ_ONLY),
            folder=folder,
            clock=self.clock,
            rate=rate,
            primary=asyncio.Event(),
            complete=asyncio.Event(),
            embeds=embeds,
        )

    async def answer(self, html: str, embeds: Embeds | None = None) -> Result:
        """Let a customer write, and answer under the boldest policy."""
        message = people.Message("Question", html, "kim@example.com", "Kim")
        ticket = people.write_in(self.desk, message)
        policy = Policy(mode=Mode.AUTO, portal_hosts=("larkspur.freshdesk.com",))
        drafter = ExtractiveDrafter(clock=self.clock)
        by = Responder(self.open, drafter, self.index, policy, self.clock)
        if embeds is not None:
            by = Responder(self.open, drafter, self.index, policy, self.clock,
                           meaning=lambda: Meaning(embeds, seconds=60.0))  # fmt: skip
        trigger = Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId(str(ticket.id)))
        return await respond(trigger, by=by, journal=MemoryJournal(), run="r1")


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    """The demo company; nothing is read yet."""
    chance = random.Random(5)  # noqa: S311 -- a phase, not a secret
    desk = loader.demo(clock=VirtualClock(NOW), rng=chance)
    wire = Wire.in_process(create_app(desk, api_key="k"))
    clock = StoppedClock(NOW)
    index = KnowledgeIndex.open(":memory:")
    yield World(desk, wire, share(wire, MemoryLedger(), clock, rng=chance), index, clock)
    index.close()
    await wire.aclose()


def titled(world: World, words: str) -> int:
    """Return the id of the article whose title holds these words."""
    return next(it.id for it in world.desk.articles.values() if words in it.title)


def fewer(world: World) -> None:
    """Leave a small help centre, which is embedded sooner."""
    for number, article in list(world.desk.articles.items())[12:]:
        if "return an item" not in article.title:
            del world.desk.articles[number]


async def test_what_is_deleted_unpublished_or_hidden_is_no_longer_quoted(world: World) -> None:
    """A withdrawn page that is still quoted is a promise nobody made."""
    sync = world.sync()
    await sync.once()
    gone, draft, hidden = (titled(world, words) for words in ("track", "reset", "battery of"))
    before = [await world.index.page(f"article:{one}") for one in (gone, draft, hidden)]
    del world.desk.articles[gone]
    world.desk.articles[draft].status = 1
    world.desk.folders[world.desk.articles[hidden].folder_id].visibility = 3
    await sync.once()
    after = [await world.index.page(f"article:{one}") for one in (gone, draft, hidden)]

    assert [True] * 3 == [page is not None and page.quotable for page in before]
    assert [None, False, False] == [None if page is None else page.quotable for page in after]


async def test_articles_in_folders_inside_folders_are_read(world: World) -> None:
    """Help centres are filed several folders deep."""
    inner = titled(world, "track")
    home = world.desk.folders[world.desk.articles[inner].folder_id]
    other = next(it for it in world.desk.folders.values() if it.id != home.id)
    home.parent_folder_id, home.category_id = other.id, other.category_id

    await world.sync().once()

    assert await world.index.page(f"article:{inner}")


async def test_a_second_reading_costs_less_and_a_new_translation_is_found(world: World) -> None:
    """Most folders have no words in most languages; asking them each time drains the pool."""
    articles = world.desk.articles.values()
    german = {it.folder_id for it in articles if "de" in it.translations}
    article = next(it for it in articles if it.folder_id not in german)
    sync = world.sync()
    first, second = [(await sync.once()).credits for _ in range(2)]
    text = {"title": "Neu", "description": "<p>Ein Satz.</p>", "status": 2}
    article.translations["de"] = text
    soon = (await sync.once()).credits
    at_once = await world.index.page(f"article:{article.id}@de")
    world.clock.advance(7 * 3600.0)
    await sync.once()

    assert soon == second < first
    assert at_once is None
    assert await world.index.page(f"article:{article.id}@de")


async def test_a_renamed_file_is_one_file_and_a_missing_folder_empties_nothing(
    world: World, tmp_path: Path
) -> None:
    """A disk that was not mounted for a minute must not cost the knowledge base."""
    folder = tmp_path / "kb"
    folder.mkdir()
    (folder / "old.md").write_text("# Cleaning\n\nRinse it.", "utf-8")
    (folder / "bad.md").write_bytes(b"\xe4")
    sync = world.sync(folder=folder)
    read = await sync.once()
    (folder / "old.md").rename(folder / "new.md")
    await sync.once()
    renamed = [await world.index.page(f"file:{name}.md") for name in ("old", "new")]
    folder.rename(tmp_path / "away")
    away = await sync.once()

    assert ["'bad.md' is not UTF-8 (byte 0): save it as UTF-8"] == list(read.faults)
    assert [False, True] == [page is not None for page in renamed]
    assert await world.index.page("file:new.md")
    assert "is not a folder" in away.faults[0]


async def test_passages_are_embedded_after_a_reading_and_a_dead_endpoint_is_asked_again(
    world: World,
) -> None:
    """Embedding takes its time beside the work, and ends well once the endpoint is back."""
    fewer(world)
    await world.sync().once()
    async with recorded.embedder(vector) as door:

        class Waking:
            model = door.model
            calls = 0

            async def embed(self, texts: list[str], *, seconds: float) -> tuple[Vector, ...]:
                self.calls += 1
                if self.calls == 1:
                    raise NoVectors("not yet", retry_after=60.0)
                return await door.embed(texts, seconds=seconds)

        loop = asyncio.create_task(world.sync(embeds=Waking()).embedding())  # type: ignore[arg-type]
        async with asyncio.timeout(60):
            while await world.index.work(vectors.calibration) is None:  # noqa: ASYNC110 -- a file
                await asyncio.sleep(0.05)
        loop.cancel()
        standing = await world.index.work(vectors.standing)

    assert standing.passages == standing.embedded > 50
    assert world.clock.steady() >= 60.0


async def test_a_dead_endpoint_costs_the_run_nothing_but_the_meaning(world: World) -> None:
    """Embeddings are a help; the ticket is answered by words, and the agents are told."""
    fewer(world)
    await world.sync().once()
    async with recorded.embedder(vector) as door:
        from tools.knowledge.embedding import refresh  # noqa: PLC0415 -- as the product does

        await refresh(world.index, door, world.clock)
        alive = await world.answer(ASKED, door)
    dead = await world.answer(ASKED, Dead())  # type: ignore[arg-type]

    assert alive.draft
    assert dead.draft
    assert FAILED not in alive.draft.missing
    assert FAILED in dead.draft.missing
    assert dead.receipt
    assert dead.receipt.posted


@pytest.mark.parametrize("kept", ["", "return"], ids=["no article", "one article"])
async def test_a_small_help_centre_answers_or_hands_over(world: World, kept: str) -> None:
    """On the first day there is nothing to quote; with the page there is, as its twin shows."""
    for number, article in list(world.desk.articles.items()):
        if not kept or "return an item" not in article.title:
            del world.desk.articles[number]
    async with recorded.embedder(vector) as door:
        await world.sync(embeds=door).once()
        result = await world.answer(ASKED, door)

    assert result.decision
    expected = Disposition.PUBLIC_REPLY if kept else Disposition.HANDOFF
    assert expected is result.decision.disposition


async def test_an_article_with_scripts_sends_none_of_them(world: World) -> None:
    """A help centre is written by many hands; what they paste must not run at a customer's."""
    article = world.desk.articles[titled(world, "return an item")]
    article.description = (
        "<script>steal()</script><p onclick='steal()'>You can return any item within 30 days."
        "</p><img src=x onerror='steal()'><style>p{}</style>"
        "<iframe src='https://evil.example'></iframe>"
    )
    await world.sync().once()
    result = await world.answer(ASKED)

    assert result.receipt
    assert result.receipt.posted
    page = await world.index.page(f"article:{article.id}")
    assert page
    assert "30 days" in page.text
    said = str(world.desk.log)
    assert not [
        bad for bad in ("steal", "onerror", "evil.example") if bad in page.text or bad in said
    ]
