"""Decide a kept run again, from its record and a policy alone; pure."""

from dataclasses import dataclass

from agent import canned, decide, guards, qualify
from agent.judgement import rules_of
from agent.llm import spend
from agent.llm.spend import Level
from agent.mail import human
from agent.model import Decision, Draft, Earlier, Outcome, Result, Skip, Snapshot
from agent.policy import rules
from agent.policy.terms import Mode, Policy


@dataclass(frozen=True, slots=True)
class Again:
    """What a kept run would come to; without a decision it was, or would be, left alone.

    Attributes:
        undrafted: a draft would be made that the record does not hold, so its end is unknown.
        mode: what the policy allows on this ticket.
    """

    decision: Decision | None = None
    skip: Skip | None = None
    undrafted: bool = False
    mode: Mode = Mode.NOTE


def decided(result: Result, policy: Policy, *, earlier: Earlier) -> Again | None:
    """Decide on what was read and drafted then; None where the record holds no ticket.

    Switches and the day's spending are taken as they were. What a person approved is not asked
    for here.

    Args:
        result: the kept record.
        policy: the one to decide under.
        earlier: our public replies before it, and who else had written the same.
    """
    shot = result.snapshot
    if shot is None:
        return None
    mode = rules.of(policy, shot).mode
    left = None if result.decision else qualify.qualify(shot, now=shot.read_at)
    left = left or rules.left_alone(policy, shot)
    if left is not None:
        return Again(skip=left, mode=mode)
    before = result.decision
    draft = _draft(shot, result, policy, mode)
    if draft is None:
        known = result.skip if result.skip and result.skip.name != rules.OFF else None
        return Again(skip=known, undrafted=known is None, mode=mode)
    found = guards.check(shot, draft, policy, prompt=rules_of(draft))
    after = decide.decide(
        shot,
        draft,
        found,
        policy,
        earlier=earlier,
        stopped=_stopped(before),
        spent=before.spent if before else None,
    )
    return Again(after, mode=mode)


def _draft(shot: Snapshot, result: Result, policy: Policy, mode: Mode) -> Draft | None:
    """Return the draft that the policy would have had; None where nobody made it."""
    sorts = result.draft is not None and result.draft.outcome is Outcome.TRIAGE
    if mode is Mode.TRIAGE:
        return result.draft if sorts else None
    asked = human.handoff(shot, policy)
    if asked is not None:
        return asked
    draft, before = result.draft, result.decision
    if draft is None or draft.drafter == "rule":
        return None
    spent = before.spent if before else None
    poor = spend.level(spent, policy.spend.per_day) >= Level.TRIAGE
    if sorts:
        return draft if poor else None  # it stands in for a draft that nobody would pay for
    if draft.drafter == spend.NAME:
        return draft if poor else None
    return canned.locked(draft) if policy.canned_only else draft


def _stopped(before: Decision | None) -> str | None:
    gates = before.gates if before else ()
    return next((one.reason for one in gates if one.name == "running" and not one.passed), None)
