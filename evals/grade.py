"""Play cases side by side and grade what came of them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals.case import Case, Expect
from evals.checks import CHECKS
from evals.ground import Grounds
from evals.outcome import Outcome
from evals.run import LONGEST, play


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
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> tuple[Graded, ...]:
    """Play cases in this process; return every trial graded, by case in the order given.

    Args:
        cases: what to play.
        jobs: plays under way at a time; more than one only shows that they do not disturb.
        trials: how often each is played.
        longest: real seconds one play may take.
        tell: called as plays end, with how many have and of how many.
    """
    grounds, free, ended = Grounds(), asyncio.Semaphore(jobs), 0
    plays = [(case, trial) for case in cases for trial in range(trials)]

    async def one(case: Case, trial: int) -> Graded:
        nonlocal ended
        async with free:
            graded = await played(case, grounds, trial=trial, longest=longest)
        ended += 1
        tell(ended, len(plays))
        return graded

    try:
        return tuple(await asyncio.gather(*(one(case, trial) for case, trial in plays)))
    finally:
        grounds.close()


async def played(case: Case, grounds: Grounds, *, trial: int, longest: float) -> Graded:
    """Play a case once and grade it."""
    started = time.perf_counter()
    outcome = await play(case, grounds=grounds, trial=trial, longest=longest)
    return grade(case, outcome, seconds=time.perf_counter() - started)


def grade(case: Case, outcome: Outcome, *, seconds: float = 0.0) -> Graded:
    """Ask every check that the case asks for; a broken or unrecorded play is not graded."""
    if outcome.broken:
        fault = Fault("infrastructure", outcome.broken)
        return Graded(case, outcome, Verdict.INFRASTRUCTURE, (), (fault,), seconds)
    if outcome.unrecorded:
        fault = Fault("unrecorded", "a model's answer was needed that nobody recorded")
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
