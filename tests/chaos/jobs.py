"""What a long run is made of, short or whole."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import replies as r4
from tests.chaos import robots as r10
from tests.chaos import rows, worse_days
from tests.chaos.cut_off import BATCH
from tests.chaos.redeploys import MATRIX
from tests.chaos.report import Row, Tell
from tests.chaos.steps import STEPS

SHORT_STEPS = {
    "sqlite": ("read", "intent", "sending", "sent", "settle"),
    "postgres": ("intent", "sending", "sent"),
}
PLAIN_STEPS = {"sqlite": ("intent", "sending", "sent"), "postgres": ("sending",)}
VIRTUAL = "virtual"
"""In the place of a database: a file that is made anew for each play."""


@dataclass(frozen=True)
class Job:
    """One test on one database.

    Attributes:
        seconds: what it takes on a quiet machine.
        run: does it, given the URL of a server, or none for a file.
    """

    test: str
    database: str
    seconds: float
    run: Callable[[str | None, Tell], Row]


def plan(databases: list[str], *, short: bool, kills: int, replies: int) -> list[Job]:
    """Return what is to be done, test by test.

    Args:
        databases: on which ones.
        short: fewer steps and fewer ways to redeploy, and no mutants.
        kills: in D1, on all databases together.
        replies: in R4.
    """
    each = kills // len(databases)
    jobs = [Job("D1", name, each * 3.0 + 30.0, _under_load(name, each)) for name in databases]
    jobs += [_at_steps(name, SHORT_STEPS[name] if short else STEPS) for name in databases]
    jobs += [_plainly(name, PLAIN_STEPS[name]) for name in databases]
    jobs += [_redeploys(name, short=short) for name in databases]
    jobs += [Job("R14", name, 15.0, _stops(name)) for name in databases]
    if not short:
        jobs += [Job("mutants", name, 80.0, _noticed(name)) for name in databases]
    if short:
        jobs.append(_file_away("full", worse_days.full, 1))
    else:
        jobs += [_file_away("full", worse_days.full, 2), _file_away("locked", worse_days.locked, 3)]
    if len(databases) > 1:
        times = 1 if short else 3
        jobs.append(
            Job("away", "postgres", 20.0 * times, lambda _, t: worse_days.server_away(times, t))
        )
    late, rounds = max(BATCH, replies // 10), 60 if short else 10_000
    return [
        *jobs,
        Job("R4", VIRTUAL, replies * 0.03, lambda _, tell: r4.cut(replies, tell)),
        Job("R4 late", VIRTUAL, late * 0.04, lambda _, tell: r4.too_late(late, tell)),
        Job("R10", VIRTUAL, rounds * 0.2, lambda _, tell: r10.row(rounds, tell)),
    ]


def _under_load(name: str, kills: int) -> Callable[[str | None, Tell], Row]:
    return lambda server, tell: rows.under_load(name, server, kills, tell)


def _stops(name: str) -> Callable[[str | None, Tell], Row]:
    return lambda server, tell: rows.stops(name, server, tell)


def _noticed(name: str) -> Callable[[str | None, Tell], Row]:
    return lambda server, tell: rows.noticed(name, server, tell)


def _file_away(how: str, disaster: worse_days.Disaster, times: int) -> Job:
    seconds = 80.0 * times
    return Job(
        "away", "sqlite", seconds, lambda _, t: worse_days.file_away(how, disaster, times, t)
    )


def _at_steps(name: str, steps: tuple[str, ...]) -> Job:
    seconds = 11.0 * len(steps)
    return Job("D2", name, seconds, lambda url, tell: rows.at_steps(name, url, steps, tell))


def _plainly(name: str, steps: tuple[str, ...]) -> Job:
    seconds = 13.0 * len(steps)
    return Job("D2 auto", name, seconds, lambda url, tell: rows.plainly(name, url, steps, tell))


def _redeploys(name: str, *, short: bool) -> Job:
    matrix = MATRIX[:3:2] if short else MATRIX
    seconds = (13.0 if name == "sqlite" else 20.0) * len(matrix)
    return Job("D3", name, seconds, lambda url, tell: rows.redeploys(name, url, matrix, tell))
