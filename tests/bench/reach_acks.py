"""Acknowledgements a second that are on disk, beside what HTTP and storage take by themselves."""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from server.store import inbox
from server.store.db import open_database
from tests.bench import hosts
from tests.bench.calm import calm
from tests.bench.figures import Tick
from tests.bench.intakes import CONNECTIONS, EACH, PRODUCT, STORE, WITHOUT
from tests.bench.load import Load

ROUNDS = 9
"""Short ones: what disturbs one variant of a round and not the other is gone in the next."""
STEPS = ROUNDS
_APART = 1_000_000
"""Tickets between two loads, so that no ticket is delivered twice."""


@dataclass(frozen=True, slots=True)
class Round:
    """All variants, one after the other, for the same time each.

    Attributes:
        without, store: deliveries a second through HTTP alone, and into storage alone.
        calm: of a core, the least we got before and after.
    """

    product: Load
    each: Load
    without: float
    store: float
    calm: float

    @property
    def floor(self) -> float:
        """Return what HTTP and storage would do, one after the other."""
        return 1 / (1 / self.without + 1 / self.store)

    @property
    def part(self) -> float:
        """Return what the product does of that."""
        return self.product.rate / self.floor


@dataclass(frozen=True, slots=True)
class Acks:
    """All rounds.

    Attributes:
        lost: acknowledged, and not in the database afterwards.
        refused: answers other than 202.
    """

    rounds: tuple[Round, ...]
    lost: int
    refused: int

    @property
    def part(self) -> float:
        """Return the median round's part of the composed floor."""
        return statistics.median(one.part for one in self.rounds)

    @property
    def calm(self) -> float:
        """Return the median round's share of a core."""
        return statistics.median(one.calm for one in self.rounds)

    @property
    def calmest(self) -> Round:
        """Return the round in which the machine was most our own."""
        return max(self.rounds, key=lambda one: one.calm)


def measure(*, rounds: int = ROUNDS, seconds: float = 0.7, tick: Tick = lambda _: None) -> Acks:
    """Measure so many rounds, each variant for that long in each."""
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as made:
        home = Path(made)
        with hosts.desk(home, tickets=0) as (address, _), _serving(home, address) as bed:
            bed.load(WITHOUT, seconds)  # warm: what is loaded or compiled late is not measured
            bed.load(PRODUCT, seconds)
            played = list[Round]()
            for number in range(rounds):
                played.append(bed.round(seconds))
                tick(f"round {number + 1}")
        database = open_database(f"sqlite:///{home / 'deskhand.db'}")
        stored = sum(database.read_now(inbox.count).values())
        database.close()
    return Acks(tuple(played), bed.kept - stored, bed.refused)


@dataclass
class _Bed:
    """The running variants, and what they have acknowledged so far."""

    ports: dict[str, int]
    kept: int = 0
    refused: int = 0
    _firsts: Iterator[int] = field(default_factory=lambda: count(_APART, _APART))

    def round(self, seconds: float) -> Round:
        """Load each variant in turn."""
        before = calm()
        product, without = self.load(PRODUCT, seconds), self.load(WITHOUT, seconds)
        store, each = self.store(seconds), self.load(EACH, seconds)
        return Round(product, each, without.rate, store, min(before, calm()))

    def load(self, name: str, seconds: float) -> Load:
        """Load one of them from another process."""
        first = next(self._firsts)
        done = hosts.load(self.ports[name], first=first, seconds=seconds, connections=CONNECTIONS)
        self.kept += 0 if name == WITHOUT else done.answered
        self.refused += done.others
        return done

    def store(self, seconds: float) -> float:
        """Return the deliveries a second into storage alone."""
        asked = {"first": next(self._firsts), "seconds": seconds}
        url = f"http://127.0.0.1:{self.ports[STORE]}/"
        done = httpx.post(url, json=asked, timeout=seconds + 60.0).raise_for_status().json()
        self.kept += int(done["answered"])
        return float(done["answered"] / done["seconds"])


@contextmanager
def _serving(home: Path, helpdesk: str) -> Iterator[_Bed]:
    """Run the variants, with so long a quiet time that no run begins: intake alone is measured."""
    environment = hosts.settings(home, helpdesk, 0, DESKHAND_QUIET_SECONDS="600")
    running = hosts.program(home, environment, "tests.bench.intakes")
    running.start()
    try:
        ports: dict[str, int] = running.line()
        hosts.up(running, f"http://127.0.0.1:{ports[PRODUCT]}/readyz")
        yield _Bed(ports)
    finally:
        running.end()
