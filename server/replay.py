"""Decide a kept run again, offline: the same record must come to the same decision."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agent import approve, qualify, redecide
from agent.model import Decision, Earlier, Result
from agent.policy import rules
from agent.policy.terms import Policy
from agent.redecide import Again
from server import wiring
from server.look import FAILED, OK, complain, database, out, say
from server.settings import load
from server.store import audit, runs


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a run was decided to be, and what it would be decided to be.

    Attributes:
        before, after: digests of the decision, or of the reason to skip.
        differences: in words; empty where both are one.
    """

    before: str
    after: str
    differences: tuple[str, ...]


def replay(result: Result, policy: Policy, *, earlier: Earlier) -> Replayed | None:
    """Decide again from what was read and drafted; None where the record holds neither. Pure.

    Args:
        result: the kept record.
        policy: the present one.
        earlier: our public replies before it, and who else had written the same.
    """
    shot, draft = result.snapshot, result.draft
    if shot is None:
        return None
    if result.decision is None or draft is None:
        left = qualify.qualify(shot, now=shot.read_at) or rules.left_alone(policy, shot)
        names = (result.skip.name if result.skip else "", left.name if left else "")
        return _compared(*names, (f"skipped as {names[0]!r}, it would be {names[1]!r}",))
    before = result.decision
    if result.approval is not None:
        after = approve.decide(shot, draft, policy, result.approval)
    else:
        again = redecide.decided(result, policy, earlier=earlier)
        if again is None or again.decision is None:
            return _compared(runs.dump(before), "", (_undecided(again),))
        after = again.decision
    return _compared(runs.dump(before), runs.dump(after), _differences(before, after))


def _undecided(again: Again | None) -> str:
    if again is not None and again.skip is not None:
        return f"it would be left alone: {again.skip.reason}"
    return "it would be drafted for, and the record holds no draft"


def _compared(before: str, after: str, differences: tuple[str, ...]) -> Replayed:
    same = before == after
    return Replayed(_digest(before), _digest(after), () if same else differences)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _differences(before: Decision, after: Decision) -> tuple[str, ...]:
    found = []
    for name in _COMPARED:
        was, would = getattr(before, name), getattr(after, name)
        if was != would:
            found.append(f"{name}: was {_plain(was)}, would be {_plain(would)}")
    return tuple(found)


_COMPARED = ("disposition", "mode", "evidence", "findings", "gates", "reasons", "actions", "policy")


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(str(one) for one in value) or "none"
    return str(getattr(value, "name", value))


async def run(reference: str, *, as_json: bool, config: Path | None) -> int:
    """Decide one kept run again under the present policy and code."""
    policy = wiring.policy(load(config=config))
    async with database(config) as (store, _):
        kept = await store.read(lambda c: runs.by_id(c, reference))
        if kept is None:
            complain(f"there is no run {reference!r}; `deskhand why TICKET` names a ticket's runs")
            return FAILED
        earlier = await store.read(lambda c: runs.before(c, kept))
    found = replay(kept.result, policy, earlier=earlier)
    if found is None:
        complain(f"run {reference} read nothing, so there is nothing to decide again")
        return FAILED
    same = not found.differences
    if as_json:
        digests = {"before": found.before, "after": found.after}
        differences = list(found.differences)
        say({"run": kept.id, "ticket": kept.ticket_id, "same": same, **digests}
            | {"differences": differences})  # fmt: skip
    elif same:
        out.print(f"Run {kept.id}: the same decision, {found.after}.", markup=False)
    else:
        out.print(f"Run {kept.id} would be decided otherwise:", markup=False)
        for line in found.differences:
            out.print(f"  {line}", markup=False)
    return OK if same else FAILED


async def verify_audit(*, as_json: bool, config: Path | None) -> int:
    """Check the chain of what was done."""
    async with database(config) as (store, _):
        checked = await store.read(audit.verify)
    if as_json:
        say({"rows": checked.rows, "head": checked.head, "faults": list(checked.faults)})
    elif checked.faults:
        for fault in checked.faults:
            complain(fault)
    else:
        told = f"{checked.rows} rows, unbroken; the last digest is {checked.head}."
        out.print(told, markup=False, soft_wrap=True)
    return FAILED if checked.faults else OK
