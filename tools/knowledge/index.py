"""The knowledge base on SQLite's full-text search: a file of its own, rebuilt from its sources.

Full-text search and, where texts can be turned into vectors, nearness in meaning pick candidates;
`tools.knowledge.lexical` says how well each one's words answer, `tools.knowledge.fused` what comes
of both.
"""

import asyncio
import sqlite3
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from tools.errors import Unavailable
from tools.knowledge import finding, shelf, vectors
from tools.knowledge.article import Hit, Page
from tools.knowledge.finding import Query, Sighted
from tools.knowledge.meaning import Meaning
from tools.knowledge.shelf import Changes

if TYPE_CHECKING:
    from tools.knowledge.dense import Matrix

_R = TypeVar("_R")
_AGAIN = 5.0
"""Seconds until another look at a file that cannot be used."""
ANOTHER_SIZE = "The embeddings endpoint's model has changed, so pages were found by words alone."


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
        self._matrix: Matrix | None = None

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

    @property
    def primary(self) -> str:
        """The knowledge base's main language."""
        return self._primary

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()
            self._matrix = None

    async def replace(self, pages: Iterable[Page]) -> Changes:
        """Make these pages the whole content; only what differs is written, in one transaction."""
        wanted = {page.id: page for page in pages}
        return await self.work(lambda db: shelf.replace(db, wanted))

    async def add(self, pages: Iterable[Page]) -> Changes:
        """Add these pages or bring them up to date; what else there is stays."""
        wanted = {page.id: page for page in pages}
        return await self.work(lambda db: shelf.replace(db, wanted, keep=True))

    async def retain(self, ids: Collection[str]) -> int:
        """Drop every page but these, and return how many went."""
        return await self.work(lambda db: shelf.retain(db, ids))

    async def search(
        self, words: str, *, language: str = "", most: int = 5, meaning: Meaning | None = None
    ) -> tuple[Hit, ...]:
        """Return the best quotable pages for a mail, best first, one language of each.

        Where the endpoint does not answer, or the vectors are not all there yet, pages are found
        by words alone; `meaning.missing` then says so if it is a failure.
        """
        return await self.find(Query(words, language, self._primary, most), meaning)

    async def canned(self, words: str, *, language: str = "", most: int = 5) -> tuple[Hit, ...]:
        """Return the best canned responses by their words; placeholders are as they were written.

        They are looked for by themselves: a response and an article on one matter would each
        make the other doubtful, for a score says that this page answers and no other does.
        """
        query = Query(words, language, self._primary, most, canned=True)
        return await self.work(lambda db: finding.search(db, query))

    async def find(self, query: Query, meaning: Meaning | None = None) -> tuple[Hit, ...]:
        """Return what is found for a query; `search` is this for everybody else."""
        sighted = await self._sighted(query, meaning) if meaning else None
        return await self.work(lambda db: finding.search(db, query, sighted))

    async def _sighted(self, query: Query, meaning: Meaning) -> Sighted | None:
        """Return how near every page is to a mail, or None where words alone must do."""
        found = await self.work(vectors.calibration)
        if found is None or found.model != meaning.model:
            return None
        told = await meaning.of(finding.questions(query))
        if not told:
            return None
        matrix = await self.matrix()
        if matrix is None or any(len(one) != matrix.size for one in told.values()):
            meaning.missing = meaning.missing or ANOTHER_SIZE
            return None
        return await asyncio.to_thread(lambda: finding.look(matrix, told, found))

    async def matrix(self) -> "Matrix | None":
        """Return the vectors in memory, read again where the file has changed; None for none."""

        def read(db: sqlite3.Connection) -> "Matrix | None":
            from tools.knowledge import dense  # noqa: PLC0415 -- numpy, so only with embeddings

            version, model = shelf.version(db), vectors.model(db)
            if model is not None and (self._matrix is None or self._matrix.version != version):
                self._matrix = dense.load(db, version=version, size=model.size)
            return self._matrix if model is not None else None

        return await self.work(read)

    async def rate(
        self, words: str, pages: Sequence[Page], *, language: str = "", most: int = 5
    ) -> tuple[Hit, ...]:
        """Score pages that were fetched elsewhere by words, as `search` would if it held them."""
        query = Query(words, language, self._primary, most)
        return await self.work(lambda db: finding.rate(db, query, pages))

    async def page(self, page_id: str) -> Page | None:
        """Return one page, or None."""
        return await self.work(lambda db: shelf.page(db, page_id))

    async def size(self) -> int:
        """Return how many pages there are, quotable or not, each language counted."""
        return await self.work(
            lambda db: int(db.execute("SELECT count(*) FROM pages").fetchone()[0])
        )

    async def work(self, act: Callable[[sqlite3.Connection], _R]) -> _R:
        """Do something with the file, alone, off the event loop.

        Raises:
            Unavailable: the file cannot be used right now: a full disk, or a lock.
        """

        def guarded() -> _R:
            with self._lock:
                return act(self._db)

        try:
            return await asyncio.to_thread(guarded)
        except sqlite3.OperationalError as fault:
            told = f"the knowledge index cannot be used: {fault}"
            raise Unavailable(told, retry_after=_AGAIN) from fault
