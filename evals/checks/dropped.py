"""Was what must not be set left out, each with a reason on record?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    found = outcome.draft.triage.dropped if outcome.draft is not None else ()
    got = sorted({one.slot.value for one in found if one.reason})
    wanted = sorted({one.value for one in expect.dropped or ()})
    return None if got == wanted else f"dropped: {wanted} expected, {got} found"


DROPPED = Check("dropped", lambda expect: expect.dropped is not None, _fault)
