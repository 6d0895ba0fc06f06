"""Cases played in processes of their own: as many at once as asked for, told in the order given."""

import asyncio
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache

from evals.case import Case
from evals.grade import Graded, grade, play_all, played
from evals.ground import Grounds
from evals.outcome import Outcome
from evals.run import LONGEST

Play = tuple[int, int]
"""A case by its place, and the trial."""
Tell = Callable[[int, int], None]
"""Told how many plays are done, and of how many."""

_AT_ONCE = 12
"""Plays handed to a worker in one go, at most: it keeps what they share, and others wait less."""
_SHARES = 4
"""Handfuls that each worker gets at least, so that the last ones end at about the same time."""


def play(
    cases: Sequence[Case],
    *,
    jobs: int,
    trials: int = 1,
    longest: float = LONGEST,
    tell: Tell = lambda _done, _of: None,
) -> tuple[Graded, ...]:
    """Play cases in some processes; return every trial graded, by case in the order given.

    A play that ends its process is told as one that broke, and costs no other play its verdict.

    Args:
        cases: what to play.
        jobs: processes; with one the plays stay in this one.
        trials: how often each is played.
        longest: real seconds one play may take.
        tell: called as plays end.
    """
    plays = [(place, trial) for place in range(len(cases)) for trial in range(trials)]
    workers = min(jobs, max(1, len(plays) // _SHARES))
    if workers == 1:
        return asyncio.run(play_all(cases, trials=trials, longest=longest, tell=tell))
    done: dict[Play, Graded] = {}
    size = max(1, min(_AT_ONCE, len(plays) // (workers * _SHARES)))
    handfuls = [plays[at : at + size] for at in range(0, len(plays), size)]
    for one, graded in _played(cases, handfuls, workers=workers, longest=longest):
        done[one] = graded
        tell(len(done), len(plays))
    for one in plays:
        if one not in done:
            done[one] = _alone(cases, one, longest=longest)
            tell(len(done), len(plays))
    return tuple(done[one] for one in plays)


def _played(
    cases: Sequence[Case], handfuls: list[list[Play]], *, workers: int, longest: float
) -> Iterator[tuple[Play, Graded]]:
    """Yield plays as they end; none more once a process has died with its work."""
    with _pool(workers) as pool:
        futures = {_start(pool, cases, plays, longest): plays for plays in handfuls}
        for future in as_completed(futures):
            try:
                yield from zip(futures[future], future.result(), strict=True)
            except BrokenProcessPool:
                continue


def _alone(cases: Sequence[Case], one: Play, *, longest: float) -> Graded:
    """Play one in a process of its own, since something ended the process it was in."""
    try:
        with _pool(1) as pool:
            return _start(pool, cases, [one], longest).result()[0]
    except BrokenProcessPool:
        case = cases[one[0]]
        return grade(case, Outcome(case.id, broken="it ended the process that played it"))


def _pool(workers: int) -> ProcessPoolExecutor:
    # a fork shares what was loaded; elsewhere than on Linux a fresh start is the safe way
    way = "fork" if sys.platform == "linux" else "spawn"
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(way))


def _start(
    pool: Executor, cases: Sequence[Case], plays: list[Play], longest: float
) -> Future[list[Graded]]:
    return pool.submit(_work, [(cases[place], trial) for place, trial in plays], longest)


def _work(plays: list[tuple[Case, int]], longest: float) -> list[Graded]:
    runner, grounds = _here()
    return runner.run(_in_turn(plays, grounds, longest))


async def _in_turn(plays: list[tuple[Case, int]], grounds: Grounds, longest: float) -> list[Graded]:
    return [await played(case, grounds, trial=trial, longest=longest) for case, trial in plays]


@cache
def _here() -> tuple[asyncio.Runner, Grounds]:
    """Return what all plays of this process share."""
    return asyncio.Runner(), Grounds()
