"""Words of the drafter's own where the policy allows canned responses alone."""

from collections.abc import Iterator

from agent.canned import verbatim
from agent.inspection import Inspection, note_at_most
from agent.model import Finding


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a reply that is not made of whole canned responses, word for word."""
    if seen.policy.canned_only and seen.is_reply and not verbatim(seen.draft):
        reason = "it is not a canned response word for word, and the policy allows nothing else"
        yield note_at_most("canned_only", reason)
