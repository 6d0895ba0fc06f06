"""Words of private notes, which are for agents only."""

import re
from collections.abc import Iterator

from agent import values
from agent.inspection import Inspection, disguises, grams, withhold
from agent.model import Finding
from agent.snapshot import is_from_customer, is_ours
from agent.words import fold, squash
from tools.html import to_text

_RUN = 5
_SHORT_RUN = 3
_SHORT_NOTE = 8
_RARE = 6


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to words of a note that no public text has, in order or in disguise."""
    if not seen.is_reply:
        return
    notes = _notes(seen)
    if not notes:
        return
    public = _public(seen)
    if any(_repeats(note, seen.reply, public) for note in notes):
        yield withhold("internal_note", "it repeats words of a private note")
    elif _names_secret(notes, seen.told, public):
        yield withhold("internal_note", "it holds a name or number of a private note")


def _notes(seen: Inspection) -> list[str]:
    me = seen.snapshot.me
    thread = seen.snapshot.thread.conversations
    return [
        to_text(one.body_html[:50_000]) for one in thread if one.private and not is_ours(one, me)
    ]


def _public(seen: Inspection) -> str:
    ticket, me = seen.snapshot.ticket, seen.snapshot.me
    told = [
        to_text(one.body_html[:20_000])
        for one in seen.snapshot.thread.conversations
        if not one.private and not is_from_customer(one, ticket, me)
    ]
    return "\n".join((seen.pages, seen.said, seen.policy.signature, seen.policy.disclosure, *told))


def _repeats(note: str, reply: str, public: str) -> bool:
    size = _SHORT_RUN if len(fold(note).split()) <= _SHORT_NOTE else _RUN
    shared = grams(note, size) & grams(reply, size)
    return bool(shared - grams(public, size))


def _names_secret(notes: list[str], told: str, public: str) -> bool:
    known = squash(public)
    rare = {
        squash(word)
        for note in notes
        for word in re.findall(r"\S+", note)
        if len(squash(word)) >= _RARE and any(char.isdigit() for char in word)
    }
    rare |= {
        next(iter(one.readings))
        for note in notes
        for one in values.find(note)
        if one.kind == "code"
    }
    hidden = {one for one in rare if len(one) >= _SHORT_RUN + 1 and one not in known}
    return any(one in form for form in disguises(told) for one in hidden)
