"""An engine and a database for plays: one order of events, and what a death leaves behind."""

import contextvars
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import sqlalchemy

from server.engine import Work
from server.store.db import Connection, Database
from tools.clock import Clock

T = TypeVar("T")


class Killed(BaseException):
    """The process died here: nothing in the product may catch it."""


class Transactional(Protocol):
    """What is written in the database's transaction, though it is kept elsewhere."""

    def keep(self) -> None:
        """The transaction was committed."""
        ...

    def forget(self) -> None:
        """It was not."""
        ...


class Inline(Database):
    """A database whose calls run where they are made, so that a play has one order.

    Attributes:
        boundary: hears `commit` before each commit of the service's, and `committed` after it.
        beside: is committed, or not, together with each transaction.
        commits: False is the mutant that acknowledges what it rolls back.
    """

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        super().__init__(engine)
        self.boundary: Callable[[str], None] = lambda _: None
        self.beside: Transactional | None = None
        self.commits = True

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Read at once."""
        return self.read_now(act)

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Write at once; a death before the commit rolls back."""

        def to_the_brink(connection: Connection) -> T:
            done = act(connection)
            self.boundary("commit")
            return done

        done = self.write_now(to_the_brink)
        self.boundary("committed")
        return done

    async def write_together(self, act: Callable[[Connection], T]) -> T:
        """Write at once, alone."""
        if self.commits:
            return await self.write(act)
        with self.engine.connect() as connection:
            return act(connection)

    def write_now(self, act: Callable[[Connection], T]) -> T:
        """Write at once, and what is beside it with it."""
        try:
            done = super().write_now(act)
        except BaseException:
            if self.beside is not None:
                self.beside.forget()
            raise
        if self.beside is not None:
            self.beside.keep()
        return done


@dataclass
class Queued:
    """One piece of work; it is run when it is due, and kept until it ends."""

    due: float
    order: float
    work: Work
    state: str = "queued"
    steps: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.work.partition.partition("|")[0]


_running: ContextVar[Queued | None] = contextvars.ContextVar("_running", default=None)


def running() -> Queued | None:
    """Return the work that runs at this moment, if any does."""
    return _running.get()


class MemoryEngine:
    """What `server.engine.Engine` promises, in memory: work once by id, its steps kept."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock, self._chance = clock, chance
        self._queue: dict[str, Queued] = {}
        self._uncommitted: list[Queued] = []

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Queue work with the transaction; the same work twice is one."""
        del connection
        due = self._clock.now().timestamp() + delay
        self._uncommitted.append(Queued(due, self._chance.random(), work))

    def keep(self) -> None:
        """Queue what was enqueued in a transaction that was committed."""
        for one in self._uncommitted:
            self._queue.setdefault(one.work.id, one)
        self._uncommitted.clear()

    def forget(self) -> None:
        """Drop what was enqueued in a transaction that was not committed."""
        self._uncommitted.clear()

    async def step(self, name: str, act: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """Do a step once for the work that runs."""
        work = running()
        if work is None:
            raise AssertionError(f"step {name!r} outside of any work")
        if name not in work.steps:
            work.steps[name] = await act()
        return work.steps[name]

    def put_back(self) -> int:
        """Queue again what was dropped: this engine drops nothing."""
        return 0

    def over(self, works: Sequence[str]) -> frozenset[str]:
        """Return the works that will not run."""
        alive = {name for name, one in self._queue.items() if one.state != "done"}
        return frozenset(works) - alive

    def next(self) -> Queued | None:
        """Return what runs next, or None."""
        waiting = [one for one in self._queue.values() if one.state == "queued"]
        return min(waiting, key=lambda one: (one.due, one.order), default=None)

    async def run(self, queued: Queued, handle: Callable[[int, int], Awaitable[None]]) -> bool:
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
