"""A canned response that the policy does not let out without a person."""

from collections.abc import Iterator

from agent.canned import may_go_alone
from agent.inspection import Inspection, note_at_most
from agent.model import Finding, SourceKind


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a reply that rests on a response which may be true of another ticket alone.

    People choose "your subscription has ended" after they ended it. Nothing in its words tells
    it from a rule that always holds, so the policy names the ones that do.
    """
    if not seen.is_reply:
        return
    cited = {
        one.source
        for paragraph in seen.draft.paragraphs
        for sentence in paragraph.sentences
        for one in sentence.evidence
    }
    for one in seen.draft.documents:
        ready = one.id in cited and one.kind is SourceKind.CANNED
        if ready and not may_go_alone(seen.policy, one.id, one.title):
            reason = f"the policy's list canned does not name the canned response {one.title!r}"
            yield note_at_most("canned_unnamed", reason)
