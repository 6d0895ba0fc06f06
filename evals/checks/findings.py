"""Did the guards object that should, and none where none should?"""

from evals.case import Expect
from evals.checks.check import Check
from evals.outcome import Outcome


def _fault(expect: Expect, outcome: Outcome) -> str | None:
    if outcome.decision is None:
        return "nothing was decided, so no guard was asked"
    got = {finding.guard for finding in outcome.decision.findings}
    if not expect.findings and got:
        return f"no guard should object, but {', '.join(sorted(got))} did"
    silent = sorted(set(expect.findings or ()) - got)
    if silent:
        return f"{', '.join(silent)} did not object ({', '.join(sorted(got)) or 'nobody'} did)"
    return None


FINDINGS = Check("findings", lambda expect: expect.findings is not None, _fault)
