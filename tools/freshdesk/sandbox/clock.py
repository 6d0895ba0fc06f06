"""The desk's time: the machine's own, or one that moves only when it is told to."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC and waits for a moment."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    async def wait_until(self, moment: datetime) -> None:
        """Return once the clock has reached the moment."""
        ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    async def wait_until(self, moment: datetime) -> None:
        """Sleep until the moment; at once if it has passed."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


class VirtualClock:
    """A clock that stands still until somebody advances it."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start`, an aware moment."""
        self._now = start.astimezone(UTC)
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the moment at which the clock stands."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move forward by so many seconds, wake who was waiting, return the moment reached."""
        self._now += timedelta(seconds=seconds)
        due = [future for moment, future in self._waiting if moment <= self._now]
        self._waiting = [(moment, future) for moment, future in self._waiting if moment > self._now]
        for future in due:
            if not future.done():
                future.set_result(None)
        return self._now

    async def wait_until(self, moment: datetime) -> None:
        """Wait until somebody has advanced the clock to the moment; at once if it stands there."""
        if moment <= self._now:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((moment, future))
        await future


def stamp(moment: datetime) -> str:
    """Return the moment as Freshdesk prints it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_stamp(moment: datetime | None) -> str | None:
    """Return the printed moment, or None where there is none."""
    return None if moment is None else stamp(moment)


def read(text: str) -> datetime:
    """Return the moment an ISO 8601 text names; UTC is meant where no zone is written.

    Raises:
        ValueError: the text is not a date or a time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
