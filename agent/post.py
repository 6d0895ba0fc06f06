"""The one place that writes to a helpdesk: intent, look, post once, or look for what landed.

Freshdesk has no idempotency key, so a write is sent once per intent. What surely was not
applied is withdrawn and may be tried again; what may have been applied is looked for until it
is found or a settling time has passed. One window is left and cannot be closed from outside:
between the last look at the ticket and the moment the helpdesk applies the write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from agent import keep
from agent.errors import Deferred, Superseded
from agent.fingerprint import fingerprint, similar
from agent.journal import Journal
from agent.keep import Unkept
from agent.mail.shapes import shape
from agent.model import (
    Decision,
    Disposition,
    Gate,
    Intent,
    Landing,
    Receipt,
    Snapshot,
    Turn,
    Write,
)
from tools.clock import Clock
from tools.errors import HelpdeskError, NotFound, Rejected, Uncertain
from tools.model import Author, Conversation, FieldValue, Posted, Stage, Thread, Ticket
from tools.provider import Helpdesk

ALIKE = 0.97
"""Texts this similar are one text: the helpdesk rewraps and re-escapes what it is given."""
APART = timedelta(seconds=5)
"""How far the clocks of the helpdesk's own machines may be apart."""
TICK = timedelta(seconds=2)
"""The helpdesk tells times to the second: what changed just before we read it may change again
unseen, and only the thread tells."""
TRIES = {Write.NOTE: 2, Write.REPLY: 3, Write.UPDATE: 2}
"""A note that never landed is posted once more; a doubled note harms less than a lost one. A
public reply only where the account's owner chose so, and after all the looks each time. An update
that never landed is made once more where nobody has changed the ticket: twice changes nothing."""
KEPT = 5.0
"""Seconds until an uncertain update is made again: twice the same changes nothing."""


class Proposed(Protocol):
    """What is to be posted, as far as it depends on the moment."""

    async def again(self) -> Decision:
        """Decide once more, by the policy, the switches, the money and the hour of this moment."""
        ...

    def body(self, disposition: Disposition, decided: Decision) -> str:
        """Return the HTML for a disposition, with the decision it comes from."""
        ...


@dataclass(frozen=True, slots=True)
class Looks:
    """When an uncertain write is looked for.

    Attributes:
        after: seconds after the intent, ascending; the last one is when we stop looking.
    """

    after: tuple[float, ...] = (5, 15, 40, 120, 240)

    def next(self, age: float) -> float | None:
        """Return the seconds until the next look, or None once the last has passed.

        A negative age says that our clock was set back: looks are then as far apart as they get,
        until it has caught up.
        """
        if age < 0:
            return self.after[-1]
        return next((at - age for at in self.after if at > age), None)


async def post(
    snapshot: Snapshot,
    turn: Turn,
    decision: Decision,
    *,
    proposal: Proposed,
    desk: Helpdesk,
    journal: Journal,
    clock: Clock,
    looks: Looks,
) -> Receipt:
    """Post what was decided, once, if the ticket still is as it was read and all still allow it.

    Args:
        snapshot: what the draft was made from.
        turn: what it answers.
        decision: what to do; the look before the write may only make it more cautious.
        proposal: judges once more at this moment, and renders.
        desk: opened in the post lane with the right to write.
        journal: keeps intents and receipts.
        clock: tells the time.
        looks: when to look for an uncertain write.

    Returns:
        The receipt; `Landing.SUPERSEDED` where a person was faster.

    Raises:
        Superseded: the customer wrote again; the run must begin anew.
        Deferred: the write is uncertain, or another one is; come back later.
        HelpdeskError: the write surely was not applied.
    """
    if decision.disposition is Disposition.SKIP:
        return Receipt(Disposition.SKIP, Landing.NOTHING, reason="; ".join(decision.reasons))
    stands = await still_current(snapshot, turn, decision.disposition, desk=desk)
    if isinstance(stands, Receipt):
        return stands
    disposition = stands.disposition
    write = Write.REPLY if disposition is Disposition.PUBLIC_REPLY else Write.NOTE
    refusal = await journal.allows(turn.account, write)
    if refusal is not None and write is Write.REPLY:
        disposition, write = Disposition.PRIVATE_NOTE, Write.NOTE
        refusal = await journal.allows(turn.account, write)
    if refusal is not None:
        return Receipt(disposition, Landing.NOTHING, reason=refusal)
    present = await proposal.again()
    moved = told_moved(moved_fields(stands.ticket, snapshot))
    if moved and disposition is Disposition.PUBLIC_REPLY:
        present = _lessened(present, "fields", moved)
    disposition = max(disposition, present.disposition)
    if disposition is Disposition.SKIP:
        return Receipt(disposition, Landing.NOTHING, reason="; ".join(present.reasons))
    if disposition is Disposition.PUBLIC_REPLY:
        try:
            changes = await keep.changes(decision.actions, turn.ticket_id, desk=desk)
            html = proposal.body(disposition, present)
            intent = intent_of(snapshot, turn, disposition, html, clock=clock, changes=changes)
            return await send(intent, desk=desk, journal=journal, looks=looks)
        except Unkept as fault:
            present = _lessened(present, "promise", str(fault))
            disposition = Disposition.PRIVATE_NOTE
    bolder = decision.disposition < present.disposition
    held = _held(decision, present) if bolder else ()
    html = proposal.body(disposition, present if bolder else decision)
    intent = intent_of(snapshot, turn, disposition, html, clock=clock)
    return await send(intent, desk=desk, journal=journal, looks=looks, held=held)


def _lessened(present: Decision, gate: str, reason: str) -> Decision:
    gates = (*present.gates, Gate(gate, passed=False, reason=reason))
    less = max(Disposition.PRIVATE_NOTE, present.disposition)
    return replace(present, disposition=less, gates=gates, reasons=(f"{gate}: {reason}",))


def moved_fields(ticket: Ticket, snapshot: Snapshot) -> tuple[FieldValue, ...]:
    """Return the fields that hold no more what the draft was made with.

    One that was empty then and is filled in now is nothing the draft rests on.
    """
    before = snapshot.ticket.custom
    return tuple(
        one for one in snapshot.fields if ticket.custom.get(one.name) != before.get(one.name)
    )


def told_moved(moved: Iterable[FieldValue]) -> str:
    """Return which fields moved, in words; "" for none."""
    names = ", ".join(repr(one.label) for one in moved)
    return f"changed or gone since it was read: {names}" if names else ""


def _held(before: Decision, present: Decision) -> tuple[Gate, ...]:
    """Return the gates that held at the draft and hold no more."""
    known = {one.name for one in before.gates if not one.passed}
    return tuple(one for one in present.gates if not one.passed and one.name not in known)


async def verify(
    intent: Intent,
    *,
    desk: Helpdesk,
    journal: Journal,
    clock: Clock,
    looks: Looks,
    resend: bool = False,
) -> Receipt:
    """Look for a write that may have landed; one credit a look.

    Found, it is adopted. Not found once the last look has passed, a note is posted once more
    and a public reply is held for a person: a missing reply can be mended, a doubled one not.

    Args:
        intent: what was to be posted.
        desk: opened in the post lane with the right to write.
        journal: keeps intents and receipts.
        clock: tells the time.
        looks: when to look.
        resend: post a public reply once more, too.

    Raises:
        Deferred: not found yet, and not all looks are done; or writing is stopped.
    """
    wait = looks.next((clock.now() - intent.at).total_seconds())
    may = wait is None and intent.attempt < TRIES[intent.write]
    if may and intent.write is Write.REPLY:
        may = resend and await _is_open(intent, desk=desk)
    # the thread comes last: whoever wrote by then is seen before anything is sent again
    thread = await desk.thread_after(intent.ticket_id, intent.seen)
    disposition = intent.disposition
    found = next((c for c in thread.conversations if is_ours(c, intent)), None)
    if found is not None:
        posted = Posted(found.id, found.created_at)
        receipt = Receipt(disposition, Landing.ADOPTED, posted, "looked for and found")
        await journal.settle(intent, receipt)
        return receipt
    if wait is not None:
        raise Deferred("looking whether the post landed", retry_after=wait)
    newer = _newer(thread, intent)
    if may and newer is None:
        refusal = await journal.allows(intent.account, intent.write)
        if refusal is not None:
            raise Deferred(refusal, retry_after=looks.after[-1])
        again = replace(intent, at=clock.now(), attempt=intent.attempt + 1)
        return await send(again, desk=desk, journal=journal, looks=looks)
    if intent.write is Write.NOTE and newer is not None:
        receipt = Receipt(disposition, Landing.SUPERSEDED, reason=newer)
    else:
        reason = f"the {intent.write} may or may not have landed, and was not found"
        receipt = Receipt(disposition, Landing.HELD, reason=reason)
    await journal.settle(intent, receipt)
    return receipt


async def _is_open(intent: Intent, *, desk: Helpdesk) -> bool:
    """Whether the ticket still waits for a public reply. One credit."""
    try:
        ticket = await desk.ticket(intent.ticket_id)
    except NotFound:
        return False
    ended = ticket.stage in {Stage.CLOSED, Stage.RESOLVED}
    return not (ended or ticket.deleted or ticket.spam or ticket.held_by_ai)


def is_ours(conversation: Conversation, intent: Intent) -> bool:
    """Whether a conversation is what this intent posted."""
    return (
        conversation.author_id == intent.author_id
        and conversation.private == (intent.write is Write.NOTE)
        and rank(conversation.id) > rank(intent.after)
        and (intent.since is None or conversation.created_at >= intent.since - APART)
        and (
            fingerprint(conversation.body_html) == intent.fingerprint
            or similar(conversation.body_html, intent.html) >= ALIKE
        )
    )


@dataclass(frozen=True, slots=True)
class Current:
    """A ticket that still wants what was decided.

    Attributes:
        disposition: the boldest that it still allows.
    """

    disposition: Disposition
    ticket: Ticket


async def still_current(
    snapshot: Snapshot, turn: Turn, wanted: Disposition, *, desk: Helpdesk
) -> Receipt | Current:
    """Look at the ticket once more: one credit, a second one only where something differs.

    Raises:
        Superseded: the customer wrote again.
    """
    try:
        ticket = await desk.ticket(turn.ticket_id)
    except NotFound:
        return Receipt(wanted, Landing.SUPERSEDED, reason="the ticket is gone")
    ended = gone(ticket, snapshot.ticket)
    if ended is not None:
        return Receipt(wanted, Landing.SUPERSEDED, reason=ended)
    if _as_it_was(ticket, snapshot):
        return Current(wanted, ticket)
    thread = await desk.thread_after(turn.ticket_id, snapshot.thread.seen)
    known = {c.id for c in snapshot.thread.conversations}
    fresh = [c for c in thread.conversations if c.id not in known]
    if any(c.from_customer for c in fresh):
        raise Superseded("the customer wrote again while the draft was made")
    if any(is_a_persons_word(c) for c in fresh):
        return Receipt(wanted, Landing.SUPERSEDED, reason="a person answered first")
    if _taken_over(ticket, snapshot.ticket):
        return Current(max(wanted, Disposition.PRIVATE_NOTE), ticket)
    return Current(wanted, ticket)


def gone(ticket: Ticket, before: Ticket) -> str | None:
    """Return why a ticket wants no answer any more, or None."""
    if ticket.deleted:
        return "the ticket was deleted"
    if ticket.spam:
        return "the ticket was marked as spam"
    closed = ticket.stage in {Stage.CLOSED, Stage.RESOLVED}
    if closed and ticket.status_id != before.status_id:
        return "the ticket was closed meanwhile"
    return None


def _as_it_was(ticket: Ticket, snapshot: Snapshot) -> bool:
    """Whether a ticket's time of change tells that nothing happened since it was read."""
    before = snapshot.ticket
    return (
        ticket.updated_at == before.updated_at
        and before.told_at is not None
        and before.told_at - before.updated_at >= TICK
        and ticket.status_id == before.status_id
        and ticket.responder_id == before.responder_id
        and ticket.held_by_ai == before.held_by_ai
    )


def _taken_over(ticket: Ticket, before: Ticket) -> bool:
    reassigned = ticket.responder_id is not None and ticket.responder_id != before.responder_id
    return reassigned or ticket.held_by_ai or ticket.status_id != before.status_id


def is_a_persons_word(conversation: Conversation) -> bool:
    """Whether a person spoke to the customer; an author nobody names counts as one."""
    return not conversation.private and conversation.author in {Author.AGENT, Author.UNKNOWN}


def intent_of(
    snapshot: Snapshot,
    turn: Turn,
    disposition: Disposition,
    html: str,
    *,
    clock: Clock,
    changes: Mapping[str, object] | None = None,
    before: Mapping[str, object] | None = None,
) -> Intent:
    """Return what is about to be written, marked by what the thread held when it was read."""
    newest = max((c.id for c in snapshot.thread.conversations), key=rank, default="0")
    return Intent(
        key=turn.key,
        account=turn.account,
        ticket_id=turn.ticket_id,
        requester_id=snapshot.ticket.requester_id,
        disposition=disposition,
        write=_WRITES.get(disposition, Write.NOTE),
        html=html,
        fingerprint=fingerprint(html),
        author_id=snapshot.me.id,
        after=newest,
        seen=snapshot.thread.seen,
        at=clock.now(),
        changes=changes or {},
        since=snapshot.ticket.updated_at,
        before=before or {},
        shape=shape(snapshot),
    )


_WRITES = {Disposition.PUBLIC_REPLY: Write.REPLY, Disposition.TRIAGE: Write.UPDATE}


async def send(
    intent: Intent,
    *,
    desk: Helpdesk,
    journal: Journal,
    looks: Looks,
    held: tuple[Gate, ...] = (),
) -> Receipt:
    """Commit an intent and send it, once; what it promises is done before.

    Args:
        intent: what leaves.
        desk: opened in the post lane with the right to write.
        journal: keeps intents and receipts.
        looks: when to look for an uncertain write.
        held: gates that made it more cautious at the last moment, for the receipt.

    Raises:
        Unkept: what it promises cannot be done; it was not sent, the intent is taken back.
        Deferred: it may or may not have landed, or another write is in flight on the ticket.
        HelpdeskError: it surely was not applied; the intent is taken back. So is one that the
            helpdesk refuses where it is an update: it may be tried once that is mended.
    """
    disposition = intent.disposition
    await journal.intend(intent)
    if intent.write is Write.REPLY:
        await _keep(intent, desk=desk, journal=journal)
    try:
        written = await _written(intent, desk=desk)
    except Uncertain as fault:
        wait = looks.next(0) or 0
        raise Deferred(f"the {intent.write} is uncertain: {fault}", retry_after=wait) from fault
    except HelpdeskError as fault:
        if not isinstance(fault, Rejected) or intent.write is Write.UPDATE:
            await journal.withdraw(intent)
            raise
        receipt = Receipt(disposition, Landing.NOTHING, reason=f"refused by the helpdesk: {fault}")
        await journal.settle(intent, receipt)
        return receipt
    told = "; ".join(f"{one.name}: {one.reason}" for one in held)
    receipt = replace(written, reason=told, gates=held)
    await journal.settle(intent, receipt)
    return receipt


async def _written(intent: Intent, *, desk: Helpdesk) -> Receipt:
    """Make the one write that an intent is."""
    disposition, ticket = intent.disposition, intent.ticket_id
    match intent.write:
        case Write.REPLY:
            return Receipt(disposition, Landing.POSTED, await desk.reply(ticket, intent.html))
        case Write.NOTE:
            return Receipt(disposition, Landing.POSTED, await desk.note(ticket, intent.html))
        case Write.UPDATE:
            changed = (await desk.update(ticket, intent.changes)).updated_at
            return Receipt(disposition, Landing.POSTED, changed_at=changed)


async def _keep(intent: Intent, *, desk: Helpdesk, journal: Journal) -> None:
    """Do what an intent promises; where that fails nothing was said, so the intent goes back."""
    try:
        await keep.keep(intent.ticket_id, intent.changes, desk=desk)
    except Uncertain as fault:
        await journal.withdraw(intent)
        reason = f"what the reply promises may or may not be done: {fault}"
        raise Deferred(reason, retry_after=KEPT) from fault
    except (Unkept, HelpdeskError):
        await journal.withdraw(intent)
        raise


def _newer(thread: Thread, intent: Intent) -> str | None:
    fresh = [c for c in thread.conversations if rank(c.id) > rank(intent.after)]
    if any(c.from_customer for c in fresh):
        return "the customer wrote again"
    if any(is_a_persons_word(c) for c in fresh):
        return "a person answered first"
    return None


def rank(conversation_id: str) -> tuple[int, str]:
    """Order ids as numbers where they are numbers: longer digit strings are newer."""
    return (len(conversation_id), conversation_id)
