"""Was every 429 obeyed, and was the run put off for as long as it had to be?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    for place, told in enumerate(outcome.calls):
        if told.retry_after is None:
            continue
        until = told.at + told.retry_after
        early = next((c for c in outcome.calls[place + 1 :] if c.at < until), None)
        if early is not None:
            return f"{early.method} {early.path} was sent {until - early.at:.1f} s too early"
    if outcome.waited < (expect.waited_at_least or 0.0):
        return f"it was put off {outcome.waited:.1f} s, less than {expect.waited_at_least:g} s"
    return None


PATIENCE = Check("patience", lambda expect: expect.waited_at_least is not None, _fault)
