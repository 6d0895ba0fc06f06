"""The database goes away while clients post and runs are under way, and comes back."""

import contextlib
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import postgres
from tests.chaos.clients import Clients
from tests.chaos.clients import judge as judged
from tests.chaos.report import Row, Tell
from tests.chaos.stage import Stage, stage
from tests.e2e.processes import until

LOAD = 4.0
"""Seconds of load before it goes, and again after it is back."""
SETTLED = 1.0
"""Seconds after which what was under way when it went has been answered."""
GONE = 6.0
"""Seconds for which it is away."""
DRAINED = 200.0
"""Seconds after the load by which all work must have ended."""
NOW = {"DESKHAND_QUIET_SECONDS": "0"}

Disaster = Callable[[Stage], contextlib.AbstractContextManager[None]]
"""Takes the database of a running responder away for the length of a block."""


def under_load(name: str, on: Stage, disaster: Disaster, *, times: int, tell: Tell) -> Row:
    """Let it happen so often under load, let all work end, and count."""
    on.world.serve.start()
    on.world.ready()
    clients = Clients(on)
    clients.start()
    back, stored = list[float](), 0
    try:
        for number in range(times):
            time.sleep(LOAD)
            with disaster(on):
                time.sleep(SETTLED)
                before = len(clients.posted.times)
                time.sleep(GONE)
                stored += len(clients.posted.times) - before
            began = time.monotonic()
            back.append(clients.first_after(began) - began)
            tell((number + 1) / (times + 1), f"away and back {number + 1} of {times}")
        time.sleep(LOAD)
    finally:
        clients.stop()
    until(lambda: on.open() == 0, what="all work ended", within=DRAINED)
    child = on.world.serve.child
    survived = child is not None and child.poll() is None
    on.world.serve.kill()
    kept = judged(on, clients.posted)
    row = Row(
        "away",
        name,
        kept.acknowledged,
        times,
        kept.lost,
        kept.doubled,
        kept.held,
        back,
        wrong=kept.wrong,
    )
    row.more = {"tickets": kept.tickets, "refused": clients.posted.refused}
    row.more["stored_meanwhile"] = stored
    row.harmless(of=kept.tickets)
    row.bar(survived, "the responder did not outlive it")
    row.bar(stored == 0, f"{stored} were stored while it was away, so this shows nothing")
    return row


@contextlib.contextmanager
def locked(on: Stage) -> Iterator[None]:
    """Hold the file's write lock, as a copying tool or a stuck command would."""
    name = on.store.engine.url.database
    with contextlib.closing(sqlite3.connect(str(name), timeout=30.0)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextlib.contextmanager
def full(on: Stage) -> Iterator[None]:
    """Let no file grow."""
    child = on.world.serve.child
    if child is None:
        raise RuntimeError("the responder does not run")
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (4096, unlimited))
    try:
        yield
    finally:
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


def restarting(server: postgres.Server) -> Disaster:
    """Return the disaster of a server that crashes and recovers from its log."""

    @contextlib.contextmanager
    def gone(_: Stage) -> Iterator[None]:
        server.stop(crash=True)
        try:
            yield
        finally:
            server.start()

    return gone


def file_away(name: str, disaster: Disaster, times: int, tell: Tell) -> Row:
    """On SQLite."""
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder), **NOW) as on:
        return under_load(name, on, disaster, times=times, tell=tell)


def server_away(times: int, tell: Tell) -> Row:
    """On a Postgres server of our own.

    Raises:
        postgres.Missing: there is no program to start one.
    """
    with (
        postgres.restartable() as server,
        tempfile.TemporaryDirectory() as folder,
        stage(Path(folder), url=server.url, **NOW) as on,
    ):
        return under_load("postgres restarted", on, restarting(server), times=times, tell=tell)
