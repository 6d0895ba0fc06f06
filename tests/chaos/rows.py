"""The tests of a long run: each puts a stage up, counts, and holds its figures to the bars."""

import contextlib
import random
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from server.engine import CONTRACT
from tests.chaos.databases import fresh
from tests.chaos.kills import kill_at_random
from tests.chaos.noticed import WITHOUT, names
from tests.chaos.redeploys import LOOKS, Redeploy, beside, redeploy
from tests.chaos.report import Row, Tell
from tests.chaos.stage import PERMISSIVE, PLAIN, Stage, stage
from tests.chaos.steps import FAULTS, Count, kill_at
from tests.chaos.stops import QUICK, stop_under_load
from tests.e2e.processes import Process

FIRST_ACK = 2.0
"""Seconds from a restart to the first 202, in the median."""
INSIDE = 0.8
"""Part of the kills that must find work under way."""
NOW = {"DESKHAND_QUIET_SECONDS": "0"}


@contextlib.contextmanager
def _stage(server: str | None, *, policy: str = PERMISSIVE, **settings: str) -> Iterator[Stage]:
    """Yield a stage on a database of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _url(server) as url,
        stage(Path(folder), url=url, policy=policy, **settings) as on,
    ):
        yield on


@contextlib.contextmanager
def _url(server: str | None) -> Iterator[str | None]:
    with contextlib.ExitStack() as stack:
        yield None if server is None else stack.enter_context(fresh(server))


def under_load(name: str, server: str | None, kills: int, tell: Tell) -> Row:
    """D1: kill at random while clients post."""
    chance = random.Random(7)  # noqa: S311 -- the same moments each time
    with _stage(server, **NOW) as on:
        found = kill_at_random(
            on,
            kills=kills,
            chance=chance,
            tell=lambda n: None if n % 5 else tell(0.8 * n / kills, f"{n} of {kills} kills"),
        )
    kept = found.kept
    row = Row(
        "D1",
        name,
        kept.acknowledged,
        found.kills,
        kept.lost,
        kept.doubled,
        kept.held,
        found.recovery,
        found.at_step,
        kept.wrong,
    )
    row.more = {
        "tickets": kept.tickets,
        "inside": found.inside,
        "at_the_door": found.at_the_door,
        "drained_seconds": round(found.drained, 1),
    }
    row.harmless(of=kept.tickets)
    median = statistics.median(found.recovery)
    row.bar(median <= FIRST_ACK, f"first acknowledgement after {median:.2f} s in the median")
    inside = f"only {found.inside} of {found.kills} kills found work under way"
    row.bar(found.inside >= INSIDE * found.kills, inside)
    row.every_step()
    return row


def at_steps(name: str, server: str | None, steps: tuple[str, ...], tell: Tell) -> Row:
    """D2: kill at each step under each fault, under the most permissive policy."""
    total = Count()
    with _stage(server) as on:
        for number, step in enumerate(steps):
            total.add(kill_at(on, step, FAULTS, number=number))
            tell((number + 1) / len(steps), f"killed at {step}")
    row = _row("D2", name, total)
    row.harmless(of=total.tries)
    row.every_step()
    return row


def plainly(name: str, server: str | None, steps: tuple[str, ...], tell: Tell) -> Row:
    """D2 where the owner did not choose that a reply that was not found is sent again.

    Held must be just those replies that never landed, each with its reason.
    """
    total = Count()
    with _stage(server, policy=PLAIN) as on:
        for number, step in enumerate(steps):
            total.add(kill_at(on, step, FAULTS, number=number))
            tell((number + 1) / len(steps), f"killed at {step}")
    row = _row("D2 auto", name, total)
    row.more = {"held_though_landed": total.landed}
    row.bar(total.lost == 0, "a reply neither landed nor is held with its reason")
    row.bar(total.doubled == 0, "a reply was said twice")
    row.bar(total.landed == 0, f"{total.landed} replies are held though they landed")
    row.bar(total.held > 0, "nothing was held, so this shows nothing")
    row.every_step()
    return row


def redeploys(name: str, server: str | None, matrix: tuple[Redeploy, ...], tell: Tell) -> Row:
    """D3: replace the program in the middle of its work."""
    total = Count()
    settings = NOW | {"DESKHAND_VERIFY_SECONDS": LOOKS}
    with _stage(server, **settings) as on:
        for number, way in enumerate(matrix):
            total.add(redeploy(on, way, number=10 * number + 1))
            tell((number + 1) / (len(matrix) + 1), str(way))
        if server is not None:
            home = on.world.home / "beside"
            environment = on.world.serve.environment | {"DESKHAND_HOME": str(home)}
            new = Process(["worker"], environment, on.world.home / "beside.log")
            try:
                total.add(beside(on, new, number=10 * len(matrix) + 1))
            finally:
                new.kill()
    row = _row("D3", name, total)
    row.more = {"contract": CONTRACT, "redeploys": total.kills}
    row.harmless(of=total.tries)
    row.bar(total.at_step.get("pending", 0) > 0, "no run was under way at the end of a version")
    row.bar(total.at_step.get("delayed", 0) > 0, "no work waited at the end of a version")
    return row


def stops(name: str, server: str | None, tell: Tell) -> Row:
    """R14: SIGTERM under load; on Postgres to two processes at once."""
    with _stage(server, **NOW) as on:
        home = on.world.home / "other"
        environment = on.world.serve.environment | {"DESKHAND_HOME": str(home)}
        workers = [Process(["worker"], environment, on.world.home / "other.log")]
        workers = workers if server is not None else []
        try:
            found = stop_under_load(on, workers)
        finally:
            for one in workers:
                one.kill()
    tell(1.0, f"stopped in {max(found.seconds):.1f} s")
    kept = found.kept
    row = Row(
        "R14",
        name,
        kept.acknowledged,
        len(found.seconds),
        kept.lost,
        kept.doubled,
        kept.held,
        found.seconds,
        {"left to the next life": found.open},
        kept.wrong,
    )
    row.harmless(of=kept.tickets)
    slowest = max(found.seconds)
    row.bar(slowest <= QUICK, f"a stop took {slowest:.1f} s")
    row.bar(found.open > 0, "nothing was left to do at the stop, so this shows nothing")
    return row


def noticed(name: str, server: str | None, tell: Tell) -> Row:
    """Take each protection away once: the counting must notice."""
    protections = names(name)
    row = Row("mutants", name, len(protections), len(protections), 0, 0, 0, [])
    for number, mutant in enumerate(protections):
        with tempfile.TemporaryDirectory() as folder, _url(server) as url:
            row.more[mutant] = WITHOUT[mutant](Path(folder), url)
        row.bar(row.more[mutant] > 0, f"nobody noticed {mutant}")
        tell((number + 1) / len(protections), f"{mutant}: {row.more[mutant]} lost or doubled")
    return row


def _row(test: str, name: str, total: Count) -> Row:
    row = Row(
        test,
        name,
        total.tries,
        total.kills + total.faults,
        total.lost,
        total.doubled,
        total.held,
        total.recovery,
        total.at_step,
        total.wrong,
    )
    row.more = {"kills": total.kills}
    return row
