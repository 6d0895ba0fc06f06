"""Whole runs a second with a model that costs nothing, on SQLite and on Postgres."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from server.store import inbox
from server.store.db import Connection, Database, open_database
from server.store.inbox import OPEN, State
from server.store.tables import deliveries
from tests import postgres
from tests.bench import hosts
from tests.bench.calm import calm
from tests.bench.figures import Tick
from tests.bench.hosts import Program
from tests.chaos.databases import fresh
from tests.e2e.processes import free_port

ROUNDS = 3
RUNS = 120
"""Runs a round."""
STEPS = 2 * (ROUNDS + 1)
_AHEAD = 0.1
"""Part of a round's runs that are not timed: until the work is spread over all hands."""
_PATIENCE = 180.0
"""Seconds that a round may take."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round.

    Attributes:
        rate: runs a second, from the first tenth's end to the last run's.
        cost: milliseconds of processor time a run in the product's processes, all together.
        desk: the same in the helpdesk's process.
        calm: of a core, the least we got before and after.
    """

    rate: float
    cost: float
    desk: float
    calm: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What one database and so many processes do."""

    database: str
    processes: int
    rounds: tuple[Round, ...]

    @property
    def best(self) -> Round:
        """Return the fastest round: the others were disturbed."""
        return max(self.rounds, key=lambda one: one.rate)

    @property
    def calm(self) -> float:
        """Return the calmest round's share of a core."""
        return max(one.calm for one in self.rounds)


@dataclass(frozen=True, slots=True)
class Paces:
    """Both, and why one is missing, if one is."""

    measured: tuple[Pace, ...]
    skipped: str = ""


def measure(
    *,
    rounds: int = ROUNDS,
    runs: int = RUNS,
    with_postgres: bool = True,
    tick: Tick = lambda _: None,
) -> Paces:
    """Measure so many rounds on each database, each beside a helpdesk of its own."""
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as made, ExitStack() as stack:
        stage = _Stage(Path(made), rounds, runs, tick)
        found = [stage.pace("sqlite", f"sqlite:///{Path(made) / 'deskhand.db'}", processes=1)]
        if not with_postgres:
            return Paces(tuple(found))
        try:
            server = stack.enter_context(postgres.server(durable=True))
        except postgres.Missing as missing:
            return Paces(tuple(found), f"Postgres skipped: {missing}")
        url = stack.enter_context(fresh(server))
        found.append(stage.pace("postgres", url, processes=2))
    return Paces(tuple(found))


@dataclass(frozen=True, slots=True)
class _Stage:
    """Plays the rounds on one database after the other."""

    home: Path
    rounds: int
    runs: int
    tick: Tick

    def pace(self, name: str, url: str, *, processes: int) -> Pace:
        """Serve on a database with so many processes; the first round only warms up."""
        played = list[Round]()
        with (
            hosts.desk(self.home, tickets=(self.rounds + 1) * self.runs) as (address, helpdesk),
            self._serving(address, url, processes) as (port, hands),
            _opened(url) as database,
        ):
            for number in range(self.rounds + 1):
                first = 1 + number * self.runs
                played.append(self._round(port, (*hands, helpdesk), database, first=first))
                self.tick(f"{name}, round {number}")
        return Pace(name, processes, tuple(played[1:]))

    def _round(
        self, port: int, hands: tuple[Program, ...], database: Database, *, first: int
    ) -> Round:
        share, before = calm(), [hosts.cpu(one.pid) for one in hands]
        hosts.load(port, first=first, most=self.runs, seconds=_PATIENCE, connections=8)
        _drained(database)
        used = [hosts.cpu(one.pid) - was for one, was in zip(hands, before, strict=True)]
        times = database.read_now(lambda c: _settled(c, self.runs))
        timed = times[round(_AHEAD * len(times)) :]
        return Round(
            rate=(len(timed) - 1) / (timed[-1] - timed[0]),
            cost=1000 * sum(used[:-1]) / self.runs,
            desk=1000 * used[-1] / self.runs,
            calm=min(share, calm()),
        )

    @contextmanager
    def _serving(
        self, helpdesk: str, url: str, processes: int
    ) -> Iterator[tuple[int, list[Program]]]:
        port = free_port()
        home = self.home / f"{processes}"
        environment = hosts.settings(home, helpdesk, port, DESKHAND_DATABASE_URL=url)
        hands = [hosts.program(self.home, environment, "tests.bench.noop", "serve")]
        hands += [
            hosts.program(self.home, environment, "tests.bench.noop", "work")
            for _ in range(1, processes)
        ]
        try:
            hands[0].start()
            hosts.up(hands[0], f"http://127.0.0.1:{port}/readyz")
            for one in hands[1:]:
                one.start()
                one.line()
            yield port, hands
        finally:
            for one in hands:
                one.end()


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()


def _drained(database: Database) -> None:
    """Wait until nothing is left to do.

    Raises:
        RuntimeError: it takes too long.
    """
    until = time.monotonic() + _PATIENCE
    while any(database.read_now(inbox.count).get(state.value, 0) for state in OPEN):
        if time.monotonic() > until:
            raise RuntimeError(f"work is left after {_PATIENCE:.0f} s")
        time.sleep(0.1)


def _settled(connection: Connection, most: int) -> list[float]:
    """Return when the newest deliveries ended, in order.

    Raises:
        RuntimeError: one did not end with a note, so that it was no whole run.
    """
    kept = deliveries.c
    query = select(kept.settled_at, kept.state, kept.reason).order_by(kept.id.desc()).limit(most)
    rows = connection.execute(query).all()
    other = [row for row in rows if row.state != State.DONE.value]
    if other:
        raise RuntimeError(f"{len(other)} runs ended otherwise, such as: {other[0]}")
    return sorted(float(row.settled_at) for row in rows)
