"""The benchmarks: each runs, and returns a table, its figures and its bars."""

from dataclasses import asdict

from rich.table import Table

from tests.bench import (
    acquires,
    backlog,
    drafted,
    found,
    hour,
    judged,
    large,
    obeyed,
    overhead,
    reach,
)
from tests.bench.figures import Bar, Bench, Part, Tick, at_least, at_most
from tests.bench.hour import Hour, Setting
from tools.freshdesk.sandbox.allowance import Plan
from tools.provider import Lane

PLANS: tuple[Plan, ...] = ("trial", "growth", "pro", "enterprise")
NEIGHBOURS = (0.0, 0.3, 0.6, 0.9)
CHECKED = 5
"""Minutes for which the whole client plays against the whole sandbox."""
_BESIDE = 0.3
_AGREE = 0.05
"""Part by which the two ways may differ in calls: their calls are not the same ones."""
_STARVED = 600.0
"""Seconds without a call after which a lane with work counts as starved."""


def hours(tick: Tick) -> Part:
    """Play a virtual hour on each plan beside each neighbour, and check the shortcut."""
    played = list[Hour]()
    for setting in [Setting(plan, part) for plan in PLANS for part in NEIGHBOURS]:
        played.append(hour.play(setting))
        tick(f"{setting.plan}, neighbour {setting.neighbour:.0%}")
    by_chance = list[Hour]()
    for plan in PLANS:
        by_chance.append(hour.play(Setting(plan, max(NEIGHBOURS), chance=True)))
        tick(f"{plan}, neighbour by chance")
    pairs = list[tuple[Hour, Hour]]()
    for plan in PLANS:
        short = hour.play(Setting(plan, _BESIDE, CHECKED))
        pairs.append((short, hour.play(Setting(plan, _BESIDE, CHECKED, way="client"))))
        tick(f"{plan}, whole client")
    apart = max(abs(whole.calls / short.calls - 1) for short, whole in pairs)
    even = [*played, *(whole for _, whole in pairs)]
    return Part(
        "hour",
        _hours_table([*even, *by_chance]),
        {
            "hours": [asdict(one) for one in played],
            "by_chance": [asdict(one) for one in by_chance],
            "cross_check": [[asdict(short), asdict(whole)] for short, whole in pairs],
            "calls_apart": apart,
        },
        (*_hour_bars(even, played, apart), *_chance_bars(by_chance)),
        (
            (
                "Each hour goes through BudgetedTransport and the ledger against the sandbox's own "
                "allowance, without HTTP between them."
            ),
            (
                f"The rows of {CHECKED} minutes are the whole client against the whole sandbox; "
                f"from the shortcut's calls they differ by {apart:.1%} at most."
            ),
            (
                "in reserve: calls of lower lanes that left less than the reserve, and of fence "
                "and post that left less than half of it; in brackets those that the view at the "
                "moment of sending (last report, our own credits since, the neighbour's true "
                "pace) foresaw. Beside an even neighbour the bar counts all of them."
            ),
            (
                "dipped: calls of fence and post into the upper half of the reserve, kept for "
                "them by design: lower lanes may not touch it, and they may use half of it."
            ),
            (
                "overdrawn: windows, from the third minute on, in which we used more than our "
                "share and the reserve was touched, whoever then touched it. The bar is on whole "
                "hours, even neighbour; five minutes are too few to know its pace to a credit."
            ),
            (
                "s beneath and s empty are context, not bars: they count the neighbour's own use, "
                "and the first minute, in which nobody can know its pace."
            ),
            (
                "A neighbour by chance (Poisson) often uses up the pool alone: at 90 % of a trial, "
                "in every fifth minute. What the reserve is then touched by is not ours to keep."
            ),
        ),
    )


def _hour_bars(everything: list[Hour], played: list[Hour], apart: float) -> tuple[Bar, ...]:
    starved = sum(len(one.lanes) < len(Lane) or one.longest_gap > _STARVED for one in everything)
    over = max(one.most / one.ceiling for one in everything)
    return (
        at_most("self-inflicted 429s", sum(one.refused for one in everything), 0),
        at_most("calls of lower lanes in the reserve", sum(one.late for one in everything), 0),
        at_most(
            "calls of fence and post in the half that is not theirs",
            sum(one.deep for one in everything),
            0,
        ),
        at_most(
            "windows that we overdrew into the reserve",
            sum(one.overdrawn for one in played),
            0,
        ),
        at_least("of our share used, worst hour", min(one.used for one in played), 0.95),
        at_most("busiest 60 s, of the most we may use", over, 1),
        at_most("hours in which a lane starved", starved, 0),
        at_most("whole client apart from the shortcut, in calls", apart, _AGREE),
    )


def _chance_bars(by_chance: list[Hour]) -> tuple[Bar, ...]:
    small = [one for one in by_chance if one.plan == "trial"]
    others = [one for one in by_chance if one.plan != "trial"]
    return (
        at_most("429s in an hour, neighbour by chance, trial", max(o.refused for o in small), 1),
        at_most("429s, neighbour by chance, other plans", sum(o.refused for o in others), 0),
    )


def _hours_table(played: list[Hour]) -> Table:
    table = _table(
        "A virtual hour beside a neighbour",
        ("plan", "neighbour", "minutes", "calls", "429", "share", "used", "busiest 60 s"),
        ("reserve", "in reserve", "dipped", "overdrawn", "s beneath", "s empty"),
        ("least lane", "gap s"),
    )
    for one in played:
        least = min(one.lanes.values()) / sum(one.lanes.values())
        table.add_row(
            one.plan,
            f"{one.neighbour:.0%}{' by chance' if one.chance else ''}",
            f"{one.minutes}" if one.way == "transport" else f"{one.minutes}, client",
            str(one.calls),
            str(one.refused),
            str(one.share),
            f"{one.used:.1%}",
            f"{one.most} of {one.ceiling}",
            str(one.reserve),
            f"{one.late + one.deep} ({one.foreseen})",
            str(one.dipped),
            str(one.overdrawn),
            f"{one.beneath:g}",
            f"{one.empty:g}",
            f"{least:.1%}",
            f"{one.longest_gap:.0f}",
        )
    return table


def same_backlog(tick: Tick) -> Part:
    """Read the same backlog in three ways."""
    ways = list[backlog.Drained]()
    for name in backlog.WAYS:
        ways.append(backlog.drain(name))
        tick(name)
    ours, fastest = ways[0], min(way.seconds for way in ways)
    table = _table(
        f"The same {ours.tickets} tickets, growth plan, neighbour {backlog.NEIGHBOUR:.0%}",
        ("way", "calls", "wasted (429)", "neighbour refused", "virtual s", "ratio"),
        ("tickets before the first 429",),
    )
    for way in ways:
        table.add_row(
            way.way,
            str(way.calls),
            str(way.wasted),
            str(way.refused_to_others),
            f"{way.seconds:.0f}",
            f"{way.seconds / fastest:.2f}",
            "-" if way.until_first is None else str(way.until_first),
        )
    figures = {"ways": [{**asdict(way), "ratio": way.seconds / fastest} for way in ways]}
    bars = (
        at_most("our wasted calls", ours.wasted, 0),
        at_most("neighbour's calls refused because of us", ours.refused_to_others, 0),
    )
    return Part("backlog", table, figures, bars, _BACKLOG_NOTES)


_BACKLOG_NOTES = (
    (
        "All three over real loopback sockets, one call at a time, on the sandbox's virtual clock: "
        f"a call takes {backlog.LATENCY:g} virtual s."
    ),
    (
        "python-freshdesk, unmodified, raises on a 429 and hands over no wait: a job ends there, "
        f"or, as here, catches it and tries the same ticket again {backlog.GUESSED_WAIT:g} s later."
    ),
    (
        "The others are faster only with credits of the neighbour, whose refused calls are counted "
        "once each."
    ),
)


def ledger(tick: Tick) -> Part:
    """Measure the ledger in memory, on SQLite and on Postgres."""
    paces = acquires.measure(tick=tick)
    table = _table(
        "The ledger, per second",
        ("ledger", "tasks", "acquires", "whole calls", "bare updates", "acquires of bare"),
    )
    for pace in paces.measured:
        table.add_row(
            pace.ledger,
            str(pace.tasks),
            f"{pace.acquires:,.0f}",
            f"{pace.calls:,.0f}",
            "-" if pace.floor is None else f"{pace.floor:,.0f}",
            "-" if pace.floor is None else f"{pace.acquires / pace.floor:.1%}",
        )
    slowest = min(pace.calls for pace in paces.measured)
    fastest_plan = 2000 / 60
    notes = [
        "A whole call is the acquire and what the ledger learns from the answer.",
        (
            f"The slowest admits {slowest / fastest_plan:.0f} times the calls of the largest pool "
            "that can be bought (2,000 a minute)."
        ),
    ]
    if paces.skipped:
        notes.append(paces.skipped)
    figures = {
        "ledgers": [
            {**asdict(pace), "of_bare": pace.acquires / pace.floor if pace.floor else None}
            for pace in paces.measured
        ],
        "postgres": paces.postgres or None,
    }
    return Part("ledger", table, figures, (), tuple(notes))


def client(tick: Tick) -> Part:
    """Measure what the client adds to a call."""
    costs = overhead.measure(tick=tick)
    table = _table(
        "Reading one ticket from a server that answers at once",
        ("way", "µs a call", "of bare httpx", "middle half"),
    )
    for cost in costs:
        low, high = cost.spread
        table.add_row(
            cost.way, f"{cost.microseconds:.0f}", f"{cost.ratio:.2f}", f"{low:.2f} to {high:.2f}"
        )
    by_way = {cost.way: cost for cost in costs}
    stored = by_way[overhead.STORED].microseconds - by_way[overhead.CLIENT].microseconds
    return Part(
        "client",
        table,
        {"ways": [asdict(cost) for cost in costs]},
        (at_most("our client over bare httpx", by_way[overhead.CLIENT].ratio, 1.3),),
        (
            (
                "The bar is the client's own, with the ledger in memory; a ledger in SQLite adds "
                f"{stored / 1000:.1f} ms to a call (see the ledger's table)."
            ),
        ),
    )


def credit(tick: Tick) -> Part:
    """Count the credits of a drafted ticket."""
    spent = drafted.measure()
    tick("practice tickets")
    table = _table("Credits of a drafted ticket", ("caches", "tickets", "median", "most", "bar"))
    company = [one for one in spent.tickets if one.company]
    rows = (
        ("all warm", len(spent.tickets), spent.warm, max(o.warm for o in spent.tickets), "4"),
        ("contact and company cold", len(company), spent.cold, max(o.cold for o in company), "6"),
        ("nothing remembered", len(spent.tickets), spent.start, spent.most, "-"),
    )
    for name, tickets, median, most, bar in rows:
        table.add_row(name, str(tickets), f"{median:g}", str(most), bar)
    differ = sum(one.charged != (one.start, one.cold, one.warm) for one in spent.tickets)
    return Part(
        "credits",
        table,
        asdict(spent),
        (
            at_most("credits at the median, warm", spent.warm, 4),
            at_most("credits at the median, contact and company cold", spent.cold, 6),
            at_most("tickets on which the helpdesk counts otherwise", differ, 0),
        ),
        (
            (
                "From the trigger to the posted note, the look before it included, in process; the "
                "middle row holds the customers who have a company."
            ),
        ),
    )


BENCHES = (
    Bench("hour", "a virtual hour on each plan", hours, 24, 75.0),
    Bench("backlog", "the same backlog three ways", same_backlog, 3, 6.0),
    Bench("ledger", "acquires per second", ledger, acquires.STEPS, 25.0),
    Bench("client", "overhead over bare httpx", client, overhead.ROUNDS, 17.0),
    Bench("credits", "credits of a drafted ticket", credit, 1, 17.0),
    *found.BENCHES,
    *large.BENCHES,
    *judged.BENCHES,
    *obeyed.BENCHES,
    *reach.BENCHES,
)


def _table(title: str, *columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for number, name in enumerate(name for group in columns for name in group):
        table.add_column(name, justify="right" if number else "left")
    return table
