"""What retrieval finds and what the drafter makes of it: by words, by meaning, and by both."""

import asyncio
import functools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.extractive import THRESHOLD
from tests.bench.figures import Tick
from tests.tools.knowledge import labelled, recorded
from tests.tools.knowledge.labelled import Labelled, Question, Setup, judge, position
from tools.knowledge import vectors
from tools.knowledge.article import Hit
from tools.knowledge.meaning import Embeds

WORDS, MEANING, BOTH = "words", "meaning", "both"
LEVELS = (0.3, 0.5, 0.65, THRESHOLD, 0.9)
NEARNESS = (0.45, 0.55, 0.6, 0.65, 0.75)
"""Cosines: of nearness alone nothing tells a chance."""
STEPS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """How often the right page came first, or among three, of so many questions."""

    way: str
    slice: str
    asked: int
    first: int
    third: int


@dataclass(frozen=True, slots=True)
class Level:
    """What would be said if everything from a score on were: a point of the no-answer curve.

    Attributes:
        right, wrong: of the answerable questions.
        invented: of the questions that no page answers.
        blind: of the answerable ones with their own page taken away.
    """

    way: str
    least: float
    right: int
    wrong: int
    invented: int
    blind: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the drafter without a model made of the questions.

    Attributes:
        elsewhere: the right page, but not a passage that a person would send.
        invented: questions that no page answers, and that were answered.
    """

    way: str
    answerable: int
    right: int
    elsewhere: int
    wrong: int
    handed_over: int
    unanswerable: int
    invented: int
    english: tuple[int, int, int, int]
    others: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything about one help centre.

    Attributes:
        needs: the least score that was found on the help centre itself.
        nearness: the cosine at which a page alone reaches that score, by language.
    """

    name: str
    found: tuple[Found, ...]
    curve: tuple[Level, ...]
    drafted: tuple[Drafted, ...]
    needs: float
    backgrounds: dict[str, tuple[float, float]] = field(default_factory=dict)


@functools.cache
def whole() -> tuple[Measured, ...]:
    """Play everything, once for all the parts that show it."""
    return tuple(measure())


async def _both(tick: Tick, only: Callable[[Question], bool]) -> list[Measured]:
    found: list[Measured] = []
    async with recorded.embedder() as embeds:
        for one in (labelled.shop(), labelled.library()):
            kept = tuple(asked for asked in one.questions if only(asked))
            chosen = Labelled(one.name, one.pages, kept)
            found.append(await measured(chosen, embeds, tick))
    return found


def measure(
    *, tick: Tick = lambda _: None, only: Callable[[Question], bool] = lambda _: True
) -> list[Measured]:
    """Play the labelled questions of both help centres, or some of them.

    Vectors come over the loopback from an endpoint that repeats what a real model once said.
    """
    return asyncio.run(_both(tick, only))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with the pages found for it, and with those found with its own taken away."""

    question: Question
    hits: tuple[Hit, ...]
    blind: tuple[Hit, ...]


async def measured(chosen: Labelled, embeds: Embeds, tick: Tick = lambda _: None) -> Measured:
    """Play one help centre by words, and by both."""
    async with labelled.setup(chosen) as plain, labelled.setup(chosen, embeds) as dense:
        by_words, by_both = await _asked(plain), await _asked(dense)
        tick(f"{chosen.name}, pages")
        drafted = (await _drafted(WORDS, plain), await _drafted(BOTH, dense))
        tick(f"{chosen.name}, drafts")
        found = await dense.index.work(vectors.calibration)
    ways: list[tuple[str, Sequence[_Asked], Callable[[Hit], float], Sequence[float]]] = [
        (WORDS, by_words, lambda hit: hit.score, LEVELS),
        (MEANING, by_both, lambda hit: hit.dense or 0.0, NEARNESS),
        (BOTH, by_both, lambda hit: hit.score, LEVELS),
    ]
    return Measured(
        chosen.name,
        tuple(one for way, asked, by, _ in ways for one in _found(way, asked, by)),
        tuple(_level(way, asked, by, at) for way, asked, by, levels in ways for at in levels),
        drafted,
        found.needs if found else 0.0,
        {name: (b.mean, b.deviation) for name, b in found.languages.items()} if found else {},
    )


async def _asked(setup: Setup) -> list[_Asked]:
    return [
        _Asked(one, await setup.hits(one), await setup.hits(one, blind=True) if one.page else ())
        for one in setup.labelled.questions
    ]


def _found(way: str, asked: Sequence[_Asked], by: Callable[[Hit], float]) -> list[Found]:
    slices: dict[str, Callable[[Question], bool]] = {
        "English, its words": lambda q: q.language == "en" and q.kind == "plain",
        "English, other words": lambda q: q.language == "en" and q.kind == "low",
        "German, French, Spanish": lambda q: q.language != "en",
    }
    rows: list[Found] = []
    for name, belongs in slices.items():
        places = [
            position(one.question, one.hits, by)
            for one in asked
            if one.question.page and belongs(one.question)
        ]
        if places:
            third = sum(at is not None and at < 3 for at in places)
            rows.append(Found(way, name, len(places), places.count(0), third))
    return rows


def _level(way: str, asked: Sequence[_Asked], by: Callable[[Hit], float], least: float) -> Level:
    count = Counter[str]()
    for one in asked:
        best = max(one.hits, key=by, default=None)
        if best is not None and by(best) >= least:
            right = position(one.question, one.hits, by) == 0
            answerable = one.question.page is not None
            count["right" if right else "wrong" if answerable else "invented"] += 1
        count["blind"] += max(map(by, one.blind), default=0.0) >= least
    return Level(way, least, count["right"], count["wrong"], count["invented"], count["blind"])


async def _drafted(way: str, setup: Setup) -> Drafted:
    verdicts = [(one, judge(one, await setup.draft(one))) for one in setup.labelled.questions]

    def tally(belongs: Callable[[Question], bool]) -> tuple[int, int, int, int]:
        told = [said for one, said in verdicts if one.page and belongs(one)]
        return (told.count("right"), told.count("elsewhere"), told.count("wrong"),
                told.count("handed over"))  # fmt: skip

    whole = tally(lambda _: True)
    open_ = [said for one, said in verdicts if one.page is None]
    return Drafted(
        way,
        sum(whole),
        *whole,
        len(open_),
        open_.count("wrong"),
        english=tally(lambda one: one.language == "en"),
        others=tally(lambda one: one.language != "en"),
    )
