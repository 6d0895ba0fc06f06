"""How far one process reaches: acknowledgements, whole runs, a crash, and growth."""

from dataclasses import asdict

from rich.table import Table

from tests.bench import reach_acks, reach_growth, reach_recovery, reach_runs
from tests.bench.calm import timed
from tests.bench.figures import Bar, Bench, Part, Tick, at_least, at_most
from tests.bench.intakes import CONNECTIONS

OF_FLOOR = 0.7
P99 = 100.0
"""Milliseconds."""
A_SECOND = {"sqlite": 20.0, "postgres": 30.0}
"""Whole runs."""
GOES_ON = 2.0
"""Seconds from readiness until the first run."""
MEMORY = 250.0
"""MB."""
GROWTH = 1.5
_COSTS = ("start", "ack", "run", "waiting")
_LISTS = ("metrics", "listing")


def acks(tick: Tick) -> Part:
    """Measure durable acknowledgements on SQLite."""
    found = reach_acks.measure(tick=tick)
    table = _table(
        f"Deliveries a second on SQLite, {CONNECTIONS} connections",
        ("round", "the product", "p50 ms", "p99 ms", "without storage", "storage alone"),
        ("one after the other", "of that", "a commit each", "p99 ms", "of a core"),
    )
    for number, one in enumerate(found.rounds, start=1):
        table.add_row(
            *(str(number), f"{one.product.rate:.0f}", f"{one.product.p50:.0f}"),
            *(f"{one.product.p99:.0f}", f"{one.without:.0f}", f"{one.store:.0f}"),
            *(f"{one.floor:.0f}", f"{one.part:.0%}", f"{one.each.rate:.0f}"),
            *(f"{one.each.p99:.0f}", f"{one.calm:.0%}"),
        )
    calmest = found.calmest
    slow, told = timed(at_most("p99 ms, calmest round", calmest.product.p99, P99), calmest.calm)
    what = "of HTTP and storage one after the other, median round"
    tool = max(one.product.cpu / one.product.seconds for one in found.rounds)
    bars = (
        at_least(what, found.part, OF_FLOOR),  # a ratio of one run: judged whatever else runs
        at_most("acknowledged and not stored", found.lost, 0),
        at_most("answers other than 202", found.refused, 0),
        at_most("of a core that the load tool took", tool, 0.5),
        *slow,
    )
    rounds = [asdict(one) | {"part": one.part, "floor": one.floor} for one in found.rounds]
    figures = {"rounds": rounds, "part": found.part, "lost": found.lost}
    return Part("acks", table, figures, bars, (*_ACKS_NOTES, *told))


_ACKS_NOTES = (
    (
        "Without storage: the same application, an inbox that keeps nothing. Storage alone: the "
        "same rows and their work through the same writer. A commit each: a thread a request."
    ),
    "Of a core: the least that a busy process of ours got before and after the round.",
)


def runs(tick: Tick) -> Part:
    """Measure whole runs with a model that costs nothing."""
    found = reach_runs.measure(tick=tick)
    table = _table(
        "Whole runs a second, a model that costs nothing, a helpdesk without limits",
        ("database", "processes", "round", "runs a second", "ms of processor a run"),
        ("helpdesk's ms", "of a core"),
    )
    bars, notes = list[Bar](), list[str]()
    for pace in found.measured:
        for number, one in enumerate(pace.rounds, start=1):
            table.add_row(
                *(pace.database, str(pace.processes), str(number), f"{one.rate:.1f}"),
                *(f"{one.cost:.1f}", f"{one.desk:.1f}", f"{one.calm:.0%}"),
            )
        what = f"runs a second on {pace.database}, {pace.processes} at work, best round"
        judged, told = timed(at_least(what, pace.best.rate, A_SECOND[pace.database]), pace.calm)
        bars.extend(judged)
        notes.extend(told)
    if found.skipped:
        notes.append(found.skipped)
    figures = {"paces": [asdict(pace) for pace in found.measured]}
    return Part("runs", table, figures, tuple(bars), (*_RUNS_NOTES, *notes))


_RUNS_NOTES = (
    (
        "Each run reads, drafts, weighs, looks once more and posts its note over real sockets; the "
        "helpdesk, the load tool and the database share the machine."
    ),
)


def recovery(tick: Tick) -> Part:
    """Kill a process with ten thousand runs waiting, and start it again."""
    found = reach_recovery.measure(tick=tick)
    table = _table(
        f"Killed with {found.pending} runs waiting",
        ("crash", "waiting", "under way", "first run after s", "ready after s"),
        ("first run after ready", "of a core"),
    )
    for number, one in enumerate(found.restarts, start=1):
        table.add_row(
            *(str(number), str(one.waiting), str(one.cut), f"{one.first:.2f}"),
            *(f"{one.ready:.2f}", f"{one.after_ready:.2f}", f"{one.calm:.0%}"),
        )
    best = found.best
    judged, told = timed(
        at_most("seconds from readiness to the first run", best.after_ready, GOES_ON), best.calm
    )
    bars = (
        *judged,
        at_most("waiting runs that no work is left for", found.lost, 0),
        at_most("MB at most in the process, runs waiting", found.memory, MEMORY),
    )
    figures = asdict(found) | {"after_ready": best.after_ready}
    notes = (
        "The times count from the start of the process; loading its libraries is most of them.",
        "Waiting runs are looked up in the engine one by one; they are not all run to their end.",
    )
    return Part("recovery", table, figures, bars, (*notes, *told))


def growth(tick: Tick) -> Part:
    """Measure what a delivery costs beside more and more stored ones."""
    found = reach_growth.measure(tick=tick)
    table = _table(
        "What a delivery costs, by how many are stored",
        ("stored", "start, s", "ack, ms", "ack, ms wall", "run, ms"),
        ("run, as many waiting, ms", "/metrics, ms wall", "queue ls, ms wall"),
    )
    for one in found.costs:
        table.add_row(
            *(f"{one.stored:,}", f"{one.start:.2f}", f"{one.ack:.2f}", f"{one.ack_wall:.2f}"),
            *(f"{one.run:.1f}", f"{one.waiting:.1f}", f"{one.metrics:.1f}", f"{one.listing:.1f}"),
        )
    names = (*_COSTS, "ack_wall", *_LISTS)
    table.add_row(
        "last of first",
        *(f"{found.of(name):.2f}" for name in ("start", "ack", "ack_wall", "run", "waiting")),
        *(f"{found.of(name):.2f}" for name in _LISTS),
    )
    bars = (
        *(at_most(f"growth of {name}", found.of(name), GROWTH) for name in _COSTS),
        *(
            at_most(f"growth of {name}, for each stored", found.of_each(name), GROWTH)
            for name in _LISTS
        ),
    )
    figures = asdict(found) | {"growth": {name: found.of(name) for name in names}}
    return Part("growth", table, figures, bars, _GROWTH_NOTES)


_GROWTH_NOTES = (
    "Unless it says wall: processor time of the serving process; others hardly move it.",
    (
        "The stored deliveries are copies of one that the product ran to its end, with all that "
        "the run left; long texts are cut short in them. Those waiting are of unknown tickets."
    ),
)

BENCHES = (
    Bench("acks", "durable acknowledgements", acks, reach_acks.STEPS, 50.0),
    Bench("runs", "whole runs per second", runs, reach_runs.STEPS, 70.0),
    Bench("recovery", "a crash with runs waiting", recovery, reach_recovery.STEPS, 35.0),
    Bench("growth", "cost beside stored deliveries", growth, reach_growth.STEPS, 110.0),
)


def _table(title: str, *columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for number, name in enumerate(name for group in columns for name in group):
        table.add_column(name, justify="right" if number else "left")
    return table
