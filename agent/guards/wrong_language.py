"""A reply in another language than the customer's."""

from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most
from agent.language import detect
from agent.model import Finding


def check(seen: Inspection) -> Iterator[Finding]:
    """Object when the reply's language can be told and is not the turn's, or not its own label."""
    if not seen.is_reply:
        return
    spoken = detect(seen.reply)
    turn = seen.snapshot.turn
    wanted = turn.language[:2].lower() if turn else ""
    if spoken and wanted and spoken != wanted:
        yield note_at_most(
            "wrong_language", f"the customer writes {wanted!r}, the reply is {spoken!r}"
        )
    elif spoken and seen.draft.language and spoken != seen.draft.language[:2].lower():
        yield note_at_most("wrong_language", f"the reply is {spoken!r} but calls itself otherwise")
