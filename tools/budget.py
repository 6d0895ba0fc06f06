"""How many credits an account has left, who may spend them first, and when. Pure.

The helpdesk counts in fixed windows whose phase we do not know, so we never spend more than our
share in *any* sliding window. What other apps use is inferred from the remaining credits that the
helpdesk reports, and taken off before our own use is allowed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tools.pool import (
    SHARES,
    Allowance,
    Ask,
    Budget,
    Heard,
    Shares,
    Tally,
    View,
)

__all__ = [
    "SHARES",
    "Allowance",
    "Ask",
    "Budget",
    "Heard",
    "Shares",
    "Verdict",
    "View",
    "by_others",
    "current",
    "learn",
    "ours",
    "pause",
    "reserve",
    "spend",
]

_MARKS = 60
"""Marks a window is counted in: a minute by the second, an hour by the minute."""
_JUST_NOW = 1
"""Marks over which a burst is counted."""
_LEAST_BURST = 3
"""Credits that may always be spent at once, however small our part."""
_LONG_ENOUGH = 20
"""A twentieth of a window must have been watched before a pace is read from it."""
_SMOOTHING = 0.3
_FADING = 0.97
_SOON = 0.1
"""Seconds to wait for an answer that will say how many credits are left."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The budget after a request asked, and the seconds it must wait; 0.0 means it was charged."""

    budget: Budget
    wait: float


def spend(budget: Budget, ask: Ask, *, now: float, shares: Shares = SHARES) -> Verdict:
    """Charge the request, or say how long it must wait before it asks again.

    `now` is wall time in seconds, the same clock for every process that uses this budget.
    """
    recent = _forget(budget, now)
    wait = _wait(recent, ask, now, shares)
    if wait > 0:
        return Verdict(replace(recent, refused={**recent.refused, ask.lane: now}), wait)
    return Verdict(_charge(recent, ask, ask.credits, now, flying=True), 0.0)


def learn(budget: Budget, ask: Ask, heard: Heard, *, sent: float, now: float) -> Budget:
    """Return the budget corrected by an answer: lowered at once, raised only by a new window.

    `heard` is empty when there was no answer; `sent` is when it was charged, in seconds.
    """
    landed = _land(_forget(budget, now), ask, sent)
    if heard.allowance is not None:
        landed = _granted(landed, heard.allowance)
    if heard.used is not None and heard.used != ask.credits:
        landed = _charge(landed, ask, heard.used - ask.credits, sent, flying=False)
    if heard.remaining is None:
        return landed
    return _look(landed, heard.remaining, sent, now)


def pause(budget: Budget, *, until: float) -> Budget:
    """Return the budget stopped until that moment at least; an earlier pause never shortens it."""
    return replace(budget, paused_until=max(budget.paused_until, until))


def current(budget: Budget, *, now: float) -> Budget:
    """Return the budget without what has left the window."""
    return _forget(budget, now)


def reserve(budget: Budget, shares: Shares = SHARES) -> int:
    """Return the credits that only the first lane may touch once others have used the rest."""
    return math.ceil(budget.allowance.total * shares.reserve)


def _wait(budget: Budget, ask: Ask, now: float, shares: Shares) -> float:
    if budget.paused_until > now:
        return budget.paused_until - now
    waits = (
        _wait_for_pool(budget, ask, now, shares),
        _wait_for_kind(budget, ask, now, shares),
        _wait_for_pace(budget, ask, now, shares),
        _wait_for_view(budget, ask, now, shares),
    )
    return max(waits)


def _wait_for_pool(budget: Budget, ask: Ask, now: float, shares: Shares) -> float:
    """Our own credits of the last window, in all lanes, against this lane's part."""
    cap = ours(budget, shares)
    spent = sum(map(_sum, budget.lanes.values()))
    mine = _sum(budget.lanes.get(ask.lane, {}))
    if mine + ask.credits <= _floor(cap, ask.lane, shares) and spent + ask.credits <= cap:
        return 0.0
    owed = sum(
        max(0, _floor(cap, lane, shares) - _sum(budget.lanes.get(lane, {})))
        for lane in budget.refused
        if lane != ask.lane
    )
    excess = spent + owed + ask.credits - _part(cap, ask.lane, shares)
    return _until_freed(budget, list(budget.lanes.values()), excess, now)


def _wait_for_kind(budget: Budget, ask: Ask, now: float, shares: Shares) -> float:
    limit = budget.allowance.classes.get(ask.kind)
    if limit is None:
        return 0.0
    tally = budget.kinds.get(ask.kind, {})
    cap = max(1, math.floor(limit * shares.ours)) if limit else 0
    excess = _sum(tally) + ask.credits - _part(cap, ask.lane, shares)
    return _until_freed(budget, [tally], excess, now)


def _wait_for_pace(budget: Budget, ask: Ask, now: float, shares: Shares) -> float:
    """What was spent just now: we spread our use, so that others find credits all the time."""
    oldest = _mark(budget, now) - _JUST_NOW
    recent = [_recent(tally, oldest) for tally in budget.lanes.values()]
    burst = shares.bursts[min(ask.lane, len(shares.bursts) - 1)]
    most = max(_LEAST_BURST, ask.credits, math.floor(ours(budget, shares) * burst))
    excess = sum(map(_sum, recent)) + ask.credits - most
    return _until_freed(budget, recent, excess, now, marks=_JUST_NOW)


def _wait_for_view(budget: Budget, ask: Ask, now: float, shares: Shares) -> float:
    """The helpdesk's own count, less what is under way and what others take meanwhile."""
    view, margin = budget.view, _reserve(budget, ask.lane, shares)
    if view is None:
        crowded = _sum(budget.flying) > 0 and _sum(budget.flying) + ask.credits > margin
        return _SOON if crowded else 0.0
    meanwhile = by_others(budget) / budget.allowance.window * max(0.0, now - view.low_at)
    left = view.low - view.after_low - meanwhile - 2 * math.sqrt(meanwhile)
    return 0.0 if left - ask.credits >= margin else max(_SOON, view.ends - now)


def ours(budget: Budget, shares: Shares = SHARES) -> int:
    """Return the credits we may use in a window: our share, less what others leave of it."""
    total = budget.allowance.total
    left_by_others = math.floor(total - by_others(budget) - reserve(budget, shares))
    least = math.ceil(total * shares.least)
    return max(least, min(math.floor(total * shares.ours), left_by_others))


def by_others(budget: Budget) -> float:
    """Return the credits that others are expected to use in a window."""
    return float(_sum(budget.others)) if budget.usual is None else budget.usual


def _part(cap: int, lane: int, shares: Shares) -> int:
    part = shares.lanes[min(lane, len(shares.lanes) - 1)]
    return cap if lane == 0 else max(1, math.floor(cap * part)) if cap else 0


def _floor(cap: int, lane: int, shares: Shares) -> int:
    return math.ceil(cap * shares.floors[min(lane, len(shares.floors) - 1)])


def _reserve(budget: Budget, lane: int, shares: Shares) -> int:
    kept = reserve(budget, shares)
    return math.ceil(kept / 2) if lane == 0 else kept


def _until_freed(
    budget: Budget, tallies: list[Tally], excess: int, now: float, *, marks: int = _MARKS
) -> float:
    """Return the seconds until marks that hold `excess` credits are more than `marks` old."""
    if excess <= 0:
        return 0.0
    step = budget.allowance.window / _MARKS
    freed = 0
    for mark in sorted({mark for tally in tallies for mark in tally}):
        freed += sum(tally.get(mark, 0) for tally in tallies)
        if freed >= excess:
            return max(_SOON, (mark + 1 + marks) * step - now)
    return budget.allowance.window


def _sum(tally: Mapping[int, int]) -> int:
    return sum(tally.values())


def _mark(budget: Budget, now: float) -> int:
    return math.floor(now / (budget.allowance.window / _MARKS))


def _forget(budget: Budget, now: float) -> Budget:
    """Drop what has left the window: a mark counts until its last moment is a window old."""
    oldest = _mark(budget, now) - _MARKS
    since = now - budget.allowance.window
    known = budget if budget.view is None or budget.view.ends > now else _closed(budget)
    return replace(
        known,
        lanes={lane: _recent(tally, oldest) for lane, tally in budget.lanes.items()},
        kinds={kind: _recent(tally, oldest) for kind, tally in budget.kinds.items()},
        others=_recent(budget.others, oldest),
        flying=_recent(budget.flying, oldest),
        refused={lane: at for lane, at in budget.refused.items() if at > since},
    )


def _recent(tally: Tally, oldest: int) -> Tally:
    if not tally or min(tally) >= oldest:
        return tally
    return {mark: count for mark, count in tally.items() if mark >= oldest}


def _charge(budget: Budget, ask: Ask, credit: int, at: float, *, flying: bool) -> Budget:
    mark = _mark(budget, at)
    view = budget.view
    if view is not None:
        view = replace(
            view, after_first=view.after_first + credit, after_low=view.after_low + credit
        )
    kinds = budget.kinds
    if ask.kind:
        kinds = {**kinds, ask.kind: _plus(kinds.get(ask.kind, {}), mark, credit)}
    return replace(
        budget,
        lanes={**budget.lanes, ask.lane: _plus(budget.lanes.get(ask.lane, {}), mark, credit)},
        kinds=kinds,
        flying=_plus(budget.flying, mark, credit) if flying else budget.flying,
        refused={lane: at for lane, at in budget.refused.items() if lane != ask.lane},
        view=view,
    )


def _plus(tally: Tally, mark: int, credit: int) -> Tally:
    return {**tally, mark: max(0, tally.get(mark, 0) + credit)}


def _land(budget: Budget, ask: Ask, sent: float) -> Budget:
    mark = _mark(budget, sent)
    if mark not in budget.flying:
        return budget
    left = {**budget.flying, mark: budget.flying[mark] - ask.credits}
    return replace(budget, flying={at: count for at, count in left.items() if count > 0})


def _granted(budget: Budget, allowance: Allowance) -> Budget:
    """Take what the helpdesk grants; another window length starts the counting anew."""
    if allowance.window == budget.allowance.window:
        return replace(budget, allowance=allowance)
    return Budget(allowance, paused_until=budget.paused_until)


def _look(budget: Budget, remaining: int, sent: float, now: float) -> Budget:
    view, total = budget.view, budget.allowance.total
    flying = _sum(budget.flying)
    if view is None:
        used_by_us = sum(map(_sum, budget.lanes.values()))
        return _opened(budget, remaining, max(0, total - remaining - used_by_us), now)
    if remaining > view.low:
        # only a request sent after the lower report proves that a new window began
        if sent <= view.low_at:
            return budget
        return _opened(budget, remaining, max(0, total - remaining - view.after_low), now)
    used = max(view.others, view.first - remaining - view.after_first)
    seen = replace(view, low=remaining, low_at=now, after_low=flying, others=used)
    return _others(replace(budget, view=seen), used - view.others, now)


def _opened(budget: Budget, remaining: int, others: int, now: float) -> Budget:
    flying = _sum(budget.flying)
    ends = now + budget.allowance.window
    view = View(remaining, now, remaining, now, ends, after_first=flying, after_low=flying)
    return _others(replace(_closed(budget), view=view), others, now)


def _closed(budget: Budget) -> Budget:
    """Drop the view, keeping the pace that others had while we looked."""
    view, window = budget.view, budget.allowance.window
    if view is None or view.low_at - view.first_at < window / _LONG_ENOUGH:
        # too short a look to tell: what was believed fades, or one wrong guess would stay for ever
        faded = None if budget.usual is None else budget.usual * _FADING
        return replace(budget, view=None, usual=faded)
    pace = view.others / (view.low_at - view.first_at) * window
    usual = pace if budget.usual is None else budget.usual + _SMOOTHING * (pace - budget.usual)
    return replace(budget, view=None, usual=usual)


def _others(budget: Budget, credit: int, now: float) -> Budget:
    if credit <= 0:
        return budget
    return replace(budget, others=_plus(budget.others, _mark(budget, now), credit))
