"""Draft within the day's money: it is set aside before a model is asked, and counted after."""

from dataclasses import replace
from decimal import Decimal

from agent.drafter import Drafter
from agent.errors import Deferred, ResponderError
from agent.llm import spend
from agent.llm.spend import Level, Purse, Taken
from agent.model import Draft, Outcome, RunLimits, Snapshot, Usage
from agent.policy.terms import Policy
from tools.kit.tool import Desk

WAIT = 30.0
"""Seconds until another try where the rest of the money is set aside by runs that are not over."""


async def draft(
    by: Drafter,
    snapshot: Snapshot,
    *,
    desk: Desk,
    policy: Policy,
    limits: RunLimits,
    purse: Purse,
) -> Draft:
    """Return a draft that costs no more than the policy allows, or the handoff it still allows.

    The run may use what was set aside for it and no more, so that several of them, in several
    processes, cannot together pass the day's cap.

    Raises:
        Deferred: what is left of the day's money is set aside for other runs.
        ResponderError: as the drafter raises; what it used is counted all the same.
    """
    if not by.prompt:
        return await by.draft(snapshot, desk=desk, policy=policy, limits=limits)  # asks no model
    cap, money = policy.spend.per_day, _least(limits.money, spend.most_of_a_run(policy.spend))
    taken = Taken(Decimal(0))
    if cap is not None and money is not None:
        spent = await purse.spent(cap=cap)
        if spend.level(spent, cap) >= Level.TRIAGE:
            return undrafted(snapshot, spend.told(spent, cap))
        taken = await purse.take(money, cap=cap)
        if not taken.amount:
            reason = "the rest of the day's money for models is set aside for other runs"
            raise Deferred(reason, retry_after=WAIT)
        money = taken.amount
    used = taken.amount
    try:
        made = await by.draft(
            snapshot, desk=desk, policy=policy, limits=replace(limits, money=money)
        )
        used = spend.used(made.usage, taken.amount)
    except ResponderError as fault:
        used = spend.used(fault.usage or Usage(), taken.amount)
        raise
    finally:
        if used or taken.amount:
            await purse.settle(taken, used)
    return made


def undrafted(snapshot: Snapshot, reason: str) -> Draft:
    """Return the handoff that stands in for a draft nobody may pay for."""
    language = snapshot.turn.language if snapshot.turn else ""
    return Draft(Outcome.HUMAN, language, reason=reason, drafter=spend.NAME)


def _least(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    known = [each for each in (one, other) if each is not None]
    return min(known, default=None)
