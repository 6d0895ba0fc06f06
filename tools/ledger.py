"""Where budgets are kept: the protocol every process spends through, and one in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tools import budget as pool
from tools.budget import Allowance, Ask, Budget, Heard, Shares


class Key(NamedTuple):
    """Whose pool it is: it belongs to the helpdesk, whatever the account or its key."""

    provider: str
    domain: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A pool at one moment, for people to read. Everything but the times is in credits.

    Attributes:
        ours: used by us in the last window, of which `lanes` and `kinds` say where.
        most: what we may use in a window at present.
        others: used by others in the last window, as inferred.
        reserve: kept for people.
        left: what the helpdesk last reported, or None.
        limits: of each endpoint class.
        free_in: seconds until each lane may spend one credit.
        paused_for: seconds that a 429 still holds everybody.
        forecast: credits left at the window's end at the present pace, or None.
    """

    allowance: Allowance
    ours: int
    most: int
    others: int
    reserve: int
    left: int | None
    lanes: Mapping[int, int] = field(default_factory=dict[int, int])
    kinds: Mapping[str, int] = field(default_factory=dict[str, int])
    limits: Mapping[str, int] = field(default_factory=dict[str, int])
    free_in: Mapping[int, float] = field(default_factory=dict[int, float])
    paused_for: float = 0.0
    forecast: int | None = None


class Ledger(Protocol):
    """Budgets by key. `now` is wall time in seconds, the same clock for every process."""

    async def spend(self, key: Key, ask: Ask, *, assume: Allowance, now: float) -> float:
        """Charge the request and return 0.0, or charge nothing and return the seconds to wait.

        Args:
            key: whose pool.
            ask: lane, endpoint class and cost.
            assume: what is granted, as long as the helpdesk has not said.
            now: wall time, seconds.
        """
        ...

    async def learn(self, key: Key, ask: Ask, heard: Heard, *, sent: float, now: float) -> None:
        """Correct the budget by what the answer to a request charged at `sent` said."""
        ...

    async def pause(self, key: Key, *, until: float) -> None:
        """Stop everybody until that moment at least."""
        ...

    async def standing(self, key: Key, *, now: float) -> Standing | None:
        """Return how the pool stands, or None when nothing was spent yet."""
        ...


class MemoryLedger:
    """Budgets of one process, kept nowhere else."""

    def __init__(self, shares: Shares = pool.SHARES) -> None:
        self._shares = shares
        self._budgets: dict[Key, Budget] = {}

    async def spend(self, key: Key, ask: Ask, *, assume: Allowance, now: float) -> float:
        """Charge the request and return 0.0, or return the seconds to wait."""
        budget = self._budgets.get(key) or Budget(assume)
        verdict = pool.spend(budget, ask, now=now, shares=self._shares)
        self._budgets[key] = verdict.budget
        return verdict.wait

    async def learn(self, key: Key, ask: Ask, heard: Heard, *, sent: float, now: float) -> None:
        """Correct the budget by what the answer said."""
        budget = self._budgets.get(key)
        if budget is not None:
            self._budgets[key] = pool.learn(budget, ask, heard, sent=sent, now=now)

    async def pause(self, key: Key, *, until: float) -> None:
        """Stop everybody until that moment at least."""
        budget = self._budgets.get(key)
        if budget is not None:
            self._budgets[key] = pool.pause(budget, until=until)

    async def standing(self, key: Key, *, now: float) -> Standing | None:
        """Return how the pool stands, or None when nothing was spent yet."""
        budget = self._budgets.get(key)
        return None if budget is None else describe(budget, now=now, shares=self._shares)


def describe(budget: Budget, *, now: float, shares: Shares = pool.SHARES) -> Standing:
    """Return a budget as people read it."""
    current = pool.current(budget, now=now)
    lanes = {lane: sum(tally.values()) for lane, tally in current.lanes.items()}
    used, others = sum(lanes.values()), round(pool.by_others(current))
    left = None if current.view is None else current.view.low
    return Standing(
        allowance=current.allowance,
        ours=used,
        most=pool.ours(current, shares),
        others=others,
        reserve=pool.reserve(current, shares),
        left=left,
        lanes=lanes,
        kinds={kind: sum(tally.values()) for kind, tally in current.kinds.items()},
        limits=dict(current.allowance.classes),
        free_in={
            lane: pool.spend(current, Ask(lane), now=now, shares=shares).wait
            for lane in range(len(shares.lanes))
        },
        paused_for=max(0.0, current.paused_until - now),
        forecast=_forecast(current, used + others, now),
    )


def _forecast(budget: Budget, used: int, now: float) -> int | None:
    """Return what will be left when the helpdesk's window ends, if all go on as they did."""
    view = budget.view
    if view is None:
        return None
    to_come = used / budget.allowance.window * max(0.0, view.ends - now)
    return max(0, round(view.low - to_come))
