"""Tell what mail of many senders has in common: its words without numbers and names; pure."""

import hashlib
import re
from collections.abc import Iterator

from agent.model import Snapshot, Turn
from agent.text.words import fold

_LEAST = 12
"""Letters a message must have before somebody else's same words say anything."""
_PIECE = re.compile(r"[a-z0-9_.:/#+-]+|[^\W\d_]+")
"""A date, an order or a case's id hangs together by such signs."""
_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_NUMBER = "0"


def shape(snapshot: Snapshot) -> str:
    """Return a digest of the turn's words, one for all mail that differs in numbers and names.

    Numbers are whatever holds a digit; names are the requester's, the sender's and our own; links
    and addresses are left out. A message without a body is told by its subject. Linear in the size.

    Returns:
        Sixteen hexadecimal digits, or "" where there are too few words to be told by.
    """
    turn = snapshot.turn
    if turn is None:
        return ""
    text = turn.text
    if not text.strip() and turn.conversation_id is None:
        text = snapshot.ticket.subject
    names = _names(snapshot, turn)
    kept: list[str] = []
    for word in _words(text):
        again = word == _NUMBER and kept[-1:] == [_NUMBER]
        if word not in names and not again:
            kept.append(word)
    if sum(len(word) for word in kept if word != _NUMBER) < _LEAST:
        return ""
    return hashlib.sha256(" ".join(kept).encode()).hexdigest()[:16]


def _names(snapshot: Snapshot, turn: Turn) -> frozenset[str]:
    contact, company, said = snapshot.contact, snapshot.company, snapshot.thread.conversations
    told = [
        contact.name if contact else "",
        company.name if company else "",
        snapshot.me.name,
        *(one.from_email or "" for one in said if one.id == turn.conversation_id),
    ]
    return frozenset(word for one in told for word in _words(one) if word != _NUMBER)


def _words(text: str) -> Iterator[str]:
    for chunk in fold(text).split():
        if "@" in chunk or "://" in chunk:  # a machine's differ from mail to mail
            continue
        for piece in _PIECE.findall(chunk):
            if _DIGIT.search(piece):
                yield _NUMBER
            else:
                yield from _WORD.findall(piece)
