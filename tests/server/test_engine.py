"""The engine's queue: one run a ticket at a time, and looks whose cost stays bounded."""

import asyncio
from collections import Counter
from pathlib import Path

from server.engine import SHARDS, Engine, Work, shard
from server.store.db import Connection, open_database
from server.store.migrate import migrate


async def test_a_ticket_is_worked_on_by_one_run_at_a_time(tmp_path: Path) -> None:
    """Two runs on a ticket would answer it twice; runs on other tickets must not wait for them."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    migrate(database)
    engine = Engine(database, executor="slot-0")
    tickets = ["a", "a", "a", "b", "c", "d"]
    at_work, most, done = Counter[str](), Counter[str](), list[str]()
    all_done = asyncio.Event()

    async def handle(number: int, _: int) -> None:
        ticket = tickets[number]
        at_work.update((ticket, "all"))
        for name in (ticket, "all"):
            most[name] = max(most[name], at_work[name])
        await asyncio.sleep(0.3)
        at_work.subtract((ticket, "all"))
        done.append(ticket)
        if len(done) == len(tickets):
            all_done.set()

    def fill(connection: Connection) -> None:
        for number, ticket in enumerate(tickets):
            engine.enqueue(connection, Work(number, 0, f"acme|{ticket}"))

    engine.prepare()
    database.write_now(fill)
    await engine.start(handle)
    try:
        await asyncio.wait_for(all_done.wait(), timeout=30)
    finally:
        await engine.stop(within=5)
        database.close()

    assert sorted(tickets) == sorted(done)
    assert 1 == most["a"]
    assert most["all"] > 1


def test_a_ticket_always_waits_in_the_same_line_and_lines_are_few() -> None:
    """A look at the queue costs as much as there are lines, whatever the backlog."""
    lines = Counter(shard(f"acme|{number}") for number in range(100_000))

    assert shard("acme|7") == shard("acme|7")
    assert SHARDS == len(lines)
    assert max(lines.values()) < 3 * 100_000 / SHARDS
