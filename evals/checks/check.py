"""What a check is: one question about an outcome, answered by the fault in words or by none."""

from collections.abc import Callable
from dataclasses import dataclass

from evals.case import Expect
from evals.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """One question about an outcome.

    Attributes:
        asked: whether a case's expectation asks it; else it does not run.
        fault: what is wrong, in words, or None.
    """

    name: str
    asked: Callable[[Expect], bool]
    fault: Callable[[Expect, Outcome], str | None]
