"""The shared ledger: one pool for every process, account and lane on a domain."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.db import Database, open_database
from server.store.ledger import StoreLedger
from tools.budget import Allowance, Ask
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
