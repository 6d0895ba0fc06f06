"""What retrieval is worth on labelled questions: the floor no change may lower.

`make bench` plays everything and prints it; here is a sample, of real vectors over the loopback.
"""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from agent.extractive import THRESHOLD
from tests.bench import retrieval
from tests.bench.retrieval import BOTH, WORDS, Drafted, Measured
from tests.tools.knowledge import labelled, recorded
from tests.tools.knowledge.labelled import Labelled, position, setup
from tools.knowledge import dense, fused


@pytest.fixture(scope="module")
def outcomes() -> Counter[tuple[str, str]]:
    """Ask the shop's questions by words alone; by kind and outcome, and where the page stands."""
    return asyncio.run(_by_words())


async def _by_words() -> Counter[tuple[str, str]]:
    counted = Counter[tuple[str, str]]()
    async with setup(labelled.shop()) as shop:
        for asked in shop.labelled.questions:
            hits = await shop.hits(asked)
            at = position(asked, hits, lambda hit: hit.score)
            said = bool(hits) and hits[0].score >= THRESHOLD
            counted[asked.kind, ("right" if at == 0 else "wrong") if said else "handed over"] += 1
            if asked.page:
                counted["answerable", "first"] += at == 0
                counted["answerable", "third"] += at is not None and at < 3
                counted["answerable", "asked"] += 1
    return counted


@pytest.fixture(scope="module")
def library() -> Measured:
    """Play the library, by words and by both: nothing was fitted on it."""
    return asyncio.run(_of_the_library())


async def _of_the_library() -> Measured:
    whole = labelled.library()
    sample = tuple(one for at, one in enumerate(whole.questions) if at % 3 != 2)
    async with recorded.embedder() as embeds:
        return await retrieval.measured(replace(whole, questions=sample), embeds)


def test_the_right_page_is_among_the_first(outcomes: Counter[tuple[str, str]]) -> None:
    """What the search does not find, no drafter can quote."""
    asked = outcomes["answerable", "asked"]

    assert outcomes["answerable", "first"] >= 0.8 * asked
    assert outcomes["answerable", "third"] >= 0.92 * asked


def test_hardly_any_question_without_an_answer_gets_one(
    outcomes: Counter[tuple[str, str]],
) -> None:
    """A wrong answer costs more than a handover: at most 2 in 100."""
    wrong = outcomes["near", "wrong"] + outcomes["out", "wrong"]
    asked = sum(n for (kind, _), n in outcomes.items() if kind in {"near", "out"})

    assert asked >= 60
    assert wrong <= 0.02 * asked


def test_hardly_any_answerable_question_gets_another_pages_answer(
    outcomes: Counter[tuple[str, str]],
) -> None:
    """The wrong page is a wrong answer, however well it is quoted."""
    wrong = outcomes["plain", "wrong"] + outcomes["low", "wrong"]

    assert wrong <= 0.02 * outcomes["answerable", "asked"]


def test_questions_in_the_pages_words_are_mostly_answered(
    outcomes: Counter[tuple[str, str]],
) -> None:
    """A threshold that answers nothing would pass every other test."""
    asked = sum(n for (kind, _), n in outcomes.items() if kind == "plain")

    assert outcomes["plain", "right"] >= 0.55 * asked


def test_meaning_finds_what_other_words_ask(library: Measured) -> None:
    """Customers do not know our words; on pages nobody tuned for, words alone find little."""
    rows = {row.way: row for row in library.found if row.slice == "English, other words"}

    assert rows[BOTH].asked >= 20
    assert rows[BOTH].first >= rows[WORDS].first + 0.25 * rows[BOTH].asked
    assert rows[BOTH].third >= 0.6 * rows[BOTH].asked


def test_what_meaning_finds_is_quoted_with_no_less_care(library: Measured) -> None:
    """A score from two sources must not become a way around the threshold of one."""
    by: dict[str, Drafted] = {row.way: row for row in library.drafted}

    assert by[BOTH].right >= 10
    assert (0, 0) == (by[BOTH].wrong, by[BOTH].invented)
    assert fused.LEAST <= library.needs < 1.0


def test_a_fixed_cosine_would_not_do(library: Measured) -> None:
    """Each help centre has a nearness of its own; that is why it is measured on itself."""
    told = recorded.read()
    shop = Labelled("shop", labelled.shop().pages[:30], ())

    measured = asyncio.run(_backgrounds(shop, told))

    assert measured["en"] - library.backgrounds["en"][0] > 0.03


async def _backgrounds(chosen: Labelled, told: recorded.Recorded) -> dict[str, float]:
    async with recorded.embedder(told.of) as embeds, setup(chosen, embeds) as played:
        matrix = await played.index.matrix()
        assert matrix is not None
        return {name: one.mean for name, one in dense.backgrounds(matrix).items()}


def test_the_recording_is_of_a_real_model_and_small() -> None:
    """What is measured is worth what was recorded, and a repository is no place for weights."""
    told = recorded.read()

    assert (recorded.MODEL, 384) == (told.model, told.size)
    assert len(told.vectors) > 900
    assert recorded.FILE.stat().st_size < 400_000
    near, far = (told.of(text) for text in _PAIR)
    assert dense.cosine(near, told.of(_ASK)) > dense.cosine(far, told.of(_ASK)) + 0.2


_ASK = "My wallet was stolen on the bus with everything in it, yours too. Can a stranger take things out in my name?"  # noqa: E501
_PAIR = ("I have lost my card", "Story time and events for children")
