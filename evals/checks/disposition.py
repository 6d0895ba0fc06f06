"""Was the right thing done: a reply, a note, a handoff or nothing?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    if outcome.disposition in expect.dispositions:
        return None
    got = outcome.disposition.name if outcome.disposition is not None else "nothing decided"
    return f"{' or '.join(expect.disposition)} is right, but it was {got}"


DISPOSITION = Check("disposition", lambda expect: bool(expect.disposition), _fault)
