"""What a delivery costs beside a thousand, ten thousand and a hundred thousand stored ones."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from server.store import inbox
from server.store.db import Database, open_database
from server.store.inbox import OPEN
from tests.bench import history, hosts
from tests.bench.calm import calm
from tests.bench.figures import Tick
from tests.bench.hosts import Program
from tests.e2e.processes import free_port, until

SIZES = (1_000, 10_000, 100_000)
ROUNDS = 2
RUNS = 40
STEPS = 4
_FIRST = 2_000_000
"""The first ticket of a load that no helpdesk of the benchmarks has."""
_LISTS = 10
_PATIENCE = 300.0
_WARM = 2.0
_DRAINED = 4.0
"""Seconds that a backlog is worked on before its cost is taken."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What things cost beside so many stored deliveries; of several tries, the cheapest.

    Attributes:
        start: seconds of processor time from the process's start until it is ready.
        ack: milliseconds of processor time for an acknowledgement, 32 connections at once.
        ack_wall: milliseconds from one acknowledgement to the next.
        run: milliseconds of processor time for a whole run, acknowledgement included.
        metrics, listing: milliseconds for `/metrics`, and for what `queue ls` reads.
        waiting: milliseconds of processor time for a run while so many others wait.
    """

    stored: int
    start: float
    ack: float
    ack_wall: float
    run: float
    metrics: float
    listing: float
    waiting: float


@dataclass(frozen=True, slots=True)
class Growth:
    """All sizes, and how much of the machine was ours at the worst moment."""

    costs: tuple[Cost, ...]
    calm: float

    def of(self, name: str) -> float:
        """Return the most stored deliveries' cost as a multiple of the fewest's."""
        return float(getattr(self.costs[-1], name) / getattr(self.costs[0], name))

    def of_each(self, name: str) -> float:
        """Return the same for the cost divided by what is stored."""
        return self.of(name) * self.costs[0].stored / self.costs[-1].stored


def measure(
    *,
    sizes: tuple[int, ...] = SIZES,
    rounds: int = ROUNDS,
    runs: int = RUNS,
    tick: Tick = lambda _: None,
) -> Growth:
    """Make the databases, and measure all of them in turn, round by round."""
    share = calm()
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as made:
        home = Path(made)
        template = history.template(home)
        for size in sizes:
            history.copies(template, home / f"stored-{size}", history.ENDED, size)
            history.copies(template, home / f"waiting-{size}", history.WAITS, size)
        tick("databases")
        taken = {size: _Taken() for size in sizes}
        bench = _Bench(home, rounds)
        with ExitStack() as stack:
            beds = {size: stack.enter_context(bench.bed(size, "0")) for size in sizes}
            bench.runs(beds, taken, runs)
        tick("runs")
        with ExitStack() as stack:
            beds = {size: stack.enter_context(bench.bed(size, "600")) for size in sizes}
            bench.acks(beds, taken)
        tick("acknowledgements and lists")
        for size in sizes:
            bench.backlog(size, taken[size])
        tick("backlogs")
    costs = tuple(taken[size].cost(size) for size in sizes)
    return Growth(costs, min(share, calm()))


@dataclass
class _Taken:
    """All tries, by what was measured."""

    tries: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def add(self, name: str, value: float) -> None:
        """Note a try."""
        self.tries.setdefault(name, []).append(value)

    def cost(self, stored: int) -> Cost:
        """Return the cheapest of each."""
        return Cost(stored, **{name: min(values) for name, values in self.tries.items()})


@dataclass
class _Bed:
    """A serving process and its database."""

    running: Program
    port: int
    home: Path
    database: Database

    def cpu(self) -> float:
        """Return the processor time it has used, in seconds."""
        return hosts.cpu(self.running.pid)


@dataclass
class _Bench:
    home: Path
    rounds: int
    _ticket: int = _FIRST

    @contextmanager
    def bed(self, size: int, quiet: str, kind: str = "stored") -> Iterator[_Bed]:
        """Serve from one of the databases, beside a helpdesk of its own."""
        home, port = self.home / f"{kind}-{size}", free_port()
        tickets = 1 + self.rounds * RUNS
        with hosts.desk(home, tickets=tickets) as (address, _):
            environment = hosts.settings(home, address, port, DESKHAND_QUIET_SECONDS=quiet)
            running = hosts.program(home, environment, "tests.bench.noop", "serve")
            database = open_database(f"sqlite:///{home / history.FILE}")
            running.start()
            try:
                hosts.up(running, f"http://127.0.0.1:{port}/readyz")
                yield _Bed(running, port, home, database)
            finally:
                running.end()
                database.close()

    def acks(self, beds: dict[int, _Bed], taken: dict[int, _Taken]) -> None:
        """Measure start, acknowledgements and lists; so long a quiet time that no run begins."""
        for size, bed in beds.items():
            taken[size].add("start", bed.cpu())
        time.sleep(_WARM)
        for number in range(self.rounds + 1):
            for size, bed in beds.items():
                told = taken[size] if number else _Taken()  # the first round warms up
                before, first = bed.cpu(), self._next(100_000)
                load = hosts.load(bed.port, first=first, seconds=1.0, connections=32)
                told.add("ack", 1000 * (bed.cpu() - before) / load.answered)
                told.add("ack_wall", 1000 / load.rate)
                self._lists(bed, told)

    def _lists(self, bed: _Bed, told: _Taken) -> None:
        url = f"http://127.0.0.1:{bed.port}/metrics"
        token = {"authorization": f"Bearer {hosts.TOKEN}"}
        with httpx.Client(headers=token, timeout=30.0) as client:
            for _ in range(_LISTS):
                told.add("metrics", _wall(lambda: client.get(url).raise_for_status()))
                told.add("listing", _wall(lambda: _queue_ls(bed.database)))

    def runs(self, beds: dict[int, _Bed], taken: dict[int, _Taken], runs: int) -> None:
        """Measure whole runs, on one database after the other, so that each has the machine."""
        for size, bed in beds.items():
            taken[size].add("start", bed.cpu())
        time.sleep(_WARM)
        for number in range(self.rounds):
            for size, bed in beds.items():
                before, first = bed.cpu(), 2 + number * runs
                hosts.load(bed.port, first=first, most=runs, connections=8, seconds=_PATIENCE)
                _until(partial(_is_drained, bed.database))
                taken[size].add("run", 1000 * (bed.cpu() - before) / runs)

    def backlog(self, size: int, told: _Taken) -> None:
        """Measure runs while so many others wait."""
        with self.bed(size, "0", "waiting") as bed:
            time.sleep(_WARM)
            before, waiting = bed.cpu(), _alive(bed.database)
            time.sleep(_DRAINED)
            ended = waiting - _alive(bed.database)
            told.add("waiting", 1000 * (bed.cpu() - before) / max(1, ended))

    def _next(self, tickets: int) -> int:
        first, self._ticket = self._ticket, self._ticket + tickets
        return first


def _wall(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def _queue_ls(database: Database) -> None:
    """Read what `deskhand queue ls` shows."""
    database.read_now(lambda c: inbox.latest(c, most=100))
    database.read_now(inbox.count)


def _alive(database: Database) -> int:
    counts = database.read_now(inbox.count)
    return sum(counts.get(state.value, 0) for state in OPEN)


def _is_drained(database: Database) -> bool:
    return _alive(database) == 0


def _until(true: Callable[[], bool]) -> None:
    until(true, what="the round's runs ended", within=_PATIENCE)
