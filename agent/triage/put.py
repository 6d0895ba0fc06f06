"""Set fields of a ticket: look, put once, or look whether it is there; nothing is said.

An update is told again by the values it left. Nobody's word is overwritten: whatever a person
changed between the reading and the write, or while a write was uncertain, stays as it is.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent.errors import Deferred
from agent.journal import Journal
from agent.model import (
    Decision,
    Disposition,
    Intent,
    Landing,
    Receipt,
    Snapshot,
    Triage,
    Turn,
    Write,
)
from agent.post import TRIES, Looks, Proposed, intent_of, send, still_current
from agent.triage import slots as triage
from tools.clock import Clock
from tools.errors import Forbidden, NotFound, Rejected
from tools.model import Stage, Ticket
from tools.provider import Helpdesk

_SET = Disposition.TRIAGE


async def put(
    snapshot: Snapshot,
    turn: Turn,
    found: Triage,
    *,
    proposal: Proposed,
    desk: Helpdesk,
    journal: Journal,
    clock: Clock,
    looks: Looks,
) -> Receipt:
    """Set what was decided, once, if nobody changed the ticket and all still allow it.

    Args:
        snapshot: what it was decided on.
        turn: which turn it is for.
        found: what is to be set.
        proposal: judges once more at this moment.
        desk: opened in the post lane with the right to change these keys.
        journal: keeps intents and receipts.
        clock: tells the time.
        looks: when to look for an uncertain write.

    Returns:
        The receipt; `Landing.NOTHING` with a reason where the helpdesk refuses it.

    Raises:
        Superseded: the customer wrote again; the run must begin anew.
        Deferred: the write is uncertain, or another one is; come back later.
        HelpdeskError: it surely was not applied, and may pass.
    """
    stands = await still_current(snapshot, turn, _SET, desk=desk)
    if isinstance(stands, Receipt):
        return stands
    moved = _moved(_watched(snapshot.ticket), stands.ticket)
    if moved:
        reason = f"somebody changed the ticket meanwhile: {', '.join(moved)}"
        return Receipt(_SET, Landing.SUPERSEDED, reason=reason)
    refusal = await journal.allows(turn.account, Write.UPDATE)
    if refusal is not None:
        return Receipt(_SET, Landing.NOTHING, reason=refusal)
    present = await proposal.again()
    if present.disposition is not _SET:
        return _not_now(present)
    made = triage.changes(found, stands.ticket)
    if not made:
        return Receipt(Disposition.SKIP, Landing.NOTHING, reason="all of it is set by now")
    before = _watched(stands.ticket)
    intent = intent_of(snapshot, turn, _SET, "", clock=clock, changes=made, before=before)
    return await _sent(intent, desk=desk, journal=journal, looks=looks)


async def verify(
    intent: Intent,
    *,
    desk: Helpdesk,
    journal: Journal,
    clock: Clock,
    looks: Looks,
    resend: bool,
) -> Receipt:
    """Look at the ticket whether an uncertain update is there; one credit a look.

    Found, it is adopted. Not there once the last look has passed, it is made once more where the
    ticket stands as it stood; whatever somebody else has changed ends it.

    Args:
        intent: what was to be set.
        desk: opened in the post lane with the right to change these keys.
        journal: keeps intents and receipts.
        clock: tells the time.
        looks: when to look.
        resend: all that was asked for it is still so.

    Raises:
        Deferred: not there yet, and not all looks are done; or writing is stopped.
    """
    wait = looks.next((clock.now() - intent.at).total_seconds())
    try:
        ticket = await desk.ticket(intent.ticket_id)
    except NotFound:
        gone = Receipt(_SET, Landing.SUPERSEDED, reason="the ticket is gone")
        return await _settled(intent, gone, journal=journal)
    told = _ending(intent, ticket)
    if told is None and wait is not None:
        raise Deferred("looking whether the update landed", retry_after=wait)
    if told is None and resend and intent.attempt < TRIES[intent.write]:
        refusal = await journal.allows(intent.account, intent.write)
        if refusal is not None:
            raise Deferred(refusal, retry_after=looks.after[-1])
        again = replace(intent, at=clock.now(), attempt=intent.attempt + 1)
        again = replace(again, changes=_merged(intent, ticket), before=_watched(ticket))
        return await _sent(again, desk=desk, journal=journal, looks=looks)
    held = Receipt(
        _SET, Landing.HELD, reason="the update may or may not have landed, and was not found"
    )
    return await _settled(intent, told or held, journal=journal)


async def _settled(intent: Intent, receipt: Receipt, *, journal: Journal) -> Receipt:
    await journal.settle(intent, receipt)
    return receipt


def _not_now(present: Decision) -> Receipt:
    return Receipt(Disposition.SKIP, Landing.NOTHING, reason="; ".join(present.reasons))


async def _sent(intent: Intent, *, desk: Helpdesk, journal: Journal, looks: Looks) -> Receipt:
    """Send it; what the helpdesk refuses is told, and may be tried again once it is mended."""
    try:
        return await send(intent, desk=desk, journal=journal, looks=looks)
    except NotFound:
        return Receipt(_SET, Landing.SUPERSEDED, reason="the ticket is gone")
    except (Rejected, Forbidden) as fault:
        names = ", ".join(sorted(intent.changes))
        reason = f"the helpdesk refused to set {names}: {fault}"
        return Receipt(_SET, Landing.NOTHING, reason=reason)


def _ending(intent: Intent, ticket: Ticket) -> Receipt | None:
    """Return how an uncertain update ended by what the ticket shows; None where nothing tells."""
    if _is_there(intent, ticket):
        changed = ticket.updated_at
        return Receipt(_SET, Landing.ADOPTED, reason="looked for and found", changed_at=changed)
    moved = _moved(intent.before, ticket)
    if moved:
        reason = f"somebody changed the ticket meanwhile: {', '.join(moved)}"
        return Receipt(_SET, Landing.SUPERSEDED, reason=reason)
    ended = ticket.stage in {Stage.CLOSED, Stage.RESOLVED}
    if ended or ticket.deleted or ticket.spam:
        return Receipt(_SET, Landing.SUPERSEDED, reason="the ticket was closed meanwhile")
    return None


def _is_there(intent: Intent, ticket: Ticket) -> bool:
    """Whether any value shows that the update landed: it does so whole, or not at all.

    A person may have changed some of it back since, and that must not be done over.
    """
    shown, plain = _watched(ticket), {tag.casefold() for tag in ticket.tags}
    values = ((key, value) for key, value in intent.changes.items() if key != "tags")
    return any(shown[key] == str(value) for key, value in values) or any(
        tag.casefold() in plain for tag in _added(intent)
    )


def _added(intent: Intent) -> list[str]:
    there = {tag.casefold() for tag in _tags(intent.before)}
    return [tag for tag in _tags(intent.changes) if tag.casefold() not in there]


def _merged(intent: Intent, ticket: Ticket) -> dict[str, object]:
    """Return the changes with the tags that are there by now, for an update replaces them."""
    fresh, made = _added(intent), dict(intent.changes)
    return made | {"tags": [*ticket.tags, *fresh]} if fresh else made


def _tags(values: Mapping[str, object]) -> tuple[str, ...]:
    found = values.get("tags")
    return tuple(str(one) for one in found) if isinstance(found, list | tuple) else ()


def _watched(ticket: Ticket) -> dict[str, object]:
    """Return what tells that somebody else has been at a ticket, and its tags, as they are."""
    shown = {name: getattr(ticket, name) for name in _WATCHED}
    told = {key: None if value in (None, "") else str(value) for key, value in shown.items()}
    return {**told, "tags": list(ticket.tags)}


def _moved(before: Mapping[str, object], ticket: Ticket) -> list[str]:
    now = _watched(ticket)
    return [_WATCHED[key] for key in _WATCHED if now[key] != before.get(key)]


_WATCHED = {
    "type": "type",
    "priority": "priority",
    "group_id": "group",
    "responder_id": "agent",
    "status_id": "status",
}
"""By the ticket's keys, and as people call them."""
