"""The engine's queue: one run a ticket at a time, and looks whose cost stays bounded."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from evals.clock import CaseClock
from server.engine import SHARDS, Engine, Work, shard
from server.errors import Unready
from server.retention import KEPT, Retention
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


async def test_work_whose_end_could_not_be_written_does_not_hold_up_what_waits_behind_it(
    tmp_path: Path,
) -> None:
    """A full disk lets a run end and its end be lost: its ticket must not wait for a restart."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    migrate(database)
    engine = Engine(database, executor="slot-0")
    first, second = Work(1, 0, "acme|a"), Work(2, 0, "acme|a")
    runs, ran = list[int](), asyncio.Event()

    async def handle(number: int, _: int) -> None:
        await asyncio.sleep(0)
        runs.append(number)
        ran.set()

    async def waited_for(work: Work) -> None:
        while engine.over([work.id]) != {work.id}:  # noqa: ASYNC110 -- the engine tells nobody
            await asyncio.sleep(0.05)

    def lose_the_end(connection: Connection) -> None:
        unended = {"status": "PENDING", "executor_id": "slot-0", "work": first.id}
        connection.execute(
            text(
                "UPDATE workflow_status SET status = :status, executor_id = :executor_id "
                "WHERE workflow_uuid = :work"
            ),
            unended,
        )
        engine.enqueue(connection, second)

    engine.prepare()
    database.write_now(lambda c: engine.enqueue(c, first))
    await engine.start(handle)
    try:
        await asyncio.wait_for(waited_for(first), timeout=30)
        database.write_now(lose_the_end)
        await asyncio.sleep(1.0)
        held_up = list(runs)
        back = [engine.put_back(), engine.put_back()]
        await asyncio.wait_for(waited_for(second), timeout=30)
    finally:
        await engine.stop(within=5)
        database.close()

    assert ([1], [0, 1]) == (held_up, back)
    assert {1, 2} == set(runs)


async def test_ended_work_is_dropped_after_a_week_and_nothing_else_is(tmp_path: Path) -> None:
    """The engine's tables must not grow for as long as the service runs."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    migrate(database)
    engine, clock = Engine(database, executor="slot-0"), CaseClock(datetime.now(UTC))
    ended, waiting = Work(1, 0, "acme|a"), Work(2, 0, "acme|b")

    async def handle(number: int, _: int) -> None:
        await asyncio.sleep(0)
        runs.append(number)

    def fill(connection: Connection) -> None:
        engine.enqueue(connection, ended)
        engine.enqueue(connection, waiting, delay=1000.0)

    runs = list[int]()
    engine.prepare()
    database.write_now(fill)
    await engine.start(handle)
    try:
        while engine.over([ended.id]) != {ended.id}:  # noqa: ASYNC110 -- the engine tells nobody
            await asyncio.sleep(0.05)
        retention = Retention(database, engine, clock)
        at_once = await retention.tidy()
        clock.advance(KEPT + 60.0)
        later = await retention.tidy()
        left = database.read_now(
            lambda c: c.execute(text("SELECT workflow_uuid FROM workflow_status")).scalars().all()
        )
    finally:
        await engine.stop(within=5)
        database.close()

    assert ([1], 0, 1) == (runs, at_once, later)
    assert [waiting.id] == left


async def test_a_step_whose_outcome_cannot_be_kept_says_that_the_database_is_away(
    tmp_path: Path,
) -> None:
    """A full disk is waited for; as a fault of ours it would end the delivery for good."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    migrate(database)
    engine, met = Engine(database, executor="slot-0"), list[Exception]()
    over = asyncio.Event()

    async def handle(_: int, __: int) -> None:
        try:
            await engine.step("read", spoilt)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, it is looked at below
            met.append(fault)
        over.set()

    async def spoilt() -> str:
        database.write_now(lambda c: c.execute(text("DROP TABLE operation_outputs")))
        return "read"

    engine.prepare()
    database.write_now(lambda c: engine.enqueue(c, Work(1, 0, "acme|1")))
    await engine.start(handle)
    try:
        await asyncio.wait_for(over.wait(), timeout=30)
    finally:
        await engine.stop(within=5)
        database.close()

    assert [Unready] == [type(one) for one in met]
