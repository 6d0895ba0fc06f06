"""Did it stay within its credits, and do we count them as the helpdesk does?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    most = expect.credits_at_most or 0
    if outcome.charged > most:
        return f"{outcome.charged} credits were spent, {most} are allowed"
    if outcome.credits < outcome.charged:
        return f"we count {outcome.credits} credits, the helpdesk charged {outcome.charged}"
    return None


CREDITS_AT_MOST = Check(
    "credits_at_most", lambda expect: expect.credits_at_most is not None, _fault
)
