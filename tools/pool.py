"""What we know of an account's pool, as a value to store: nothing here decides. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

Tally = dict[int, int]
"""Credits by mark; a mark is the time divided by a sixtieth of the window."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a helpdesk grants an account.

    Attributes:
        plan: a guess at the plan's name; "" where the total fits none.
        total: credits in a window, all endpoints together.
        window: seconds.
        classes: credits in a window for the endpoint classes that have a limit of their own.
    """

    plan: str
    total: int
    window: float = 60.0
    classes: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Shares:
    """How we divide what is granted; every number is a part of one.

    Attributes:
        ours: the most of the pool, and of every class, that we use in any window.
        reserve: part of the pool that only the first lane may touch once others have used the rest.
        least: what we may use however much others do: without a call we would never learn that
            they have stopped.
        bursts: how much of our part each lane may spend at once, in about two seconds of a minute.
        lanes: how far each lane may fill our part, first lane first.
        floors: what a lane that was refused is owed of our part, so that none starves.
    """

    ours: float = 0.8
    reserve: float = 0.05
    lanes: tuple[float, ...] = (1.0, 0.98, 0.9, 0.7, 0.5)
    floors: tuple[float, ...] = (0.5, 0.1, 0.05, 0.05, 0.05)
    least: float = 0.02
    bursts: tuple[float, ...] = (0.12, 0.1, 0.06, 0.05, 0.05)


SHARES = Shares()


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request wants to spend.

    Attributes:
        lane: the lower, the earlier served.
        kind: endpoint class, or "" for none.
        credits: its cost as far as we can tell beforehand.
    """

    lane: int
    kind: str = ""
    credits: int = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer's headers said; None where they were absent or rubbish.

    Attributes:
        allowance: what the reported total means, or None where it was not reported.
        remaining: credits left in the helpdesk's window.
        used: credits this request cost.
    """

    allowance: Allowance | None = None
    remaining: int | None = None
    used: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What the helpdesk has told us of its present window.

    Attributes:
        first, first_at: remaining credits at the first report, and when that was, seconds.
        low, low_at: the lowest report, and when that was, seconds.
        ends: the latest moment at which this window can end, seconds.
        after_first, after_low: our own credits since then, or under way at that moment.
        others: what others have surely used since the first report.
        before: what they have surely used in this window before it.
    """

    first: int
    first_at: float
    low: int
    low_at: float
    ends: float
    after_first: int
    after_low: int
    others: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """One account's pool as we see it: a value to store, changed only by the functions below.

    Attributes:
        lanes, kinds: our credits by lane and by endpoint class.
        others: credits of others, as inferred.
        usual: credits others use in a window, smoothed over windows; None before the first.
        watched: seconds of looking that `usual` stands on.
        began: when the last window that we saw began, by our estimate; None where unknown.
        flying: credits of requests not answered yet.
        refused: when each lane was last told to wait, seconds.
        served: when each lane was last charged, seconds.
        offered: since when a free credit is held for a lane that is overdue, seconds; or 0.0.
        paused_until: nobody calls before this moment, seconds.
    """

    allowance: Allowance
    lanes: Mapping[int, Tally] = field(default_factory=dict[int, Tally])
    kinds: Mapping[str, Tally] = field(default_factory=dict[str, Tally])
    others: Tally = field(default_factory=Tally)
    usual: float | None = None
    watched: float = 0.0
    began: float | None = None
    flying: Tally = field(default_factory=Tally)
    refused: Mapping[int, float] = field(default_factory=dict[int, float])
    served: Mapping[int, float] = field(default_factory=dict[int, float])
    offered: float = 0.0
    view: View | None = None
    paused_until: float = 0.0


_ALLOWANCE = tuple(each.name for each in fields(Allowance))
_VIEW = tuple(each.name for each in fields(View))
_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_Pairs = tuple[list[int], list[int]]
"""A tally as its marks and its counts: lists are written and read without Python code."""


def dump(budget: Budget) -> str:
    """Return the budget as JSON text, a few kilobytes at most.

    By hand: `dataclasses.asdict` copies every number and took 0.5 ms of an acquire's 1.3 ms.
    """
    granted, view = budget.allowance, budget.view
    return _ENCODE(
        {
            "allowance": [getattr(granted, name) for name in _ALLOWANCE],
            "lanes": [[lane, _pairs(tally)] for lane, tally in budget.lanes.items()],
            "kinds": [[kind, _pairs(tally)] for kind, tally in budget.kinds.items()],
            "others": _pairs(budget.others),
            "usual": budget.usual,
            "watched": budget.watched,
            "began": budget.began,
            "flying": _pairs(budget.flying),
            "refused": list(budget.refused.items()),
            "served": list(budget.served.items()),
            "offered": budget.offered,
            "view": None if view is None else [getattr(view, name) for name in _VIEW],
            "paused_until": budget.paused_until,
        }
    )


def load(text: str) -> Budget:
    """Return the budget that `dump` wrote.

    Raises:
        ValueError: it is not one.
    """
    try:
        raw = json.loads(text)
        return Budget(
            allowance=Allowance(*raw["allowance"]),
            lanes={lane: _tally(pairs) for lane, pairs in raw["lanes"]},
            kinds={kind: _tally(pairs) for kind, pairs in raw["kinds"]},
            others=_tally(raw["others"]),
            usual=raw["usual"],
            watched=raw["watched"],
            began=raw["began"],
            flying=_tally(raw["flying"]),
            refused=dict(raw["refused"]),
            served=dict(raw["served"]),
            offered=raw["offered"],
            view=None if raw["view"] is None else View(*raw["view"]),
            paused_until=float(raw["paused_until"]),
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError("not a budget") from fault


def _pairs(tally: Tally) -> _Pairs:
    return list(tally), list(tally.values())


def _tally(pairs: _Pairs) -> Tally:
    return dict(zip(*pairs, strict=True))
