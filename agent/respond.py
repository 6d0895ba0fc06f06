"""A whole run, in order: read, qualify, draft, check, decide, post."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, Self

from agent import canned, decide, guards, keep, qualify, render, snapshot
from agent.drafter import Drafter
from agent.errors import DraftFailed, LimitReached
from agent.journal import Journal
from agent.judgement import judge, rules_of
from agent.llm import pay
from agent.llm.spend import MemoryPurse, Purse
from agent.mail import human
from agent.model import (
    Decision,
    Disposition,
    Draft,
    Intent,
    Landing,
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
    Write,
    approved,
    run_of,
)
from agent.policy import rules
from agent.policy.terms import Mode, Policy
from agent.post import Looks, intent_of, is_a_persons_word, post, send, verify
from agent.proposal import Proposal
from agent.ready import Ready
from agent.triage import put, sorter
from agent.triage import slots as triage
from agent.triage.sorter import RuleSorter
from tools.clock import Clock
from tools.errors import NotFound
from tools.kit.tool import Desk
from tools.knowledge.article import Knowledge
from tools.knowledge.meaning import Meaning
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
        sorter: proposes what triage sets.
        policy: the account's, as it was when last read.
        ticket_url: a ticket's address for people, for the note's receipt.
        purse: counts what the account's models cost.
        reread: returns the policy as it is at this moment; None where it cannot change.
        meaning: makes one run's texts into vectors; None where no endpoint embeds.
    """

    open: Opener
    drafter: Drafter
    knowledge: Knowledge
    policy: Policy
    clock: Clock
    looks: Looks = field(default_factory=Looks)
    limits: RunLimits = field(default_factory=RunLimits)
    ticket_url: Callable[[TicketId], str] = str
    purse: Purse = field(default_factory=MemoryPurse)
    reread: Callable[[], Policy] | None = None
    meaning: Callable[[], Meaning] | None = None
    sorter: Drafter = field(default_factory=RuleSorter)

    def fresh(self) -> Self:
        """Return the responder with the policy of this moment."""
        return self if self.reread is None else replace(self, policy=self.reread())


async def respond(trigger: Trigger, *, by: Responder, journal: Journal, run: str = "") -> Result:
    """Answer a ticket's newest turn, or leave it alone for a reason.

    Args:
        trigger: which ticket, and why.
        by: the account's responder.
        journal: remembers steps, intents and receipts across crashes.
        run: this run's reference, printed in the note; "" for the turn's own.

    Returns:
        How it ended, with everything that was read and decided.

    Raises:
        HelpdeskError, ModelUnavailable, Deferred: come back later, or tell the owner.
        Superseded: begin again, the customer wrote meanwhile.
    """
    by = by.fresh()
    await settle_open_intent(trigger, by=by, journal=journal)
    reading = by.open(Lane.LIVE, READ_ONLY)
    seen = await journal.once("read", lambda: _read(trigger, reading, by=by), Seen)
    if seen.snapshot is None:
        return Result(None, skip=seen.skip, usage=seen.usage)
    skip = await _reason_to_leave(seen.snapshot, trigger, by=by, journal=journal)
    turn = seen.snapshot.turn
    run = run or (run_of(turn.key) if turn else "")
    if skip is _ANSWERED and turn is not None:
        await tell_of_held(seen.snapshot, turn, by=by, journal=journal, run=run)
    if skip is not None or turn is None:
        return Result(seen.snapshot, skip=skip or _NOBODY_SPOKE, usage=seen.usage)
    draft = await journal.once("draft", lambda: _draft(seen, reading, by=by), Draft)
    usage = seen.usage + draft.usage
    decision = await journal.once(
        "decide", lambda: weigh(seen, draft, by=by, journal=journal), Decision
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
    by = by.fresh()
    desk = by.open(Lane.ASSIST, READ_ONLY)
    seen = await _read(trigger, desk, by=by)
    if seen.snapshot is None or seen.snapshot.turn is None:
        return Result(seen.snapshot, skip=seen.skip or _NOBODY_SPOKE, usage=seen.usage)
    draft = await draft_reply(seen, desk, by=by)
    usage = seen.usage + draft.usage
    found = guards.check(seen.snapshot, draft, by.policy, prompt=rules_of(draft))
    decision = decide.decide(seen.snapshot, draft, found, by.policy.quiet())
    return Result(seen.snapshot, draft=draft, decision=decision, usage=usage)


async def settle_open_intent(
    trigger: Trigger, *, by: Responder, journal: Journal
) -> Receipt | None:
    """Finish what an earlier run on this ticket left uncertain, before anything else."""
    intent = await journal.open_intent(trigger.account, trigger.ticket_id)
    if intent is None:
        return None
    desk = by.open(Lane.POST, _grant(intent.disposition, frozenset(intent.changes)))
    look = put.verify if intent.write is Write.UPDATE else verify
    return await look(
        intent,
        desk=desk,
        journal=journal,
        clock=by.clock,
        looks=by.looks,
        resend=await _may_resend(intent, by=by, journal=journal),
    )


async def _may_resend(intent: Intent, *, by: Responder, journal: Journal) -> bool:
    """Whether what never landed may be sent again, by all that holds by now.

    What a person approved is theirs to say, whatever the policy says of replies by themselves.
    """
    if intent.write is Write.NOTE or (intent.write is Write.REPLY and not by.policy.resend_lost):
        return by.policy.resend_lost
    kept = await journal.kept(intent.key)
    if kept is None or not (kept.snapshot and kept.draft and kept.decision and kept.decision.mode):
        return True
    present = await judge(
        kept.snapshot,
        kept.draft,
        policy=by.policy,
        journal=journal,
        purse=by.purse,
        now=by.clock.now(),
        before=kept.decision,
        own=1,
    )
    return present.disposition is intent.disposition


async def tell_of_held(
    shot: Snapshot, turn: Turn, *, by: Responder, journal: Journal, run: str
) -> None:
    """Leave one note where a public reply is held: the agents look there, not into our queue.

    Raises:
        Deferred, HelpdeskError: come back later; the note is still owed.
    """
    proof = await journal.receipt(turn.key)
    held = proof is not None and proof.landing is Landing.HELD
    if proof is None or not held or proof.disposition is not Disposition.PUBLIC_REPLY:
        return
    since = (one for one in shot.thread.conversations if one.created_at > turn.at)
    if any(is_a_persons_word(one) for one in since):
        return  # somebody has seen to it
    key = f"{turn.key}|held"
    if await journal.receipt(key) or await journal.allows(turn.account, Write.NOTE):
        return
    desk = by.open(Lane.POST, _grant(Disposition.HANDOFF))
    html = render.held(proof.reason, run=run)
    about = replace(turn, key=key)
    intent = intent_of(shot, about, Disposition.HANDOFF, html, clock=by.clock)
    await send(intent, desk=desk, journal=journal, looks=by.looks)


_NOBODY_SPOKE = Skip("no_customer_word", "no customer has said anything on this ticket")
_ANSWERED = Skip("answered", "this turn was dealt with before")


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
    shot: Snapshot, trigger: Trigger, *, by: Responder, journal: Journal
) -> Skip | None:
    turn, now = shot.turn, by.clock.now()
    if turn is None:
        return qualify.qualify(shot, now=now)
    if trigger.kind is TriggerKind.RECONCILE and now - turn.at > MISSED:
        return Skip("stale", "found by reconciliation, and too old to be a webhook that was missed")
    for key in (turn.key, approved(turn.key)):
        if await journal.receipt(key) is not None:
            return _ANSWERED
    ours = await journal.answered(turn.account, turn.ticket_id)
    left = qualify.qualify(_without_older_answers(shot, turn, ours), now=now)
    return left or rules.left_alone(by.policy, shot)


def _without_older_answers(
    shot: Snapshot, turn: Turn, ours: Mapping[ConversationId, str]
) -> Snapshot:
    """Leave out what we posted after the turn that answered an earlier one.

    The customer wrote while that post was on its way, so it is the last word without being an
    answer to theirs. A post the journal does not know is taken for an answer.
    """
    answers = {turn.key, approved(turn.key)}
    kept = tuple(
        one
        for one in shot.thread.conversations
        if ours.get(one.id, turn.key) in answers or one.created_at < turn.at
    )
    return replace(shot, thread=replace(shot.thread, conversations=kept))


async def _draft(seen: Seen, desk: Helpdesk, *, by: Responder) -> Draft:
    """Draft a reply; or say what is to be set, where the policy or the money allow no more."""
    shot, policy = seen.snapshot, by.policy
    if shot is None or shot.turn is None:
        raise DraftFailed("there is no turn to draft for")
    if rules.of(policy, shot).mode is not Mode.TRIAGE:
        draft = await draft_reply(seen, desk, by=by)
        cap = policy.spend.per_day
        spent = None if cap is None else await by.purse.spent(cap=cap)
        return await sorter.instead(draft, shot, desk=desk, policy=policy, spent=spent)
    before, started = desk.credits, by.clock.steady()
    draft = await sorter.sorted_by(
        by.sorter,
        shot,
        desk=_view(shot, shot.turn, desk, by=by),
        policy=policy,
        limits=by.limits,
        purse=by.purse,
    )
    used = replace(draft.usage, credits=desk.credits - before, seconds=by.clock.steady() - started)
    return replace(draft, usage=used)


def _view(shot: Snapshot, turn: Turn, desk: Helpdesk, *, by: Responder) -> Desk:
    """Return what a drafter may see and look up, scoped to this ticket and its requester."""
    return Desk(
        helpdesk=desk,
        knowledge=Ready(by.knowledge, shot, by.policy),
        ticket_id=shot.ticket.id,
        requester_id=shot.ticket.requester_id,
        contact=shot.contact,
        fields=shot.fields,
        language=turn.language,
        meaning=by.meaning() if by.meaning else None,
    )


async def draft_reply(seen: Seen, desk: Helpdesk, *, by: Responder) -> Draft:
    """Draft a reply, or a handoff where the customer wants a person or no draft came out."""
    shot = seen.snapshot
    if shot is None or shot.turn is None:
        raise DraftFailed("there is no turn to draft for")
    asked = human.handoff(shot, by.policy)
    if asked is not None:
        return asked
    before, started = desk.credits, by.clock.steady()
    view = _view(shot, shot.turn, desk, by=by)
    pages = canned.promises(by.policy, snapshot=shot)
    view.fetched.update((page.id, page) for page in pages)
    policy = by.policy.spoken(shot.turn.language)
    try:
        draft = await pay.draft(
            by.drafter, shot, desk=view, policy=policy, limits=by.limits, purse=by.purse
        )
    except (DraftFailed, LimitReached) as fault:
        draft = hand_over(shot.turn, str(fault), drafter=by.drafter)
        who = fault.drafter or draft.drafter
        draft = replace(draft, drafter=who, usage=fault.usage or Usage())  # failing costs as well
    used = replace(draft.usage, credits=desk.credits - before, seconds=by.clock.steady() - started)
    unseen = (view.meaning.missing,) if view.meaning and view.meaning.missing else ()
    made = replace(draft, usage=used, missing=(*draft.missing, *unseen))
    return canned.locked(made) if policy.canned_only else made


def hand_over(turn: Turn, reason: str, *, drafter: Drafter) -> Draft:
    """Return what stands for a draft that did not come out: why a person must take the ticket."""
    return Draft(
        Outcome.HUMAN,
        turn.language,
        reason=reason,
        drafter=drafter.name,
        prompt=drafter.prompt,
        failed=True,
    )


async def weigh(seen: Seen, draft: Draft, *, by: Responder, journal: Journal) -> Decision:
    """Check a draft and decide what may be done with it."""
    if seen.snapshot is None:
        raise DraftFailed("there is no snapshot to decide on")
    return await judge(
        seen.snapshot,
        draft,
        policy=by.policy,
        journal=journal,
        purse=by.purse,
        now=seen.snapshot.read_at,
    )


async def _post(
    so_far: Result, turn: Turn, *, by: Responder, journal: Journal, run: str
) -> tuple[Receipt, int]:
    decision, shot, draft = so_far.decision, so_far.snapshot, so_far.draft
    if decision is None or shot is None or draft is None:
        raise DraftFailed("there is no decision to act on")
    changed = keep.keys(decision.actions) | triage.keys(draft.triage)
    writing = by.open(Lane.POST, _grant(decision.disposition, changed))
    proposal = Proposal(
        so_far,
        shot,
        draft,
        decision,
        policy=by.policy,
        reread=lambda: by.fresh().policy,
        journal=journal,
        purse=by.purse,
        clock=by.clock,
        desk=writing,
        run=run,
    )
    if decision.disposition is Disposition.TRIAGE:
        receipt = await put.put(
            shot,
            turn,
            draft.triage,
            proposal=proposal,
            desk=writing,
            journal=journal,
            clock=by.clock,
            looks=by.looks,
        )
        return receipt, writing.credits
    receipt = await post(
        shot,
        turn,
        decision,
        proposal=proposal,
        desk=writing,
        journal=journal,
        clock=by.clock,
        looks=by.looks,
    )
    return receipt, writing.credits


def _grant(disposition: Disposition, changed: frozenset[str] = frozenset()) -> Grant:
    """Return the least right a disposition needs; a note never comes with a reply.

    Args:
        disposition: what is to be posted.
        changed: keys of the ticket that are set: by triage, or for the promises of a reply.
    """
    if disposition is Disposition.SKIP:
        return READ_ONLY
    if disposition is Disposition.TRIAGE:
        return Grant(frozenset({Right.READ, Right.UPDATE}), changed)
    rights = {Right.READ, Right.NOTE}
    if disposition is not Disposition.PUBLIC_REPLY:
        return Grant(frozenset(rights))
    rights.add(Right.REPLY)
    if changed:
        rights.add(Right.UPDATE)
    return Grant(frozenset(rights), changed)
