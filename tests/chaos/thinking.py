"""A model that costs money and never comes to an end by itself, and the one who reads its bill."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from agent.drafter import Drafter
from agent.errors import LimitReached
from agent.llm.prices import Price, Prices
from agent.llm.tally import Tally
from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from tools.clock import Clock
from tools.kit.tool import Desk

NAME = "play"
PRICES = Prices("EUR", ((NAME, Price(Decimal(1000), Decimal(1000), Decimal(1000))),))
"""A thousand a million tokens, so that a call is seen in the cents."""
READ, WRITTEN = 3, 2
"""Tokens of a call, at most."""
CALL = PRICES.rows[0][1].of(read=READ, cached=0, written=WRITTEN)
"""What a call may cost, at most."""
CALLS = (1, 1, 1, 2, 2, 8)
"""Calls that a draft may take, if nobody stops it."""


class Thinking:
    """Asks a model now and then before it drafts as another drafter does; implements `Drafter`.

    Args:
        inner: drafts.
        chance: how many calls it takes.
        charged: hears what each call cost, and the calls of this draft so far.
    """

    name = NAME
    prompt = NAME

    def __init__(
        self,
        inner: Drafter,
        *,
        chance: random.Random,
        clock: Clock,
        charged: Callable[[Decimal, int, RunLimits], None],
    ) -> None:
        self._inner, self._chance, self._clock, self._charged = inner, chance, clock, charged

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return the draft, if the calls before it could be paid for."""
        tally = Tally(desk, limits, self._clock, model=NAME, prices=PRICES)
        try:
            for call in range(1, self._chance.choice(CALLS) + 1):
                tally.begin_call(read=READ, written=WRITTEN)
                read, written = self._chance.randint(1, READ), self._chance.randint(1, WRITTEN)
                cost = PRICES.rows[0][1].of(read=read, cached=0, written=written)
                self._charged(cost, call, limits)
                tally.end_call(read=read, written=written)
        except LimitReached as fault:
            fault.usage = tally.usage
            raise
        made = await self._inner.draft(snapshot, desk=desk, policy=policy, limits=limits)
        return replace(made, usage=made.usage + tally.usage)
