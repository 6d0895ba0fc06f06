"""One busy hour in virtual time: how our share was used, and what was left for the others."""

import itertools
import math
from collections import Counter
from dataclasses import dataclass

from tests.bench.stage import LOOK, WINDOW, Landed, Seen, Setting, played
from tests.bench.virtual import chance, run
from tools.budget import SHARES
from tools.freshdesk.sandbox.allowance import Allowance
from tools.provider import Lane

__all__ = ["Hour", "Setting", "play"]

_LEARNING = 2 * WINDOW
"""Seconds from the start in which nobody can know the neighbour's pace: one window has to be seen
from its beginning, and the first that we meet is under way."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What came of it. Everything but the times and `used` is in credits.

    Attributes:
        share: what we may use in a window, given what the neighbour really uses.
        most: what we used in the busiest sixty seconds, wherever they began.
        used: of our share over the whole time, a part of one.
        refused: our calls that were answered with 429.
        reserve: what is kept for people. The neighbour alone always leaves more than this.
        lowest: the fewest that anybody saw left.
        late: our calls of the lanes below the first that left less than the reserve.
        deep: our calls of the first lane that left less than half of it, the half it may not use.
        foreseen: of both, those of which the view at the moment of sending told so.
        dipped: calls of the first lane into the half that is meant for it.
        overdrawn: windows, once the neighbour's pace could be known, in which we used more than
            our share and less than the reserve was left at some time.
        beneath: seconds in which less than the reserve was left, whoever used it.
        empty: seconds in which nothing was left, and the neighbour was refused.
        lanes: used, by lane.
        longest_gap: seconds that any lane went without a call, at most.
    """

    plan: str
    neighbour: float
    minutes: int
    way: str
    share: int
    ceiling: int
    most: int
    used: float
    calls: int
    refused: int
    reserve: int
    lowest: int
    chance: bool
    late: int
    deep: int
    foreseen: int
    dipped: int
    overdrawn: int
    beneath: float
    empty: float
    lanes: dict[str, int]
    longest_gap: float


def play(setting: Setting) -> Hour:
    """Play it in virtual time."""
    return _measured(setting, run(played(setting)))


def _measured(setting: Setting, seen: Seen) -> Hour:
    landed, minutes = seen.landed, setting.minutes
    total = Allowance(setting.plan, rng=chance(0)).limits.total
    reserve = math.ceil(total * SHARES.reserve)
    ours = _share(total, setting.neighbour, reserve)
    late = [call for call in landed if call.left < reserve and call.lane > Lane.POST]
    first = [call for call in landed if call.left < reserve and call.lane is Lane.POST]
    deep = [call for call in first if call.left < math.ceil(reserve / 2)]
    lanes = Counter[str]()
    for call in landed:
        lanes[call.lane.name.lower()] += call.credits
    return Hour(
        plan=setting.plan,
        neighbour=setting.neighbour,
        minutes=minutes,
        way=setting.way,
        share=ours,
        ceiling=math.floor(total * SHARES.ours),
        most=_busiest(landed),
        used=lanes.total() / (ours * minutes),
        calls=len(landed),
        refused=sum(call.refused for call in landed),
        reserve=reserve,
        lowest=min(seen.left),
        chance=setting.chance,
        late=len(late),
        deep=len(deep),
        foreseen=sum(call.told is not None and call.told < reserve for call in [*late, *deep]),
        dipped=len(first) - len(deep),
        overdrawn=_overdrawn(seen, ours, reserve),
        beneath=LOOK * sum(left < reserve for left in seen.left),
        empty=LOOK * seen.left.count(0),
        lanes=dict(lanes),
        longest_gap=max(_gap(landed, lane, minutes * WINDOW) for lane in Lane),
    )


def _share(total: int, neighbour: float, reserve: int) -> int:
    """Return what is ours in a window beside a neighbour whose use is known."""
    left = math.floor(total * (1 - neighbour) + 1e-9) - reserve
    return max(math.ceil(total * SHARES.least), min(math.floor(total * SHARES.ours), left))


def _overdrawn(seen: Seen, share: int, reserve: int) -> int:
    """Return the windows that we drew below the reserve by using more than our share.

    A call that leaves plenty can still be one too many: what the neighbour uses after it is what
    then touches the reserve. So the whole window is judged, not only the moment of a call.
    """
    starts = [0.0]
    starts += [
        (number + 1) * LOOK
        for number, (before, after) in enumerate(itertools.pairwise(seen.left), start=1)
        if after > before
    ]
    count = 0
    for start, end in itertools.pairwise(starts):
        if start < _LEARNING:
            continue
        lowest = min(seen.left[round(start / LOOK) - 1 : round(end / LOOK) - 1])
        used = sum(call.credits for call in seen.landed if start - LOOK <= call.at < end - LOOK)
        count += lowest < reserve and used > share
    return count


def _busiest(landed: list[Landed]) -> int:
    """Return the most credits that landed in any sixty seconds."""
    most = held = first = 0
    for call in landed:
        held += call.credits
        while landed[first].at <= call.at - WINDOW:
            held -= landed[first].credits
            first += 1
        most = max(most, held)
    return most


def _gap(landed: list[Landed], lane: Lane, end: float) -> float:
    times = [0.0, *(call.at for call in landed if call.lane is lane and not call.refused), end]
    return max(later - earlier for earlier, later in itertools.pairwise(times))
