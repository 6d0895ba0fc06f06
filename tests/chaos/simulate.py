"""`make simulate SEEDS=n`: play so many seeds on all cores; a failing one is printed and kept.

`FIRST=17 SEEDS=1` plays one again and tells its story. `REAL=20` plays so many more on the real
engine and in real time; from a thousand seeds on that is done anyway. What it came to is kept in
`simulate.json`, failing seeds with their stories; any of them makes the exit code 1.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.chaos.dying import PLACES
from tests.chaos.mutants import UNHARMED, Mutant
from tests.chaos.props import Props
from tests.chaos.real import play_for_real
from tests.chaos.simulation import Play
from tests.chaos.verdict import Verdict

REPORT = Path("simulate.json")
LONG, REAL = 1000, 20
"""Seeds from which on it is a long run, and what is then played on the real engine as well."""
TOGETHER = 10
"""Plays that share a real process."""
MANY = 300
"""Seeds from which on the process must have died everywhere it can."""

out = Console(highlight=False)
_open = ExitStack()
_props: list[Props] = []


async def play(
    props: Props, seeds: Iterable[int], mutant: Mutant = UNHARMED, *, until: str = ""
) -> list[Verdict]:
    """Play seeds one after the other and return what each came to.

    Args:
        props: stocked.
        seeds: which.
        mutant: what the plays lack.
        until: the invariant after whose first breach no more is played; "" plays them all.
    """
    found: list[Verdict] = []
    for seed in seeds:
        try:
            verdict = await Play.of(props, seed, mutant).run()
        except Exception as fault:  # noqa: BLE001 -- a play that breaks is a failing seed
            verdict = Verdict(seed, wrong=[f"{type(fault).__name__}: {fault}"])
        found.append(verdict)
        if until and any(text.startswith(f"{until}:") for text in verdict.wrong):
            break
    return found


def _begin() -> None:
    """Prepare a process: nothing is logged, and its props are made once."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    folder = Path(_open.enter_context(tempfile.TemporaryDirectory()))
    _props.append(Props(folder))
    asyncio.run(_props[0].stock())


def _one(seed: int) -> list[Verdict]:
    return asyncio.run(play(_props[0], [seed]))


def _for_real(seeds: Sequence[int]) -> list[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(play_for_real(Path(folder), _props[0], seeds))


def _all(first: int, many: int, real: int) -> list[Verdict]:
    """Play everything, telling how far it is; a failing seed at once."""
    found: list[Verdict] = []
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        ProcessPoolExecutor(os.cpu_count(), initializer=_begin) as pool,
        Progress(*columns, console=out) as progress,
    ):
        bar = progress.add_task("seeds", total=many + real)
        work = [pool.submit(_one, seed) for seed in range(first, first + many)]
        work += [
            pool.submit(_for_real, range(at, min(at + TOGETHER, first + real)))
            for at in range(first, first + real, TOGETHER)
        ]
        for done in as_completed(work):
            for verdict in done.result():
                found.append(verdict)
                progress.advance(bar)
                if verdict.wrong:
                    _tell(verdict)
    return sorted(found, key=lambda one: (one.real, one.seed))


def _tell(one: Verdict) -> None:
    again = f"FIRST={one.seed} SEEDS={'0 REAL=1' if one.real else '1'} make simulate"
    out.print(f"seed {one.seed}: {'; '.join(one.wrong)}", style="red", markup=False)
    out.print(f"  play it again: {again}", markup=False, soft_wrap=True)


def _report(found: list[Verdict], seconds: float) -> dict[str, Any]:
    names = ("faults", "deliveries", "replies", "notes", "held")
    kills, acts = Counter[str](), Counter[str]()
    for one in found:
        kills += one.kills
        acts += one.acts
    failed = [
        {"seed": one.seed, "real": one.real, "wrong": one.wrong, "story": one.story}
        for one in found
        if one.wrong
    ]
    return {
        "seeds": len([one for one in found if not one.real]),
        "real": len([one for one in found if one.real]),
        "seconds": round(seconds, 1),
        **{name: sum(getattr(one, name) for one in found) for name in names},
        "kills": kills.total(),
        "kills_at": {place: kills[place] for place in PLACES},
        "acts": dict(sorted(acts.items())),
        "failed": failed,
    }


def main() -> int:
    """Play, print the failing seeds and a line of totals, and keep the report."""
    first, many = int(os.environ.get("FIRST", "0")), int(os.environ.get("SEEDS", "20"))
    real = int(os.environ.get("REAL", REAL if many >= LONG else 0))
    began = time.monotonic()
    found = _all(first, many, real)
    report = _report(found, time.monotonic() - began)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if len(found) == 1:
        out.print("\n".join(found[0].story), markup=False, soft_wrap=True)
    names = ("seeds", "real", "faults", "deliveries", "replies", "notes", "held", "kills")
    totals = ", ".join(f"{name} {report[name]}" for name in names)
    failed = len(report["failed"])
    text = f"{totals}, failed {failed}, {report['seconds']} s; see {REPORT}"
    out.print(text, markup=False, soft_wrap=True)
    missed = [place for place, times in report["kills_at"].items() if not times]
    if many >= MANY and missed:
        out.print(f"The process never died here: {', '.join(missed)}", style="red", markup=False)
    return 1 if failed or (many >= MANY and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
