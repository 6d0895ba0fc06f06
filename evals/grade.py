"""Play cases side by side and grade what came of them."""

import asyncio
import time
from collections.abc import Sequence
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
    cases: Sequence[Case], *, jobs: int = 4, trials: int = 1, longest: float = LONGEST
) -> tuple[Graded, ...]:
    """Play cases, some at a time; return every trial graded, by case in the order given."""
    grounds, free = Grounds(), asyncio.Semaphore(jobs)

    async def one(case: Case, trial: int) -> Graded:
        async with free:
            started = time.perf_counter()
            outcome = await play(case, grounds=grounds, trial=trial, longest=longest)
            return grade(case, outcome, seconds=time.perf_counter() - started)

    try:
        every = (one(case, trial) for case in cases for trial in range(trials))
        return tuple(await asyncio.gather(*every))
    finally:
        grounds.close()


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
