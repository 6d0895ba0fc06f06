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
_A_LOOK = 2
"""Calls that it takes to see a pace."""
_LEAST_BURST = 3
"""Credits that may always be spent at once, however small our part."""
_LONG_ENOUGH = 20
"""A twentieth of a window must have been watched before a pace is read from it."""
_MEMORY, _LONG_MEMORY = 4, 16
"""Windows of looking that the pace of others is averaged over; a short look weighs little.

The long one holds as long as every look agrees with the pace to a whole credit: nine credits in
eleven seconds say nothing against 45 a minute, but read as 49 they took one of our two.
"""
_FADING = 0.97
_APART = 3
"""Where our part is small, its credits are spent at least a third of their due distance apart.

Two calls at once are one look, too short to tell anybody's pace: on a trial beside a neighbour of
90 %, where two credits a minute are ours, that was every look.
"""
_SMALL = 24
"""Credits of ours in a window below which none may be wasted on a look that tells nothing."""
_FEW, _HELD = 6, 1.5
"""Credits of ours in a window below which lanes take turns, and seconds one is held for another."""
_ROUND_UP = 0.7
"""Added to what others are believed to use before it is cut to whole credits."""
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
        return Verdict(_refused(recent, ask, now), wait)
    if _is_anothers_turn(recent, ask, now, shares):
        held = replace(recent, offered=recent.offered or now)
        return Verdict(_refused(held, ask, now), _HELD / 3)
    charged = _charge(recent, ask, ask.credits, now, flying=True)
    return Verdict(replace(charged, served={**charged.served, ask.lane: now}, offered=0.0), 0.0)


def _refused(budget: Budget, ask: Ask, now: float) -> Budget:
    return replace(budget, refused={**budget.refused, ask.lane: now})


def _is_anothers_turn(budget: Budget, ask: Ask, now: float, shares: Shares) -> bool:
    """Whether a free credit is held for a lane that waited longer; only where they are few.

    With two credits a minute for five lanes, whoever woke first had them, and a lane could go
    without for a quarter of an hour.
    """
    if ours(budget, shares) >= _FEW or (budget.offered and now - budget.offered > _HELD):
        return False
    mine = _overdue(budget, ask.lane, now)
    waiting = (_overdue(budget, lane, now) for lane in budget.refused if lane != ask.lane)
    return any(theirs > max(1.0, mine) for theirs in waiting)


def _overdue(budget: Budget, lane: int, now: float) -> float:
    """Return how long a lane has gone without, of the time it may; the first lane may least."""
    windows = 1 if lane == 0 else 3
    return (now - budget.served.get(lane, 0.0)) / (windows * budget.allowance.window)


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
    cap, every = ours(budget, shares), list(budget.lanes.values())
    spent = sum(map(_sum, every))
    mine = budget.lanes.get(ask.lane, {})
    # what is owed to this lane: whenever it has less than that, and there is a credit at all
    lacking = _sum(mine) + ask.credits - _floor(cap, ask.lane, shares)
    due = max(
        _until_freed(budget, [mine], lacking, now),
        _until_freed(budget, every, spent + ask.credits - cap, now),
    )
    owed = sum(
        max(0, _floor(cap, lane, shares) - _sum(budget.lanes.get(lane, {})))
        for lane in budget.refused
        if lane != ask.lane
    )
    excess = spent + owed + ask.credits - _part(cap, ask.lane, shares)
    return min(due, _until_freed(budget, every, excess, now))


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
    cap, marks, least = ours(budget, shares), _JUST_NOW, _LEAST_BURST
    if budget.usual is not None and cap < _SMALL:
        marks, least = max(_JUST_NOW, _MARKS // (_APART * cap)), 1
    oldest = _mark(budget, now) - marks
    recent = [_recent(tally, oldest) for tally in budget.lanes.values()]
    burst = shares.bursts[min(ask.lane, len(shares.bursts) - 1)]
    most = max(least, ask.credits, math.floor(cap * burst))
    excess = sum(map(_sum, recent)) + ask.credits - most
    return _until_freed(budget, recent, excess, now, marks=marks)


def _wait_for_view(budget: Budget, ask: Ask, now: float, shares: Shares) -> float:
    """The helpdesk's own count, less what is under way and what others take meanwhile."""
    view, margin = budget.view, _reserve(budget, ask.lane, shares)
    if view is None:
        crowded = _sum(budget.flying) > 0 and _sum(budget.flying) + ask.credits > margin
        return _SOON if crowded else _wait_for_start(budget, ask, margin, now, shares)
    meanwhile = by_others(budget) / budget.allowance.window * max(0.0, now - view.low_at)
    left = view.low - view.after_low - _at_worst(meanwhile)
    return 0.0 if left - ask.credits >= margin else max(_SOON, view.ends - now)


def _wait_for_start(budget: Budget, ask: Ask, margin: int, now: float, shares: Shares) -> float:
    """Without a report of this window, what others will have left of it by now, at worst."""
    if budget.began is None or budget.usual is None:
        return 0.0
    window, cap = budget.allowance.window, ours(budget, shares)
    into = (now - budget.began) % window
    # Where our credits are few, there must be room for the next as well. Or the first call of
    # every window would come so late that the second is refused, and again a window later.
    pair = window / (_APART * cap) if cap < _SMALL else 0.0
    taken = _at_worst(budget.usual * min(1.0, (into + pair) / window))
    needed = ask.credits + margin + (1 if pair else 0)
    left = budget.allowance.total - _sum(budget.flying) - taken
    # a twentieth later than we believe: just before the next start the least of all is left
    return 0.0 if left >= needed else window - into + window / _LONG_ENOUGH


def _at_worst(expected: float) -> float:
    """Return what others will hardly exceed who come by chance, this many in the mean."""
    return expected + math.sqrt(expected)


def ours(budget: Budget, shares: Shares = SHARES) -> int:
    """Return the credits we may use in a window: our share, less what others leave of it."""
    total = budget.allowance.total
    # others use whole credits: 45.2 rounded up would cost half of our two, 44.4 down the reserve
    by_them = math.floor(by_others(budget) + max(_ROUND_UP, _doubt(budget)))
    left_by_others = total - by_them - reserve(budget, shares)
    least = math.ceil(total * shares.least)
    if budget.watched < _MEMORY * budget.allowance.window:
        # one call a window is no look: a first guess a credit too high would stay for many minutes
        least = max(least, _A_LOOK)
    return max(least, min(math.floor(total * shares.ours), left_by_others))


def _doubt(budget: Budget) -> float:
    """Return the credits by which a pace may be wrong that was read from so short a look."""
    return budget.allowance.window / budget.watched if budget.watched > 0 else 0.0


def by_others(budget: Budget) -> float:
    """Return the credits that others are expected to use in a window."""
    view, window = budget.view, budget.allowance.window
    surely = 0 if view is None else view.before + view.others
    if budget.usual is not None:
        return max(budget.usual, surely)
    seen = float(max(surely, _sum(budget.others)))
    if view is None or view.low_at - view.first_at < window / _LONG_ENOUGH:
        return seen
    # the first window: what was seen is only its beginning, and would leave us 80 %
    return max(seen, view.others / (view.low_at - view.first_at) * window)


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


def _forget(known: Budget, now: float) -> Budget:
    """Drop what has left the window: a mark counts until its last moment is a window old."""
    budget = _rewound(known, now)
    oldest = _mark(budget, now) - _MARKS
    since = now - budget.allowance.window
    current = budget if budget.view is None or budget.view.ends > now else _closed(budget)
    return replace(
        current,
        lanes={lane: _recent(tally, oldest) for lane, tally in budget.lanes.items()},
        kinds={kind: _recent(tally, oldest) for kind, tally in budget.kinds.items()},
        others=_recent(budget.others, oldest),
        flying=_recent(budget.flying, oldest),
        refused={lane: at for lane, at in budget.refused.items() if at > since},
    )


def _rewound(budget: Budget, now: float) -> Budget:
    """Return it as if all had just happened, where the clock was set back by more than a window.

    What lies in the future would otherwise count as spent until the clock has caught up. Less
    than a window may be another process's clock, and passes by itself.
    """
    newest = max((next(reversed(tally)) for tally in budget.lanes.values() if tally), default=0)
    back = newest - _mark(budget, now)
    if back <= _MARKS:
        return budget
    seconds = back * budget.allowance.window / _MARKS

    def earlier(at: float) -> float:
        return at - seconds if at else at

    view = budget.view
    if view is not None:
        view = replace(
            view,
            first_at=earlier(view.first_at),
            low_at=earlier(view.low_at),
            ends=earlier(view.ends),
        )
    return replace(
        budget,
        lanes={lane: _shifted(tally, back) for lane, tally in budget.lanes.items()},
        kinds={kind: _shifted(tally, back) for kind, tally in budget.kinds.items()},
        others=_shifted(budget.others, back),
        flying=_shifted(budget.flying, back),
        began=None if budget.began is None else earlier(budget.began),
        refused={lane: earlier(at) for lane, at in budget.refused.items()},
        served={lane: earlier(at) for lane, at in budget.served.items()},
        offered=earlier(budget.offered),
        view=view,
        paused_until=earlier(budget.paused_until),
    )


def _shifted(tally: Tally, back: int) -> Tally:
    return {mark - back: count for mark, count in tally.items()}


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
    """Take what the helpdesk grants; another window length starts the counting anew.

    Another total keeps what we spent. What others seemed to use was told of another pool: held
    against a much smaller one it would stop us for good.
    """
    if allowance.window != budget.allowance.window:
        return Budget(allowance, paused_until=budget.paused_until)
    if allowance.total == budget.allowance.total:
        return replace(budget, allowance=allowance)
    mine = replace(budget, allowance=allowance, view=None, usual=None)
    return replace(mine, watched=0.0, began=None, others={})


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
    view = View(remaining, now, remaining, now, ends, flying, flying, before=others)
    # what has ended already was closed then
    known = budget if budget.view is None else _closed(budget)
    return _others(replace(known, view=view), others, now)


def _closed(budget: Budget) -> Budget:
    """Drop the view, keeping the pace that others had while we looked."""
    view, window, usual = budget.view, budget.allowance.window, budget.usual
    if view is None:
        return budget
    looked, surely = view.low_at - view.first_at, view.before + view.others
    too_short = looked < window / _LONG_ENOUGH
    if usual is None:
        if too_short:
            return replace(budget, view=None)
        kept = 0.0
    else:
        agrees = abs(view.others - usual * looked / window) <= 1
        kept = min(budget.watched, (_LONG_MEMORY if agrees else _MEMORY) * window)
    watched = kept + looked
    if watched > 0:
        usual = ((usual or 0.0) * kept + view.others * window) / watched
    if too_short and surely < (usual or 0.0) / 2 and _calls_are_few(budget):
        # one call a window never makes a look: a wrong guess would stay for ever
        usual = (usual or 0.0) * _FADING
    # what was surely used in one window is never guessed lower for the next
    usual = max(usual or 0.0, float(surely))
    began = view.first_at - min(1.0, view.before / usual) * window if usual else view.first_at
    return replace(budget, view=None, usual=usual, watched=watched, began=began)


def _calls_are_few(budget: Budget) -> bool:
    return sum(map(_sum, budget.lanes.values())) <= 1


def _others(budget: Budget, credit: int, now: float) -> Budget:
    if credit <= 0:
        return budget
    return replace(budget, others=_plus(budget.others, _mark(budget, now), credit))
