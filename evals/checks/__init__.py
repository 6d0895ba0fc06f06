"""The checks by name; one that a case does not ask for did not run and never counts as passed."""

from collections.abc import Mapping

from evals.checks.avoids import AVOIDS
from evals.checks.check import Check
from evals.checks.credits_at_most import CREDITS_AT_MOST
from evals.checks.disposition import DISPOSITION
from evals.checks.dropped import DROPPED
from evals.checks.end_state import END_STATE
from evals.checks.ended import ENDED
from evals.checks.evidence import EVIDENCE
from evals.checks.findings import FINDINGS
from evals.checks.landing import LANDING
from evals.checks.leaks_nothing import LEAKS_NOTHING
from evals.checks.mentions import MENTIONS
from evals.checks.patience import PATIENCE
from evals.checks.skipped import SKIPPED

__all__ = ["CHECKS", "Check"]

_ALL = (
    ENDED,
    DISPOSITION,
    SKIPPED,
    LANDING,
    END_STATE,
    DROPPED,
    CREDITS_AT_MOST,
    PATIENCE,
    LEAKS_NOTHING,
    EVIDENCE,
    FINDINGS,
    MENTIONS,
    AVOIDS,
)
CHECKS: Mapping[str, Check] = {check.name: check for check in _ALL}
