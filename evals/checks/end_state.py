"""Does the desk look as it should: exactly so many notes and replies of ours, that status?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _asked(expect: Expect) -> bool:
    return (expect.notes, expect.public_replies, expect.status) != (None, None, None)


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    pairs = (
        ("private notes", expect.notes, outcome.notes),
        ("public replies", expect.public_replies, outcome.public_replies),
        ("status", expect.status, outcome.status),
    )
    wrong = [
        f"{what}: {wanted} expected, {got} found"
        for what, wanted, got in pairs
        if wanted is not None and wanted != got
    ]
    return "; ".join(wrong) or None


END_STATE = Check("end_state", _asked, _fault)
