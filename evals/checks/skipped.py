"""Was the turn left alone for the right reason?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    got = outcome.skip.name if outcome.skip is not None else "none"
    return None if got == expect.skip else f"the reason to skip is {got!r}, not {expect.skip!r}"


SKIPPED = Check("skipped", lambda expect: expect.skip is not None, _fault)
