"""The rate ledger that all processes of a deployment spend through: one row a pool.

On SQLite it has a file of its own with `synchronous=NORMAL`: losing milliseconds of it in a
power cut is harmless, because the next answer's headers correct it, and the state's file keeps
its own, stricter setting. The arithmetic is `tools.budget`'s; here it is read, applied and
written in one transaction that holds the row.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from server.store.db import Database
from tools import budget, pool
from tools.budget import Allowance, Ask, Budget, Heard, Shares
from tools.ledger import Key, Standing, describe

T = TypeVar("T")

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
    """Budgets in the database; implements `tools.ledger.Ledger`."""

    def __init__(self, database: Database, shares: Shares = budget.SHARES) -> None:
        self._database = database
        self._shares = shares

    def prepare(self) -> None:
        """Make the table if it is not there; the rows are rebuilt from the next headers."""
        tables = metadata_on_sqlite if self._database.is_sqlite else metadata
        self._database.write_now(lambda c: tables.create_all(c, checkfirst=True))

    async def spend(self, key: Key, ask: Ask, *, assume: Allowance, now: float) -> float:
        """Charge the request and return 0.0, or return the seconds to wait."""

        def apply(kept: Budget | None) -> tuple[Budget, float]:
            verdict = budget.spend(kept or Budget(assume), ask, now=now, shares=self._shares)
            return verdict.budget, verdict.wait

        return await self._change(key, apply)

    async def learn(self, key: Key, ask: Ask, heard: Heard, *, sent: float, now: float) -> None:
        """Correct the budget by what the answer said."""

        def apply(kept: Budget | None) -> tuple[Budget | None, None]:
            if kept is None:
                return None, None
            return budget.learn(kept, ask, heard, sent=sent, now=now), None

        await self._change(key, apply)

    async def pause(self, key: Key, *, until: float) -> None:
        """Stop everybody until that moment at least."""

        def apply(kept: Budget | None) -> tuple[Budget | None, None]:
            return (None if kept is None else budget.pause(kept, until=until)), None

        await self._change(key, apply)

    async def standing(self, key: Key, *, now: float) -> Standing | None:
        """Return how the pool stands, or None when nothing was spent yet."""
        kept = await self._database.read(lambda c: _read(c, key, lock=False))
        return None if kept is None else describe(kept, now=now, shares=self._shares)

    async def _change(
        self, key: Key, apply: Callable[[Budget | None], tuple[Budget | None, T]]
    ) -> T:
        def run(connection: Connection) -> T:
            before = _read(connection, key, lock=True)
            after, result = apply(before)
            if after is not None and after != before:
                _write(connection, key, after, known=before is not None)
            return result

        return await asyncio.to_thread(self._database.write_now, run)


def _name(key: Key) -> str:
    return f"{key.provider}|{key.domain}"


def _read(connection: Connection, key: Key, *, lock: bool) -> Budget | None:
    query = select(budgets.c.state).where(budgets.c.pool == _name(key))
    if lock:
        query = query.with_for_update()
    state = connection.execute(query).scalar()
    return None if state is None else pool.load(state)


def _write(connection: Connection, key: Key, kept: Budget, *, known: bool) -> None:
    state = pool.dump(kept)
    if known:
        mine = budgets.c.pool == _name(key)
        connection.execute(update(budgets).where(mine).values(state=state))
    else:
        connection.execute(insert(budgets).values(pool=_name(key), state=state))
