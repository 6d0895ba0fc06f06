"""Open SQLite or Postgres by URL, one transaction a call."""

import asyncio
import math
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    InternalError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from server.errors import Unready
from server.store.together import Writer, lock

__all__ = [
    "HANDOVER_LOCK",
    "Connection",
    "Database",
    "alone",
    "alone_for",
    "insert_new",
    "lock",
    "one_at_a_time",
    "open_database",
    "reachable",
]

T = TypeVar("T")

ASLEEP = 1.0
"""Seconds in the pool after which a Postgres connection is asked whether it is still there."""
_RESTED = "deskhand.rested"

SCHEMA_LOCK = 7_263_041
ENGINE_LOCK = SCHEMA_LOCK + 1
HANDOVER_LOCK = SCHEMA_LOCK + 2
"""Any numbers nobody else locks on: Postgres's advisory locks for making tables, and so on."""


class Database:
    """One database, from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Writer(engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, which one process may hold at a time."""
        return self.engine.dialect.name == "sqlite"

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Run something that only reads, in a thread."""
        return await asyncio.to_thread(self.read_now, act)

    async def glance(self, act: Callable[[Connection], T]) -> T:
        """Read a few rows by their keys, each question for itself.

        On SQLite at once: a thread would cost more than they do, and a reader of the write-ahead
        log waits for nobody. On Postgres without a transaction, which is half of the journeys.

        Raises:
            Unready: the database cannot be used right now.
        """
        if self.is_sqlite:
            return self.read_now(act)
        return await asyncio.to_thread(self._glance, act)

    def _glance(self, act: Callable[[Connection], T]) -> T:
        with usable(), self.engine.connect() as plain:
            return act(plain.execution_options(isolation_level="AUTOCOMMIT"))

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Run something in one transaction that holds the write lock from its start.

        SQLite has one writer at a time, so there the transaction is shared with whoever else is
        waiting: one sync to disk for all of them. What raises is undone; what shared its
        transaction is done again without it.

        Raises:
            Unready: the database cannot commit right now.
        """
        if not self.is_sqlite:
            return await asyncio.to_thread(self.write_now, act)
        with usable():
            return await self._writer.run(act)

    def read_now(self, act: Callable[[Connection], T]) -> T:
        """Run something that only reads, in this thread.

        Raises:
            Unready: the database cannot be used right now.
        """
        with usable(), self.engine.connect() as connection:
            return act(connection)

    def write_now(self, act: Callable[[Connection], T]) -> T:
        """Run something in one transaction, in this thread.

        Raises:
            Unready: the database cannot commit right now.
        """
        with usable(), self.engine.begin() as connection:
            lock(connection)
            return act(connection)

    async def write_together(self, act: Callable[[Connection], T]) -> T:
        """Run something in a transaction shared with whoever else is waiting.

        Raises:
            Unready: the writer's queue is full, or the database cannot commit.
        """
        try:
            return await self._writer.run(act)
        except Unready:
            raise
        except Exception as fault:
            raise Unready(f"the database cannot commit: {_why(fault)}") from fault

    def close(self) -> None:
        """Stop the writer and give the connections back."""
        self._writer.close()
        self.engine.dispose()


@contextmanager
def usable() -> Generator[None]:
    """Say of a database that is gone, full, locked or read-only that it may be back later.

    Raises:
        Unready: the database cannot be used right now.
    """
    try:
        yield
    except (OperationalError, InterfaceError, InternalError) as fault:
        raise Unready(f"the database cannot be used: {_why(fault)}") from fault


def _why(fault: BaseException) -> str:
    """Return what the driver says in its first line; no statement and no value is in it."""
    if isinstance(fault, OperationalError) and fault.orig:
        return f"{type(fault.orig).__name__}: {str(fault.orig).partition(chr(10))[0]}"
    return type(fault).__name__


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless a unique key forbids it; return whether it was inserted."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    wanted = make(table).values(row).on_conflict_do_nothing()
    return connection.execute(wanted.returning(*table.primary_key.columns)).first() is not None


def alone(connection: Connection) -> None:
    """Let no other process make or change tables until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": SCHEMA_LOCK})


def alone_for(connection: Connection, name: str) -> None:
    """Let no other transaction that asks for this name go on until this one ends.

    On SQLite a transaction that writes is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        lock_it = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        connection.execute(lock_it, {"name": name})


@contextmanager
def one_at_a_time(database: Database, number: int = ENGINE_LOCK) -> Generator[None]:
    """Let no other process make the engine's tables, or hold another number, during a block.

    The engine makes indexes concurrently, which waits for every open transaction: so nobody may
    wait for this lock inside one, and it is asked for again and again instead.
    """
    if database.is_sqlite:
        yield
        return
    with usable(), database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        try_it = text("SELECT pg_try_advisory_lock(:n)")
        while not connection.execute(try_it, {"n": number}).scalar_one():
            time.sleep(0.2)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})


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
        return Database(_postgres(parsed.set(drivername="postgresql+psycopg")))
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


def _postgres(url: URL) -> Engine:
    """Return an engine that asks a connection whether it is there only after a pause.

    Asking each time costs a fifth of all the journeys of a run. A connection that breaks in use
    takes the pool's others with it, so a restart of the server costs each caller one failure.
    """
    engine = create_engine(url, pool_size=10, max_overflow=10)

    @event.listens_for(engine, "checkin")
    def rested(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def woken(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 -- the driver's own
        if time.monotonic() - record.info.get(_RESTED, math.inf) < ASLEEP:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as fault:
            raise InvalidatePoolError from fault

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
