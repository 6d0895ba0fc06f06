"""Kill, count, and write `chaos.json`: `make chaos`; `SHORT=1 make chaos` takes fewer minutes.

`KILLS=1000` kills that often under load; without Postgres half of it is said to be missing.
"""

import contextlib
import dataclasses
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests import postgres
from tests.chaos.clients import kill_at_random
from tests.chaos.databases import fresh
from tests.chaos.stage import stage
from tests.chaos.steps import FAULTS, STEPS, Count, kill_at

SHORT = bool(os.environ.get("SHORT"))
KILLS = int(os.environ.get("KILLS", "6" if SHORT else "60"))
SHORT_STEPS = ("read", "intent", "sending", "sent", "settle")
FIRST_ACK = 2.0
"""Seconds from a restart to the first 202, in the median."""
INSIDE = 0.8
"""Part of the kills that must find work under way."""
HELD = 0.01

out = Console(highlight=False)


@contextlib.contextmanager
def _databases() -> Iterator[dict[str, str | None]]:
    """Yield the databases to try on, by name: None for a file."""
    found: dict[str, str | None] = {"sqlite": None}
    with contextlib.ExitStack() as stack:
        try:
            found["postgres"] = stack.enter_context(postgres.server(durable=True))
        except postgres.Missing as fault:
            out.print(f"NOT ON POSTGRES: {fault}", style="red", markup=False)
        yield found


@contextlib.contextmanager
def _url(server: str | None) -> Iterator[str | None]:
    if server is None:
        yield None
        return
    with fresh(server) as url:
        yield url


def under_load(name: str, server: str | None) -> dict[str, Any]:
    """D1 on one database."""
    chance = random.Random(7)  # noqa: S311 -- the same moments each time
    with (
        tempfile.TemporaryDirectory() as folder,
        _url(server) as url,
        stage(Path(folder), url=url, DESKHAND_QUIET_SECONDS="0") as on,
    ):
        found = kill_at_random(on, kills=KILLS, chance=chance)
    row = dataclasses.asdict(found)
    median = statistics.median(row.pop("recovery"))
    good = found.lost == 0 and found.doubled == 0 and median <= FIRST_ACK
    good = good and found.inside >= INSIDE * found.kills
    return {
        "test": "D1",
        "database": name,
        "tries": found.acknowledged,
        "faults": found.kills,
        "held": 0,
        "recovery_seconds": round(median, 2),
        "passed": good,
        **row,
    }


def at_steps(name: str, server: str | None) -> dict[str, Any]:
    """D2 on one database."""
    total = Count()
    with (
        tempfile.TemporaryDirectory() as folder,
        _url(server) as url,
        stage(Path(folder), url=url) as on,
    ):
        for number, step in enumerate(SHORT_STEPS if SHORT else STEPS):
            found = kill_at(on, step, FAULTS, number=number)
            total.add(found)
            text = f"  {step}: {found.at_step[step]} of {found.tries} there, wrong {found.wrong}"
            out.print(text, markup=False)
    good = total.lost == 0 and total.doubled == 0 and total.held <= HELD * total.tries
    row = dataclasses.asdict(total)
    row["recovery_seconds"] = round(statistics.median(row.pop("recovery")), 2)
    return {
        "test": "D2",
        "database": name,
        "passed": good and 0 not in total.at_step.values(),
        **row,
    }


def main() -> int:
    """Run everything, print a table, write the report; 1 where a bar is missed."""
    rows: list[dict[str, Any]] = []
    with _databases() as databases:
        for test in (under_load, at_steps):
            for name, server in databases.items():
                out.print(f"{test.__name__} on {name}", style="bold")
                rows.append(test(name, server))
    names = ("tries", "faults", "lost", "doubled", "held", "recovery_seconds", "passed")
    table = Table(title="Kills")
    for column in ("test", "database", *names):
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row[column]) for column in ("test", "database", *names)))
    out.print(table)
    report = {"short": SHORT, "runs": rows}
    for name in ("tries", "faults", "lost", "doubled", "held"):
        report[name] = sum(row[name] for row in rows)
    report["recovery_seconds"] = max(row["recovery_seconds"] for row in rows)
    Path("chaos.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row["passed"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
