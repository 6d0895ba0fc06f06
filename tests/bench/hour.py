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
        beneath: seconds in which less than the reserve was left.
        empty: seconds in which nothing was left, and the neighbour was refused.
        late: our calls of the lanes below the first that landed beneath the reserve.
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
    beneath: float
    empty: float
    late: int
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
        beneath=LOOK * sum(left < reserve for left in seen.left),
        empty=LOOK * seen.left.count(0),
        late=sum(call.left < reserve and call.lane > Lane.POST for call in landed),
        lanes=dict(lanes),
        longest_gap=max(_gap(landed, lane, minutes * WINDOW) for lane in Lane),
    )


def _share(total: int, neighbour: float, reserve: int) -> int:
    """Return what is ours in a window beside a neighbour whose use is known."""
    left = math.floor(total * (1 - neighbour) + 1e-9) - reserve
    return max(math.ceil(total * SHARES.least), min(math.floor(total * SHARES.ours), left))


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
