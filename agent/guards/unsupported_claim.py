"""Sentences that do not stand in what they cite."""

from collections.abc import Iterator

from agent.evidence.check import judge
from agent.inspection import Inspection, note_at_most
from agent.model import Finding


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to each sentence that says more, less or other than its evidence."""
    if not seen.is_reply:
        return
    for place, verdict in enumerate(judge(seen.snapshot, seen.draft), start=1):
        for fault in verdict.faults:
            yield note_at_most("unsupported_claim", f"sentence {place}: {fault}")
