"""Wall time and steady time, handed in as an argument so that tests can hold them still."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Two readings and a wait."""

    def now(self) -> datetime:
        """Return the wall time, UTC."""
        ...

    def steady(self) -> float:
        """Return seconds from an unnamed start, never running backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall time, UTC."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that many real seconds."""
        await asyncio.sleep(seconds)


class StoppedClock:
    """A clock that moves only when told to, or when somebody sleeps on it."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._steady = 0.0

    def now(self) -> datetime:
        """Return the time it was last set to, UTC."""
        return self._now

    def steady(self) -> float:
        """Return the seconds it was advanced by."""
        return self._steady

    async def sleep(self, seconds: float) -> None:
        """Advance at once, and let others run."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move both readings on by that many seconds."""
        self._now += timedelta(seconds=seconds)
        self._steady += seconds
