"""What a seed decides before a play begins; the rest falls by chance while it runs."""

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from agent.model import Slot
from agent.policy.terms import Mode, Policy, Spend, Triaging
from tests.chaos.house import Setting, auto
from tests.chaos.props import NAMES, Props
from tests.chaos.sorting import RETURNS
from tools.freshdesk.sandbox.allowance import Plan
from tools.freshdesk.sandbox.faults import Name, Planned

FAULTS: tuple[Name, ...] = (
    "before-apply",
    "reset",
    "5xx-html",
    "429",
    "late-apply",
    "after-apply-cut",
    "5xx-after-apply",
    "truncated",
)
"""Of a write."""
READS: tuple[Name, ...] = ("reset", "5xx-html", "429", "truncated", "401")
FAULT, BAD_READ = 0.5, 0.15
"""How likely one of a ticket's writes, or of its reads, goes wrong once."""
DEATHS = (0.0, 0.008, 0.025)
"""How likely the process dies at each boundary."""
PLANS: tuple[Plan, ...] = ("none", "none", "growth", "trial")
CAPS = ((1000, 1000), (1000, 1000), (1, 2))
MONEY = (None, None, None, Decimal("0.02"))
"""What models may cost in a day; a call costs up to half a cent."""
CROWDED, CROWD = 0.03, 12
"""How likely many customers write, and how many messages that is."""
JUMPY = 0.2
"""How likely our machine's clock is set now and then."""
JUMPS = (-600.0, -90.0, -3.0, 90.0, 600.0)
"""Seconds by which it is set."""


@dataclass(frozen=True)
class Round:
    """One message of a customer, and how many seconds pass after it."""

    company: int
    sender: str
    asks: int
    seconds: float


@dataclass(frozen=True)
class Script:
    """The frame of a play.

    Attributes:
        deaths: how likely the process dies at each boundary.
        lag: seconds until what was written can be read back.
        jumpy: our clock is set now and then.
        people: what people may do, and surely do when we look again; empty: anything, by chance.
        faults: what surely goes wrong with every ticket's calls; empty: anything, by chance.
        sorts: tickets are triaged, so what goes wrong befalls updates, and people sort as well.
    """

    seed: int
    settings: tuple[Setting, ...]
    rounds: tuple[Round, ...]
    deaths: float
    lag: float
    jumpy: bool
    people: tuple[str, ...] = ()
    faults: tuple[Name, ...] = ()
    sorts: bool = False


def script(seed: int, props: Props, *, names: tuple[str, ...] = NAMES) -> Script:
    """Return what a seed decides."""
    chance = random.Random(f"play {seed}")  # noqa: S311 -- the same for a seed
    jumpy = chance.random() < JUMPY
    settings = tuple(
        Setting(
            name,
            props.shelf(name),
            _policy(chance, name, jumpy=jumpy),
            quiet=chance.choice((0.0, 20.0)),
            plan=chance.choice(PLANS),
        )
        for name in names
    )
    many = CROWD if chance.random() < CROWDED else chance.randint(2, 4)
    rounds = tuple(_round(chance, names) for _ in range(many))
    lag = chance.choice((0.0, 0.0, 3.0, 20.0))
    return Script(seed, settings, rounds, chance.choice(DEATHS), lag, jumpy)


def _policy(chance: random.Random, name: str, *, jumpy: bool) -> Policy:
    """Return a most permissive policy, some with the caps of loop safety.

    Who chose to send lost replies again must keep the clock: where ours may be set, they wait
    for a person, which is the default.
    """
    hour, day = chance.choice(CAPS)
    whole = auto(f"{name}.freshdesk.com")
    money = chance.choice(MONEY)
    return replace(
        whole,
        replies_per_hour=hour,
        replies_per_day=day,
        resend_lost=not jumpy,
        spend=Spend(per_day=money, per_run=None if money is None else money / 2),
    )


def _round(chance: random.Random, names: tuple[str, ...]) -> Round:
    company = chance.randrange(len(names))
    sender = f"kim{chance.randint(1, 3)}@{names[company]}.example"
    return Round(company, sender, chance.randrange(3), chance.choice((1.0, 30.0, 400.0)))


def with_policies(frame: Script, **changes: Any) -> Script:
    """Return a script in which every company's policy has these values."""
    settings = [replace(one, policy=replace(one.policy, **changes)) for one in frame.settings]
    return replace(frame, settings=tuple(settings))


def sorting(frame: Script) -> Script:
    """Return a script in which every company triages its tickets, and says nothing."""
    triage = Triaging(tuple(Slot))
    found = with_policies(frame, mode=Mode.TRIAGE, topics=(RETURNS,), triage=triage)
    return replace(found, sorts=True)


def update_faults(chance: random.Random, ticket: int, surely: tuple[Name, ...]) -> list[Planned]:
    """Return what is to go wrong with a ticket's update."""
    if not surely and chance.random() >= FAULT:
        return []
    return [_plan(chance, f"PUT /tickets/{ticket}", chance.choice(surely or FAULTS))]


def faults_of(chance: random.Random, ticket: int, surely: tuple[Name, ...]) -> list[Planned]:
    """Return what is to go wrong with a ticket's calls."""
    if surely:
        return [_plan(chance, f"POST /tickets/{ticket}/*", chance.choice(surely))]
    plans = []
    if chance.random() < FAULT:
        which = chance.choice(("reply", "*"))
        plans.append(_plan(chance, f"POST /tickets/{ticket}/{which}", chance.choice(FAULTS)))
    if chance.random() < BAD_READ:
        which = chance.choice(("", "/conversations"))
        plans.append(_plan(chance, f"GET /tickets/{ticket}{which}", chance.choice(READS)))
    return plans


def _plan(chance: random.Random, match: str, fault: Name) -> Planned:
    seconds, wait = chance.choice((1.0, 30.0)), chance.choice((2, 7, 45, 120))
    return Planned(match, fault, seconds=seconds, retry_after=wait)
