"""The knowledge base on SQLite's full-text search: a file of its own, rebuilt from its sources.

Full-text search picks candidates; `tools.knowledge.lexical` says how well each one answers.
"""

import asyncio
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self, TypeVar

from tools.knowledge import lexical, shelf
from tools.knowledge.article import Hit, Page
from tools.knowledge.asks import Ask, asks
from tools.knowledge.lexical import Text
from tools.knowledge.shelf import Changes
from tools.knowledge.words import guess_language, words

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class _Rated:
    page: Page
    rank: float
    passage: str


@dataclass(frozen=True, slots=True)
class _Query:
    """What is looked for: the mail, the customer's language, the pages' main one, how many."""

    mail: str
    language: str
    primary: str
    most: int

    @property
    def spoken(self) -> str:
        """The customer's language, told from the words where nobody says."""
        return self.language or guess_language(self.mail) or self.primary


class KnowledgeIndex:
    """Pages in one SQLite file, shared by processes; implements `Knowledge`.

    `Hit.score` runs from 0 to 1 and means: this page, and no other and not none, answers what
    was asked. It was fitted on labelled mails; 0.5 is as often right as wrong.
    """

    def __init__(self, connection: sqlite3.Connection, *, primary: str) -> None:
        self._db = connection
        weakref.finalize(self, connection.close)  # whoever forgets to close leaks no file
        self._lock = threading.Lock()
        self._primary = primary

    @classmethod
    def open(cls, path: Path | str, *, primary: str = "en") -> Self:
        """Open or create the file; ":memory:" keeps it in this process.

        Args:
            path: of the file; its folder must exist.
            primary: the knowledge base's main language, for customers whose own it lacks.
        """
        db = sqlite3.connect(
            path, timeout=shelf.BUSY_MS / 1000, check_same_thread=False, isolation_level=None
        )
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        with shelf.writing(db):
            shelf.prepare(db)
        return cls(db, primary=primary)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    async def replace(self, pages: Iterable[Page]) -> Changes:
        """Make these pages the whole content; only what differs is written, in one transaction."""
        wanted = {page.id: page for page in pages}
        return await self._run(lambda db: shelf.replace(db, wanted))

    async def add(self, pages: Iterable[Page]) -> Changes:
        """Add these pages or bring them up to date; what else there is stays."""
        wanted = {page.id: page for page in pages}
        return await self._run(lambda db: shelf.replace(db, wanted, keep=True))

    async def search(self, words: str, *, language: str = "", most: int = 5) -> tuple[Hit, ...]:
        """Return the best quotable pages for a mail, best first, one language of each."""
        query = _Query(words, language, self._primary, most)
        return await self._run(lambda db: _search(db, query))

    async def rate(
        self, words: str, pages: Sequence[Page], *, language: str = "", most: int = 5
    ) -> tuple[Hit, ...]:
        """Score pages that were fetched elsewhere, as `search` would if it held them."""
        query = _Query(words, language, self._primary, most)
        return await self._run(lambda db: _rate(db, query, pages))

    async def page(self, page_id: str) -> Page | None:
        """Return one page, or None."""
        return await self._run(lambda db: shelf.page(db, page_id))

    async def size(self) -> int:
        """Return how many pages there are, quotable or not, each language counted."""
        return await self._run(
            lambda db: int(db.execute("SELECT count(*) FROM pages").fetchone()[0])
        )

    async def _run(self, work: Callable[[sqlite3.Connection], _R]) -> _R:
        def guarded() -> _R:
            with self._lock:
                return work(self._db)

        return await asyncio.to_thread(guarded)


def _search(db: sqlite3.Connection, query: _Query) -> tuple[Hit, ...]:
    mail, language, primary = query.mail, query.spoken, query.primary
    rated: list[_Rated] = []
    for spoken in dict.fromkeys((language, primary)):
        asked = asks(mail, (spoken, language))
        pages = shelf.candidates(db, asked, spoken)
        if spoken != language:
            pages = [
                page for page in pages if not shelf.kept_in(db, shelf.family_of(page.id), language)
            ]
        rated += _scored(db, asked, pages, (spoken, language))
    return _ranked(rated, language, query.most)


def _rate(db: sqlite3.Connection, query: _Query, pages: Sequence[Page]) -> tuple[Hit, ...]:
    mail, language, primary = query.mail, query.spoken, query.primary
    rated: list[_Rated] = []
    for spoken in dict.fromkeys(page.language or primary for page in pages if page.quotable):
        asked = asks(mail, (spoken, language))
        same = [page for page in pages if page.quotable and (page.language or primary) == spoken]
        rated += _scored(db, asked, same, (spoken, language))
    return _ranked(rated, language, query.most)


def _ranked(rated: Iterable[_Rated], language: str, most: int) -> tuple[Hit, ...]:
    """Return the best of each page's languages with its chance, best first."""
    best: dict[str, _Rated] = {}
    for one in rated:
        family = shelf.family_of(one.page.id)
        if family not in best or best[family].rank < one.rank:
            best[family] = one
    found = list(best.values())
    scores = lexical.chances([one.rank for one in found])
    hits = [Hit(one.page, score, one.passage) for one, score in zip(found, scores, strict=True)]
    hits.sort(key=lambda h: (-round(h.score, 3), h.page.language != language, h.page.id))
    return tuple(hits[:most])


def _scored(
    db: sqlite3.Connection, asked: Sequence[Ask], pages: Sequence[Page], langs: tuple[str, str]
) -> list[_Rated]:
    """Return each page with its score and best passage; `langs`: the pages', the mail's."""
    texts = {page.id: _read(page, langs) for page in pages}
    heads = {page.id: words(page.title, langs) for page in pages}
    needed = {form for ask in asked for word in ask.words for form in word.forms}
    needed |= {form for head in heads.values() for word in head for form in word.forms}
    weights = shelf.weights(db, needed, langs[0])
    rated: list[_Rated] = []
    for page in pages:
        fit = lexical.best_fit(asked, texts[page.id], heads[page.id], weights)
        if fit:
            rated.append(_Rated(page, fit.rank, fit.best.text))
    return rated


@lru_cache(maxsize=512)
def _read(page: Page, langs: tuple[str, ...]) -> Text:
    return lexical.read(page.title, page.text, page.tags, langs)
