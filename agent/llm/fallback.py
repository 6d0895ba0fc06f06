"""Drafters that stand in for one that is away; what they draft is marked, and stays a note."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.drafter import Drafter
from agent.errors import LimitReached, ModelUnavailable, ResponderError
from agent.model import Draft, RunLimits, Snapshot, Usage
from agent.policy.terms import Policy
from tools.kit.tool import Desk


@dataclass(frozen=True, slots=True)
class StandIn:
    """A drafter whose drafts say that it is not the configured one; implements `Drafter`."""

    instead: Drafter

    @property
    def name(self) -> str:
        """The name of who really drafts."""
        return self.instead.name

    @property
    def prompt(self) -> str:
        """The prompt of who really drafts."""
        return self.instead.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft, and mark the draft."""
        draft = await self.instead.draft(snapshot, desk=desk, policy=policy, limits=limits)
        return replace(draft, fallback=True)


class Chain:
    """Asks the next drafter where the one before is away; implements `Drafter`.

    Only an endpoint that does not answer is passed over: a draft that failed, or a limit that was
    reached, would be no better for being tried elsewhere. All share the run's limits.
    """

    def __init__(self, drafters: Sequence[Drafter]) -> None:
        if not drafters:
            raise ValueError("a chain needs a drafter")
        self._drafters = (*drafters,)

    @property
    def name(self) -> str:
        """The first one's name."""
        return self._drafters[0].name

    @property
    def prompt(self) -> str:
        """The first one's prompt."""
        return self._drafters[0].prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return the first draft that somebody makes.

        Raises:
            ModelUnavailable: nobody answered; it is the first one's, who is to be waited for.
            DraftFailed, LimitReached: as the drafter that answered said.
        """
        used, away = Usage(), list[ModelUnavailable]()
        for drafter in self._drafters:
            try:
                rest = left(limits, used)
                draft = await drafter.draft(snapshot, desk=desk, policy=policy, limits=rest)
            except ModelUnavailable as fault:
                used += fault.usage or Usage()
                away.append(fault)
            except ResponderError as fault:
                fault.usage = used + (fault.usage or Usage())
                fault.drafter = fault.drafter or drafter.name
                raise
            else:
                return replace(draft, usage=used + draft.usage)
        away[0].usage = used
        raise away[0]


def left(limits: RunLimits, used: Usage) -> RunLimits:
    """Return what a run may still use.

    Raises:
        LimitReached: nothing, since nobody knows what was spent.
    """
    if limits.money is not None and used.model_calls and used.cost is None:
        raise LimitReached("nobody knows what the model that did not answer has cost")
    return replace(
        limits,
        credits=max(0, limits.credits - used.credits),
        model_calls=max(0, limits.model_calls - used.model_calls),
        tokens=max(0, limits.tokens - used.input_tokens - used.output_tokens),
        seconds=max(0.0, limits.seconds - used.seconds),
        money=None if limits.money is None else limits.money - Decimal(str(used.cost or 0)),
    )
