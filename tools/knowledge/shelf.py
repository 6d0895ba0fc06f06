"""Pages in a SQLite file with full-text search: what is stored, and how candidates are found."""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tools.knowledge.article import Page
from tools.knowledge.asks import Ask
from tools.knowledge.lexical import Weights
from tools.knowledge.words import COMPOUNDING, Word, lexicon_digest, tails, words

_EDITION = 2
"""Of the stored forms: another edition, or another lexicon, empties the file to be rebuilt."""
BUSY_MS = 10_000
_CANDIDATES = 24
_TERMS_MOST = 48
_PREFIX_LEAST = 6
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pages (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, family TEXT NOT NULL, title TEXT NOT NULL,
  text TEXT NOT NULL, url TEXT, language TEXT NOT NULL, quotable INTEGER NOT NULL,
  digest TEXT NOT NULL, tags TEXT NOT NULL, mark TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pages_family ON pages (family, language);
CREATE VIRTUAL TABLE IF NOT EXISTS found USING fts5 (
  title, body, tokenize="unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE IF NOT EXISTS uses USING fts5vocab (found, row);
CREATE TABLE IF NOT EXISTS parts (
  page INTEGER NOT NULL, place INTEGER NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (page, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parts_digest ON parts (digest);
CREATE TABLE IF NOT EXISTS vectors (digest BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""
_TABLES = ("uses", "found", "pages", "parts", "vectors", "meta")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a replacement did, in pages."""

    added: int
    changed: int
    removed: int
    same: int


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Hold the file's write lock for a block, all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def prepare(db: sqlite3.Connection) -> None:
    """Create what is missing; empty a file of another edition."""
    edition = f"{_EDITION}:{lexicon_digest()}"
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if "meta" in tables:
        row = db.execute("SELECT value FROM meta WHERE key='edition'").fetchone()
        if row and row[0] == edition:
            return
        for name in _TABLES:
            db.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in filter(str.strip, _SCHEMA.split(";")):
        db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('edition', ?)", (edition,))


def family_of(page_id: str) -> str:
    """Return a page's id without its language: what its translations share."""
    return page_id.partition("@")[0]


def _mark(page: Page) -> str:
    """Return a digest over everything we keep, so that a changed address is noticed too."""
    kept = [page.title, page.text, page.url, page.language, page.quotable, page.digest, page.tags]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def replace(db: sqlite3.Connection, wanted: dict[str, Page], *, keep: bool = False) -> Changes:
    """Make these pages the content, in one transaction: all of it, unless the rest is kept."""
    with writing(db):
        stored = _stored_marks(db, wanted if keep else None)
        gone = [page_id for page_id in stored if page_id not in wanted]
        marks = {page_id: _mark(page) for page_id, page in wanted.items()}
        changed = [i for i in wanted if i in stored and stored[i][1] != marks[i]]
        for page_id in (*gone, *changed):
            _drop(db, stored[page_id][0])
        fresh = [page_id for page_id in wanted if page_id not in stored]
        for page_id in (*changed, *fresh):
            _add(db, wanted[page_id], marks[page_id])
        if gone or changed or fresh:
            touch(db)
    return Changes(len(fresh), len(changed), len(gone), len(wanted) - len(fresh) - len(changed))


def retain(db: sqlite3.Connection, ids: Collection[str]) -> int:
    """Drop every page but these; return how many went."""
    with writing(db):
        stored = _stored_marks(db, None)
        gone = [row for page_id, (row, _) in stored.items() if page_id not in ids]
        for row in gone:
            _drop(db, row)
        if gone:
            touch(db)
    return len(gone)


_MARKS = "SELECT row, id, mark FROM pages WHERE id IN (SELECT value FROM json_each(?))"


def ids(db: sqlite3.Connection, kind: str) -> set[str]:
    """Return the ids of one kind of page, such as `file:`."""
    rows = db.execute("SELECT id FROM pages WHERE substr(id, 1, ?) = ?", (len(kind), kind))
    return {page_id for (page_id,) in rows}


def canned(db: sqlite3.Connection) -> list[str]:
    """Return the titles of the canned responses."""
    rows = db.execute("SELECT title FROM pages WHERE id GLOB 'canned:*' ORDER BY title")
    return [title for (title,) in rows]


def _stored_marks(db: sqlite3.Connection, ids: Iterable[str] | None) -> dict[str, tuple[int, str]]:
    """Return row and mark of the pages there are, or of these alone."""
    if ids is None:
        rows = db.execute("SELECT row, id, mark FROM pages")
    else:
        rows = db.execute(_MARKS, (json.dumps([*ids]),))
    return {page_id: (row, mark) for row, page_id, mark in rows}


def touch(db: sqlite3.Connection) -> None:
    """Count a change, so that whoever holds a copy of something knows that it is old."""
    db.execute(
        "INSERT INTO meta VALUES ('version', '1') ON CONFLICT (key)"
        " DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
    )


def version(db: sqlite3.Connection) -> int:
    """Return the number of changes so far."""
    row = db.execute("SELECT value FROM meta WHERE key='version'").fetchone()
    return int(row[0]) if row else 0


def _indexed(page: Page) -> tuple[str, str]:
    """Return title and body as the forms that full-text search stores."""
    langs = (page.language,)
    title = words(f"{page.title}\n{' '.join(page.tags)}", langs)
    return " ".join(_stored(title, page.language)), " ".join(
        _stored(words(page.text, langs), page.language)
    )


def _stored(found: Iterable[Word], language: str) -> Iterator[str]:
    for word in found:
        yield from word.forms
        if language in COMPOUNDING:
            yield from tails(word.forms[0])


def _add(db: sqlite3.Connection, page: Page, mark: str) -> None:
    kept = (page.id, family_of(page.id), page.title, page.text, page.url, page.language,
            int(page.quotable), page.digest, json.dumps(page.tags), mark)  # fmt: skip
    row = db.execute(
        "INSERT INTO pages (id, family, title, text, url, language, quotable, digest, tags, mark)"
        " VALUES (?,?,?,?,?,?,?,?,?,?)",
        kept,
    ).lastrowid
    db.execute("INSERT INTO found (rowid, title, body) VALUES (?,?,?)", (row, *_indexed(page)))


def _drop(db: sqlite3.Connection, row: int) -> None:
    db.execute("DELETE FROM found WHERE rowid=?", (row,))
    db.execute("DELETE FROM parts WHERE page=?", (row,))
    db.execute("DELETE FROM pages WHERE row=?", (row,))


_PAGE = "SELECT id, title, text, url, language, quotable, digest, tags FROM pages WHERE id=?"
_FIND = """
SELECT p.id, p.title, p.text, p.url, p.language, p.quotable, p.digest, p.tags
FROM found JOIN pages p ON p.row = found.rowid
WHERE found MATCH ? AND p.quotable=1 AND p.language IN (?, '') AND (p.id GLOB 'canned:*') = ?
ORDER BY bm25(found, 3.0, 1.0) LIMIT ?
"""
_USES = "SELECT term, doc FROM uses WHERE term IN (SELECT value FROM json_each(?))"


def _as_page(row: tuple[str, str, str, str | None, str, int, str, str]) -> Page:
    page_id, title, text, url, language, quotable, digest, tags = row
    return Page(
        page_id, title, text, url, language, bool(quotable), digest, tuple(json.loads(tags))
    )


def page(db: sqlite3.Connection, page_id: str) -> Page | None:
    """Return one page, or None."""
    row = db.execute(_PAGE, (page_id,)).fetchone()
    return _as_page(row) if row else None


def kept_in(db: sqlite3.Connection, family: str, language: str) -> bool:
    """Whether a page has a quotable version in this language."""
    query = "SELECT 1 FROM pages WHERE family=? AND language=? AND quotable=1"
    return db.execute(query, (family, language)).fetchone() is not None


def candidates(
    db: sqlite3.Connection, asked: Sequence[Ask], spoken: str, *, canned: bool = False
) -> list[Page]:
    """Return what full-text search finds for the whole mail and for each of its questions.

    Args:
        db: the file.
        asked: the mail's questions, the whole mail first.
        spoken: the language of the pages.
        canned: look through the canned responses, and not through all the others.
    """
    found: dict[str, Page] = {}
    for ask in asked[:6]:
        query = _query(ask.words, spoken)
        rows = db.execute(
            _FIND,
            (query, spoken, canned, _CANDIDATES if ask is asked[0] else _CANDIDATES // 3),
        )
        for row in rows if query else ():
            found.setdefault(row[0], _as_page(row))
    return list(found.values())


def _query(asked: Iterable[Word], spoken: str) -> str:
    """Return an OR of everything that may find a page: forms, their beginnings and endings."""
    terms: dict[str, None] = {}
    for word in dict.fromkeys(asked):
        for form in word.forms:
            terms[f'"{form}"'] = None
            if len(form) >= _PREFIX_LEAST and not form.startswith("c0"):
                terms[f'"{form}"*'] = None
            if spoken in COMPOUNDING:
                terms.update(dict.fromkeys(f'"{tail}"' for tail in tails(form)[:6]))
    return " OR ".join(list(terms)[:_TERMS_MOST])


def weights(db: sqlite3.Connection, needed: Iterable[str], spoken: str) -> Weights:
    """Return how telling these forms are among the pages of a language."""
    uses = dict(db.execute(_USES, (json.dumps(sorted(needed)),)))
    pages = db.execute("SELECT count(*) FROM pages WHERE language IN (?, '')", (spoken,)).fetchone()
    return Weights(uses, pages[0])
