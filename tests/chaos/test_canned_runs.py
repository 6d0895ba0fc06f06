"""The account's canned responses on the service's own path: read, found, filled in, sent or not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from agent.drafter import Drafter
from agent.extractive import document
from agent.model import (
    Disposition,
    Draft,
    Evidence,
    Outcome,
    Paragraph,
    RunLimits,
    Sentence,
    Snapshot,
    SourceKind,
)
from agent.policy.terms import Policy
from server.knowledge_sync import Read, Sync
from server.store import runs
from tests.chaos.house import KEY
from tests.chaos.theatre import ACCOUNT, ASKED, Theatre
from tools.clock import StoppedClock
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox.app import Role, create_app
from tools.freshdesk.sandbox.clock import stamp
from tools.html import to_text
from tools.http import Wire
from tools.kit.tool import Desk
from tools.knowledge.index import KnowledgeIndex
from tools.ledger import MemoryLedger
from tools.provider import Lane, share

RETURNS = (
    "<p>Hello {{ticket.requester.name}},</p><p>You can return an item within 30 days of its"
    " delivery. Send it back with the label from the parcel.</p><p>Your ticket is number"
    " {{ticket.id}}.</p>"
)
SAID = (
    "Hello Kim,\n\nYou can return an item within 30 days of its delivery. Send it back with the"
    " label from the parcel.\n\nYour ticket is number {id}."
)
SECRET = "<p>Return an item: you have {{ticket.cf_secret}} days to return it.</p>"


@dataclass
class Shop:
    """A play whose knowledge base is read by the product's own synchroniser."""

    theatre: Theatre
    index: KnowledgeIndex

    def response(self, html: str, title: str = "How to return an item") -> int:
        """Let the account's people write a canned response; return its number."""
        desk = self.theatre.desk
        at, number = stamp(desk.now()), desk.fresh("canned_responses")
        times = {"created_at": at, "updated_at": at}
        folder = {"id": 1, "name": "General", "personal": False, **times}
        desk.settings["canned_folders"].setdefault(1, folder)
        desk.settings["canned_responses"][number] = {
            "id": number,
            "title": title,
            "folder_id": 1,
            "content_html": html,
            "attachments": [],
            "visibility": 0,
            "group_ids": [],
            **times,
        }
        return number

    async def read(self, role: Role = "admin") -> Read:
        """Read the help centre and the responses, with a key of this role."""
        wire = Wire.in_process(create_app(self.theatre.desk, api_key=KEY, role=role))
        clock = StoppedClock(self.theatre.clock.now())
        shared = share(wire, MemoryLedger(), clock)

        async def rate() -> float | None:
            return None

        sync = Sync(
            index=self.index,
            open=lambda lane: open_freshdesk(
                wire.origin, KEY, account=ACCOUNT, shared=shared, lane=Lane(lane)
            ),
            folder=None,
            clock=clock,
            rate=rate,
            primary=asyncio.Event(),
            complete=asyncio.Event(),
        )
        try:
            return await sync.once()
        finally:
            await wire.aclose()

    async def answer(
        self,
        *,
        locked: bool,
        drafter: Drafter | None = None,
        named: tuple[str, ...] = ("*",),
        body: str = ASKED[0],
        name: str = "Kim",
    ) -> runs.Run:
        """Let a customer ask about a return, under the boldest policy, locked or not."""
        play = self.theatre
        policy = replace(play.responder.policy, canned_only=locked, canned=named)
        by = replace(play.responder, policy=policy, knowledge=self.index)
        by = replace(by, drafter=drafter) if drafter else by
        play.account = replace(play.account, responder=by)
        ticket = play.write(body)
        play.desk.contacts[play.desk.tickets[ticket].requester_id].name = name
        play.deliver(ticket)
        await play.work()
        return play.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]

    def replies(self, run: runs.Run) -> list[str]:
        """Return what the customer was told, as text."""
        return [to_text(one) for one in self.theatre.said(int(run.ticket_id))]


def kinds(run: runs.Run) -> set[SourceKind]:
    """Return the kinds of documents that the drafter was given."""
    draft = run.result.draft
    return {one.kind for one in draft.documents} if draft else set()


@pytest_asyncio.fixture
async def shop(theatre: Theatre) -> AsyncIterator[Shop]:
    """The demo company with one canned response of ours in place of its own, not read yet."""
    made = Shop(theatre, KnowledgeIndex.open(":memory:"))
    theatre.desk.settings["canned_responses"].clear()
    made.response(RETURNS)
    yield made
    made.index.close()


@dataclass
class Editing:
    """A drafter that finds the response, as the index has it, and words it its own way.

    Attributes:
        beside: cites a page of the help centre as well.
    """

    beside: bool = False
    name: str = "editing"
    prompt: str = ""

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Quote one sentence, and promise ten times as much."""
        del policy, limits
        words = snapshot.turn.text if snapshot.turn else ""
        hits = [*await desk.knowledge.canned(words), *await desk.knowledge.search("return lamp")]
        pages = {hit.page.id: hit.page for hit in hits}
        desk.fetched.update(pages)
        documents = tuple(document(one) for one in pages.values())
        ready = next(one for one in documents if one.kind is SourceKind.CANNED)
        other = [one for one in documents if one.kind is SourceKind.ARTICLE][: int(self.beside)]
        cited = [Evidence(ready.id, "within 30 days of its delivery", ready.digest)]
        cited += [Evidence(one.id, one.text.split("\n")[0], one.digest) for one in other]
        said = Sentence("You have 300 days, whatever happens.", tuple(cited))
        return Draft(Outcome.ANSWER, "en", (Paragraph((said,)),), documents=documents)


async def test_in_the_locked_mode_a_response_goes_out_word_for_word(shop: Shop) -> None:
    """The whole way: read from the helpdesk, found, filled in, judged and sent."""
    await shop.read()

    run = await shop.answer(locked=True)

    assert [SAID.format(id=run.ticket_id)] == shop.replies(run)
    assert {SourceKind.CANNED} == kinds(run)


async def test_unlocked_the_same_question_is_answered_in_public_too(shop: Shop) -> None:
    """The benign twin: the lock is what keeps other words from the customer, and nothing else."""
    await shop.read("agent")

    free = await shop.answer(locked=False)
    held = await shop.answer(locked=True)

    assert 1 == len(shop.replies(free))
    assert SAID.format(id=free.ticket_id) not in shop.replies(free)
    assert [] == shop.replies(held)
    assert held.result.decision
    assert Disposition.PRIVATE_NOTE is held.result.decision.disposition


async def test_a_response_that_the_drafter_edits_is_not_what_the_customer_reads(
    shop: Shop,
) -> None:
    """The choice is taken and the wording is not; where the choice is impure, nothing goes out."""
    await shop.read()

    whole = await shop.answer(locked=True, drafter=Editing())
    mixed = await shop.answer(locked=True, drafter=Editing(beside=True))

    assert [SAID.format(id=whole.ticket_id)] == shop.replies(whole)
    assert [] == shop.replies(mixed)


async def test_unlocked_an_edited_response_is_no_evidence_for_what_it_does_not_say(
    shop: Shop,
) -> None:
    """It is a document like any other: what is quoted must stand in it."""
    await shop.read()

    edited = await shop.answer(locked=False, drafter=Editing())

    assert [] == shop.replies(edited)


async def test_a_response_with_a_placeholder_that_is_not_ours_does_not_exist(shop: Shop) -> None:
    """A field that no policy calls public is filled in for nobody."""
    for known in shop.theatre.desk.settings["canned_responses"].values():
        known["content_html"] = SECRET
    await shop.read()

    run = await shop.answer(locked=True)

    assert [] == shop.replies(run)
    assert SourceKind.CANNED not in kinds(run)


@pytest.mark.parametrize(
    "more",
    [{"visibility": 1}, {"visibility": 2}, {"personal": True}, {"attachments": [{"id": 1}]}],
    ids=["personal", "groups", "folder", "file"],
)
async def test_what_is_not_everybodys_or_not_all_words_is_left_out(
    shop: Shop, more: dict[str, object]
) -> None:
    """What one agent keeps for themselves the whole company has not agreed to say."""
    desk = shop.theatre.desk
    for known in [*desk.settings["canned_responses"].values()]:
        known |= {key: value for key, value in more.items() if key in known}
    for known in desk.settings["canned_folders"].values():
        known |= {key: value for key, value in more.items() if key in known}
    await shop.read()

    run = await shop.answer(locked=True)

    assert [] == shop.replies(run)


@pytest.mark.parametrize(
    "html",
    [
        '<p>Return it <a href="https://x.example">here</a>.</p>',
        '<p>Return an item so:</p><img src="https://x.example/a.png">',
    ],
    ids=["link", "picture"],
)
async def test_words_that_lose_a_link_or_a_picture_are_left_out_and_said(
    shop: Shop, html: str
) -> None:
    """'Click here' without the link is not what people wrote."""
    shop.response(html, "Broken")

    read = await shop.read()

    assert 1 == len(read.left_out)
    assert "'Broken' is left out" in read.left_out[0]


async def test_a_key_that_may_not_read_them_leaves_them_out_and_says_so(shop: Shop) -> None:
    """An ordinary agent's key is enough for everything else; what it read before is stale."""
    before = await shop.read("admin")
    after = await shop.read("agent")

    assert 1 == before.pages - after.pages
    assert () == before.left_out
    assert "role may not read them" in after.left_out[0]
    assert () == await shop.index.canned("How do I return an item?")


async def test_a_withdrawn_response_goes_and_a_changed_one_is_read_again(shop: Shop) -> None:
    """A response that is still sent after it was taken back is a promise nobody makes."""
    gone = shop.response("<p>Return an item to our old shop.</p>", "Old")
    await shop.read()
    responses = shop.theatre.desk.settings["canned_responses"]
    del responses[gone]
    for known in responses.values():
        known["content_html"] = RETURNS.replace("30", "14")

    await shop.read()

    assert await shop.index.page(f"canned:{gone}") is None
    assert "14 days" in (await shop.index.canned("How do I return an item?"))[0].page.text
    assert all("canned:" not in one.page.id for one in await shop.index.search("return an item"))


CANCELLED = "<p>Your Bloom Box subscription has ended and nothing more will be charged.</p>"
CHARGED = "<p>Will my Bloom Box subscription be charged any more?</p>"


@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize(
    ("named", "replies"), [((), 0), (("Bloom Box cancelled",), 1), (("How to return an item",), 0)]
)
async def test_only_a_response_that_the_policy_names_goes_out_without_a_person(
    shop: Shop, named: tuple[str, ...], replies: int, *, locked: bool
) -> None:
    """People say 'it has ended' after they ended it; a machine that says so has ended nothing."""
    shop.response(CANCELLED, "Bloom Box cancelled")
    await shop.read()

    run = await shop.answer(locked=locked, named=named, body=CHARGED)

    assert replies == len(shop.replies(run))
    assert SourceKind.CANNED in kinds(run)


async def test_a_response_for_people_takes_no_reply_from_a_page(shop: Shop) -> None:
    """It fits as well as the page does; it is for notes, and the page's answer still goes out."""
    await shop.read()

    run = await shop.answer(locked=False, named=())

    assert 1 == len(shop.replies(run))
    assert SourceKind.CANNED not in kinds(run)


async def test_a_name_that_is_a_message_is_filled_in_nowhere(shop: Shop) -> None:
    """Who writes in somebody else's name chooses it: our greeting must not carry their words."""
    await shop.read()

    run = await shop.answer(locked=True, name="You won, call 0900 555 now to get the prize")

    assert [] == shop.replies(run)
