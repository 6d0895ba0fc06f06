"""A crash with ten thousand runs waiting: how soon work goes on, and what the process weighs."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import func, select

from agent.model import TriggerKind
from server.engine import NOBODY, Engine, Work
from server.ingest import keep
from server.store import inbox
from server.store.db import Connection, Database, open_database
from server.store.inbox import OPEN, Arrival, State
from server.store.migrate import migrate
from server.store.tables import deliveries
from tests.bench import hosts
from tests.bench.calm import calm
from tests.bench.figures import Tick
from tests.bench.hosts import Program
from tests.e2e.processes import free_port
from tools.model import AccountId, TicketId

PENDING = 10_000
STEPS = 3
_PAGE = 500
_UNDER_WAY = 8
"""Runs that must be under way when the process is killed."""
_LIVES = 3
"""Crashes: the quickest restart was the least disturbed."""
_LOOK = 0.01
"""Seconds between two looks whether work goes on."""
_AFTER = 4.0
"""Seconds that the last life works on before it is weighed."""
_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Restart:
    """One crash and what followed.

    Attributes:
        waiting: deliveries without an end at the kill.
        cut: of these, runs under way.
        first: seconds from the process's start to the first run that began.
        ready: seconds from its start to its first 200 on `/readyz`.
        calm: of a core, the least we got before and after.
    """

    waiting: int
    cut: int
    first: float
    ready: float
    calm: float

    @property
    def after_ready(self) -> float:
        """Return the seconds from readiness to the first run; none if it was earlier."""
        return max(0.0, self.first - self.ready)


@dataclass(frozen=True, slots=True)
class Recovery:
    """All crashes.

    Attributes:
        lost: deliveries without an end that no workflow is left for.
        memory: the most that the last process held, in MB (millions of bytes).
    """

    pending: int
    restarts: tuple[Restart, ...]
    lost: int
    memory: float

    @property
    def best(self) -> Restart:
        """Return the quickest restart."""
        return min(self.restarts, key=lambda one: one.after_ready)


def measure(
    *, pending: int = PENDING, lives: int = _LIVES, tick: Tick = lambda _: None
) -> Recovery:
    """Fill the queue, kill the process while it works, and start it again, so many times."""
    with (
        tempfile.TemporaryDirectory(prefix="deskhand-bench-") as made,
        hosts.desk(Path(made), tickets=pending) as (address, _),
        _filled(Path(made), pending) as database,
    ):
        tick("filled")
        scene = _Scene(Path(made), address, database)
        played = list[Restart]()
        running = scene.start()
        try:
            scene.at_work(running)
            for _ in range(lives):
                running.kill()
                running, restart = scene.again()
                played.append(restart)
                scene.at_work(running)
            tick("restarted")
            time.sleep(_AFTER)
            memory = hosts.memory(running.pid)
        finally:
            running.kill()
        lost = scene.lost()
        tick("weighed")
    return Recovery(pending, tuple(played), lost, memory)


@dataclass
class _Scene:
    """A database with work, and the processes that come and go."""

    home: Path
    address: str
    database: Database
    port: int = 0

    def start(self) -> Program:
        """Start a process."""
        self.port = free_port()
        environment = hosts.settings(self.home, self.address, self.port)
        running = hosts.program(self.home, environment, "tests.bench.noop", "serve")
        running.start()
        return running

    def at_work(self, running: Program) -> None:
        """Wait until enough runs are under way."""
        until = time.monotonic() + _PATIENCE
        while len(self.database.read_now(_under_way)) < _UNDER_WAY:
            if (
                time.monotonic() > until
                or running.child is None
                or running.child.poll() is not None
            ):
                raise RuntimeError(f"nothing runs: {running.said()[-2000:]}")
            time.sleep(_LOOK)

    def again(self) -> tuple[Program, Restart]:
        """Start after a kill, and time the first run and the readiness."""
        share = calm()
        waiting = self.database.read_now(_waiting)
        cut = len(self.database.read_now(_under_way))
        begun = self.database.read_now(_begun)
        started, running = time.monotonic(), self.start()
        first, ready = 0.0, 0.0
        with httpx.Client(timeout=5.0) as client:
            while not (first and ready):
                if not first and self.database.read_now(_begun) > begun:
                    first = time.monotonic() - started
                if not ready and self._ready(client):
                    ready = time.monotonic() - started
                if time.monotonic() - started > _PATIENCE:
                    raise RuntimeError(f"nothing runs: {running.said()[-2000:]}")
                time.sleep(_LOOK)
        share = min(share, calm())
        return running, Restart(waiting, cut, first, ready, share)

    def _ready(self, client: httpx.Client) -> bool:
        try:
            answer = client.get(f"http://127.0.0.1:{self.port}/readyz")
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK

    def lost(self) -> int:
        """Return the deliveries without an end for which the engine has nothing left."""
        engine, far = Engine(self.database, executor=NOBODY), time.time() + 3600
        found = self.database.read_now(lambda c: inbox.overdue(c, before=far))
        works = [Work(one.id, one.attempt, "").id for one in found]
        some = (works[first : first + _PAGE] for first in range(0, len(works), _PAGE))
        return sum(len(engine.over(page)) for page in some)


@contextmanager
def _filled(home: Path, pending: int) -> Iterator[Database]:
    """Yield the database with so many deliveries that are due, kept as intake keeps them."""
    database = open_database(f"sqlite:///{home / 'deskhand.db'}")
    try:
        migrate(database)
        engine = Engine(database, executor=NOBODY)
        engine.prepare()
        for first in range(1, pending + 1, _PAGE):
            some = range(first, min(first + _PAGE, pending + 1))
            database.write_now(lambda c, s=some: _keep(c, engine, s))  # type: ignore[misc]
        yield database
    finally:
        database.close()


def _keep(connection: Connection, engine: Engine, tickets: range) -> None:
    now = time.time()
    for ticket in tickets:
        body = f'{{"ticket_id": "{ticket}"}}'.encode()
        known, kind = TicketId(str(ticket)), TriggerKind.WEBHOOK
        account = AccountId("default")
        keep(connection, Arrival(account, known, kind, body, "", "", now, now), engine)


def _begun(connection: Connection) -> int:
    """Return how often a run of any delivery began."""
    return int(connection.execute(select(func.sum(deliveries.c.starts))).scalar() or 0)


def _waiting(connection: Connection) -> int:
    counts = inbox.count(connection)
    return sum(counts.get(state.value, 0) for state in OPEN)


def _under_way(connection: Connection) -> list[int]:
    running = deliveries.c.state == State.RUNNING.value
    return [int(n) for (n,) in connection.execute(select(deliveries.c.id).where(running))]
