"""The rate ledger that all processes of a deployment spend through: one row a pool.

On SQLite it has a file of its own with `synchronous=NORMAL`: losing milliseconds of it in a
power cut is harmless, because the next answer's headers correct it, and the state's file keeps
its own, stricter setting. The arithmetic is `tools.budget`'s; here it is read, applied and
written in one transaction that holds the row.

One thread with one connection of its own does it for a whole process: every call to the helpdesk
passes here twice, and a pool's checkout, a thread's start and SQLAlchemy's expressions took five
times as long as the transaction itself (700 acquires a second instead of 3,500). Whoever waits at
the same moment shares a transaction.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PoolProxiedConnection,
    String,
    Table,
    Text,
    event,
)

from server.errors import Unready
from server.store.db import Database, alone
from tools import budget, pool
from tools.budget import Allowance, Ask, Budget, Heard, Shares
from tools.ledger import Key, Standing, describe

T = TypeVar("T")

BATCH = 64
"""Changes that share a transaction at most, so that other processes get their turn."""
LINGER = 0.01
"""Seconds for which what was heard waits for the next call's acquire, while nobody waits for it:
they follow each other, and one transaction for both is half the cost."""
_ENDING = 10.0
"""Seconds that closing waits for what is still to be written."""

metadata = MetaData()
budgets = Table(
    "budgets",
    metadata,
    Column("pool", String, primary_key=True),
    Column("state", Text, nullable=False),
    prefixes=["UNLOGGED"],
)
metadata_on_sqlite = MetaData()
Table(
    "budgets",
    metadata_on_sqlite,
    Column("pool", String, primary_key=True),
    Column("state", Text, nullable=False),
)


class StoreLedger:
    """Budgets in the database; implements `tools.ledger.Ledger`.

    Closing the database ends the thread and its connection; a later call starts them again.
    """

    def __init__(self, database: Database, shares: Shares = budget.SHARES) -> None:
        self._database = database
        self._shares = shares
        self._clerk = _Clerk(database)

    def prepare(self) -> None:
        """Make the table if it is not there; the rows are rebuilt from the next headers."""
        tables = metadata_on_sqlite if self._database.is_sqlite else metadata

        def create(connection: Connection) -> None:
            alone(connection)
            tables.create_all(connection, checkfirst=True)

        self._database.write_now(create)

    async def spend(self, key: Key, ask: Ask, *, assume: Allowance, now: float) -> float:
        """Charge the request and return 0.0, or return the seconds to wait."""

        def apply(kept: Budget | None) -> tuple[Budget, float]:
            verdict = budget.spend(kept or Budget(assume), ask, now=now, shares=self._shares)
            return verdict.budget, verdict.wait

        return await self._clerk.change(key, apply)

    async def learn(self, key: Key, ask: Ask, heard: Heard, *, sent: float, now: float) -> None:
        """Correct the budget by what the answer said; written in turn, and not waited for.

        Every later call of this process sees it. If it is lost, its credits count as under way
        for a window, so we spend less; and an answer that is here is not lost with it.
        """

        def apply(kept: Budget | None) -> tuple[Budget | None, None]:
            if kept is None:
                return None, None
            return budget.learn(kept, ask, heard, sent=sent, now=now), None

        self._clerk.hand_over(key, apply)

    async def pause(self, key: Key, *, until: float) -> None:
        """Stop everybody until that moment at least."""

        def apply(kept: Budget | None) -> tuple[Budget | None, None]:
            return (None if kept is None else budget.pause(kept, until=until)), None

        await self._clerk.change(key, apply)

    async def standing(self, key: Key, *, now: float) -> Standing | None:
        """Return how the pool stands, or None when nothing was spent yet."""
        kept = await self._clerk.change(key, lambda kept: (None, kept))
        return None if kept is None else describe(kept, now=now, shares=self._shares)

    def close(self) -> None:
        """Write what is waiting and let the connection go; closing the database does it too."""
        self._clerk.close()


Apply = Callable[[Budget | None], tuple[Budget | None, T]]
"""Takes what is kept of a pool, and returns what to keep (None: as it was) and a result."""


@dataclass(slots=True)
class _Job:
    """One change; `told` is None where nobody waits for it."""

    name: str
    apply: Apply[Any]
    told: "asyncio.Future[Any] | None"
    result: Any = None
    fault: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Statements:
    """What a transaction says, in one driver's spelling; drivers keep them prepared by text."""

    begin: str
    read: str
    write: str
    insert: str


_SQLITE = _Statements(
    # the write lock at the start, so that what is read stays true until commit
    begin="BEGIN IMMEDIATE",
    read="SELECT state FROM budgets WHERE pool = ?",
    write="UPDATE budgets SET state = ? WHERE pool = ?",
    insert="INSERT INTO budgets (state, pool) VALUES (?, ?) ON CONFLICT DO NOTHING",
)
_POSTGRES = _Statements(
    begin="",
    read="SELECT state FROM budgets WHERE pool = %s FOR UPDATE",
    write="UPDATE budgets SET state = %s WHERE pool = %s",
    insert="INSERT INTO budgets (state, pool) VALUES (%s, %s) ON CONFLICT DO NOTHING",
)


class _Raced(Exception):
    """Two processes met a pool for the first time at one moment."""


class _Clerk:
    """The one thread of a process that reads and writes budgets, on one connection of its own."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._says = _SQLITE if database.is_sqlite else _POSTGRES
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._held: PoolProxiedConnection | None = None
        self._known: dict[str, tuple[str, Budget]] = {}
        event.listen(self._engine, "engine_disposed", lambda _: self.close())

    async def change(self, key: Key, apply: Apply[T]) -> T:
        """Apply it in a transaction that holds the row, and return its result.

        Raises:
            Unready: the database cannot be used right now.
        """
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._submit(_Job(_name(key), apply, told))
        return await told

    def hand_over(self, key: Key, apply: Apply[None]) -> None:
        """Have it applied before everything that is asked for later."""
        self._submit(_Job(_name(key), apply, None))

    def close(self) -> None:
        """Finish what is waiting, and end the thread and its connection."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._jobs.put(None)
        thread.join(timeout=_ENDING)

    def _submit(self, job: _Job) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
                self._thread.start()
            self._jobs.put(job)

    def _run(self) -> None:
        ending = False
        while not ending:
            jobs, ending = self._next()
            if jobs:
                self._serve(jobs)
                _tell(jobs)
        self._let_go()

    def _next(self) -> tuple[list[_Job], bool]:
        """Wait for work and take what is there; True: it is the last."""
        job, jobs = self._jobs.get(), list[_Job]()
        patient = time.monotonic() + LINGER
        while job is not None:
            jobs.append(job)
            if len(jobs) == BATCH:
                return jobs, False
            if job.told is not None:
                patient = 0.0
            try:
                job = self._jobs.get(timeout=max(0.0, patient - time.monotonic()))
            except Empty:
                return jobs, False
        return jobs, True

    def _serve(self, jobs: list[_Job]) -> None:
        """Commit them together; on a connection found lost, once more on a new one."""
        fresh = self._held is None
        while True:
            try:
                self._commit(jobs)
            except _Raced:  # another process made the row first: charge what it has
                self._undo()
            except Exception as fault:  # noqa: BLE001 -- whatever it was, every waiter is told
                lost = self._is_lost(fault)
                self._let_go()
                if fresh or not lost:
                    for job in jobs:
                        job.fault = _unready(fault)
                    return
                fresh = True
            else:
                return

    def _commit(self, jobs: list[_Job]) -> None:
        raw = self._connection()
        if self._says.begin:
            raw.execute(self._says.begin)
        # in the order of their names: two processes can never hold a row each and want the other's
        for name in sorted({job.name for job in jobs}):
            self._change(raw, name, [job for job in jobs if job.name == name])
        raw.commit()

    def _change(self, raw: Any, name: str, jobs: list[_Job]) -> None:  # noqa: ANN401 -- the driver's
        row = raw.execute(self._says.read, (name,)).fetchone()
        text = None if row is None else cast("str", row[0])
        kept = before = self._load(name, text)
        for job in jobs:
            after, job.result = job.apply(kept)
            kept = kept if after is None else after
        if kept is None or kept is before:
            return
        state = pool.dump(kept)
        if text is None:
            if raw.execute(self._says.insert, (state, name)).rowcount == 0:
                raise _Raced
        elif state != text:
            raw.execute(self._says.write, (state, name))
        self._known[name] = state, kept

    def _load(self, name: str, text: str | None) -> Budget | None:
        """Return the budget; where nobody else has written since us, without reading it again."""
        if text is None:
            return None
        state, kept = self._known.get(name, ("", None))
        if state == text:
            return kept
        try:
            return pool.load(text)
        except ValueError:  # spoilt, or another version's: rebuilt from the next headers
            return None

    def _connection(self) -> Any:  # noqa: ANN401 -- the driver's own
        if self._held is None:
            held = self._engine.raw_connection()
            # ours for good: the engine neither counts it nor takes it back
            held.detach()
            self._held = held
            if self._says.begin:  # or the driver would begin transactions of its own
                cast("Any", held.dbapi_connection).isolation_level = None
        return self._held.dbapi_connection

    def _undo(self) -> None:
        if self._held is not None:
            self._held.rollback()

    def _is_lost(self, fault: Exception) -> bool:
        dialect = self._engine.dialect
        held = None if self._held is None else self._held.dbapi_connection
        error = dialect.loaded_dbapi.Error
        return isinstance(fault, error) and dialect.is_disconnect(cast("Any", fault), held, None)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with suppress(Exception):  # it may be lost already
                held.close()


def _tell(jobs: list[_Job]) -> None:
    """Wake those who wait, each loop once."""
    waiting = [job for job in jobs if job.told is not None]
    for loop in {job.told.get_loop() for job in waiting if job.told is not None}:
        theirs = [job for job in waiting if job.told is not None and job.told.get_loop() is loop]
        with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            loop.call_soon_threadsafe(_wake, theirs)


def _wake(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.told is None or job.told.done():
            continue
        if job.fault is None:
            job.told.set_result(job.result)
        else:
            job.told.set_exception(job.fault)


def _unready(fault: Exception) -> Exception:
    """Say of a database that is gone, full, locked or read-only that it may be back later."""
    orig = getattr(fault, "orig", None) or fault
    refused = Unready(f"the database cannot be used: {type(orig).__name__}")
    refused.__cause__ = fault
    return refused


def _name(key: Key) -> str:
    return f"{key.provider}|{key.domain}"
