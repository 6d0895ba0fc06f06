"""How a knowledge base of 1, 1,000 and 20,000 pages is built and searched, in time and memory."""

import asyncio
import random
import resource
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.table import Table

from tests.bench.figures import Bench, Part, Tick, at_most
from tools.knowledge import dense, vectors
from tools.knowledge.article import Page
from tools.knowledge.fused import Background, Calibration
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.meaning import Meaning, Vector
from tools.knowledge.pages import digest
from tools.knowledge.vectors import Model

SIZES = (1, 1_000, 20_000)
MAILS = 30
NUMBERS = 384
_MODEL = "random"
_WORDS, _PARAGRAPHS, _EACH = 20_000, 4, 40
_SYLLABLES = ("ba", "der", "fin", "go", "lu", "mer", "nis", "pol", "ra", "sten", "tu", "vel")
_KEPT_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Sized:
    """What one size cost.

    Attributes:
        build: seconds for an empty file; `same`: with nothing changed; `one`: with one page.
        words, fused: median and worst of a search, in milliseconds.
        first: milliseconds of the first fused search, which reads the vectors.
        vectors: megabytes they take in memory.
        peak: megabytes of the process at its most, from its beginning.
    """

    pages: int
    build: float
    same: float
    one: float
    words: tuple[float, float]
    first: float
    fused: tuple[float, float]
    vectors: float
    peak: float


class Random:
    """Turns every text into some direction: enough for time and memory, and for nothing else."""

    model = _MODEL

    async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
        """Return vectors."""
        del seconds
        return tuple(_direction(text) for text in texts)


def _direction(text: str) -> Vector:
    chance = random.Random(text)  # noqa: S311 -- no secret, and the same in every run
    return tuple(chance.gauss(0, 1) for _ in range(NUMBERS))


class Writer:
    """Writes pages and mails of made words, a few of them common and most of them rare."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)  # noqa: S311 -- the same in every run
        self._words = ["".join(self._chance.choices(_SYLLABLES, k=self._chance.randint(1, 5)))
                       for _ in range(_WORDS)]  # fmt: skip
        self._often = [*accumulate(1 / place for place in range(1, _WORDS + 1))]

    def words(self, many: int) -> str:
        """Return some words."""
        return " ".join(self._chance.choices(self._words, cum_weights=self._often, k=many))

    def page(self, number: int) -> Page:
        """Return a page of four paragraphs."""
        paragraphs = (self.words(_EACH).capitalize() + "." for _ in range(_PARAGRAPHS))
        text = "\n\n".join(paragraphs)
        title = self.words(6)
        return Page(f"article:{number}", title, text, None, "en", quotable=True,
                    digest=digest(text))  # fmt: skip

    def mail(self) -> str:
        """Return a question."""
        return f"How do I {self.words(9)}?"


async def measure(size: int, folder: Path) -> Sized:
    """Build an index of so many pages, change one, and search."""
    writer = Writer()
    pages = [writer.page(number) for number in range(size)]
    mails = [writer.mail() for _ in range(MAILS)]
    index = KnowledgeIndex.open(folder / f"{size}.db")
    try:
        build = await _seconds(index.replace(pages))
        same = await _seconds(index.replace(pages))
        pages[0] = replace(pages[0], url="https://help.example.com/moved")
        one = await _seconds(index.replace(pages))
        words = await _searched(index.search, mails)
        await _embed(index)
        first = 1000 * await _seconds(_fused(index, writer.mail()))
        fused = await _searched(partial(_fused, index), mails)
        matrix = await index.matrix()
        taken = matrix.bytes / 1e6 if matrix else 0.0
    finally:
        index.close()
    return Sized(size, build, same, one, words, first, fused, taken, _peak())


async def _embed(index: KnowledgeIndex) -> None:
    """Give every passage a random vector, by the index's own statements."""
    chance = np.random.default_rng(1)
    await index.work(lambda db: vectors.begin(db, Model(_MODEL, NUMBERS, (1.0,))))
    while await index.work(vectors.plan):
        pass
    while lacking := await index.work(lambda db: vectors.lacking(db, _KEPT_AT_ONCE)):
        told = chance.standard_normal((len(lacking), NUMBERS))
        fresh = {key: dense.pack(one) for key, one in zip(lacking, told.tolist(), strict=True)}
        await index.work(partial(vectors.keep, fresh=fresh))
    found = Calibration(_MODEL, {"en": Background(0.1, 0.05)})
    await index.work(lambda db: vectors.calibrated(db, found))


async def _fused(index: KnowledgeIndex, mail: str) -> None:
    hits = await index.search(mail, meaning=Meaning(Random()))
    if not any(hit.dense is not None for hit in hits):
        raise RuntimeError("the search was by words alone")


async def _searched(
    search: Callable[[str], Coroutine[Any, Any, object]], mails: Sequence[str]
) -> tuple[float, float]:
    took = sorted([1000 * await _seconds(search(mail)) for mail in mails])
    return took[len(took) // 2], took[-1]


async def _seconds(act: Coroutine[Any, Any, object]) -> float:
    started = time.perf_counter()
    await act
    return time.perf_counter() - started


def _peak() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def large(tick: Tick) -> Part:
    """Measure every size."""
    found = list[Sized]()
    with TemporaryDirectory() as folder:
        for size in SIZES:
            found.append(asyncio.run(measure(size, Path(folder))))
            tick(f"{size:,} pages")
    table = Table(title="Knowledge bases by size", title_justify="left", header_style="bold")
    for name in ("pages", "build s", "unchanged s", "one changed s", "by words ms", "worst",
                 "fused ms", "worst", "first", "vectors MB", "peak MB"):  # fmt: skip
        table.add_column(name, justify="right")
    for row in found:
        told = (row.build, row.same, row.one)
        searched = (*row.words, *row.fused, row.first, row.vectors, row.peak)
        table.add_row(f"{row.pages:,}", *(f"{n:.2f}" for n in told),
                      *(f"{n:.0f}" for n in searched))  # fmt: skip
    most = found[-1]
    return Part(
        "large",
        table,
        {"sizes": [asdict(row) for row in found]},
        (
            at_most(f"seconds to build {most.pages:,} pages", most.build, 30),
            at_most("megabytes of the process at its most, vectors included", most.peak, 400),
        ),
        (
            "Pages of 160 made words; vectors and mails are random, so only time and memory count.",
            "peak: of the whole process, with the pages themselves and all benches before this.",
        ),
    )


BENCHES = (Bench("large", "20,000 pages built and searched", large, len(SIZES), 120.0),)
