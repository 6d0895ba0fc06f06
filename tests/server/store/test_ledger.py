"""The shared ledger: one pool for every process, account and lane on a domain."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from server.errors import Unready
from server.store.db import Database, open_database
from server.store.ledger import StoreLedger
from tools.budget import Allowance, Ask, Heard
from tools.ledger import Key, MemoryLedger
from tools.provider import Lane

POOL = Key("freshdesk", "https://acme.freshdesk.com")
TRIAL = Allowance("trial", 50)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """Two openings of one ledger file, as two processes have them."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    both = open_database(url, durable=False), open_database(url, durable=False)
    yield both
    for database in both:
        database.close()


async def test_two_processes_spend_from_one_pool(two: tuple[Database, Database]) -> None:
    """A second worker must not double what the account has to bear."""
    one, other = StoreLedger(two[0]), StoreLedger(two[1])
    one.prepare()
    other.prepare()
    granted = 0
    for turn in range(100):
        ledger = (one, other)[turn % 2]
        granted += (
            await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0 + turn / 50) == 0
        )

    alone, by_itself = MemoryLedger(), 0
    for turn in range(100):
        by_itself += (
            await alone.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0 + turn / 50) == 0
        )
    assert by_itself == granted
    assert 0 < granted <= 40


async def test_spending_at_once_never_exceeds_the_share(two: tuple[Database, Database]) -> None:
    """Concurrent workers race for the last credit; only one may have it."""
    ledgers = [StoreLedger(database) for database in two]
    ledgers[0].prepare()

    waits = await asyncio.gather(
        *(
            ledgers[turn % 2].spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)
            for turn in range(80)
        )
    )

    alone = MemoryLedger()
    floor = [await alone.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0) for _ in range(80)]
    assert floor.count(0.0) == list(waits).count(0.0)


async def test_a_pause_holds_every_process(two: tuple[Database, Database]) -> None:
    """A 429 that one worker met must stop all of them."""
    one, other = StoreLedger(two[0]), StoreLedger(two[1])
    one.prepare()
    await one.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)

    await one.pause(POOL, until=1034.0)

    assert 34.0 == pytest.approx(
        await other.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0), abs=0.01
    )


async def test_another_domains_pool_is_not_touched(two: tuple[Database, Database]) -> None:
    """One busy or refused account never slows another."""
    ledger = StoreLedger(two[0])
    ledger.prepare()
    await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)
    await ledger.pause(POOL, until=5000.0)
    elsewhere = Key("freshdesk", "https://other.freshdesk.com")

    assert 0.0 == await ledger.spend(elsewhere, Ask(Lane.POST), assume=TRIAL, now=1000.0)


async def test_what_was_learned_is_seen_by_the_next_process(
    two: tuple[Database, Database],
) -> None:
    """An answer is not waited for, but every process must soon spend by what it said."""
    one, other = StoreLedger(two[0]), StoreLedger(two[1])
    one.prepare()
    await one.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)
    await one.learn(POOL, Ask(Lane.POST), Heard(TRIAL, 7, 1), sent=1000.0, now=1000.1)
    here = await one.standing(POOL, now=1000.2)
    there = await other.standing(POOL, now=1000.2)

    assert here == there
    assert here is not None
    assert 7 == here.left


async def test_closing_writes_what_waits_and_leaves_no_thread(tmp_path: Path) -> None:
    """A worker that ends hands over all it knows, and its end is clean."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    first = open_database(url, durable=False)
    ledger = StoreLedger(first)
    ledger.prepare()
    await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)
    await ledger.learn(POOL, Ask(Lane.POST), Heard(TRIAL, 7, 1), sent=1000.0, now=1000.1)
    first.close()

    assert "ledger" not in {thread.name for thread in threading.enumerate()}
    second = open_database(url, durable=False)
    standing = await StoreLedger(second).standing(POOL, now=1000.2)
    second.close()
    assert standing is not None
    assert 7 == standing.left


async def test_a_lost_connection_is_opened_again(two: tuple[Database, Database]) -> None:
    """A database that was restarted must not stop the account for good."""
    ledger = StoreLedger(two[0])
    ledger.prepare()
    await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)
    ledger._clerk._connection().close()  # noqa: SLF001 -- as a restarted server does

    assert 0.0 == await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1001.0)


async def test_a_database_that_fails_is_told_and_used_again(
    two: tuple[Database, Database],
) -> None:
    """Whoever waits hears that it may be back later, and then it is."""
    ledger = StoreLedger(two[0])

    with pytest.raises(Unready, match="cannot be used"):
        await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)

    ledger.prepare()
    assert 0.0 == await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)


async def test_a_row_that_cannot_be_read_is_rebuilt(two: tuple[Database, Database]) -> None:
    """Another version's row must not stop the account: the next headers tell all again."""
    ledger = StoreLedger(two[0])
    ledger.prepare()
    await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1000.0)
    two[1].write_now(lambda c: c.execute(text("UPDATE budgets SET state = 'spoilt'")))

    assert 0.0 == await ledger.spend(POOL, Ask(Lane.POST), assume=TRIAL, now=1001.0)
    standing = await ledger.standing(POOL, now=1001.0)
    assert standing is not None
    assert 1 == standing.ours
