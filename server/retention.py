"""Drop what the engine keeps of work that is long over; what we keep of it ourselves stays."""

import asyncio
from dataclasses import dataclass

import structlog

from server.engine import Engine
from server.errors import Unready
from server.store.db import Database
from tools.clock import Clock

EVERY = 3600.0
"""Seconds between two rounds."""
KEPT = 7 * 86_400.0
"""Seconds for which ended work stays in the engine: long enough to see what a week did."""
PAUSE = 0.2
"""Seconds between two pages, so that runs and webhooks get their turn at the database."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Retention:
    """Keeps the engine's tables as large as a week, however long the service runs."""

    database: Database
    engine: Engine
    clock: Clock

    async def forever(self) -> None:
        """Tidy once in a while; a database that is away is left for the next time."""
        while True:
            await self.clock.sleep(EVERY)
            try:
                await self.tidy()
            except Unready as fault:
                log.warning("not tidied", error=str(fault))

    async def tidy(self) -> int:
        """Drop works that ended long ago, a page at a time; return how many.

        Raises:
            Unready: the database cannot be used right now.
        """
        before, dropped = self.clock.now().timestamp() - KEPT, 0
        while True:
            some = await asyncio.to_thread(self.engine.drop_ended, before=before)
            dropped += some
            if not some:
                break
            await self.clock.sleep(PAUSE)
        if dropped:
            log.info("ended work dropped", works=dropped)
        return dropped
