"""An engine and a database for plays: one order of events, and what a death leaves behind."""

import contextvars
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from evals.clock import CaseClock
from server.engine import Work
from server.store.db import Connection, Database

T = TypeVar("T")


class Killed(BaseException):
    """The process died here: nothing in the product may catch it."""


class Inline(Database):
    """A database whose calls run where they are made, so that a play has one order."""

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Read at once."""
        return self.read_now(act)

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Write at once."""
        return self.write_now(act)


@dataclass
class _Queued:
    due: float
    order: float
    work: Work
    state: str = "queued"
    steps: dict[str, str] = field(default_factory=dict[str, str])


_running: ContextVar[_Queued] = contextvars.ContextVar("_running")


class MemoryEngine:
    """What `server.engine.Engine` promises, in memory: work once by id, its steps kept."""

    def __init__(self, clock: CaseClock, chance: random.Random) -> None:
        self._clock, self._chance = clock, chance
        self._queue: dict[str, _Queued] = {}

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Queue work; the same work twice is one."""
        del connection
        due = self._clock.now().timestamp() + delay
        self._queue.setdefault(work.id, _Queued(due, self._chance.random(), work))

    async def step(self, name: str, act: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """Do a step once for the work that runs."""
        steps = _running.get().steps
        if name not in steps:
            steps[name] = await act()
        return steps[name]

    def over(self, works: Sequence[str]) -> frozenset[str]:
        """Return the works that will not run."""
        alive = {name for name, one in self._queue.items() if one.state != "done"}
        return frozenset(works) - alive

    def next(self) -> _Queued | None:
        """Return what runs next, or None."""
        waiting = [one for one in self._queue.values() if one.state == "queued"]
        return min(waiting, key=lambda one: (one.due, one.order), default=None)

    async def run(self, queued: _Queued, handle: Callable[[int, int], Awaitable[None]]) -> bool:
        """Run work to its end; False where the process died of it, and it stays queued."""
        token = _running.set(queued)
        try:
            await handle(queued.work.delivery, queued.work.attempt)
        except Killed:
            return False
        else:
            queued.state = "done"
            return True
        finally:
            _running.reset(token)
