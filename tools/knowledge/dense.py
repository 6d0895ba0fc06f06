"""Nearness in meaning: every passage's vector in memory, compared exactly. The door to numpy.

Each number is kept in a byte and each vector with its scale, which changes a cosine by less than
0.01: 20,000 articles with 80,000 passages of 384 numbers take 31 MB.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.knowledge import vectors
from tools.knowledge.fused import Background
from tools.knowledge.meaning import Vector

_BLOCK = 4_096
"""Vectors unpacked at once: a few megabytes, whatever the size of the whole."""
_SAMPLE = 512
"""Passages of a language that its background is measured with."""
_FAMILIES_LEAST = 5
_PASSAGES_LEAST = 20
_FULL = 127.0
_Numbers = NDArray[np.float32]


def pack(vector: Vector) -> bytes:
    """Return a vector as it is kept: its scale, and a byte for each number.

    Raises:
        ValueError: it is empty, all zero, or holds what is no number.
    """
    told = _unit(vector)
    scale = float(np.abs(told).max()) / _FULL
    whole = np.rint(told / scale).astype(np.int8)
    packed: bytes = np.asarray([scale], np.float32).tobytes() + whole.tobytes()
    return packed


def unpack(packed: bytes) -> tuple[float, ...]:
    """Return a kept vector, of length one but for rounding."""
    numbers = np.frombuffer(packed, np.int8, offset=4).astype(np.float32)
    return tuple((numbers * np.frombuffer(packed, np.float32, 1)[0]).tolist())


def cosine(one: Vector, other: Vector) -> float:
    """Return how near two vectors of one size are."""
    return float(_unit(one) @ _unit(other))


def _unit(vector: Vector) -> _Numbers:
    told = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(told)) if told.ndim == 1 else 0.0
    if not np.isfinite(length) or length == 0.0:
        raise ValueError("no direction: the vector is empty, zero, or holds what is no number")
    return told / np.float32(length)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The vectors of one knowledge base, page after page.

    Attributes:
        version: of the file they were read from.
        places: which passage of its page a vector is of.
        starts: where each page begins.
        pages: each page's number, by its id.
        families, languages: of the pages.
    """

    version: int
    numbers: NDArray[np.int8]
    scales: _Numbers
    places: NDArray[np.int32]
    starts: NDArray[np.int64]
    pages: Mapping[str, int]
    families: tuple[str, ...]
    languages: NDArray[np.str_]

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return int(self.numbers.shape[1])

    @property
    def bytes(self) -> int:
        """Bytes of memory it takes, names left out."""
        return self.numbers.nbytes + self.scales.nbytes + self.places.nbytes + self.starts.nbytes


@dataclass(frozen=True, slots=True)
class Near:
    """How near each page is to one mail: its nearest passage to the mail's nearest question."""

    matrix: Matrix
    cosines: _Numbers
    places: NDArray[np.int32]

    def of(self, page_id: str) -> tuple[float, int] | None:
        """Return a page's cosine and which passage has it, or None where it has no vector."""
        at = self.matrix.pages.get(page_id)
        return None if at is None else (float(self.cosines[at]), int(self.places[at]))

    def best(self, language: str, most: int) -> list[str]:
        """Return the nearest pages of a language."""
        rows = np.flatnonzero(self.matrix.languages == language)
        rows = rows[np.argsort(-self.cosines[rows], kind="stable")[:most]]
        wanted = {int(row) for row in rows}
        return [page for page, at in self.matrix.pages.items() if at in wanted]


def load(db: sqlite3.Connection, *, version: int, size: int) -> Matrix:
    """Read every vector; those of another size are left out."""
    most = vectors.count(db)
    numbers = np.empty((most, size), np.int8)
    scales, places = np.empty(most, np.float32), np.empty(most, np.int32)
    starts: list[int] = []
    pages: dict[str, int] = {}
    families: list[str] = []
    languages: list[str] = []
    at = 0
    for row in vectors.rows(db):
        if len(row.vector) != size + 4 or at >= most:
            continue
        if row.id not in pages:
            pages[row.id] = len(pages)
            starts.append(at)
            families.append(row.family)
            languages.append(row.language)
        scales[at] = np.frombuffer(row.vector, np.float32, 1)[0]
        numbers[at] = np.frombuffer(row.vector, np.int8, offset=4)
        places[at] = row.place
        at += 1
    return Matrix(
        version,
        numbers[:at],
        scales[:at],
        places[:at],
        np.asarray(starts, np.int64),
        pages,
        tuple(families),
        np.asarray(languages, np.str_),
    )


def nearest(matrix: Matrix, asked: Sequence[Vector]) -> Near:
    """Compare every passage with every question of a mail."""
    if not matrix.pages or not asked:
        return Near(matrix, np.full(len(matrix.starts), -1.0, np.float32), matrix.places[:0])
    questions = np.stack([_unit(vector) for vector in asked])
    cosines = np.empty(len(matrix.scales), np.float32)
    for start in range(0, len(cosines), _BLOCK):
        block = matrix.numbers[start : start + _BLOCK].astype(np.float32)
        cosines[start : start + _BLOCK] = (block @ questions.T).max(axis=1)
    cosines *= matrix.scales
    best = np.maximum.reduceat(cosines, matrix.starts)
    lengths = np.diff(np.append(matrix.starts, len(cosines)))
    hits = np.flatnonzero(cosines == np.repeat(best, lengths))
    first = hits[np.searchsorted(hits, matrix.starts)]
    return Near(matrix, best, matrix.places[first])


def backgrounds(matrix: Matrix) -> dict[str, Background]:
    """Return what the pages of each language have in common, where there are enough of them."""
    lengths = np.diff(np.append(matrix.starts, len(matrix.scales)))
    codes = {name: code for code, name in enumerate(dict.fromkeys(matrix.families))}
    family = np.repeat(np.asarray([codes[name] for name in matrix.families]), lengths)
    spoken = np.repeat(matrix.languages, lengths)
    found: dict[str, Background] = {}
    for language in dict.fromkeys(matrix.languages.tolist()):
        rows = np.flatnonzero(spoken == language)
        if len(rows) < _PASSAGES_LEAST or len(np.unique(family[rows])) < _FAMILIES_LEAST:
            continue
        best = _others(matrix, rows, family)
        found[language] = Background(round(float(best.mean()), 4), round(float(best.std()), 4))
    return found


def _others(matrix: Matrix, rows: NDArray[np.intp], family: NDArray[np.int64]) -> _Numbers:
    """Return, for a sample of these passages, the cosine of the nearest one of another page."""
    sample = rows[:: max(1, len(rows) // _SAMPLE)]
    asked = matrix.numbers[sample].astype(np.float32) * matrix.scales[sample, None]
    best = np.full(len(sample), -1.0, np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        told = matrix.numbers[block].astype(np.float32) * matrix.scales[block, None]
        cosines = told @ asked.T
        cosines[family[block, None] == family[sample][None, :]] = -1.0
        best = np.maximum(best, cosines.max(axis=0))
    return best


def alike(told: Sequence[Vector], *, least: float) -> Callable[[int, int], bool]:
    """Return what says whether two of these vectors, by position, are at least so near."""
    stacked = np.stack([_unit(vector) for vector in told])
    near = stacked @ stacked.T >= least
    return lambda one, other: bool(near[one, other])
