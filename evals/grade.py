"""Play cases side by side and grade what came of them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals import paper
from evals.case import Case, Expect, Frozen
from evals.checks import CHECKS
from evals.ground import Grounds, Recordings
from evals.outcome import Outcome
from evals.paper import Papers
from evals.run import LONGEST, play

Play = tuple[int, int]
"""A case by its place, and the trial."""
Tell = Callable[[int, int], None]
"""Told how many plays have ended, and of how many."""


class Verdict(StrEnum):
    """How a case ended; only the first is good, and only the second speaks of the product."""

    PASSED = "passed"
    FAILED = "failed"
    UNRECORDED = "unrecorded"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check found wrong, in words."""

    check: str
    words: str


@dataclass(frozen=True, slots=True)
class Graded:
    """A case with what came of it.

    Attributes:
        ran: names of the checks that ran; no other counts.
        seconds: real time, this case alone or beside others.
    """

    case: Case
    outcome: Outcome
    verdict: Verdict
    ran: tuple[str, ...]
    faults: tuple[Fault, ...]
    seconds: float


async def play_all(
    cases: Sequence[Case],
    *,
    jobs: int = 1,
    trials: int = 1,
    longest: float = LONGEST,
    recordings: Recordings | None = None,
    tell: Tell = lambda _done, _of: None,
) -> tuple[Graded, ...]:
    """Play cases in this process; return every trial graded, by case in the order given.

    Args:
        cases: what to play.
        jobs: plays under way at a time; more than one only shows that they do not disturb.
        trials: how often each is played.
        longest: real seconds one play may take.
        recordings: what models said.
        tell: called as plays end.
    """
    papers = Papers(Grounds(recordings or Recordings()))
    plays = plays_of(cases, trials, papers.grounds.recordings)
    free, ended = asyncio.Semaphore(jobs), 0

    async def one(case: Case, trial: int) -> Graded:
        nonlocal ended
        async with free:
            graded = await played(case, trial, papers=papers, longest=longest)
        ended += 1
        tell(ended, len(plays))
        return graded

    try:
        return tuple(await asyncio.gather(*(one(cases[place], trial) for place, trial in plays)))
    finally:
        papers.grounds.close()


def plays_of(cases: Sequence[Case], trials: int, recordings: Recordings) -> list[Play]:
    """Return what is to be played, in order.

    A recorded draft is one trial: there are as many as are kept, whatever `trials` says.
    """

    def of(case: Case) -> Iterable[int]:
        if not isinstance(case.drafter, Frozen):
            return range(trials)
        return recordings.drafts.of(case.drafter.frozen, case.drafter.model)

    return [(place, trial) for place, case in enumerate(cases) for trial in of(case)]


async def played(case: Case, trial: int, *, papers: Papers, longest: float = LONGEST) -> Graded:
    """Play a case once and grade it."""
    started = time.perf_counter()
    if isinstance(case.drafter, Frozen) and paper.fits(case):
        kept = papers.grounds.recordings.drafts.of(case.drafter.frozen, case.drafter.model)
        outcome = await paper.play(case, kept[trial], papers=papers)
    else:
        outcome = await play(case, grounds=papers.grounds, trial=trial, longest=longest)
    return grade(case, outcome, seconds=time.perf_counter() - started)


def grade(case: Case, outcome: Outcome, *, seconds: float = 0.0) -> Graded:
    """Ask every check that the case asks for; a broken or unrecorded play is not graded."""
    if outcome.broken:
        fault = Fault("infrastructure", outcome.broken)
        return Graded(case, outcome, Verdict.INFRASTRUCTURE, (), (fault,), seconds)
    if outcome.unrecorded:
        fault = Fault("unrecorded", outcome.unrecorded)
        return Graded(case, outcome, Verdict.UNRECORDED, (), (fault,), seconds)
    faults = faults_of(case.expect, outcome)
    verdict = Verdict.FAILED if faults else Verdict.PASSED
    return Graded(case, outcome, verdict, asked_of(case.expect), faults, seconds)


def asked_of(expect: Expect) -> tuple[str, ...]:
    """Return the names of the checks that an expectation asks for."""
    return tuple(name for name, check in CHECKS.items() if check.asked(expect))


def faults_of(expect: Expect, outcome: Outcome) -> tuple[Fault, ...]:
    """Return every fault that the asked checks find."""
    told = ((name, CHECKS[name].fault(expect, outcome)) for name in asked_of(expect))
    return tuple(Fault(name, words) for name, words in told if words is not None)
