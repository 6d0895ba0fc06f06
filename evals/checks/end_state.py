"""Does the desk look as it should: so many notes and replies of ours, that status, those fields?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _asked(expect: Expect) -> bool:
    counted = (expect.notes, expect.public_replies, expect.status)
    return counted != (None, None, None) or expect.fields is not None


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    pairs = (
        ("private notes", expect.notes, outcome.notes),
        ("public replies", expect.public_replies, outcome.public_replies),
        ("status", expect.status, outcome.status),
        *((name, one, outcome.fields.get(name)) for name, one in (expect.fields or {}).items()),
    )
    wrong = [
        f"{what}: {wanted} expected, {got} found"
        for what, wanted, got in pairs
        if wanted != got and (wanted is not None or what in (expect.fields or {}))
    ]
    return "; ".join(wrong) or None


END_STATE = Check("end_state", _asked, _fault)
