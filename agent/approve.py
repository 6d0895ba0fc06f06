"""A person's word on a proposed reply: send it, if the ticket still is where it was.

What a person approved is a run of its own: it begins with a look, passes the same fence, and
leaves an intent and a receipt. The kept run is what it sends; nothing is drafted again.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from agent import guards, keep, render
from agent.errors import DraftFailed
from agent.evidence.check import evidence_class
from agent.journal import Journal
from agent.judgement import rules_of
from agent.keep import Unkept
from agent.model import (
    Approval,
    Decision,
    Disposition,
    Draft,
    Finding,
    Landing,
    Outcome,
    Paragraph,
    Receipt,
    Result,
    Seen,
    Sentence,
    Skip,
    Snapshot,
    Trigger,
    TriggerKind,
    Turn,
    Usage,
    Write,
    approved,
)
from agent.policy import rules
from agent.policy.gates import actions
from agent.policy.terms import Mode, Policy
from agent.post import (
    gone,
    intent_of,
    is_a_persons_word,
    moved_fields,
    rank,
    send,
    told_moved,
)
from agent.respond import Responder, settle_open_intent
from agent.text.words import fold
from tools.errors import NotFound
from tools.model import Conversation, FieldValue
from tools.provider import Grant, Helpdesk, Lane, Right

T = TypeVar("T")

OVERRULED = frozenset({"unsupported_claim", "unmatched_promise", "wrong_language"})
"""Guards that ask whether something is true or promised: a person may know better than they."""
_RIGHTS = frozenset({Right.READ, Right.REPLY, Right.NOTE})


async def approve(asked: Approval, kept: Result, *, by: Responder, journal: Journal) -> Result:
    """Send what a person approved, once.

    Args:
        asked: who decided, on which run, and other words if they changed them.
        kept: that run's record.
        by: the account's responder; its policy is the present one.
        journal: keeps intents and receipts.

    Raises:
        DraftFailed: the kept run has nothing that could be sent.
        HelpdeskError, Deferred: come back later, or tell the owner.
    """
    by = by.fresh()
    shot, draft = kept.snapshot, kept.draft
    if shot is None or shot.turn is None or draft is None:
        raise DraftFailed(f"run {asked.run} holds no draft that could be sent")
    turn = replace(shot.turn, key=approved(shot.turn.key))
    trigger = Trigger(TriggerKind.APPROVAL, turn.account, turn.ticket_id)
    await settle_open_intent(trigger, by=by, journal=journal)
    mine = replace(shot, turn=turn)
    await journal.once("read", lambda: _same(Seen(mine, Usage())), Seen)
    dealt = await _dealt_with(shot.turn, journal=journal)
    if dealt is not None:
        return Result(mine, skip=dealt, approval=asked)
    said = await journal.once("draft", lambda: _same(worded(draft, asked)), Draft)
    decision = await journal.once(
        "decide", lambda: _same(decide(mine, said, by.policy, asked)), Decision
    )
    desk = by.open(Lane.POST, _grant(keep.keys(decision.actions)))
    proof = await _posted(mine, turn, said, decision, desk=desk, by=by, journal=journal)
    spent = Usage(credits=desk.credits)
    return Result(mine, None, said, decision, proof, spent, approval=asked)


async def _dealt_with(turn: Turn, *, journal: Journal) -> Skip | None:
    """Say if a turn has its public reply; the thread may not show it yet."""
    if await journal.receipt(approved(turn.key)) is not None:
        return Skip("answered", "an approved reply to this turn was dealt with before")
    first = await journal.receipt(turn.key)
    public = first is not None and first.disposition is Disposition.PUBLIC_REPLY
    if first is not None and public and first.posted is not None:
        return Skip("answered", "this turn was answered in public before")
    return None


def worded(draft: Draft, asked: Approval) -> Draft:
    """Return the draft with the words a person put in its place, if they did: pure."""
    if not asked.text.strip():
        return draft
    paragraphs = tuple(
        Paragraph((Sentence(part.strip()),)) for part in asked.text.split("\n\n") if part.strip()
    )
    return replace(draft, outcome=Outcome.ANSWER, paragraphs=paragraphs)


def decide(shot: Snapshot, draft: Draft, policy: Policy, asked: Approval) -> Decision:
    """Return what may be done with an approved draft: it is sent, or handed back. Pure."""
    found = guards.check(shot, draft, policy, prompt=rules_of(draft))
    refusal = _refusal(shot, draft, found, policy)
    evidence = evidence_class(shot, draft)
    if refusal is not None:
        return Decision(
            Disposition.HANDOFF, evidence, found, reasons=(refusal,), policy=policy.version
        )
    return Decision(
        Disposition.PUBLIC_REPLY,
        evidence,
        found,
        reasons=(f"approved by {asked.by}",),
        policy=policy.version,
        actions=actions(shot, draft, policy),
    )


def _refusal(shot: Snapshot, draft: Draft, found: Iterable[Finding], policy: Policy) -> str | None:
    if rules.of(policy, shot).mode is Mode.OFF:
        return "the policy's mode is off"
    if not (draft.proposes and draft.paragraphs):
        return f"the run proposed no reply ({draft.outcome.value}); give the words to send"
    for one in found:
        if one.guard not in OVERRULED or one.most >= Disposition.HANDOFF:
            return f"{one.guard}: {one.reason}"
    return None


async def _posted(
    shot: Snapshot,
    turn: Turn,
    draft: Draft,
    decision: Decision,
    *,
    desk: Helpdesk,
    by: Responder,
    journal: Journal,
) -> Receipt:
    public = Disposition.PUBLIC_REPLY
    if decision.disposition is not public:
        return Receipt(decision.disposition, Landing.NOTHING, reason=decision.reasons[0])
    stopped = await _fence(shot, turn, draft, desk=desk)
    if stopped is not None:
        return Receipt(public, Landing.SUPERSEDED, reason=stopped)
    refusal = await journal.allows(turn.account, Write.REPLY)
    if refusal is not None:
        return Receipt(public, Landing.NOTHING, reason=refusal)
    html = render.reply(draft, by.policy, snapshot=shot)
    try:
        changes = await keep.changes(decision.actions, turn.ticket_id, desk=desk)
        intent = intent_of(shot, turn, public, html, clock=by.clock, changes=changes)
        return await send(intent, desk=desk, journal=journal, looks=by.looks)
    except Unkept as fault:
        return Receipt(public, Landing.NOTHING, reason=f"it makes a promise, and {fault}")


def _grant(changed: frozenset[str]) -> Grant:
    return Grant(_RIGHTS | {Right.UPDATE}, changed) if changed else Grant(_RIGHTS)


async def _fence(shot: Snapshot, turn: Turn, draft: Draft, *, desk: Helpdesk) -> str | None:
    """Look once more: two credits. A reply of ours that landed late counts as the answer.

    People may have set a field anew, or renamed its choice, while the reply waited for them. That
    is theirs to do; only a reply that names the old value must not leave.
    """
    try:
        ticket = await desk.ticket(turn.ticket_id)
    except NotFound:
        return "the ticket is gone"
    ended = gone(ticket, shot.ticket)
    if ended is not None:
        return ended
    stale = told_moved(one for one in moved_fields(ticket, shot) if _names(draft, one))
    if stale:
        return f"the reply names a value of a field {stale}; approve it in other words"
    thread = await desk.thread_after(turn.ticket_id, shot.thread.seen)
    newest = max((c.id for c in shot.thread.conversations), key=rank, default="0")
    fresh = [c for c in thread.conversations if rank(c.id) > rank(newest)]
    if any(c.from_customer for c in fresh):
        return "the customer wrote again; their newer message gets a draft of its own"
    if any(_is_public_of(c, shot) for c in fresh):
        return "a reply of ours is there already"
    if any(is_a_persons_word(c) for c in fresh):
        return "a person answered first"
    return None


def _names(draft: Draft, one: FieldValue) -> bool:
    """Return whether the words to be sent hold a field's value, whole."""
    value = fold(str(one.value))
    if not value:
        return False
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", fold(draft.text)) is not None


def _is_public_of(conversation: Conversation, shot: Snapshot) -> bool:
    return not conversation.private and conversation.author_id == shot.me.id


async def _same(value: T) -> T:
    return value
