"""What stands under real plays: a faster clock, and an engine and a database that may die."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from server.engine import Engine
from server.store.db import Connection, Database
from server.work import Work
from tests.chaos.memory import Killed
from tests.chaos.theatre import START

T = TypeVar("T")


class PacedClock:
    """The machine's time, faster; both sides' clock.

    Attributes:
        pace: its seconds in one real second.
    """

    def __init__(self, pace: float) -> None:
        self.pace = pace
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the moment it is in the play."""
        return START + timedelta(seconds=self.steady())

    def steady(self) -> float:
        """Return the seconds of the play that went by."""
        return (time.monotonic() - self._began) * self.pace

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the play."""
        await asyncio.sleep(seconds / self.pace)

    async def wait_until(self, moment: datetime) -> None:
        """Wait until a moment of the play."""
        await self.sleep(max(0.0, (moment - self.now()).total_seconds()))

    def advance(self, seconds: float) -> datetime:
        """Let calls take what they take: this clock goes by itself."""
        del seconds
        return self.now()


class FastEngine(Engine):
    """The product's engine; its delays are the play's."""

    def __init__(self, database: Database, pace: float) -> None:
        super().__init__(database, executor="one")
        self._pace = pace

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Enqueue work to begin after so many seconds of the play."""
        super().enqueue(connection, work, delay=delay / self._pace)


@dataclass
class Life:
    """One life of the process."""

    dead: bool = False


life_of: ContextVar[Life | None] = ContextVar("life_of", default=None)
"""In which life something is done; None: it is the play's own doing, which cannot die."""
work_of: ContextVar[str] = ContextVar("work_of", default="")
"""For which piece of work, by its id."""


class _Undone(Exception):
    """The process died before the commit; said so in the writer's thread, which must not die."""


class Mortal(Database):
    """The product's database; a dead life's calls do not come through."""

    def __init__(self, whole: Database, boundary: Callable[[str], None]) -> None:
        super().__init__(whole.engine)
        self._boundary = boundary

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Read in a thread."""
        self._boundary("")
        return await super().read(act)

    async def glance(self, act: Callable[[Connection], T]) -> T:
        """Read at once."""
        self._boundary("")
        return await super().glance(act)

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Write in the writer's thread; a death before the commit rolls back."""
        ours = contextvars.copy_context()

        def to_the_brink(connection: Connection) -> T:
            try:
                done = ours.run(act, connection)
                ours.run(self._boundary, "commit")
            except Killed as death:
                raise _Undone from death
            return done

        self._boundary("")
        try:
            done = await super().write(to_the_brink)
        except _Undone as undone:
            raise Killed from undone
        self._boundary("committed")
        return done
