"""How many calls a second the ledger can admit, in memory and in a database."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from server.store.db import Database, open_database
from server.store.ledger import StoreLedger
from tests import postgres
from tests.bench.figures import Tick
from tools.budget import Allowance, Ask, Heard
from tools.ledger import Key, Ledger, MemoryLedger
from tools.provider import Lane

KEY = Key("freshdesk", "bench")
PLENTY = Allowance("", 1_000_000)
"""So large that every acquire is granted: refusals would be cheaper."""
_START = 1_790_000_000.0
_WARM = 300
"""Calls that fill every mark of a window, so that the record has its usual size."""
_STEP = 0.2
"""Virtual seconds between two of those."""
_TICK = 0.002
"""Virtual seconds between two that are measured: slow enough that no burst is ever refused."""
_ROUNDS = 5
STEPS = 3
"""Kinds of ledger."""
_LANES = len(Lane)

Step = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """What one ledger does in a second, as the median of several rounds.

    Attributes:
        tasks: that acquire at the same time.
        acquires: `spend` alone, granted.
        calls: `spend` and the `learn` of its answer: what a call to the helpdesk costs.
        floor: bare updates of one row in the same engine, or None where there is no engine.
    """

    ledger: str
    tasks: int
    acquires: float
    calls: float
    floor: float | None


@dataclass(frozen=True, slots=True)
class Paces:
    """All of them, and why one is missing, if one is."""

    measured: tuple[Pace, ...]
    skipped: str = ""
    postgres: str = ""


def measure(*, seconds: float = 0.6, tick: Tick = lambda _: None) -> Paces:
    """Measure every ledger that can be had, each round for that long."""
    found = [asyncio.run(_pace("memory", MemoryLedger(), 1, seconds, floor=None))]
    tick("memory")
    with ExitStack() as stack:
        on_file = stack.enter_context(_sqlite())
        found += _of("sqlite", on_file, seconds)
        tick("sqlite")
        try:
            url = stack.enter_context(postgres.server(durable=True))
        except postgres.Missing as missing:
            return Paces(tuple(found), skipped=f"Postgres skipped: {missing}")
        own = stack.enter_context(_database(stack.enter_context(postgres.schema(url))))
        version = str(own.read_now(lambda c: c.execute(text("SHOW server_version")).scalar()))
        found += _of("postgres", own, seconds)
        tick("postgres")
    return Paces(tuple(found), postgres=version)


@contextmanager
def _sqlite() -> Iterator[Database]:
    with (
        tempfile.TemporaryDirectory(prefix="deskhand-bench-") as folder,
        _database(f"sqlite:///{Path(folder) / 'ledger.db'}") as database,
    ):
        yield database


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = open_database(url, durable=False)
    try:
        yield database
    finally:
        database.close()


def _of(name: str, database: Database, seconds: float) -> list[Pace]:
    ledger = StoreLedger(database)
    ledger.prepare()
    floor = _floor(database, seconds)
    return [asyncio.run(_pace(name, ledger, tasks, seconds, floor=floor)) for tasks in (1, 4)]


async def _pace(
    name: str, ledger: Ledger, tasks: int, seconds: float, *, floor: float | None
) -> Pace:
    times = _Times()
    for _ in range(_WARM):
        await _call(ledger, times, ahead=_STEP)
    acquires, calls = list[float](), list[float]()
    for _ in range(_ROUNDS):
        part = seconds / 2
        acquires.append(await _rate(partial(_acquire, ledger, times), tasks, part))
        calls.append(await _rate(partial(_call, ledger, times), tasks, part))
    return Pace(name, tasks, statistics.median(acquires), statistics.median(calls), floor)


class _Times:
    """The wall time that the ledger is told, and whose turn it is."""

    def __init__(self) -> None:
        self.now = _START
        self.turn = 0

    def ask(self) -> Ask:
        self.turn += 1
        return Ask(self.turn % _LANES)


async def _acquire(ledger: Ledger, times: _Times) -> None:
    times.now += _TICK
    wait = await ledger.spend(KEY, times.ask(), assume=PLENTY, now=times.now)
    if wait > 0:
        raise RuntimeError(f"the ledger refused, for {wait} s: this measures granted acquires")


async def _call(ledger: Ledger, times: _Times, *, ahead: float = _TICK) -> None:
    times.now += ahead
    ask, now = times.ask(), times.now
    if await ledger.spend(KEY, ask, assume=PLENTY, now=now) > 0:
        raise RuntimeError("the ledger refused: this measures granted calls")
    heard = Heard(PLENTY, PLENTY.total - times.turn, 1)
    await ledger.learn(KEY, ask, heard, sent=now, now=now)


async def _rate(step: Step, tasks: int, seconds: float) -> float:
    """Return the steps a second that so many tasks make together."""
    done, started = 0, time.perf_counter()

    async def repeat() -> None:
        nonlocal done
        while time.perf_counter() - started < seconds:
            await step()
            done += 1

    await asyncio.gather(*(repeat() for _ in range(tasks)))
    return done / (time.perf_counter() - started)


def _floor(database: Database, seconds: float) -> float:
    """Return the bare updates a second: one row, one statement, one transaction, one thread."""
    take = text("UPDATE floor SET used = used + 1 WHERE pool = 'bench' AND used < 1000000000")

    def prepare(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE floor (pool TEXT PRIMARY KEY, used BIGINT)"))
        connection.execute(text("INSERT INTO floor VALUES ('bench', 0)"))

    database.write_now(prepare)
    rates = list[float]()
    for _ in range(_ROUNDS):
        done, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds / 2:
            database.write_now(lambda c: c.execute(take))
            done += 1
        rates.append(done / (time.perf_counter() - started))
    return statistics.median(rates)
