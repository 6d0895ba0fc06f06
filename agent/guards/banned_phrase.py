"""What the policy does not want said."""

from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.model import Finding
from agent.text.words import fold, squash


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a banned phrase, however it is spaced or spelled."""
    folded = fold(seen.reply)
    for phrase in seen.policy.unspeakable:
        sought = fold(phrase)
        if sought and (sought in folded or (" " in sought and squash(sought) in squash(folded))):
            yield note_at_most("banned_phrase", "it holds a phrase that the policy bans")
            return
