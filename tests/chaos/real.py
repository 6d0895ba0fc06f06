"""The same plays on the real engine, DBOS on SQLite, with threads and in real time, only faster.

So the engine in memory cannot drift away from the real one unseen. Several plays share one
process's life: one engine, one database, sixteen pieces of work at once. A death takes all of it
down at once, at a boundary of one piece of work; the next life finds what was committed.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from agent.journal import Journal
from server.attention import Attention
from server.engine import CUT, Engine
from server.reconcile import EVERY
from server.store import inbox
from server.store.db import Database, open_database
from server.store.inbox import Delivery, State
from server.store.ledger import StoreLedger
from server.store.migrate import migrate
from server.workflow import Workflow
from tests.chaos.fast import FastEngine, Life, Mortal, PacedClock, life_of, work_of
from tests.chaos.house import House, OwnClock, Setting
from tests.chaos.judge import Judge
from tests.chaos.memory import Killed
from tests.chaos.props import NAMES, Props
from tests.chaos.script import Script, script
from tests.chaos.simulation import LAST, Play
from tests.chaos.tenancy import acting, on_behalf_of
from tests.chaos.theatre import Theatre
from tests.chaos.verdict import Verdict
from tools.provider import READ_ONLY, Lane

T = TypeVar("T")

PACE, FEW_PACE = 60.0, 100.0
"""Seconds of a play that go by in one real second; with few plays there is time for more."""
FEW = 4
SLACK = 30.0
"""Seconds of a play within which two things count as one moment: threads take their time."""
APART = 1.0
"""Real seconds between two deaths."""


class RealStage:
    """One process after another, which all plays share.

    Args:
        folder: for its databases.
        most: deaths, at most: each takes a second or two.
        pace: seconds of the play in one real second.
    """

    def __init__(self, folder: Path, *, most: int, pace: float) -> None:
        self.clock = PacedClock(pace)
        self.store = Mortal(_empty(folder / "real.db"), self.boundary)
        rates = open_database(f"sqlite:///{folder / 'rates.db'}", durable=False)
        self.ledger = StoreLedger(rates)
        self.ledger.prepare()
        self._rates = rates
        self.engine: Engine = FastEngine(self.store, self.clock.pace)
        self.theatres: dict[str, RealTheatre] = {}
        self.deaths = 0
        self.lock = asyncio.Lock()
        self._most = most
        self._life = Life()
        self._born = time.monotonic()
        self._died = asyncio.Event()

    async def open(self) -> None:
        """Begin the first life."""
        await self._begin()
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End the last life, and give everything back."""
        self._watching.cancel()
        await self.engine.stop(within=CUT)
        self.store.close()
        self._rates.close()

    def what_runs(self) -> str:
        """Return the work that may die at this moment, by its id; "" for none."""
        enough = self.deaths >= self._most or time.monotonic() - self._born < APART
        return "" if enough or self._life.dead else work_of.get()

    def boundary(self, place: str) -> None:
        """End a dead life's calls; and let one of the living die here, perhaps."""
        life = life_of.get()
        if life is None:
            return
        if life.dead:
            raise Killed
        theatre = self.theatres.get(acting.get())
        if theatre is None or not place:
            return
        try:
            theatre.boundary(place)
        except Killed:
            life.dead = True
            raise

    async def _watch(self) -> None:
        while True:
            await self._died.wait()
            async with self.lock:
                await self.engine.stop(within=CUT)
                for theatre in set(self.theatres.values()):
                    theatre.restart()
                self.deaths += 1
                self.engine = FastEngine(self.store, self.clock.pace)
                await self._begin()

    async def _begin(self) -> None:
        self._died.clear()
        self._life, self._born = Life(), time.monotonic()
        await self.engine.start(self._handle)
        houses = [house for theatre in set(self.theatres.values()) for house in theatre.houses]
        desks = {one.id: lambda one=one: one.open(Lane.BACKFILL, READ_ONLY) for one in houses}
        await Attention(self.store, self.engine, self.clock, desks).look(0)

    async def _handle(self, number: int, attempt: int) -> None:
        life = self._life
        life_of.set(life)
        work_of.set(f"{number}-{attempt}")
        found = self.store.read_now(lambda c: inbox.find(c, number))
        account = found.account if found else ""
        with on_behalf_of(account):
            try:
                await self._workflow(account).handle(number, attempt)
            except Killed:
                life.dead = True
                self._died.set()
                raise

    def _workflow(self, account: str) -> Workflow:
        return self.theatres[account].workflow()


class RealTheatre(Theatre):
    """One play's companies on the shared stage."""

    def __init__(self, stage: RealStage, seed: int, *settings: Setting) -> None:
        self._stage = stage
        self.chance = random.Random(seed)  # noqa: S311 -- what falls by chance does in real time
        self.clock = stage.clock  # type: ignore[assignment]  # real time, at a pace
        self.own = OwnClock(stage.clock)
        self.idle = 2 * EVERY
        self.houses = [
            House(
                setting,
                number=len(stage.theatres) + number,
                clock=stage.clock,
                own=self.own,
                ledger=stage.ledger,
                chance=self.chance,
            )
            for number, setting in enumerate(settings, start=1)
        ]
        self.store = stage.store
        self.journals: Callable[[str], Journal] = self.journal
        self.boundary: Callable[[str], None] = lambda _: None
        stage.theatres.update({house.id: self for house in self.houses})

    @property
    def product_engine(self) -> Engine:
        """The engine of this life."""
        return self._stage.engine

    def watch(self, boundary: Callable[[str], None], *, commits: bool = True) -> None:
        """Have each commit of these companies' work told."""
        assert commits
        self.boundary = boundary

    async def live(self, seconds: float) -> None:
        """Let this time go by."""
        await self.clock.sleep(seconds)

    async def rest(self, seconds: float) -> None:
        """Let this time go by."""
        await self.clock.sleep(seconds)

    async def settle(self) -> None:
        """Wait until nothing of these companies is at work or comes back by itself."""
        ends = self.clock.steady() + LAST
        while self.clock.steady() < ends:
            going = {one.state for one in self.unfinished()} - {State.PARKED}
            if not going:
                return
            await asyncio.sleep(0.1)

    @property
    def is_idle(self) -> bool:
        """Whether it is: what is at work is unfinished."""
        return True

    def deliveries(self) -> list[Delivery]:
        """Return these companies' deliveries, oldest first."""
        ours = {house.id for house in self.houses}
        return [one for one in super().deliveries() if one.account in ours]

    async def close(self) -> None:
        """Leave the wires to the stage's end: another play's work may still be looked for."""


class RealPlay(Play):
    """A play in real time: the same script, the same chances, the same judge."""

    def __init__(self, stage: RealStage, on: RealTheatre, frame: Script, judge: Judge) -> None:
        self._stage = stage
        super().__init__(on, frame, judge, alone=False)
        self.verdict.real = True

    def what_runs(self) -> str:
        """Return the work that may die at this moment."""
        return self._stage.what_runs()

    async def lived(self, what: str, act: Callable[[], Awaitable[object]]) -> bool:
        """Do something between two deaths."""
        del what
        async with self._stage.lock:
            await act()
        return True


async def play_for_real(folder: Path, props: Props, seeds: Sequence[int]) -> list[Verdict]:
    """Play these seeds at once and return what each came to.

    Args:
        folder: for the databases.
        props: stocked here.
        seeds: which.
    """
    pace = FEW_PACE if len(seeds) <= FEW else PACE
    stage = RealStage(folder, most=2 + len(seeds) // 2, pace=pace)
    plays = []
    for seed in seeds:
        names = tuple(f"{name}{_letters(seed)}" for name in NAMES)
        await props.stock(*names)
        frame = replace(script(seed, props, names=names), jumpy=False)
        on = RealTheatre(stage, seed, *frame.settings)
        engine = lambda on=on: on.product_engine  # noqa: E731
        judge = Judge(on.houses, on.store, engine, slack=SLACK, paced=False)
        plays.append(RealPlay(stage, on, frame, judge))
    await stage.open()
    try:
        return await asyncio.gather(*(play.run() for play in plays))
    finally:
        await stage.close()


def _letters(seed: int) -> str:
    """Return a seed in letters, always as many: digits in a name would look like a secret."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{seed:06d}")


def _empty(path: Path) -> Database:
    made = open_database(f"sqlite:///{path}", durable=False)
    migrate(made)
    return made
