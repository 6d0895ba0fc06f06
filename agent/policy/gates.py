"""The conditions of a public reply, one function each, in one list; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from agent.guards.unmatched_promise import matched
from agent.llm import spend
from agent.model import (
    Action,
    Decision,
    Draft,
    Earlier,
    EvidenceClass,
    Finding,
    Gate,
    Outcome,
    Snapshot,
)
from agent.policy import rules
from agent.policy.hours import When, holds
from agent.policy.rules import Rules
from agent.policy.terms import Mode, Policy
from agent.snapshot import is_a_persons


@dataclass(frozen=True, slots=True)
class Matter:
    """Everything the gates look at.

    Attributes:
        now: when the question is asked: the reading of the ticket, or the moment before a write.
        before: what was decided at the draft, where this is the look before the write.
    """

    snapshot: Snapshot
    draft: Draft
    findings: tuple[Finding, ...]
    policy: Policy
    rules: Rules
    evidence: EvidenceClass
    earlier: Earlier
    stopped: str | None
    gate_passed: bool
    now: datetime
    spent: Decimal | None
    before: Decision | None


def actions(snapshot: Snapshot, draft: Draft, policy: Policy) -> tuple[Action, ...]:
    """Return what has to be done so that a reply's promises are kept."""
    return tuple(
        Action(
            one.tag,
            one.group,
            snapshot.read_at + timedelta(hours=one.due_hours) if one.due_hours else None,
        )
        for one in matched(draft, policy)
    )


def _actions(matter: Matter) -> tuple[Action, ...]:
    return actions(matter.snapshot, matter.draft, matter.policy)


def of_the_ticket(
    snapshot: Snapshot,
    policy: Policy,
    *,
    earlier: Earlier,
    stopped: str | None,
    now: datetime,
    spent: Decimal | None,
) -> tuple[Gate, ...]:
    """Return the gates that can be told before there is a draft; the arguments are `decide`'s."""
    matter = Matter(
        snapshot,
        Draft(Outcome.ANSWER, ""),
        (),
        policy,
        rules.of(policy, snapshot),
        EvidenceClass.DOCUMENTED,
        earlier,
        stopped,
        gate_passed=True,
        now=now,
        spent=spent,
        before=None,
    )
    return tuple(one for gate in GATES if (one := gate(matter)).name not in OF_THE_DRAFT)


def _gate(name: str, passed: bool, reason: str) -> Gate:  # noqa: FBT001  two words a gate
    return Gate(name, passed, "" if passed else reason)


def _mode(matter: Matter) -> Gate:
    mode, cell = matter.rules.mode, matter.rules.cell
    where = f" in cell {cell}" if cell else ""
    told = ": a person approves it first" if mode is Mode.ONE_CLICK else ""
    return _gate("policy", mode is Mode.AUTO, f"the policy's mode is {mode.value}{where}{told}")


def _topic(matter: Matter) -> Gate:
    """Hold the reply where the matter is a person's, or its place in the policy is in doubt."""
    theirs = rules.for_people(matter.policy, matter.snapshot) or matter.rules.doubt
    return _gate("topic", not theirs, theirs)


def _hours(matter: Matter) -> Gate:
    hours = matter.policy.hours
    held = [when for when in sorted(matter.rules.when) if not holds(when, hours, matter.now)]
    if not held or hours is None or matter.rules.mode is not Mode.AUTO:
        return Gate("hours", passed=True)
    bound = " and ".join(when.value for when in sorted(matter.rules.when) if when is not _ALWAYS)
    told = f"replies go out {bound} business hours only, and it is {hours.told(matter.now)}"
    return Gate("hours", passed=False, reason=told)


def _outcome(matter: Matter) -> Gate:
    outcome = matter.draft.outcome
    return _gate("outcome", outcome is Outcome.ANSWER, f"the outcome is {outcome.value}")


def _documented(matter: Matter) -> Gate:
    evidence = matter.evidence
    reason = f"the evidence is {evidence.value}, not documented"
    return _gate("documented", evidence is EvidenceClass.DOCUMENTED, reason)


def _fit(matter: Matter) -> Gate:
    return _gate("fit", not matter.draft.doubt, matter.draft.doubt)


def _findings(matter: Matter) -> Gate:
    return _gate("findings", not matter.findings, f"{len(matter.findings)} objections")


def _ticket_cap(matter: Matter) -> Gate:
    hour, most = matter.earlier.here, matter.policy.replies_per_hour
    reason = f"{hour} public replies on this ticket within the hour"
    return _gate("ticket_cap", hour < most, reason)


def _requester_cap(matter: Matter) -> Gate:
    day, most = matter.earlier.theirs, matter.policy.replies_per_day
    reason = f"{day} public replies to this requester within the day"
    return _gate("requester_cap", day < most, reason)


def _same_words(matter: Matter) -> Gate:
    """Hold the reply where too many wrote the same: a machine may change its address each time."""
    others, most = matter.earlier.alike, matter.policy.same_words_per_day
    reason = (
        f"{others} other requesters wrote the same words within the day, numbers and names apart;"
        f" the policy answers {most} of them by itself (same_words_per_day)"
    )
    return _gate("same_words", others < most, reason)


def _running(matter: Matter) -> Gate:
    return _gate("running", matter.stopped is None, matter.stopped or "")


def _spend(matter: Matter) -> Gate:
    told = spend.told(matter.spent, matter.policy.spend.per_day)
    return _gate("spend", not told, told)


def _eval_gate(matter: Matter) -> Gate:
    passed = matter.gate_passed and not matter.draft.fallback
    return _gate("eval_gate", passed, "no eval gate has passed for this model and prompt")


def _sent_policy(matter: Matter) -> Gate:
    """Hold the reply where the policy of this very moment cannot be had, or allows it no more."""
    before, policy = matter.before, matter.policy
    if policy.fault:
        reason = f"the policy file cannot be used as it stands: {policy.fault}"
        return Gate("sent_policy", passed=False, reason=reason)
    if before is None or before.policy == policy.version:
        return Gate("sent_policy", passed=True)
    same = matter.rules.mode is Mode.AUTO and before.actions == _actions(matter)
    return _gate("sent_policy", same, "the policy was changed after the draft was made")


def _requester(matter: Matter) -> Gate:
    """Hold the reply where we cannot tell that the requester wrote the turn themselves."""
    snapshot = matter.snapshot
    ticket, turn, contact = snapshot.ticket, snapshot.turn, snapshot.contact
    if turn is None or ticket.requester_id is None:
        return Gate("requester", passed=False, reason="nobody is named as requester")
    if turn.author_id != ticket.requester_id:
        return Gate("requester", passed=False, reason="somebody else than the requester wrote")
    if contact is None or contact.id != ticket.requester_id:
        return Gate("requester", passed=False, reason="the requester could not be read")
    if not contact.email and not contact.phone:
        return Gate("requester", passed=False, reason="the requester has no known address")
    return Gate("requester", passed=True)


def _takeover(matter: Matter) -> Gate:
    """Hold the reply where a person has joined the conversation or owns the ticket."""
    snapshot, policy = matter.snapshot, matter.policy
    ticket, me = snapshot.ticket, snapshot.me
    public = (one for one in snapshot.thread.conversations if not one.private)
    if any(is_a_persons(one, ticket, me) for one in public):
        return Gate("takeover", passed=False, reason="a person has joined the conversation")
    owner = ticket.responder_id
    if owner not in {None, me.id} and not policy.answer_assigned:
        return Gate("takeover", passed=False, reason="the ticket is assigned to a person")
    return Gate("takeover", passed=True)


def _whole(matter: Matter) -> Gate:
    """Hold the reply where something was not read that could forbid it, such as a person's word."""
    omitted = matter.snapshot.thread.omitted
    if omitted:
        reason = f"{omitted} conversations were not read: a person may have joined in them"
        return Gate("whole", passed=False, reason=reason)
    turn = matter.snapshot.turn
    cut = turn.cut if turn else 0
    return _gate("whole", not cut, f"about {cut} characters of the message were not read")


_ALWAYS = When.ALWAYS
GATES: tuple[Callable[[Matter], Gate], ...] = (
    _mode,
    _topic,
    _hours,
    _outcome,
    _documented,
    _fit,
    _findings,
    _requester,
    _takeover,
    _whole,
    _ticket_cap,
    _requester_cap,
    _same_words,
    _running,
    _spend,
    _eval_gate,
    _sent_policy,
)
"""All of them must hold for a public reply."""
OF_THE_DRAFT = frozenset({"outcome", "documented", "fit", "findings", "eval_gate"})
"""Names of the gates that ask for a draft; the others can be told of a ticket alone."""
