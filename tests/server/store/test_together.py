"""The writer behind `Database.write` on SQLite: many waiting, one transaction."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from server.errors import Unready
from server.store.db import Connection, Database, open_database
from server.store.together import WAITING


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Yield a database with one table that takes each number once."""
    made = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    made.write_now(lambda c: c.execute(text("CREATE TABLE kept (n INTEGER PRIMARY KEY)")))
    yield made
    made.close()


def keeping(number: int) -> Callable[[Connection], int]:
    """Return something to do: keep a number and return it."""

    def act(connection: Connection) -> int:
        connection.execute(text("INSERT INTO kept VALUES (:n)"), {"n": number})
        return number

    return act


def kept(database: Database) -> list[int]:
    """Return the numbers that were committed."""
    return [int(n) for (n,) in database.read_now(lambda c: c.execute(text("SELECT n FROM kept")))]


async def behind(database: Database, *acts: Callable[[Connection], Any]) -> list[Any]:
    """Let these wait behind one that is under way, so that they share a transaction."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        go_on.wait(10)

    holding = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.ensure_future(database.write(act)) for act in acts]
    await asyncio.sleep(0)  # each is handed over
    go_on.set()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_one_that_raises_takes_nobody_with_it(database: Database) -> None:
    """A refused approval must not lose the receipt that waits beside it."""

    def refuse(connection: Connection) -> int:
        keeping(99)(connection)
        raise LookupError("refused")

    told = await behind(database, keeping(1), refuse, keeping(2))

    assert [1, 2] == [told[0], told[2]]
    assert isinstance(told[1], LookupError)
    assert [1, 2] == kept(database)


async def test_those_that_wait_share_one_transaction(database: Database) -> None:
    """One sync to disk for all of them is what makes SQLite fast enough."""
    seen = list[Connection]()
    told = await behind(database, keeping(1), seen.append, keeping(2), seen.append)

    assert [1, None, 2, None] == told
    assert seen[0] is seen[1]


async def test_whoever_stops_waiting_stops_nobody_else(database: Database) -> None:
    """A request that was cut must not end the one thread that keeps deliveries."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        go_on.wait(10)

    holding = asyncio.create_task(database.write_together(hold))
    given_up = asyncio.create_task(database.write_together(keeping(1)))
    await asyncio.to_thread(begun.wait, 10)
    holding.cancel()
    given_up.cancel()
    go_on.set()
    told = await asyncio.wait_for(database.write_together(keeping(2)), timeout=10)

    assert 2 == told
    assert [1, 2] == kept(database)


async def test_a_full_queue_says_come_back(database: Database) -> None:
    """Waiting without a bound would end in memory; the sender tries again instead."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        go_on.wait(10)

    holding = asyncio.create_task(database.write_together(hold))
    await asyncio.to_thread(begun.wait, 10)
    waiting = [
        asyncio.ensure_future(database.write_together(lambda _: None)) for _ in range(WAITING)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Unready, match="waiting"):
        await database.write_together(lambda _: None)
    go_on.set()
    await asyncio.gather(holding, *waiting)

    assert 3 == await database.write_together(keeping(3))


async def test_a_closed_database_refuses_and_does_not_hang(database: Database) -> None:
    """A delivery that comes during a stop must be told to come back, not to wait for ever."""
    assert 1 == await database.write(keeping(1))
    database.close()

    with pytest.raises(Unready, match="closed"):
        await asyncio.wait_for(database.write(keeping(2)), timeout=10)


async def test_the_product_asks_for_every_sync(database: Database) -> None:
    """Committing together must never be bought with a weaker commit."""
    sync = await database.write(lambda c: c.execute(text("PRAGMA synchronous")).scalar())

    assert 2 == sync  # FULL
