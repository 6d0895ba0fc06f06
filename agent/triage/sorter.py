"""Who proposes what triage sets: the policy and our own rules, and a model where one is asked."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from agent.drafter import Drafter
from agent.errors import DraftFailed, LimitReached
from agent.llm import pay, spend
from agent.llm.spend import Level, Purse
from agent.model import Draft, Outcome, RunLimits, Slot, Snapshot, Usage
from agent.policy.terms import Policy
from agent.triage import slots as triage
from agent.triage.slots import Choices, Wish
from tools.errors import BudgetExhausted, Forbidden, NotFound
from tools.kit.tool import Desk
from tools.model import TicketField
from tools.provider import Helpdesk

Ask = Callable[[Mapping[Slot, tuple[str, ...]]], Awaitable[tuple[Wish, ...]]]
"""Asks somebody to choose, for each field that is still open, out of these."""


class RuleSorter:
    """Sorts by the policy's fixed values and our own rules; asks no model. A `Drafter`."""

    name = "rules"
    prompt = ""

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return what the rules alone would set. Two credits at most."""
        del limits
        return replace(await sort(snapshot, desk=desk.helpdesk, policy=policy), drafter=self.name)


async def sort(
    snapshot: Snapshot, *, desk: Helpdesk, policy: Policy, ask: Ask | None = None
) -> Draft:
    """Return what is to be set on a ticket, checked against the choices of this moment.

    Args:
        snapshot: what was read.
        desk: to read the choices with; two credits at most.
        policy: says what may be set at all.
        ask: is asked once for what the rules leave open, if anything is.
    """
    offered = await read_choices(desk)
    wishes = triage.by_rule(snapshot, policy)
    left = triage.left_open(snapshot, policy, offered, wishes)
    if ask is not None and left:
        wishes = (*wishes, *await ask(left))
    return Draft(
        Outcome.TRIAGE,
        snapshot.turn.language if snapshot.turn else "",
        triage=triage.check(wishes, snapshot, policy, offered),
    )


async def read_choices(desk: Helpdesk) -> Choices:
    """Return what the account offers; what our key may not read is left out, with the reason.

    The fields name the groups as well, and to any role; only where they do not, groups are asked
    for. Two credits at most while nothing is in the cache.
    """
    unread: dict[Slot, str] = {}
    fields: tuple[TicketField, ...] = ()
    try:
        fields = await desk.fields()
    except (Forbidden, NotFound):
        told = "our key may not read the ticket fields"
        unread |= {Slot.TYPE: told, Slot.PRIORITY: told}
    known = triage.choices(fields, {}, unread)
    if known.of[Slot.GROUP]:
        return known
    try:
        known = triage.choices(fields, await desk.groups(), unread)
    except (Forbidden, NotFound, BudgetExhausted) as fault:
        unread[Slot.GROUP] = f"the groups could not be read ({type(fault).__name__})"
    if known.of[Slot.GROUP]:
        return known
    return replace(known, unread={Slot.GROUP: "our key may read no groups", **unread})


async def sorted_by(
    sorter: Drafter,
    snapshot: Snapshot,
    *,
    desk: Desk,
    policy: Policy,
    limits: RunLimits,
    purse: Purse,
) -> Draft:
    """Return what a sorter proposes, or the rules alone where it may not or cannot be asked.

    Raises:
        ModelUnavailable, Deferred: come back later.
    """
    try:
        made = await pay.draft(
            sorter, snapshot, desk=desk, policy=policy, limits=limits, purse=purse
        )
    except (DraftFailed, LimitReached) as fault:
        alone = await RuleSorter().draft(snapshot, desk=desk, policy=policy, limits=limits)
        told = f"the model was of no help: {fault}"
        return replace(alone, usage=fault.usage or Usage(), missing=(told,))
    if made.drafter != spend.NAME:
        return made
    alone = await RuleSorter().draft(snapshot, desk=desk, policy=policy, limits=limits)
    return replace(alone, reason=made.reason)


async def instead(
    draft: Draft, snapshot: Snapshot, *, desk: Helpdesk, policy: Policy, spent: Decimal | None
) -> Draft:
    """Return what the rules set on a ticket for which no draft may be paid for any more.

    A draft that was made stays; so does the handoff where the policy lets nothing be set, or the
    rules find nothing: a ticket must not end without a word or a mark.
    """
    poor = spend.level(spent, policy.spend.per_day) is Level.TRIAGE
    if draft.drafter != spend.NAME or not poor or not policy.triage.fields:
        return draft
    alone = await sort(snapshot, desk=desk, policy=policy)
    if not alone.triage.sets:
        return draft
    return replace(alone, drafter=RuleSorter.name, reason=draft.reason)
