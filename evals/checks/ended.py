"""Did every run come to an end, and with the failure a case expects, if any? Always asked."""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    if outcome.missed:
        return f"the moment {outcome.missed[0]!r} never came, so the case was not played"
    if not outcome.attempts:
        return "no run was started"
    last = outcome.attempts[-1]
    if last.wait is not None:
        return f"it was still put off after its last attempt: {last.reason}"
    if outcome.error != expect.error:
        return f"it ended with {outcome.error or 'no failure'}: {last.reason or 'done'}"
    return None


ENDED = Check("ended", lambda _: True, _fault)
