"""Open SQLite or Postgres by URL, one transaction a call, and the writer that commits together."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, InternalError, OperationalError

from server.errors import Unready

__all__ = [
    "Connection",
    "Database",
    "alone",
    "insert_new",
    "lock",
    "one_at_a_time",
    "open_database",
    "reachable",
]

T = TypeVar("T")

BATCH = 256
"""Deliveries committed together at most: one sync to disk for all of them."""
WAITING = 4096
"""Deliveries that may wait for the writer before new ones are told to come back."""

SCHEMA_LOCK = 7_263_041
ENGINE_LOCK = SCHEMA_LOCK + 1
"""Any numbers nobody else locks on: Postgres's advisory locks for making tables."""


class Database:
    """One database, from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = _Writer(engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, which one process may hold at a time."""
        return self.engine.dialect.name == "sqlite"

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Run something that only reads, in a thread."""
        return await asyncio.to_thread(self.read_now, act)

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Run something in one transaction that holds the write lock from its start."""
        return await asyncio.to_thread(self.write_now, act)

    def read_now(self, act: Callable[[Connection], T]) -> T:
        """Run something that only reads, in this thread.

        Raises:
            Unready: the database cannot be used right now.
        """
        with _usable(), self.engine.connect() as connection:
            return act(connection)

    def write_now(self, act: Callable[[Connection], T]) -> T:
        """Run something in one transaction, in this thread.

        Raises:
            Unready: the database cannot commit right now.
        """
        with _usable(), self.engine.begin() as connection:
            lock(connection)
            return act(connection)

    async def write_together(self, act: Callable[[Connection], T]) -> T:
        """Run something in a transaction shared with whoever else is waiting.

        Raises:
            Unready: the writer's queue is full, or the database cannot commit.
        """
        return await asyncio.wrap_future(self._writer.submit(act))

    def close(self) -> None:
        """Stop the writer and give the connections back."""
        self._writer.close()
        self.engine.dispose()


@contextmanager
def _usable() -> Generator[None]:
    """Say of a database that is gone, full, locked or read-only that it may be back later."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError) as fault:
        name = type(fault.orig).__name__ if fault.orig else type(fault).__name__
        raise Unready(f"the database cannot be used: {name}") from fault


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless a unique key forbids it; return whether it was inserted."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    wanted = make(table).values(row).on_conflict_do_nothing()
    return connection.execute(wanted.returning(*table.primary_key.columns)).first() is not None


def alone(connection: Connection) -> None:
    """Let no other process make or change tables until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": SCHEMA_LOCK})


@contextmanager
def one_at_a_time(database: Database) -> Generator[None]:
    """Let no other process make the engine's tables during a block.

    The engine makes indexes concurrently, which waits for every open transaction: so nobody may
    wait for this lock inside one, and it is asked for again and again instead.
    """
    if database.is_sqlite:
        yield
        return
    with _usable(), database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        try_it = text("SELECT pg_try_advisory_lock(:n)")
        while not connection.execute(try_it, {"n": ENGINE_LOCK}).scalar_one():
            time.sleep(0.2)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": ENGINE_LOCK})


def lock(connection: Connection) -> None:
    """Take SQLite's write lock at the start, so that what is read stays true until commit."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def open_database(url: str, *, durable: bool = True) -> Database:
    """Open a database by URL; on SQLite with settings that survive a power cut.

    Args:
        url: `sqlite:///path` or `postgresql://host/name`.
        durable: whether a commit must be on disk before it counts (SQLite only).

    Raises:
        Unready: the URL cannot be understood or the file's folder cannot be written.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise Unready(f"DESKHAND_DATABASE_URL {_safe(url)!r} is not a database URL") from fault
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite(parsed.database or ":memory:", durable=durable))
    if parsed.get_backend_name() == "postgresql":
        plain = parsed.set(drivername="postgresql+psycopg")
        return Database(create_engine(plain, pool_size=10, max_overflow=10, pool_pre_ping=True))
    raise Unready(
        f"DESKHAND_DATABASE_URL names {parsed.get_backend_name()!r}; "
        "write sqlite:///path or postgresql://host/name"
    )


def _sqlite(path: str, *, durable: bool) -> Engine:
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", pool_size=10, max_overflow=20)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's own
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def reachable(database: Database) -> str | None:
    """Return why the database cannot be used, or None."""
    try:
        database.read_now(lambda c: c.execute(text("SELECT 1")).scalar())
    except Unready as fault:
        return str(fault)
    return None


def _safe(url: str) -> str:
    """Return the URL without what may be a password."""
    head, _, tail = url.rpartition("@")
    return f"…@{tail}" if head else url


@dataclass(frozen=True, slots=True)
class _Job:
    act: Callable[[Connection], Any]
    done: "Future[Any]"


class _Writer:
    """One thread that commits all waiting writes together: one sync for a whole burst."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def submit(self, act: Callable[[Connection], Any]) -> "Future[Any]":
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
        job = _Job(act, Future())
        try:
            self._jobs.put_nowait(job)
        except queue.Full as fault:
            raise Unready("too many deliveries are waiting to be stored") from fault
        return job.done

    def close(self) -> None:
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            batch = self._next()
            jobs = [job for job in batch if job is not None]
            if jobs:
                self._commit(jobs)
            if len(jobs) < len(batch):
                return

    def _next(self) -> list[_Job | None]:
        batch = [self._jobs.get()]
        while len(batch) < BATCH and batch[-1] is not None:
            try:
                batch.append(self._jobs.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            with self._engine.begin() as connection:
                lock(connection)
                results = [job.act(connection) for job in jobs]
        except Exception as fault:  # noqa: BLE001 -- whatever it was, every waiter is told
            if len(jobs) > 1:
                for job in jobs:
                    self._commit([job])
                return
            refused = Unready(f"the database cannot commit: {type(fault).__name__}")
            refused.__cause__ = fault
            jobs[0].done.set_exception(refused)
            return
        for job, result in zip(jobs, results, strict=True):
            job.done.set_result(result)
