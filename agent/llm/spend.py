"""Money for model calls: what is left of a day's cap, and what is cut back as it runs out; pure."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Protocol

from agent.model import Usage
from agent.policy.terms import Spend

NOTES = Decimal("0.8")
"""Share of the day's cap from which on nothing goes out in public."""
TRIAGE = Decimal("0.95")
"""Share from which on no draft is made: triage by rule, or a note that says where the ticket
belongs, costs nothing."""
RUN = Decimal("0.1")
"""Share of the day's cap that one run may cost, where the policy sets no other."""
NAME = "spend cap"
"""Stands as the drafter of what was not drafted, because the money is used up."""


class Level(IntEnum):
    """What the day's money still allows, from all to nothing."""

    FULL = 0
    NOTE = 1
    """Private notes only."""
    TRIAGE = 2
    """No draft; triage by rule, or a note that says where the ticket belongs."""
    OFF = 3
    """No model call, and nothing is posted but what rules find by themselves."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Money set aside for one run, and the UTC day it belongs to."""

    amount: Decimal
    day: str = ""


class Purse(Protocol):
    """What an account has spent in a UTC day, counted for all its processes together."""

    async def spent(self, *, cap: Decimal | None) -> Decimal:
        """Return what the day's runs have cost, without what is set aside for running ones.

        Args:
            cap: of the day; whoever keeps the purse can then say that it runs out.
        """
        ...

    async def take(self, most: Decimal, *, cap: Decimal) -> Taken:
        """Set money aside for a run, so that nobody else spends it; return how much.

        Args:
            most: what the run may cost.
            cap: what the account may spend in a day; less is returned where less is left.
        """
        ...

    async def settle(self, taken: Taken, used: Decimal) -> None:
        """Give back what was set aside, and count what was used instead."""
        ...


@dataclass(slots=True)
class MemoryPurse:
    """A purse for one process and one day: drafts without a database, evals, tests."""

    used: Decimal = field(default=Decimal(0))
    aside: Decimal = field(default=Decimal(0))

    async def spent(self, *, cap: Decimal | None) -> Decimal:
        """Return what was counted so far."""
        del cap
        return self.used

    async def take(self, most: Decimal, *, cap: Decimal) -> Taken:
        """Set aside what is left, up to `most`."""
        amount = share(most, cap=cap, gone=self.used + self.aside)
        self.aside += amount
        return Taken(amount)

    async def settle(self, taken: Taken, used: Decimal) -> None:
        """Count what was used instead of what was set aside."""
        self.aside -= taken.amount
        self.used += used


def share(most: Decimal, *, cap: Decimal, gone: Decimal) -> Decimal:
    """Return how much of `most` a day's cap leaves when so much is gone or set aside."""
    return max(Decimal(0), min(most, cap - gone))


def level(spent: Decimal | None, cap: Decimal | None) -> Level:
    """Return what a day's spending leaves; without a cap, or a figure, everything."""
    if cap is None or spent is None:
        return Level.FULL
    if spent >= cap:
        return Level.OFF
    if spent >= cap * TRIAGE:
        return Level.TRIAGE
    return Level.NOTE if spent >= cap * NOTES else Level.FULL


def most_of_a_run(spend: Spend) -> Decimal | None:
    """Return what one run may cost, or None where nothing limits it."""
    if spend.per_run is not None or spend.per_day is None:
        return spend.per_run
    return spend.per_day * RUN


def told(spent: Decimal | None, cap: Decimal | None) -> str:
    """Return in words what is left of a day's cap and what that means; "" while all is allowed."""
    left = level(spent, cap)
    if left is Level.FULL or spent is None or cap is None:
        return ""
    share = "all" if spent >= cap else f"{spent / cap:.0%}"
    meaning = {
        Level.NOTE: "private notes only",
        Level.TRIAGE: "no drafts, only where a ticket belongs",
        Level.OFF: "no model is asked",
    }[left]
    return f"{share} of the day's {cap} for models is used up: {meaning} until midnight UTC"


def used(usage: Usage, taken: Decimal) -> Decimal:
    """Return what a run counts as: its cost, or all it might have cost where nobody can tell."""
    if usage.cost is None:
        return taken if usage.model_calls else Decimal(0)
    return Decimal(str(usage.cost))


def day_of(now: datetime) -> str:
    """Return the UTC day a moment belongs to, as money is counted."""
    return now.date().isoformat()
