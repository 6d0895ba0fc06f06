"""Bring help-centre articles into the local index, in the backfill lane."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from tools.clock import Clock
from tools.errors import Forbidden, HelpdeskError, Retryable, Unauthorized
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of, read_folder
from tools.provider import Helpdesk

EVERY = 900.0
"""Seconds between two full readings: about 30 credits of a mid-sized help centre each."""
AGAIN = 60.0
"""Seconds until another try after a failure that may pass."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sync:
    """Keeps one account's index fresh.

    Attributes:
        ready: set once there is something to search, or no way to get it.
    """

    index: KnowledgeIndex
    open: Callable[[], Helpdesk]
    folder: Path | None
    clock: Clock
    ready: asyncio.Event

    async def once(self) -> int:
        """Read every article and file, replace what changed; return how many pages there are."""
        desk = self.open()
        pages = list(pages_of([article async for article in desk.articles()]))
        if self.folder is not None:
            pages.extend(await asyncio.to_thread(read_folder, self.folder))
        await self.index.replace(pages)
        return len(pages)

    async def forever(self) -> None:
        """Read now and then again; a failure leaves what was there."""
        if await self.index.size():
            self.ready.set()
        while True:
            wait = EVERY
            try:
                log.info("knowledge read", pages=await self.once())
            except Retryable as fault:
                wait = max(AGAIN, fault.retry_after)
                log.warning("knowledge not read", error=str(fault))
            except (Forbidden, Unauthorized) as fault:
                log.warning("knowledge not read", error=str(fault))
            except HelpdeskError as fault:
                wait = AGAIN
                log.error("knowledge not read", error=str(fault))
            self.ready.set()
            await self.clock.sleep(wait)


async def watch(*loops: Callable[[], Awaitable[None]]) -> None:
    """Run background loops together until cancelled; one that fails is logged and ends alone."""
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(_guarded(loop))


async def _guarded(loop: Callable[[], Awaitable[None]]) -> None:
    try:
        await loop()
    except Exception as fault:
        log.error("background loop ended", error=type(fault).__name__, exc_info=fault)
