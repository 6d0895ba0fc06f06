"""What is to be done with a draft: policy times findings, the most cautious wins; pure."""

from collections.abc import Sequence

from agent.evidence import evidence_class
from agent.model import (
    Decision,
    Disposition,
    Draft,
    EvidenceClass,
    Finding,
    Gate,
    Outcome,
    Snapshot,
)
from agent.policy import Mode, Policy
from agent.snapshot import is_a_persons


def decide(
    snapshot: Snapshot,
    draft: Draft,
    findings: Sequence[Finding],
    policy: Policy,
    *,
    replies: tuple[int, int] = (0, 0),
    stopped: str | None = None,
    gate_passed: bool = True,
) -> Decision:
    """Return the boldest disposition that everything allows.

    Args:
        snapshot: what was read.
        draft: what is proposed.
        findings: the guards' objections.
        policy: the account's.
        replies: our public replies on this ticket in an hour, to this requester in a day.
        stopped: why nothing may be written (pause, kill switch), or None.
        gate_passed: an eval gate for this model and prompt, where the policy asks for one.
    """
    evidence = evidence_class(snapshot, draft)
    gates = _gates(snapshot, draft, findings, policy, evidence, replies, stopped, gate_passed)
    if policy.mode in {Mode.OFF, Mode.OBSERVE}:
        why = (policy.mode.value,)
        return Decision(
            Disposition.SKIP, evidence, tuple(findings), gates, why, policy=policy.version
        )
    wanted = _wanted(draft, gates)
    disposition = max([wanted, *(one.most for one in findings)])
    reasons = _reasons(draft, gates, findings, disposition)
    return Decision(disposition, evidence, tuple(findings), gates, reasons, policy=policy.version)


def _wanted(draft: Draft, gates: tuple[Gate, ...]) -> Disposition:
    match draft.outcome:
        case Outcome.ANSWER:
            held = all(one.passed for one in gates)
            return Disposition.PUBLIC_REPLY if held else Disposition.PRIVATE_NOTE
        case Outcome.CLARIFY:
            return Disposition.PRIVATE_NOTE
        case Outcome.FOR_AGENT | Outcome.NO_ANSWER | Outcome.HUMAN:
            return Disposition.HANDOFF


def _reasons(
    draft: Draft,
    gates: tuple[Gate, ...],
    findings: Sequence[Finding],
    disposition: Disposition,
) -> tuple[str, ...]:
    if disposition is Disposition.PUBLIC_REPLY:
        return ("every gate held",)
    objections = [f"{one.guard}: {one.reason}" for one in findings if one.most >= disposition]
    if disposition is Disposition.HANDOFF:
        return tuple(dict.fromkeys([*objections, draft.reason or draft.outcome.value]))
    held = [f"{one.name}: {one.reason}" for one in gates if not one.passed]
    return tuple(dict.fromkeys([*objections, *held]))


def _gates(  # noqa: PLR0917  one argument for each thing a gate looks at
    snapshot: Snapshot,
    draft: Draft,
    findings: Sequence[Finding],
    policy: Policy,
    evidence: EvidenceClass,
    replies: tuple[int, int],
    stopped: str | None,
    gate_passed: bool,  # noqa: FBT001  the caller names it
) -> tuple[Gate, ...]:
    hour, day = replies
    return (
        _gate("policy", policy.mode is Mode.AUTO, f"the policy's mode is {policy.mode.value}"),
        _gate("outcome", draft.outcome is Outcome.ANSWER, f"the outcome is {draft.outcome.value}"),
        _gate(
            "documented",
            evidence is EvidenceClass.DOCUMENTED,
            f"the evidence is {evidence.value}, not documented",
        ),
        _gate("findings", not findings, f"{len(findings)} objections"),
        _requester(snapshot),
        _takeover(snapshot, policy),
        _gate(
            "ticket_cap",
            hour < policy.replies_per_hour,
            f"{hour} public replies on this ticket within the hour",
        ),
        _gate(
            "requester_cap",
            day < policy.replies_per_day,
            f"{day} public replies to this requester within the day",
        ),
        _gate("running", stopped is None, stopped or ""),
        _gate("eval_gate", gate_passed, "no eval gate has passed for this model and prompt"),
    )


def _gate(name: str, passed: bool, reason: str) -> Gate:  # noqa: FBT001  two words a gate
    return Gate(name, passed, "" if passed else reason)


def _requester(snapshot: Snapshot) -> Gate:
    """Hold the reply where we cannot tell that the requester wrote the turn themselves."""
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


def _takeover(snapshot: Snapshot, policy: Policy) -> Gate:
    """Hold the reply where a person has joined the conversation or owns the ticket."""
    ticket, me = snapshot.ticket, snapshot.me
    public = (one for one in snapshot.thread.conversations if not one.private)
    if any(is_a_persons(one, ticket, me) for one in public):
        return Gate("takeover", passed=False, reason="a person has joined the conversation")
    owner = ticket.responder_id
    if owner not in {None, me.id} and not policy.answer_assigned:
        return Gate("takeover", passed=False, reason="the ticket is assigned to a person")
    return Gate("takeover", passed=True)
