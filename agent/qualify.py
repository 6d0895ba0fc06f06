"""Reasons to leave a turn alone: one small function each, in a written order; pure."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from agent.mail.machines import is_machine_sender, why_machine
from agent.mail.notices import is_list_post
from agent.mail.repeats import repetitions
from agent.mail.thanks import is_thanks
from agent.model import Skip, Snapshot, Turn
from agent.snapshot import is_a_persons, is_from_customer, is_ours, opened_by_agent
from agent.text.lexicon import lexicons
from agent.text.words import fold
from tools.html import newest_words, to_text
from tools.model import Author, Conversation, Kind, Stage

CLOSING = timedelta(seconds=30)
"""A customer's message and the rules it wakes touch a ticket this long; a later touch of a
closed ticket that left no word is taken for the closing, where the helpdesk does not date it."""
_MECHANICAL = 2
"""Earlier bodies that are the turn's, from which on no person writes."""
_AT_ONCE = timedelta(minutes=5)
_REPLIED = re.compile(r"^(?:re|aw|antw|sv|res|rif|ref)\s*:")
_SHORT = 600
"""Characters of a note that only says where a ticket went."""
_ADDRESS = re.compile(r"[^\s<>\"',;]+@[^\s<>\"',;]+")

Reason = Callable[[Snapshot, Turn], Skip | None]


def qualify(snapshot: Snapshot, *, now: datetime | None = None) -> Skip | None:
    """Return why the turn is left alone, or None when it is to be answered.

    No model is asked. The order is that of the list: what ends a ticket comes first.

    Args:
        snapshot: of the ticket.
        now: UTC; given by the caller for reasons that depend on the hour.
    """
    del now
    for gone in _BEFORE:
        if (skip := gone(snapshot)) is not None:
            return skip
    turn = snapshot.turn
    if turn is None:
        return _nobody(snapshot)
    return next((skip for reason in REASONS if (skip := reason(snapshot, turn))), None)


def _spam(snapshot: Snapshot) -> Skip | None:
    return Skip("spam", "the ticket is marked as spam") if snapshot.ticket.spam else None


def _deleted(snapshot: Snapshot) -> Skip | None:
    return Skip("deleted", "the ticket was deleted") if snapshot.ticket.deleted else None


def _held_by_ai(snapshot: Snapshot) -> Skip | None:
    held = snapshot.ticket.held_by_ai
    return Skip("held_by_ai", "the helpdesk's own AI agent has the ticket") if held else None


def _nobody(snapshot: Snapshot) -> Skip:
    ticket = snapshot.ticket
    if ticket.outbound:
        return Skip("outbound", "an agent opened the ticket and the customer has not answered")
    if opened_by_agent(ticket, snapshot.thread, snapshot.me):
        return Skip("from_agent", "the requester is an agent, or ourselves")
    return Skip("no_customer_word", "no customer has said anything on this ticket")


def _from_agent(snapshot: Snapshot, turn: Turn) -> Skip | None:
    agents = {one.author_id for one in snapshot.thread.conversations if one.author is Author.AGENT}
    if turn.author_id is not None and turn.author_id in agents | {snapshot.me.id}:
        return Skip("from_agent", "the newest message is an agent's, or our own")
    return None


def _merged(snapshot: Snapshot, turn: Turn) -> Skip | None:
    del turn
    if snapshot.ticket.stage not in {Stage.CLOSED, Stage.RESOLVED}:
        return None
    notes = (one for one in snapshot.thread.conversations if not _by_customer(one, snapshot))
    if any(_says_merged(one) for one in notes):
        return Skip("merged", "the ticket was merged into another one")
    return None


def _says_merged(one: Conversation) -> bool:
    folded = fold(to_text(one.body_html[:4000]))
    return len(folded) < _SHORT and any(x.found("machine.merged", folded) for x in lexicons())


def _answered(snapshot: Snapshot, turn: Turn) -> Skip | None:
    after = _after(snapshot, turn)
    if any(is_ours(one, snapshot.me) for one in after):
        return Skip("last_word_ours", "our own answer or note already follows the message")
    persons = (one for one in after if not one.private)
    if any(is_a_persons(one, snapshot.ticket, snapshot.me) for one in persons):
        return Skip("answered_by_person", "a person has already answered the message")
    return None


def _closed(snapshot: Snapshot, turn: Turn) -> Skip | None:
    ticket = snapshot.ticket
    if ticket.stage not in {Stage.CLOSED, Stage.RESOLVED}:
        return None
    if snapshot.closed_at is not None:
        if turn.at > snapshot.closed_at:
            return None
        return Skip("closed", f"the ticket was {ticket.stage} after the customer's last word")
    later = bool(_after(snapshot, turn)) or ticket.updated_at - turn.at > CLOSING
    if turn.conversation_id is None or later:
        return Skip("closed", f"the ticket was {ticket.stage} after the customer's last word")
    return None


def _empty(snapshot: Snapshot, turn: Turn) -> Skip | None:
    words = turn.text.strip()
    if turn.conversation_id is None:
        words += snapshot.ticket.subject.strip()
    if any(char.isalnum() for char in words) or "?" in words or _attached(snapshot, turn):
        return None
    return Skip("empty", "the message holds neither words nor a file")


def _attached(snapshot: Snapshot, turn: Turn) -> bool:
    if turn.conversation_id is None:
        return bool(snapshot.ticket.attachments)
    said = _said(snapshot, turn)
    return said is not None and bool(said.attachments)


def _auto_response(snapshot: Snapshot, turn: Turn) -> Skip | None:
    said = _said(snapshot, turn)
    marked = turn.auto_response or (said is not None and said.auto_response)
    return Skip("machine_mail", "the helpdesk marked it as automatic mail") if marked else None


def _survey(snapshot: Snapshot, turn: Turn) -> Skip | None:
    said = _said(snapshot, turn)
    if said is not None and said.kind is Kind.SURVEY:
        return Skip("survey", "it is a survey answer")
    return None


def _sender(snapshot: Snapshot, turn: Turn) -> Skip | None:
    addresses = _senders(snapshot, turn)
    if any(is_machine_sender(address) for address in addresses):
        return Skip("machine_mail", "the sender's address belongs to a machine")
    own = _own_addresses(snapshot)
    if any(address in own for address in addresses):
        return Skip("own_address", "it was sent from one of our own support addresses")
    return None


def _machine(snapshot: Snapshot, turn: Turn) -> Skip | None:
    subject = snapshot.ticket.subject if turn.conversation_id is None else ""
    what = why_machine(turn.text, subject=subject)
    if what is None and is_list_post(_whole(snapshot, turn)):
        what = "a post of a mailing list"
    return Skip("machine_mail", f"it reads as {what}") if what else None


def _repeated(snapshot: Snapshot, turn: Turn) -> Skip | None:
    """Catch a machine that says the same again whenever it is answered.

    A person may say the same again, too; what looks like one is handed over.
    """
    said = repetitions(snapshot, turn)
    if len(said) >= _MECHANICAL:
        return Skip("repeated", "the same words came three times and were answered")
    if said and _at_once(snapshot, turn):
        return Skip("repeated", "the same words came back within minutes of our reply")
    return None


def _at_once(snapshot: Snapshot, turn: Turn) -> bool:
    """Return whether the turn followed a public reply of ours by minutes."""
    replies = (
        one.created_at
        for one in snapshot.thread.conversations
        if is_ours(one, snapshot.me) and not one.private and one.created_at <= turn.at
    )
    last = max(replies, default=None)
    return last is not None and turn.at - last <= _AT_ONCE


def _thanks(snapshot: Snapshot, turn: Turn) -> Skip | None:
    if _attached(snapshot, turn):
        return None
    subject = snapshot.ticket.subject
    first = turn.conversation_id is None
    if first and not (_REPLIED.match(fold(subject)) or is_thanks(subject) or not subject.strip()):
        return None
    contact = snapshot.contact
    named = fold(f"{contact.name if contact else ''} {snapshot.me.name}").split()
    if is_thanks(turn.text, names=frozenset(named), asked=_asked(snapshot, turn)):
        return Skip("thanks", "the message only thanks, or says that all is well")
    return None


def _asked(snapshot: Snapshot, turn: Turn) -> bool:
    """Return whether the helpdesk's last public word before the turn was a question."""
    told = [
        one
        for one in snapshot.thread.conversations
        if one.created_at <= turn.at and not one.private and not _incoming(one, snapshot)
    ]
    return bool(told) and "?" in newest_words(told[-1].body_html)


REASONS: tuple[Reason, ...] = (
    _merged,
    _from_agent,
    _answered,
    _closed,
    _survey,
    _empty,
    _auto_response,
    _sender,
    _machine,
    _repeated,
    _thanks,
)
_BEFORE = (_spam, _deleted, _held_by_ai)


def _said(snapshot: Snapshot, turn: Turn) -> Conversation | None:
    found = (one for one in snapshot.thread.conversations if one.id == turn.conversation_id)
    return next(found, None)


def _whole(snapshot: Snapshot, turn: Turn) -> str:
    """Return the end of the turn's message with its footers, which are no part of its words."""
    said = _said(snapshot, turn)
    html = said.body_html if said is not None else snapshot.ticket.description_html
    return to_text(html[-_SHORT * 5 :])


def _by_customer(one: Conversation, snapshot: Snapshot) -> bool:
    return is_from_customer(one, snapshot.ticket, snapshot.me)


def _incoming(one: Conversation, snapshot: Snapshot) -> bool:
    return one.incoming or _by_customer(one, snapshot)


def _after(snapshot: Snapshot, turn: Turn) -> tuple[Conversation, ...]:
    """Return what the helpdesk's side, rules apart, wrote after the turn, in thread order."""
    order = {one.id: place for place, one in enumerate(snapshot.thread.conversations)}
    place = order.get(turn.conversation_id, -1) if turn.conversation_id else -1
    return tuple(
        one
        for one in snapshot.thread.conversations
        if order[one.id] > place
        and one.created_at >= turn.at
        and one.author is not Author.RULE
        and not _by_customer(one, snapshot)
        and one.kind is not Kind.SURVEY
    )


def _senders(snapshot: Snapshot, turn: Turn) -> frozenset[str]:
    said = _said(snapshot, turn)
    named = said.from_email if said is not None else None
    contact = snapshot.contact
    if named is None and contact is not None and turn.author_id in {None, contact.id}:
        named = contact.email
    return frozenset(one.casefold() for one in _ADDRESS.findall(named or ""))


def _own_addresses(snapshot: Snapshot) -> frozenset[str]:
    named = (snapshot.ticket.support_email, snapshot.me.email)
    return frozenset(one.casefold() for one in named if one)
