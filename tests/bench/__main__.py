"""`python -m tests.bench`: run the benchmarks, print them, write them down, judge the bars."""

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from tests.bench.figures import Bench, Part
from tests.bench.parts import BENCHES

_SHOWN = ("deskhand", "httpx", "sqlalchemy", "psycopg", "uvicorn", "python-freshdesk")
_WIDE = 160
"""Columns where the output is no terminal, so that no table is folded."""


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; return 1 if a bar is missed."""
    asked = _parser().parse_args(arguments)
    chosen = [bench for bench in BENCHES if not asked.only or bench.name in asked.only]
    plain = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    run = _Run(plain, chosen)
    parts = run.all()
    document = _document(parts, run.took, complete=len(chosen) == len(BENCHES))
    asked.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    plain.print(_verdict(parts))
    plain.print(f"{run.seconds:.0f} s; written to {asked.json}")
    return 0 if document["passed"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [bench.name for bench in BENCHES]
    parser.add_argument(
        "--only", action="append", choices=names, help="run just this one; may be repeated"
    )
    parser.add_argument("--json", type=Path, default=Path("bench.json"), metavar="FILE")
    return parser


@dataclass
class _Run:
    """Runs the benchmarks in turn and says how long it will take."""

    console: Console
    chosen: list[Bench]
    took: dict[str, float] = field(default_factory=dict[str, float])
    _expected_done: float = 0.0

    def __post_init__(self) -> None:
        self._started = time.perf_counter()
        self._expected = sum(bench.seconds for bench in self.chosen)

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._started

    def all(self) -> list[Part]:
        """Run them all, each printed as soon as it is there."""
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
        shown = self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=not shown) as bar:
            task = bar.add_task("", total=self._expected, left="")
            return [self._one(bench, bar, task) for bench in self.chosen]

    def _one(self, bench: Bench, bar: Progress, task: Any) -> Part:
        if not self.console.is_terminal:
            self.console.print(f"{bench.name}: {bench.about}; {self._left()}")
        bar.update(task, description=f"{bench.name}: {bench.about}", left=self._left())
        started, per_step = time.perf_counter(), bench.seconds / bench.steps

        def tick(done: str) -> None:
            self._expected_done += per_step
            description = f"{bench.name}: {done}"
            bar.update(
                task, completed=self._expected_done, description=description, left=self._left()
            )

        part = bench.run(tick)
        self.took[bench.name] = time.perf_counter() - started
        _show(part, self.console)
        return part

    def _left(self) -> str:
        """Return the time left: what is expected, at the pace of what was done so far."""
        enough = self._expected / 20
        slower = self.seconds / self._expected_done if self._expected_done > enough else 1.0
        left = max(0.0, self._expected - self._expected_done) * slower
        return f"about {left:.0f} s left"


def _show(part: Part, console: Console) -> None:
    console.print(part.table)
    for note in part.notes:
        console.print(f"  {note}", style="dim", markup=False)
    console.print()


def _verdict(parts: list[Part]) -> Table:
    table = Table(title="Bars", title_justify="left", header_style="bold")
    for name in ("benchmark", "what", "figure", "bar", ""):
        table.add_column(name)
    for part in parts:
        for bar in part.bars:
            word = "[green]pass[/]" if bar.passed else "[bold red]MISS[/]"
            table.add_row(part.name, bar.what, f"{bar.value:.4g}", bar.bar, word)
    return table


def _document(parts: list[Part], took: dict[str, float], *, complete: bool) -> dict[str, Any]:
    return {
        "passed": all(bar.passed for part in parts for bar in part.bars),
        "complete": complete,
        "machine": _machine(),
        "benchmarks": {
            part.name: {
                "seconds": round(took[part.name], 1),
                "bars": [asdict(bar) for bar in part.bars],
                "notes": list(part.notes),
                "figures": part.figures,
            }
            for part in parts
        },
    }


def _machine() -> dict[str, Any]:
    """Return what figures depend on, and nothing that names the machine."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _SHOWN},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
