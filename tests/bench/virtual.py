"""An event loop whose time jumps to the next thing due, so that an hour takes seconds."""

import asyncio
import random
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)


class _Leaping(selectors.DefaultSelector):
    """Never waits: where nothing is ready, the time is already that of the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("nothing is due: everybody waits for somebody else")
            self.now += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual seconds; for work without threads and without sockets."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._leaping.now


class LoopClock:
    """The running loop's time as a clock, both the client's and the sandbox's."""

    def now(self) -> datetime:
        """Return the moment, UTC."""
        return START + timedelta(seconds=self.steady())

    def steady(self) -> float:
        """Return the loop's seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of the loop."""
        await asyncio.sleep(seconds)

    async def wait_until(self, moment: datetime) -> None:
        """Wait until the loop has reached the moment."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it on a loop of its own, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def chance(seed: int) -> random.Random:
    """Return draws that are the same in every run."""
    return random.Random(seed)  # noqa: S311 -- draws, not secrets
