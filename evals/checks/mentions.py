"""Does what we wrote on the ticket say what it must?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    text = "\n".join(one.text for one in outcome.written)
    lacking = [str(phrase) for phrase in expect.must if not phrase.found_in(text)]
    return f"what we wrote does not say {'; nor '.join(lacking)}" if lacking else None


MENTIONS = Check("mentions", lambda expect: bool(expect.must), _fault)
