"""Cases played in processes of their own: as many at once as asked for, told in the order given."""

import asyncio
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evals.case import Case
from evals.grade import Graded, Play, Tell, grade, play_all, played, plays_of
from evals.ground import Grounds, Recordings
from evals.outcome import Outcome
from evals.paper import Papers
from evals.run import LONGEST

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
    recordings: Recordings | None = None,
    tell: Tell = lambda _done, _of: None,
) -> tuple[Graded, ...]:
    """Play cases in some processes; return every trial graded, by case in the order given.

    A play that ends its process is told as one that broke, and costs no other play its verdict.

    Args:
        cases: what to play.
        jobs: processes; with one the plays stay in this one.
        trials: how often each is played.
        longest: real seconds one play may take.
        recordings: what models said.
        tell: called as plays end.
    """
    said = recordings or Recordings()
    plays = plays_of(cases, trials, said)
    workers = min(jobs, max(1, len(plays) // _SHARES))
    if workers == 1:
        told = play_all(cases, trials=trials, longest=longest, recordings=said, tell=tell)
        return asyncio.run(told)
    troupe = _Troupe(cases, said.folder, longest)
    done: dict[Play, Graded] = {}
    size = max(1, min(_AT_ONCE, len(plays) // (workers * _SHARES)))
    handfuls = [plays[at : at + size] for at in range(0, len(plays), size)]
    for one, graded in troupe.played(handfuls, workers=workers):
        done[one] = graded
        tell(len(done), len(plays))
    for one in plays:
        if one not in done:
            done[one] = troupe.alone(one)
            tell(len(done), len(plays))
    return tuple(done[one] for one in plays)


@dataclass(frozen=True, slots=True)
class _Troupe:
    """Processes that play these cases."""

    cases: Sequence[Case]
    recordings: Path
    longest: float

    def played(self, handfuls: list[list[Play]], *, workers: int) -> Iterator[tuple[Play, Graded]]:
        """Yield plays as they end; none more once a process has died with its work."""
        with _pool(workers) as pool:
            futures = {self._start(pool, plays): plays for plays in handfuls}
            for future in as_completed(futures):
                try:
                    yield from zip(futures[future], future.result(), strict=True)
                except BrokenProcessPool:
                    continue

    def alone(self, one: Play) -> Graded:
        """Play one in a process of its own, since something ended the process it was in."""
        try:
            with _pool(1) as pool:
                return self._start(pool, [one]).result()[0]
        except BrokenProcessPool:
            case = self.cases[one[0]]
            return grade(case, Outcome(case.id, broken="it ended the process that played it"))

    def _start(self, pool: Executor, plays: list[Play]) -> Future[list[Graded]]:
        named = [(self.cases[place], trial) for place, trial in plays]
        return pool.submit(_work, named, self.recordings, self.longest)


def _pool(workers: int) -> ProcessPoolExecutor:
    # a fork shares what was loaded; elsewhere than on Linux a fresh start is the safe way
    way = "fork" if sys.platform == "linux" else "spawn"
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(way))


def _work(plays: list[tuple[Case, int]], recordings: Path, longest: float) -> list[Graded]:
    runner, papers = _here(recordings)
    return runner.run(_in_turn(plays, papers, longest))


async def _in_turn(plays: list[tuple[Case, int]], papers: Papers, longest: float) -> list[Graded]:
    return [await played(case, trial, papers=papers, longest=longest) for case, trial in plays]


@cache
def _here(recordings: Path) -> tuple[asyncio.Runner, Papers]:
    """Return what all plays of this process share."""
    return asyncio.Runner(), Papers(Grounds(Recordings(recordings)))
