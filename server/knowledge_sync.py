"""Bring articles and canned responses into the local index, in the backfill lane; vectors, too."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from tools.clock import Clock
from tools.errors import Forbidden, HelpdeskError, NotFound, Retryable, Unauthorized
from tools.knowledge import shelf
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.meaning import Embeds, NoVectors
from tools.knowledge.pages import BadFile, canned_page, pages_of, read_folder
from tools.model import Article
from tools.provider import Helpdesk, Lane

EVERY = 900.0
"""Seconds between two full readings at least."""
PART = 0.01
"""Of the account's pool that readings may take: a small plan is read more seldom."""
AGAIN = 60.0
"""Seconds until another try after a failure that may pass."""
WHOLE_WITHIN = 6.0
"""Seconds a run waits for all languages to be read."""
PRIMARY_WITHIN = 15.0
"""Seconds it waits longer for the primary one."""
LOOP_AGAIN = 10.0
"""Seconds until a background loop that failed begins again."""
BATCH = 50
"""Articles indexed together while a reading is under way."""

log = structlog.get_logger()


class Open(Protocol):
    """Opens the account for reading."""

    def __call__(self, lane: Lane) -> Helpdesk:
        """Return a read-only opening for that lane."""
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """What a reading came to.

    Attributes:
        faults: files of the knowledge folder that could not be used.
        left_out: what the key may not read, or cannot be said word for word, and why.
    """

    pages: int
    credits: int
    faults: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sync:
    """Keeps one account's index fresh.

    Attributes:
        rate: the account's pool in credits a second, or None while unknown.
        primary: set once the primary language can be searched, or cannot be had.
        complete: set once everything can be, or cannot be had.
        embeds: turns passages into vectors; None where no endpoint is set.
        changed: set when pages may lack their vectors.
    """

    index: KnowledgeIndex
    open: Open
    folder: Path | None
    clock: Clock
    rate: Callable[[], Awaitable[float | None]]
    primary: asyncio.Event
    complete: asyncio.Event
    embeds: Embeds | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def ready(self) -> None:
        """Wait for the first reading, but not for ever: a live search stands in for it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.complete.wait(), timeout=WHOLE_WITHIN)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.primary.wait(), timeout=PRIMARY_WITHIN)

    async def once(self) -> Read:
        """Read every article and file, and keep just those.

        What has been read can be searched at once. The very first reading goes by the assist
        lane: until it is done, every ticket is handed over. Articles and files are held a few at
        a time, so that a help centre of any size is read in little memory.
        """
        first = await self.index.size() == 0
        desk = self.open(Lane.ASSIST if first else Lane.BACKFILL)
        kept, faults = await self._files()
        waiting: list[Article] = []
        primary: str | None = None
        async for article in desk.articles():
            primary = article.language if primary is None else primary
            waiting.append(article)
            if len(waiting) >= BATCH or article.language != primary:
                kept |= await self._index(waiting)
                waiting = []
            if article.language != primary:
                self.primary.set()
        kept |= await self._index(waiting)
        ready, left_out = await self._canned(desk)
        await self.index.retain(kept | ready)
        self.changed.set()
        return Read(len(kept | ready), desk.credits, faults, left_out)

    async def _canned(self, desk: Helpdesk) -> tuple[set[str], tuple[str, ...]]:
        """Bring the canned responses in; return their ids, and what was left out.

        The helpdesk tells no changes of them, so all are read; what is the same is not written.
        A key that may not read them costs one credit a day, and what it read before is dropped.
        """
        try:
            found = await desk.canned_responses()
        except (Forbidden, NotFound):
            told = "canned responses are left out: this key's role may not read them"
            return set(), (f"{told}; an administrator's may",)
        made = [(one, canned_page(one, primary=self.index.primary)) for one in found]
        pages = [page for _, page in made if page is not None]
        await self.index.add(pages)
        reason = "it has a file, a picture or a link behind a word, or says nothing"
        left = [f"canned response {one.title!r} is left out: {reason}" for one, p in made if not p]
        return {page.id for page in pages}, tuple(left)

    async def _files(self) -> tuple[set[str], tuple[str, ...]]:
        """Bring the folder's files in; return their ids, and what could not be used.

        A folder that is away leaves its files where they are: a disk that was not mounted must
        not empty a knowledge base.
        """
        if self.folder is None:
            return set(), ()
        try:
            read = await asyncio.to_thread(read_folder, self.folder)
        except (BadFile, OSError) as fault:
            log.error("knowledge folder not read", error=str(fault))
            return await self.index.work(lambda db: shelf.ids(db, "file:")), (str(fault),)
        for told in read.faults:
            log.warning("knowledge file left out", error=told)
        for at in range(0, len(read.pages), BATCH):
            await self.index.add(read.pages[at : at + BATCH])
        return {page.id for page in read.pages}, read.faults

    async def _pause(self, spent: int) -> float:
        """Return the seconds until the next reading, so that readings stay a small part."""
        rate = await self.rate()
        return EVERY if not rate else max(EVERY, spent / (PART * rate))

    async def _index(self, articles: list[Article]) -> set[str]:
        pages = await asyncio.to_thread(pages_of, articles)
        await self.index.add(pages)
        return {page.id for page in pages}

    async def forever(self) -> None:
        """Read now and then again; a failure leaves what was there."""
        if await self.index.size():
            self._searchable()
        while True:
            wait = EVERY
            try:
                read = await self.once()
                wait = await self._pause(read.credits)
                log.info("knowledge read", pages=read.pages, credits=read.credits)
                for told in read.left_out:
                    log.info("knowledge left out", what=told)
            except Retryable as fault:
                wait = max(AGAIN, fault.retry_after)
                log.warning("knowledge not read", error=str(fault))
            except (Forbidden, Unauthorized) as fault:
                log.warning("knowledge not read", error=str(fault))
            except HelpdeskError as fault:
                wait = AGAIN
                log.error("knowledge not read", error=str(fault))
            self._searchable()
            await self.clock.sleep(wait)

    def _searchable(self) -> None:
        self.primary.set()
        self.complete.set()

    async def embedding(self) -> None:
        """Bring vectors up to date after each reading; a failure leaves what was there."""
        if self.embeds is None:
            return
        from tools.knowledge.embedding import refresh  # noqa: PLC0415 -- numpy, for this alone

        if await self.index.size():
            self.changed.set()
        wait = AGAIN
        while True:
            await self.changed.wait()
            self.changed.clear()
            try:
                done = await refresh(self.index, self.embeds, self.clock)
            except NoVectors as fault:
                log.warning("passages not embedded", error=str(fault))
                await self.clock.sleep(max(wait, fault.retry_after))
                wait = min(2 * wait, EVERY)
                self.changed.set()
            else:
                wait = AGAIN
                if done.passages:
                    needs = done.calibration.needs if done.calibration else None
                    log.info("passages embedded", passages=done.passages, needs=needs)


async def watch(*loops: Callable[[], Awaitable[None]]) -> None:
    """Run background loops together until cancelled; one that fails is logged and begun again."""
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(_guarded(loop))


async def _guarded(loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
        except Exception as fault:
            log.error("background loop failed", error=type(fault).__name__, exc_info=fault)
            await asyncio.sleep(LOOP_AGAIN)
        else:
            return
