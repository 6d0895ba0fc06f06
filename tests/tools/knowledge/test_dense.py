"""Nearness in meaning: what is embedded, kept, compared and measured, over a local endpoint."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from agent.llm.embed import OpenAIEmbedder
from agent.model import Outcome
from agent.sandbox.talk import vector
from tests.tools.knowledge import labelled, recorded
from tests.tools.knowledge.labelled import Setup
from tools.clock import StoppedClock
from tools.knowledge import dense, embedding, fused, shelf, vectors
from tools.knowledge.article import Page
from tools.knowledge.finding import Query
from tools.knowledge.fused import Background, Calibration
from tools.knowledge.index import ANOTHER_SIZE, KnowledgeIndex
from tools.knowledge.meaning import FAILED, Meaning, NoVectors, Vector
from tools.knowledge.pages import digest

LIBRARY = labelled.library()
READER = "I got an Amazon reader for Christmas. Can I use it for your digital novels?"
CLOCK = StoppedClock(datetime(2026, 3, 2, tzinfo=UTC))


class Counting:
    """Embeds by an endpoint and counts what is asked of it; implements `Embeds`."""

    def __init__(self, embeds: OpenAIEmbedder, *, model: str = "") -> None:
        self.model = model or embeds.model
        self.texts: list[str] = []
        self.calls = 0
        self.broken = ""
        self._embeds = embeds

    async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
        """Count, and fail where it is told to."""
        self.calls += 1
        if self.broken and any(self.broken in text for text in texts):
            raise NoVectors("broken", retry_after=7.0, refused=self.broken != "")
        self.texts += texts
        return await self._embeds.embed(texts, seconds=max(seconds, 60.0))


@pytest_asyncio.fixture
async def embeds() -> AsyncIterator[Counting]:
    """The endpoint with a real model's recorded vectors."""
    async with recorded.embedder() as door:
        yield Counting(door)


@pytest_asyncio.fixture
async def index() -> AsyncIterator[KnowledgeIndex]:
    """The library, not embedded yet."""
    held = KnowledgeIndex.open(":memory:")
    await held.replace(LIBRARY.pages)
    yield held
    held.close()


def changed(page: Page, text: str, **other: object) -> Page:
    """Return a page with another text."""
    return replace(page, text=text, digest=digest(text), **other)  # type: ignore[arg-type]


async def test_other_words_find_the_page_once_it_is_embedded(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """A customer whose words are not ours is the one who needs the help centre most."""
    before = await index.search(READER, meaning=Meaning(embeds))
    await embedding.refresh(index, embeds, CLOCK)
    after = await index.search(READER, meaning=Meaning(embeds))

    assert "article:l09" not in {hit.page.id for hit in before[:1]}
    assert all(hit.dense is None for hit in before)
    assert "article:l09" == after[0].page.id
    assert after[0].dense is not None
    assert after[0].passage in after[0].page.text


async def test_only_what_differs_is_embedded_again(index: KnowledgeIndex) -> None:
    """A help centre is read every quarter of an hour; its vectors cost money."""
    first, *rest = LIBRARY.pages
    words = first.text.replace("free of charge", "free of charge, of course")
    async with recorded.embedder(vector) as door:
        whole = (await embedding.refresh(index, Counting(door), CLOCK)).passages
        await index.replace([changed(first, words), *rest])
        again = (await embedding.refresh(index, Counting(door), CLOCK)).passages

    assert whole == await passages_of(index) >= 50
    assert 1 == again


async def test_the_endpoint_is_asked_in_small_batches(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """One request with a whole help centre in it is refused, or runs out of time."""
    await embedding.refresh(index, embeds, CLOCK)

    assert embeds.calls >= len(embeds.texts) / embedding.BATCH
    assert len(embeds.texts) > embedding.BATCH


async def test_a_page_that_no_customer_may_see_is_not_sent_anywhere(embeds: Counting) -> None:
    """An internal page is safest where it is; the benign twin is embedded."""
    secret = changed(LIBRARY.pages[0], "Goodwill up to 50.", id="article:s", quotable=False)
    index = KnowledgeIndex.open(":memory:")
    await index.replace([secret, *LIBRARY.pages])

    await embedding.refresh(index, embeds, CLOCK)
    index.close()

    assert not [text for text in embeds.texts if "Goodwill" in text]
    assert [text for text in embeds.texts if "photo ID" in text]


async def test_another_model_embeds_everything_again_and_words_stand_in_meanwhile(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """Vectors of two models cannot be compared; a search in between must not stop or lie."""
    first, told = await embedding.refresh(index, embeds, CLOCK), recorded.read()
    async with recorded.embedder(lambda text: [*reversed(told.of(text))]) as door:
        other = Counting(door, model="another")
        meanwhile = await index.search(READER, meaning=Meaning(other))
        second = await embedding.refresh(index, other, CLOCK)
    standing = await index.work(vectors.standing)

    assert all(hit.dense is None for hit in meanwhile)
    assert first.passages == second.passages
    assert standing.model is not None
    assert ("another", 384) == (standing.model.name, standing.model.size)


async def test_another_model_under_the_same_name_is_noticed(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """A local server may be started with other weights, and nobody renames it."""
    whole = (await embedding.refresh(index, embeds, CLOCK)).passages
    told = recorded.read()
    async with recorded.embedder(lambda text: [-one for one in reversed(told.of(text))]) as door:
        again = await embedding.refresh(index, Counting(door), CLOCK)

    assert whole == again.passages


async def test_one_request_a_run_and_none_after_a_failure(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """A run has a customer waiting; its texts are asked for once, together."""
    await embedding.refresh(index, embeds, CLOCK)
    before, meaning = embeds.calls, Meaning(embeds)
    for _ in range(2):
        await index.search(READER, meaning=meaning)
    asked = embeds.calls - before

    embeds.broken, failing = "Amazon", Meaning(embeds)
    found = [await index.search(READER, meaning=failing) for _ in range(2)]

    assert (1, 2) == (asked, embeds.calls - before)
    assert (FAILED, "") == (failing.missing, meaning.missing)
    assert all(hit.dense is None for hits in found for hit in hits)


async def test_a_text_that_is_refused_does_not_stop_the_others(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """One page that the model cannot take must not keep a help centre from being embedded."""
    embeds.broken = "Press Reserve"
    done = await embedding.refresh(index, embeds, CLOCK)
    again = await embedding.refresh(index, embeds, CLOCK)

    assert (0, True) == (again.passages, done.passages >= 50)
    assert (await index.search(READER, meaning=Meaning(embeds)))[0].dense is not None


async def test_an_endpoint_that_fails_leaves_what_was_done(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """An hour of embedding must not be hours to one bad minute."""

    class Failing(Counting):
        async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
            if self.calls == 2:
                raise NoVectors("down", retry_after=7.0)
            return await super().embed(texts, seconds=seconds)

    async with recorded.embedder() as door:
        with pytest.raises(NoVectors):
            await embedding.refresh(index, Failing(door), CLOCK)
        kept = (await index.work(vectors.standing)).embedded
        rest = (await embedding.refresh(index, embeds, CLOCK)).passages

    assert embedding.BATCH == kept
    assert await passages_of(index) == kept + rest


@pytest.mark.parametrize("pages", [0, 1, 4], ids=["none", "one", "a few"])
async def test_too_few_pages_are_found_by_words(pages: int, embeds: Counting) -> None:
    """What nearness is worth cannot be told from three pages; a guess could go public."""
    index = KnowledgeIndex.open(":memory:")
    await index.replace(LIBRARY.pages[:pages])
    done = await embedding.refresh(index, embeds, CLOCK)
    hits = await index.search("How can I become a member?", meaning=Meaning(embeds))
    index.close()

    assert None is done.calibration
    assert min(pages, 1) == len(hits[:1])
    assert all((None, 0.0) == (hit.dense, hit.needs) for hit in hits)


async def test_a_small_change_is_not_measured_again_and_a_large_one_is(embeds: Counting) -> None:
    """Measuring asks a hundred titles; one corrected sentence does not change what it finds."""
    shop = labelled.shop()
    index = KnowledgeIndex.open(":memory:")
    await index.replace(shop.pages)
    first = (await embedding.refresh(index, embeds, CLOCK)).calibration
    one = next(page for page in shop.pages if page.id == "article:86000012003@de")
    await index.replace([page for page in shop.pages if page is not one])
    small = (await embedding.refresh(index, embeds, CLOCK)).calibration
    await index.replace(shop.pages[20:])
    large = (await embedding.refresh(index, embeds, CLOCK)).calibration
    index.close()

    assert first
    assert small
    assert large
    assert first.languages == small.languages != large.languages


async def test_a_title_is_hardly_ever_answered_by_another_page() -> None:
    """What a help centre asks of its own titles is what it promises for questions like them."""
    shop = labelled.shop()
    async with recorded.embedder() as door, labelled.setup(shop, Counting(door)) as played:
        found = await played.index.work(vectors.calibration)
        asked = await played.index.work(lambda db: vectors.titled(db, ["en"], 40))
        scores = [await taken_away(played, page, Counting(door)) for page in asked]

    assert found
    assert sum(score >= found.needs for score in scores) <= len(scores) / fused.MISSED
    assert sum(score >= 0.5 for score in scores) > len(scores) / fused.MISSED


async def taken_away(played: Setup, page: Page, embeds: Counting) -> float:
    """Return how well another page answers this one's title."""
    query = Query(page.title, "en", "en", 1, shelf.family_of(page.id))
    return (await played.index.find(query, Meaning(embeds)))[0].score


def test_the_threshold_leaves_out_one_title_in_twentyfive_and_never_falls_below_its_least() -> None:
    """A help centre may ask for more care than we do by ourselves, and never for less."""
    assert fused.LEAST == fused.threshold([])
    assert fused.LEAST == fused.threshold([0.1] * 100)
    assert fused.LEAST == fused.threshold([0.99] * 4 + [0.2] * 96)
    assert fused.threshold([0.95] * 5 + [0.2] * 95) > 0.95


def test_a_wish_to_have_something_done_is_worth_less_than_a_question() -> None:
    """No page can look an order up, however near its words are."""
    there = Background(0.5, 0.1)

    assert fused.rank(0.8, 0.5, there) > 0.0 > fused.rank(0.75, 0.5, there, own=True)


async def test_the_drafter_quotes_by_what_the_help_centre_needs() -> None:
    """The score of two sources has a threshold of its own: the drafter's alone would not do."""
    hours = next(one for one in LIBRARY.questions if one.page == "l20" and one.kind == "plain")
    async with recorded.embedder() as door, labelled.setup(LIBRARY, Counting(door)) as played:
        free = await played.draft(hours)
        await strict(played, 0.9999)
        held = await played.draft(hours)

    assert (Outcome.ANSWER, Outcome.FOR_AGENT) == (free.outcome, held.outcome)
    assert "1.00 needed" in held.reason


async def strict(played: Setup, needs: float) -> None:
    """Let the help centre need more."""
    found = await played.index.work(vectors.calibration)
    assert found is not None
    await played.index.work(lambda db: vectors.calibrated(db, replace(found, needs=needs)))


async def test_vectors_of_another_size_are_not_compared(
    index: KnowledgeIndex, embeds: Counting
) -> None:
    """A cosine of different things is a number too."""
    await embedding.refresh(index, embeds, CLOCK)
    async with recorded.embedder(vector) as door:
        meaning = Meaning(Counting(door, model=embeds.model))
        hits = await index.search(READER, meaning=meaning)

    assert ANOTHER_SIZE == meaning.missing
    assert all(hit.dense is None for hit in hits)


def test_a_byte_for_each_number_keeps_the_direction() -> None:
    """A hundred thousand passages must fit into memory, and still be told apart."""
    rng = random.Random(3)  # noqa: S311 -- any numbers do
    for size in (64, 384, 1536):
        one = [rng.gauss(0, 1) for _ in range(size)]
        packed = dense.pack(one)

        assert size + 4 == len(packed)
        assert dense.cosine(one, dense.unpack(packed)) > 0.999


@pytest.mark.parametrize("bad", [[], [0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_a_vector_without_direction_is_not_kept(bad: list[float]) -> None:
    """It would be as near to every question as to none."""
    with pytest.raises(ValueError, match="no direction"):
        dense.pack(bad)


async def test_what_was_embedded_is_there_after_a_restart(tmp_path: Path, embeds: Counting) -> None:
    """Vectors are kept in the index's own file, with the model's name and what was measured."""
    first = KnowledgeIndex.open(tmp_path / "kb.db")
    await first.replace(LIBRARY.pages)
    measured = (await embedding.refresh(first, embeds, CLOCK)).calibration
    first.close()
    again = KnowledgeIndex.open(tmp_path / "kb.db")
    hits = await again.search(READER, meaning=Meaning(embeds))
    kept = await again.work(vectors.calibration)
    again.close()

    assert "article:l09" == hits[0].page.id
    assert measured == kept
    assert isinstance(kept, Calibration)


async def passages_of(index: KnowledgeIndex) -> int:
    """Return how many passages there are."""
    return (await index.work(vectors.standing)).passages
