"""Vectors in the knowledge index's own file: which passages have one, and what was measured.

A passage is known by a digest of what was embedded of it, so that a page whose title alone was
corrected, or two pages with the same sentence, cost no more than what differs.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from tools.knowledge import shelf
from tools.knowledge.article import Page
from tools.knowledge.fused import Calibration
from tools.knowledge.meaning import CHARS_MOST
from tools.knowledge.passages import Passage, passages

PARTS_MOST = 200
"""Passages of one page that get a vector; what follows is found by words alone."""
_PLANNED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Model:
    """Whose vectors are kept.

    Attributes:
        size: numbers in a vector.
        probe: the vector of one fixed text, by which another model under the same name is told.
    """

    name: str
    size: int
    probe: tuple[float, ...] = field(repr=False)


_MODEL = TypeAdapter(Model)
_CALIBRATION = TypeAdapter(Calibration)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the vectors are.

    Attributes:
        passages: of quotable pages, all languages.
        embedded: of those, with a vector.
        pages: quotable ones whose passages were not even counted yet.
    """

    model: Model | None
    passages: int
    embedded: int
    pages: int
    calibration: Calibration | None


@dataclass(frozen=True, slots=True)
class Row:
    """One vector with its place: the page, what its translations share, and its language."""

    id: str
    family: str
    language: str
    place: int
    vector: bytes


def digest(text: str) -> bytes:
    """Return what a text's vector is kept under."""
    return hashlib.sha256(text.encode()).digest()[:16]


def said(title: str, passage: Passage) -> str:
    """Return what is embedded of a passage: it means little without its title and heading."""
    lines = (line for line in (title, passage.heading, passage.text) if line)
    return "\n".join(lines)[:CHARS_MOST]


def plan(db: sqlite3.Connection) -> bool:
    """List the passages of some pages that are not listed yet; False once all are.

    Pages that no customer may be told of are left out: their text leaves this machine never.
    Canned responses are found by their words: an article's twin would spoil what is measured.
    """
    rows = db.execute(
        "SELECT row, title, text FROM pages p WHERE quotable=1 AND NOT id GLOB 'canned:*'"
        " AND NOT EXISTS"
        " (SELECT 1 FROM parts WHERE page=p.row) LIMIT ?",
        (_PLANNED_AT_ONCE,),
    ).fetchall()
    if rows:
        with shelf.writing(db):
            for row, title, text in rows:
                found = passages(text)[:PARTS_MOST]
                # a page without passages is listed by its title alone, or it would come again
                texts = [said(title, part) for part in found] or [title or "?"]
                db.executemany(
                    "INSERT INTO parts VALUES (?,?,?)",
                    [(row, place, digest(text)) for place, text in enumerate(texts)],
                )
    return bool(rows)


def lacking(db: sqlite3.Connection, most: int) -> dict[bytes, str]:
    """Return some passages that have no vector, as digest and text."""
    rows = db.execute(
        "SELECT q.digest, q.place, p.title, p.text FROM parts q JOIN pages p ON p.row=q.page"
        " WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.digest=q.digest) LIMIT ?",
        (most,),
    )
    found: dict[bytes, str] = {}
    for key, place, title, text in rows:
        parts = passages(text)
        found[key] = said(title, parts[place]) if parts else (title or "?")
    return found


def keep(db: sqlite3.Connection, fresh: Mapping[bytes, bytes]) -> None:
    """Keep vectors by digest; an empty one is of a text that the endpoint does not accept."""
    with shelf.writing(db):
        db.executemany("INSERT OR REPLACE INTO vectors VALUES (?,?)", list(fresh.items()))
        shelf.touch(db)


def of_texts(db: sqlite3.Connection, texts: Iterable[str]) -> dict[str, bytes]:
    """Return the vectors that are kept for these texts."""
    query = "SELECT vector FROM vectors WHERE digest=?"
    found = ((text, db.execute(query, (digest(text),)).fetchone()) for text in texts)
    return {text: row[0] for text, row in found if row and row[0]}


def forget(db: sqlite3.Connection, *, but: Iterable[bytes]) -> None:
    """Drop the vectors that belong to no passage, but for these."""
    with shelf.writing(db):
        db.execute("CREATE TEMP TABLE IF NOT EXISTS needed (digest BLOB PRIMARY KEY)")
        db.execute("DELETE FROM needed")
        db.executemany("INSERT OR IGNORE INTO needed VALUES (?)", [(one,) for one in but])
        db.execute("INSERT OR IGNORE INTO needed SELECT digest FROM parts")
        db.execute("DELETE FROM vectors WHERE digest NOT IN (SELECT digest FROM needed)")


def begin(db: sqlite3.Connection, model: Model) -> None:
    """Keep this model's vectors from here on, and drop those of any other."""
    with shelf.writing(db):
        db.execute("DELETE FROM vectors")
        db.execute("DELETE FROM meta WHERE key='calibration'")
        _put(db, "model", _MODEL.dump_json(model))
        shelf.touch(db)


def model(db: sqlite3.Connection) -> Model | None:
    """Return whose vectors are kept, or None where none are."""
    told = _get(db, "model")
    return None if told is None else _MODEL.validate_json(told)


def calibration(db: sqlite3.Connection) -> Calibration | None:
    """Return what was measured, or None where nothing was."""
    told = _get(db, "calibration")
    return None if told is None else _CALIBRATION.validate_json(told)


def calibrated(db: sqlite3.Connection, found: Calibration) -> Calibration:
    """Keep what was measured of the vectors as they are, and return it."""
    with shelf.writing(db):
        dated = replace(found, version=shelf.version(db))
        _put(db, "calibration", _CALIBRATION.dump_json(dated))
    return dated


def uncalibrated(db: sqlite3.Connection) -> None:
    """Keep that there is nothing to measure: pages are found by words alone."""
    with shelf.writing(db):
        db.execute("DELETE FROM meta WHERE key='calibration'")


def standing(db: sqlite3.Connection) -> Standing:
    """Return how far the vectors are."""
    passages_, embedded = db.execute(
        "SELECT count(*), count(v.digest) FROM parts q LEFT JOIN vectors v ON v.digest=q.digest"
    ).fetchone()
    pages = db.execute(
        "SELECT count(*) FROM pages p WHERE quotable=1 AND NOT id GLOB 'canned:*'"
        " AND NOT EXISTS (SELECT 1 FROM parts WHERE page=p.row)"
    ).fetchone()[0]
    return Standing(model(db), passages_, embedded, pages, calibration(db))


def rows(db: sqlite3.Connection) -> Iterator[Row]:
    """Yield every vector of a quotable page, page by page."""
    found = db.execute(
        "SELECT p.id, p.family, p.language, q.place, v.vector FROM pages p"
        " JOIN parts q ON q.page=p.row JOIN vectors v ON v.digest=q.digest"
        " WHERE p.quotable=1 AND length(v.vector) > 0 ORDER BY p.row, q.place"
    )
    return (Row(*row) for row in found)


def count(db: sqlite3.Connection) -> int:
    """Return how many `rows` yields."""
    query = (
        "SELECT count(*) FROM pages p JOIN parts q ON q.page=p.row"
        " JOIN vectors v ON v.digest=q.digest WHERE p.quotable=1 AND length(v.vector) > 0"
    )
    return int(db.execute(query).fetchone()[0])


def titled(db: sqlite3.Connection, languages: Sequence[str], most: int) -> list[Page]:
    """Return some quotable pages of these languages, the same ones as long as they stay."""
    ids = db.execute(
        "SELECT id FROM pages WHERE quotable=1 AND title <> '' AND NOT id GLOB 'canned:*'"
        " AND language IN"
        " (SELECT value FROM json_each(?)) ORDER BY digest, id LIMIT ?",
        (json.dumps([*languages]), most),
    ).fetchall()
    return [page for (page_id,) in ids if (page := shelf.page(db, page_id)) is not None]


def _get(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
    return row[0] if row else None


def _put(db: sqlite3.Connection, key: str, value: bytes) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, value.decode()))
