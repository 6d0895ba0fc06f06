"""Words of private notes, which are for agents only."""

from collections.abc import Iterator

from agent import hidden
from agent.inspection import Inspection, withhold
from agent.model import Finding
from agent.snapshot import is_ours
from tools.html import to_text


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to words of a note that no public text has, in order or in disguise.

    The agents' part of a draft is looked at, too: what a drafter is never to tell, it has no
    reason to write, and notes are copied out.
    """
    notes = _notes(seen)
    if not notes:
        return
    known = hidden.public(seen)
    if any(hidden.repeats(seen.told, note, known) for note in notes):
        yield withhold("internal_note", "it repeats words of a private note")
    elif hidden.names(seen.told, notes, known):
        yield withhold("internal_note", "it holds a name or number of a private note")


def _notes(seen: Inspection) -> list[str]:
    me = seen.snapshot.me
    thread = seen.snapshot.thread.conversations
    return [
        to_text(one.body_html[:50_000]) for one in thread if one.private and not is_ours(one, me)
    ]
