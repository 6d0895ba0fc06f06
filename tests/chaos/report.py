"""What a long run came to: a row a test and database, a table, and `chaos.json`."""

import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

HEADS = ("tries", "faults", "lost", "doubled", "held", "recovery", "kept")
"""Recovery in seconds, the median; kept: every bar of its row."""
HELD = 0.01
"""Part of the replies that may be held: holding everything is not safety."""
MOST_WRONG = 20
"""Sentences kept of what went wrong in a row."""

Tell = Callable[[float, str], None]
"""Told how far a job has come, from 0 to 1, and what it just did."""


@dataclass
class Row:
    """What one test came to on one database.

    Attributes:
        tries: what was put to the test: acknowledged webhooks, runs or replies.
        faults: kills, cut connections and the like.
        held: replies that wait for a person.
        recovery: seconds, each from a fault to what the test calls recovered.
        at_step: how many runs were killed at which step, or what was left behind.
        missed: bars that were missed, in words; none where it passed.
        more: what else was counted.
    """

    test: str
    database: str
    tries: int
    faults: int
    lost: int
    doubled: int
    held: int
    recovery: list[float]
    at_step: dict[str, int] = field(default_factory=dict[str, int])
    wrong: list[str] = field(default_factory=list[str])
    missed: list[str] = field(default_factory=list[str])
    more: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def passed(self) -> bool:
        """Whether every bar was kept."""
        return not self.missed

    @property
    def recovery_seconds(self) -> float:
        """The median."""
        return round(statistics.median(self.recovery), 2) if self.recovery else 0.0

    def bar(self, kept: bool, what: str) -> None:  # noqa: FBT001 -- reads as a sentence
        """Note a bar that was missed."""
        if not kept:
            self.missed.append(what)

    def harmless(self, *, of: int) -> None:
        """Nothing may be lost or doubled, and hardly anything held."""
        self.bar(self.lost == 0, f"{self.lost} lost")
        self.bar(self.doubled == 0, f"{self.doubled} doubled")
        self.bar(self.held <= HELD * of, f"{self.held} of {of} held")

    def every_step(self) -> None:
        """No step may have been spared."""
        missing = [step for step, runs in self.at_step.items() if not runs]
        self.bar(not missing, f"no run was killed at {', '.join(missing)}")

    def document(self) -> dict[str, Any]:
        """Return it for the report."""
        found = asdict(self) | {"passed": self.passed, "recovery_seconds": self.recovery_seconds}
        found["recovery"] = [round(one, 2) for one in self.recovery]
        found["wrong"] = self.wrong[:MOST_WRONG]
        return found


class Progress:
    """Says how far a long run has come, and how long it will take."""

    def __init__(self, out: Console, expected: Iterable[float]) -> None:
        """Begin.

        Args:
            out: where to say it.
            expected: seconds each job takes on a quiet machine; they only set the proportions.
        """
        self._out = out
        self._expected = list(expected)
        self._began = time.monotonic()
        self._job = 0
        self._what = ""

    def job(self, number: int, what: str) -> None:
        """Begin a job."""
        self._job, self._what = number, what
        self.tell(0.0, "begins")

    def tell(self, part: float, text: str) -> None:
        """Say how far the present job has come, from 0 to 1."""
        whole = sum(self._expected)
        done = sum(self._expected[: self._job]) + part * self._expected[self._job]
        gone = time.monotonic() - self._began
        left = f"about {_minutes(gone * (whole - done) / done)} left" if done else "time unknown"
        line = f"{self._what}: {text} · {_minutes(gone)} gone, {left}"
        self._out.print(line, markup=False, soft_wrap=True)


def show(out: Console, rows: list[Row]) -> None:
    """Print the table, kills by step, and what went wrong."""
    table = Table(
        title="Chaos",
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for number, column in enumerate(("test", "database", *HEADS)):
        table.add_column(column, justify="right" if number > 1 else "left", no_wrap=True)
    for row in rows:
        counts = (row.tries, row.faults, row.lost, row.doubled, row.held)
        recovery = f"{row.recovery_seconds:.2f}" if row.recovery else "-"
        cells = (*(f"{count:,}" for count in counts), recovery, "yes" if row.passed else "NO")
        table.add_row(row.test, row.database, *cells)
    out.print(table)
    for row in rows:
        if row.at_step:
            steps = ", ".join(f"{step} {n}" for step, n in row.at_step.items())
            out.print(f"{row.test} {row.database}: {steps}", markup=False, soft_wrap=True)
    for row in rows:
        for text in (*row.missed, *(row.wrong[:MOST_WRONG] if row.missed else ())):
            out.print(f"{row.test} {row.database}: {text}", style="red", markup=False)


def write(path: Path, rows: list[Row], **about: Any) -> None:
    """Write the report."""
    document: dict[str, Any] = about | {"runs": [row.document() for row in rows]}
    for name in ("tries", "faults", "lost", "doubled", "held"):
        document[name] = sum(getattr(row, name) for row in rows)
    document["recovery_seconds"] = max((row.recovery_seconds for row in rows), default=0.0)
    document["passed"] = all(row.passed for row in rows)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
