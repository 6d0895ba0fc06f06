"""Bring an index's vectors up to date, and measure on the knowledge base what nearness is worth.

Politely: a few passages at once, never more than half of the endpoint's time, and only what has no
vector yet. Whatever was done stays done when it ends in the middle.
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tools.clock import Clock
from tools.knowledge import dense, finding, fused, shelf, vectors
from tools.knowledge.article import Page
from tools.knowledge.dense import Matrix
from tools.knowledge.finding import Query
from tools.knowledge.fused import Calibration
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.meaning import CHARS_MOST, Embeds, NoVectors, Vector
from tools.knowledge.vectors import Model

BATCH = 32
"""Texts in one request."""
BATCH_SECONDS = 120.0
PAUSE_MOST = 5.0
"""Seconds of rest after a batch at most; otherwise as long as the batch took."""
TITLES = 100
"""Titles that are asked with their own page taken away, to measure with."""
_SHORT = 400
"""Characters of a text that was refused and is tried once more."""
_PROBE = "How do I reset my password?"
_TWINS = 3
"""Pages looked at, so that the same page under another id does not count as a wrong one."""
_SAME = 0.98
"""Cosine of one text's vectors, below which they are of two models under one name."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What bringing vectors up to date came to: passages embedded, and what was measured."""

    passages: int
    calibration: Calibration | None


async def refresh(index: KnowledgeIndex, embeds: Embeds, clock: Clock) -> Embedded:
    """Embed every passage that has no vector, then measure, if anything differs.

    Raises:
        NoVectors: the endpoint did not answer; what is kept goes on being used.
    """
    await _begin(index, embeds)
    while await index.work(vectors.plan):
        pass
    done = 0
    while batch := await index.work(partial(vectors.lacking, most=BATCH)):
        started = clock.steady()
        fresh = await _packed(embeds, batch)
        await index.work(partial(vectors.keep, fresh=fresh))
        done += len(fresh)
        await clock.sleep(min(clock.steady() - started, PAUSE_MOST))
    return Embedded(done, await _measured(index, embeds, clock, changed=done))


async def _begin(index: KnowledgeIndex, embeds: Embeds) -> None:
    """Make sure that the vectors kept are this model's; those of another are dropped."""
    probe = (await embeds.embed([_PROBE], seconds=BATCH_SECONDS))[0]
    kept = await index.work(vectors.model)
    same = (
        kept is not None
        and (kept.name, kept.size) == (embeds.model, len(probe))
        and dense.cosine(kept.probe, probe) >= _SAME
    )
    if not same:
        model = Model(embeds.model, len(probe), tuple(probe))
        await index.work(lambda db: vectors.begin(db, model))


async def _packed(embeds: Embeds, batch: Mapping[bytes, str]) -> dict[bytes, bytes]:
    """Return a batch's vectors as they are kept; empty for a text that is refused by itself."""
    try:
        told = await embeds.embed([*batch.values()], seconds=BATCH_SECONDS)
    except NoVectors as fault:
        if not fault.refused:
            raise
        return await _one_by_one(embeds, batch)
    return {key: dense.pack(vector) for key, vector in zip(batch, told, strict=True)}


async def _one_by_one(embeds: Embeds, batch: Mapping[bytes, str]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for key, text in batch.items():
        found[key] = b""
        for part in (text, text[:_SHORT]):
            try:
                told = await embeds.embed([part], seconds=BATCH_SECONDS)
            except NoVectors as fault:
                if not fault.refused:
                    raise
                continue
            found[key] = dense.pack(told[0])
            break
    return found


async def _measured(
    index: KnowledgeIndex, embeds: Embeds, clock: Clock, *, changed: int
) -> Calibration | None:
    """Measure anew where enough has changed since; None where there are too few pages."""
    kept = await index.work(lambda db: _still(db, embeds.model, changed))
    if kept is not None:
        return kept
    matrix = await index.matrix()
    languages = await asyncio.to_thread(dense.backgrounds, matrix) if matrix is not None else {}
    if matrix is None or not languages:
        await index.work(vectors.uncalibrated)
        return None
    trial = _Trial(index, matrix, Calibration(embeds.model, languages))
    pages = await index.work(lambda db: vectors.titled(db, [*languages], TITLES))
    texts = sorted({text for page in pages for text in finding.questions(trial.query(page))})
    told = await _vectors(index, embeds, texts)
    passed: list[float] = []
    for page in pages:
        started = clock.steady()
        passed.append(await trial.passed(page, told))
        await clock.sleep(min(clock.steady() - started, PAUSE_MOST))  # runs come first
    needed = [vectors.digest(text) for text in texts]
    await index.work(lambda db: vectors.forget(db, but=needed))
    needs, whole = fused.threshold(passed), len(matrix.scales)
    found = replace(trial.calibration, needs=needs, titles=len(passed), passages=whole)
    return await index.work(lambda db: vectors.calibrated(db, found))


def _still(db: sqlite3.Connection, model: str, changed: int) -> Calibration | None:
    """Return what was measured before, if little enough has changed since."""
    kept = vectors.calibration(db)
    if kept is None or kept.model != model:
        return None
    if kept.version == shelf.version(db):
        return kept
    drifted = replace(kept, changed=kept.changed + changed)
    return vectors.calibrated(db, drifted) if drifted.holds(vectors.count(db)) else None


async def _vectors(
    index: KnowledgeIndex, embeds: Embeds, texts: Sequence[str]
) -> dict[str, Vector]:
    """Return the texts' vectors, from the file as far as they are kept."""
    kept = await index.work(lambda db: vectors.of_texts(db, texts))
    lacking = [text for text in texts if text not in kept]
    for at in range(0, len(lacking), BATCH):
        batch = {vectors.digest(text): text[:CHARS_MOST] for text in lacking[at : at + BATCH]}
        fresh = await _packed(embeds, batch)
        await index.work(partial(vectors.keep, fresh=fresh))
    if lacking:
        kept = await index.work(lambda db: vectors.of_texts(db, texts))
    return {text: dense.unpack(vector) for text, vector in kept.items()}


@dataclass(frozen=True, slots=True)
class _Trial:
    """Titles asked as a customer would ask them, each with its own page taken away."""

    index: KnowledgeIndex
    matrix: Matrix
    calibration: Calibration

    def query(self, page: Page) -> Query:
        """Return the question that a page's title is."""
        family = shelf.family_of(page.id)
        return Query(page.title, page.language, self.index.primary, _TWINS, family)

    async def passed(self, page: Page, told: Mapping[str, Vector]) -> float:
        """Return the score with which another page would answer this one's title."""
        query = self.query(page)
        mine = {text: told[text] for text in finding.questions(query) if text in told}
        sighted = await asyncio.to_thread(finding.look, self.matrix, mine, self.calibration)
        hits = await self.index.work(lambda db: finding.search(db, query, sighted))
        return next((hit.score for hit in hits if not _are_twins(hit.page, page)), 0.0)


def _are_twins(one: Page, other: Page) -> bool:
    """Whether two pages are the same one, filed twice."""
    return one.digest == other.digest or one.title.casefold() == other.title.casefold()
