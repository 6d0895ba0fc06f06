"""Did the write land, get adopted, get held or stand back, as it should?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    got = outcome.receipt.landing.value if outcome.receipt is not None else "no receipt"
    if got == expect.landing:
        return None
    return f"the write ended as {got!r}, not {expect.landing!r}"


LANDING = Check("landing", lambda expect: expect.landing is not None, _fault)
