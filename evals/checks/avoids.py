"""Is what must not be said absent from everything we wrote, private notes included?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    text = "\n".join(f"{one.text}\n{one.html}" for one in outcome.written)
    said = [str(phrase) for phrase in expect.must_not if phrase.found_in(text)]
    return f"what we wrote says {' and '.join(said)}" if said else None


AVOIDS = Check("avoids", lambda expect: bool(expect.must_not), _fault)
