"""What is to be done with a draft: policy times findings, the most cautious wins; pure."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from agent.evidence.check import evidence_class
from agent.llm import spend
from agent.llm.spend import Level
from agent.model import Decision, Disposition, Draft, Earlier, Finding, Gate, Outcome, Snapshot
from agent.policy import rules
from agent.policy.gates import GATES, Matter, actions
from agent.policy.terms import Mode, Policy
from agent.triage import slots as triage


def decide(  # noqa: PLR0913  one argument for each thing that a gate asks for
    snapshot: Snapshot,
    draft: Draft,
    findings: Sequence[Finding],
    policy: Policy,
    *,
    earlier: Earlier | None = None,
    stopped: str | None = None,
    gate_passed: bool = True,
    now: datetime | None = None,
    spent: Decimal | None = None,
    before: Decision | None = None,
) -> Decision:
    """Return the boldest disposition that everything allows.

    Args:
        snapshot: what was read.
        draft: what is proposed.
        findings: the guards' objections.
        policy: the account's.
        earlier: our public replies before this one, and who else wrote the same; nothing if None.
        stopped: why nothing may be written in public (pause, kill switch), or None.
        gate_passed: an eval gate for this model and prompt, where the policy asks for one; a
            fallback's draft never counts as passed.
        now: the moment that business hours are asked for; the reading of the ticket if None.
        spent: money the account's models have cost in the day.
        before: the decision at the draft, where this one is made before the write.
    """
    matter = Matter(
        snapshot,
        draft,
        tuple(findings),
        policy,
        rules.of(policy, snapshot),
        evidence_class(snapshot, draft),
        earlier or Earlier(),
        stopped,
        gate_passed,
        now or snapshot.read_at,
        spent,
        before,
    )
    sorts = draft.outcome is Outcome.TRIAGE
    gates = () if sorts else tuple(gate(matter) for gate in GATES)
    disposition, reasons = _sorted(matter) if sorts else _disposed(matter, gates)
    public = disposition is Disposition.PUBLIC_REPLY
    return Decision(
        disposition,
        matter.evidence,
        matter.findings,
        gates,
        reasons,
        policy=policy.version,
        mode=matter.rules.mode.value,
        topics=matter.rules.topics,
        spent=spent,
        actions=actions(snapshot, draft, policy) if public else (),
    )


def _sorted(matter: Matter) -> tuple[Disposition, tuple[str, ...]]:
    """Decide on what is only to be set: all of it under this policy, or nothing."""
    found, mode = matter.draft.triage, matter.rules.mode
    if mode in {Mode.OFF, Mode.OBSERVE}:
        return Disposition.SKIP, (mode.value, *triage.told(found))
    announced = (matter.draft.reason,) if matter.draft.reason else ()
    closed = triage.forbidden(found, matter.policy)
    if closed:
        names = ", ".join(dict.fromkeys(one.value for one in closed))
        return Disposition.SKIP, (f"the policy lets triage set this no more: {names}",)
    if not found.sets:
        names = ", ".join(f"{one.slot.value}: {one.reason}" for one in found.dropped)
        return Disposition.SKIP, (f"nothing is to be set: {names or 'nobody proposes anything'}",)
    return Disposition.TRIAGE, (*announced, *triage.told(found))


def _disposed(matter: Matter, gates: Sequence[Gate]) -> tuple[Disposition, tuple[str, ...]]:
    draft, mode = matter.draft, matter.rules.mode
    if mode in {Mode.OFF, Mode.OBSERVE}:
        return Disposition.SKIP, (mode.value,)
    cap = matter.policy.spend.per_day
    if draft.drafter == spend.NAME and spend.level(matter.spent, cap) is Level.OFF:
        return Disposition.SKIP, (draft.reason,)
    wanted = _wanted(draft, gates)
    disposition = max([wanted, *(one.most for one in matter.findings)])
    return disposition, _reasons(draft, gates, matter.findings, disposition)


def _wanted(draft: Draft, gates: Sequence[Gate]) -> Disposition:
    match draft.outcome:
        case Outcome.ANSWER:
            held = all(one.passed for one in gates)
            return Disposition.PUBLIC_REPLY if held else Disposition.PRIVATE_NOTE
        case Outcome.CLARIFY:
            return Disposition.PRIVATE_NOTE
        case Outcome.FOR_AGENT | Outcome.NO_ANSWER | Outcome.HUMAN:
            return Disposition.HANDOFF
        case Outcome.TRIAGE:
            return Disposition.TRIAGE


def _reasons(
    draft: Draft,
    gates: Sequence[Gate],
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
