"""Bring help-centre articles into the local index, in the backfill lane."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from tools.clock import Clock
from tools.errors import Forbidden, HelpdeskError, Retryable, Unauthorized
from tools.knowledge.article import Page
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of, read_folder
from tools.model import Article
from tools.provider import Helpdesk, Lane

EVERY = 900.0
"""Seconds between two full readings at least."""
PART = 0.02
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
    """What a reading came to."""

    pages: int
    credits: int


@dataclass(frozen=True, slots=True)
class Sync:
    """Keeps one account's index fresh.

    Attributes:
        rate: the account's pool in credits a second, or None while unknown.
        primary: set once the primary language can be searched, or cannot be had.
        complete: set once everything can be, or cannot be had.
    """

    index: KnowledgeIndex
    open: Open
    folder: Path | None
    clock: Clock
    rate: Callable[[], Awaitable[float | None]]
    primary: asyncio.Event
    complete: asyncio.Event

    async def ready(self) -> None:
        """Wait for the first reading, but not for ever: a live search stands in for it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.complete.wait(), timeout=WHOLE_WITHIN)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.primary.wait(), timeout=PRIMARY_WITHIN)

    async def once(self) -> Read:
        """Read every article and file, and keep just those.

        What has been read can be searched at once. The very first reading goes by the assist
        lane: until it is done, every ticket is handed over.
        """
        first = await self.index.size() == 0
        desk = self.open(Lane.ASSIST if first else Lane.BACKFILL)
        pages: list[Page] = []
        if self.folder is not None:
            pages.extend(await asyncio.to_thread(read_folder, self.folder))
            await self.index.add(pages)
        waiting: list[Article] = []
        primary: str | None = None
        async for article in desk.articles():
            primary = article.language if primary is None else primary
            waiting.append(article)
            if len(waiting) >= BATCH or article.language != primary:
                pages.extend(await self._index(waiting))
                waiting = []
            if article.language != primary:
                self.primary.set()
        pages.extend(await self._index(waiting))
        await self.index.replace(pages)
        return Read(len(pages), desk.credits)

    async def _pause(self, spent: int) -> float:
        """Return the seconds until the next reading, so that readings stay a small part."""
        rate = await self.rate()
        return EVERY if not rate else max(EVERY, spent / (PART * rate))

    async def _index(self, articles: list[Article]) -> tuple[Page, ...]:
        pages = pages_of(articles)
        await self.index.add(pages)
        return pages

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
