"""A whole run, in order: read, qualify, draft, check, decide, post."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from agent import decide, guards, human, qualify, render, snapshot
from agent.drafter import Drafter
from agent.errors import DraftFailed, LimitReached
from agent.journal import Journal
from agent.model import (
    Decision,
    Disposition,
    Draft,
    Outcome,
    Receipt,
    Result,
    RunLimits,
    Seen,
    Skip,
    Snapshot,
    Trigger,
    TriggerKind,
    Turn,
    Usage,
)
from agent.policy import Mode, Policy
from agent.post import Looks, post, verify
from prompts import library
from tools.clock import Clock
from tools.errors import NotFound
from tools.kit.tool import Desk
from tools.knowledge.article import Knowledge
from tools.model import ConversationId, TicketId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Right

MISSED = timedelta(hours=72)
"""A customer's word older than this was not missed: somebody merely touched an old ticket."""


class Opener(Protocol):
    """Opens one account's helpdesk, for a lane, within a grant."""

    def __call__(self, lane: Lane, grant: Grant) -> Helpdesk:
        """Return a connection; it shares budget and caches with the account's others."""
        ...


@dataclass(frozen=True, slots=True)
class Responder:
    """What answers the tickets of one account.

    Attributes:
        ticket_url: a ticket's address for people, for the note's receipt.
    """

    open: Opener
    drafter: Drafter
    knowledge: Knowledge
    policy: Policy
    clock: Clock
    looks: Looks = field(default_factory=Looks)
    limits: RunLimits = field(default_factory=RunLimits)
    ticket_url: Callable[[TicketId], str] = str


async def respond(trigger: Trigger, *, by: Responder, journal: Journal, run: str) -> Result:
    """Answer a ticket's newest turn, or leave it alone for a reason.

    Args:
        trigger: which ticket, and why.
        by: the account's responder.
        journal: remembers steps, intents and receipts across crashes.
        run: this run's reference, printed in the note.

    Returns:
        How it ended, with everything that was read and decided.

    Raises:
        HelpdeskError, ModelUnavailable, Deferred: come back later, or tell the owner.
        Superseded: begin again, the customer wrote meanwhile.
    """
    await settle_open_intent(trigger, by=by, journal=journal)
    reading = by.open(Lane.LIVE, READ_ONLY)
    seen = await journal.once("read", lambda: _read(trigger, reading, by=by), Seen)
    if seen.snapshot is None:
        return Result(None, skip=seen.skip, usage=seen.usage)
    skip = await _reason_to_leave(seen.snapshot, trigger, journal=journal, now=by.clock.now())
    turn = seen.snapshot.turn
    if skip is not None or turn is None:
        return Result(seen.snapshot, skip=skip or _NOBODY_SPOKE, usage=seen.usage)
    draft = await journal.once("draft", lambda: draft_reply(seen, reading, by=by), Draft)
    usage = _sum(seen.usage, draft.usage)
    decision = await journal.once(
        "decide", lambda: weigh(seen, turn, draft, by=by, journal=journal), Decision
    )
    so_far = Result(seen.snapshot, draft=draft, decision=decision, usage=usage)
    receipt, spent = await _post(so_far, turn, by=by, journal=journal, run=run)
    usage = replace(usage, credits=usage.credits + spent)
    return replace(so_far, receipt=receipt, usage=usage)


async def draft_only(trigger: Trigger, *, by: Responder) -> Result:
    """Draft for a person who asked, and post nothing: the assist lane, read-only.

    A ticket that the responder would leave alone is drafted for all the same; only one that
    is gone, or on which no customer spoke, has nothing to draft for.
    """
    desk = by.open(Lane.ASSIST, READ_ONLY)
    seen = await _read(trigger, desk, by=by)
    if seen.snapshot is None or seen.snapshot.turn is None:
        return Result(seen.snapshot, skip=seen.skip or _NOBODY_SPOKE, usage=seen.usage)
    draft = await draft_reply(seen, desk, by=by)
    usage = _sum(seen.usage, draft.usage)
    found = guards.check(seen.snapshot, draft, by.policy, prompt=rules_of(draft))
    decision = decide.decide(
        seen.snapshot, draft, found, replace(by.policy, mode=Mode.NOTE), replies=(0, 0)
    )
    return Result(seen.snapshot, draft=draft, decision=decision, usage=usage)


async def settle_open_intent(
    trigger: Trigger, *, by: Responder, journal: Journal
) -> Receipt | None:
    """Finish what an earlier run on this ticket left uncertain, before anything else."""
    intent = await journal.open_intent(trigger.account, trigger.ticket_id)
    if intent is None:
        return None
    desk = by.open(Lane.POST, _grant(intent.disposition))
    return await verify(
        intent,
        desk=desk,
        journal=journal,
        clock=by.clock,
        looks=by.looks,
        resend=by.policy.resend_lost,
    )


_NOBODY_SPOKE = Skip("no_customer_word", "no customer has said anything on this ticket")


async def _read(trigger: Trigger, desk: Helpdesk, *, by: Responder) -> Seen:
    now: datetime = by.clock.now()
    try:
        shot = await snapshot.read(
            desk,
            trigger.account,
            trigger.ticket_id,
            now=now,
            privacy=by.policy.fields,
            limits=by.limits,
        )
    except NotFound:
        gone = Skip("gone", "the helpdesk does not know this ticket, or it was deleted")
        return Seen(None, Usage(credits=desk.credits), gone)
    return Seen(shot, Usage(credits=desk.credits))


async def _reason_to_leave(
    shot: Snapshot, trigger: Trigger, *, journal: Journal, now: datetime
) -> Skip | None:
    turn = shot.turn
    if turn is None:
        return qualify.qualify(shot, now=now)
    if trigger.kind is TriggerKind.RECONCILE and now - turn.at > MISSED:
        return Skip("stale", "found by reconciliation, and too old to be a webhook that was missed")
    if await journal.receipt(turn.key) is not None:
        return Skip("answered", "this turn was dealt with before")
    ours = await journal.answered(turn.account, turn.ticket_id)
    return qualify.qualify(_without_older_answers(shot, turn, ours), now=now)


def _without_older_answers(
    shot: Snapshot, turn: Turn, ours: Mapping[ConversationId, str]
) -> Snapshot:
    """Leave out what we posted after the turn that answered an earlier one.

    The customer wrote while that post was on its way, so it is the last word without being an
    answer to theirs. A post the journal does not know is taken for an answer.
    """
    kept = tuple(
        one
        for one in shot.thread.conversations
        if ours.get(one.id, turn.key) == turn.key or one.created_at < turn.at
    )
    return replace(shot, thread=replace(shot.thread, conversations=kept))


async def draft_reply(seen: Seen, desk: Helpdesk, *, by: Responder) -> Draft:
    """Draft a reply, or a handoff where the customer wants a person or no draft came out."""
    shot = seen.snapshot
    if shot is None or shot.turn is None:
        raise DraftFailed("there is no turn to draft for")
    asked = human.handoff(shot, by.policy)
    if asked is not None:
        return asked
    before, started = desk.credits, by.clock.steady()
    view = Desk(
        helpdesk=desk,
        knowledge=by.knowledge,
        ticket_id=shot.ticket.id,
        requester_id=shot.ticket.requester_id,
        contact=shot.contact,
        fields=shot.fields,
        language=shot.turn.language,
    )
    try:
        draft = await by.drafter.draft(shot, desk=view, policy=by.policy, limits=by.limits)
    except (DraftFailed, LimitReached) as fault:
        draft = hand_over(shot.turn, str(fault), drafter=by.drafter)
        draft = replace(draft, usage=fault.usage or Usage())  # a failed run has cost as well
    used = replace(draft.usage, credits=desk.credits - before, seconds=by.clock.steady() - started)
    return replace(draft, usage=used)


def hand_over(turn: Turn, reason: str, *, drafter: Drafter) -> Draft:
    """Return the draft that says why a person must take the ticket."""
    return Draft(
        Outcome.HUMAN,
        turn.language,
        reason=reason,
        drafter=drafter.name,
        prompt=drafter.prompt,
    )


async def weigh(
    seen: Seen, turn: Turn, draft: Draft, *, by: Responder, journal: Journal
) -> Decision:
    """Check a draft and decide what may be done with it."""
    shot = seen.snapshot
    if shot is None:
        raise DraftFailed("there is no snapshot to decide on")
    replies = await journal.public_replies(
        turn.account, turn.ticket_id, shot.ticket.requester_id, now=by.clock.now()
    )
    found = guards.check(shot, draft, by.policy, prompt=rules_of(draft))
    return decide.decide(shot, draft, found, by.policy, replies=replies)


def rules_of(draft: Draft) -> str:
    """Return the rules the model was given, so that a reply which repeats them is caught."""
    name, _, version = draft.prompt.partition("@")
    if not version:
        return ""
    return "\n".join(text for _, text in library.find(name, version).segments)


async def _post(
    so_far: Result, turn: Turn, *, by: Responder, journal: Journal, run: str
) -> tuple[Receipt, int]:
    decision, shot = so_far.decision, so_far.snapshot
    if decision is None or shot is None:
        raise DraftFailed("there is no decision to act on")
    writing = by.open(Lane.POST, _grant(decision.disposition))

    def body(disposition: Disposition) -> str:
        spent = so_far.usage.credits + writing.credits + 1  # the look so far, and the post itself
        told = replace(so_far, usage=replace(so_far.usage, credits=spent))
        return render.body(told, disposition, by.policy, run=run)

    receipt = await post(
        shot,
        turn,
        decision,
        body=body,
        desk=writing,
        journal=journal,
        clock=by.clock,
        looks=by.looks,
    )
    return receipt, writing.credits


def _grant(disposition: Disposition) -> Grant:
    """Return the least right a disposition needs; a note never comes with a reply."""
    if disposition is Disposition.SKIP:
        return READ_ONLY
    rights = {Right.READ, Right.NOTE}
    if disposition is Disposition.PUBLIC_REPLY:
        rights.add(Right.REPLY)
    return Grant(frozenset(rights))


def _sum(one: Usage, other: Usage) -> Usage:
    cost = None if one.cost is None and other.cost is None else (one.cost or 0) + (other.cost or 0)
    return Usage(
        credits=one.credits + other.credits,
        model_calls=one.model_calls + other.model_calls,
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        seconds=one.seconds + other.seconds,
        cost=cost,
    )
