"""Play cases side by side and grade what came of them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals import paper
from evals.case import Case, Expect, Frozen
from evals.checks import CHECKS
from evals.frozen import Kept
from evals.ground import Grounds, Recordings
from evals.outcome import Outcome
from evals.paper import Papers
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
    jobs: int = 4,
    trials: int = 1,
    longest: float = LONGEST,
    recordings: Recordings | None = None,
) -> tuple[Graded, ...]:
    """Play cases, some at a time; return every trial graded, by case in the order given.

    A recorded draft is one trial: there are as many as are kept, whatever `trials` says.
    """
    grounds, free = Grounds(recordings or Recordings()), asyncio.Semaphore(jobs)
    papers = Papers(grounds)

    async def one(case: Case, trial: int, kept: Kept | None) -> Graded:
        async with free:
            started = time.perf_counter()
            if kept is not None and paper.fits(case):
                outcome = await paper.play(case, kept, papers=papers)
            else:
                outcome = await play(case, grounds=grounds, trial=trial, longest=longest)
            return grade(case, outcome, seconds=time.perf_counter() - started)

    def all_of(case: Case) -> Mapping[int, Kept | None]:
        if not isinstance(case.drafter, Frozen):
            return dict.fromkeys(range(trials))
        return grounds.recordings.drafts.of(case.drafter.frozen, case.drafter.model)

    try:
        every = (one(case, n, kept) for case in cases for n, kept in all_of(case).items())
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
