"""Find what a customer said before in the same words and was answered; pure."""

from datetime import datetime

from agent.fingerprint import normal
from agent.model import Snapshot, Turn
from agent.snapshot import is_from_customer

_LEAST = 12
"""Characters a body must have before its repetition says anything."""


def repetitions(snapshot: Snapshot, turn: Turn) -> tuple[datetime, ...]:
    """Return when the turn's words came before, where a public answer stands in between."""
    body = normal(turn.text)
    if len(body) < _LEAST or turn.conversation_id is None:
        return ()
    shot = snapshot
    before = [one for one in shot.thread.conversations if one.created_at < turn.at]
    theirs = [one for one in before if is_from_customer(one, shot.ticket, shot.me)]
    answers = [
        one.created_at
        for one in before
        if not one.private and not one.incoming and one not in theirs
    ]
    said = [(shot.ticket.created_at, shot.ticket.description_html)]
    said += [(one.created_at, one.body_html) for one in theirs]
    return tuple(
        at for at, html in said if any(answer > at for answer in answers) and _same(html, body)
    )


def _same(html: str, body: str) -> bool:
    first = normal(html)
    return first == body or (len(body) >= _LEAST * 3 and first.startswith(body))
