"""What a benchmark hands back: figures, bars they must clear, and a table to print."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

Tick = Callable[[str], None]
"""Told what was finished, once for every step of a part."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise and whether it was kept.

    Attributes:
        bar: in words, such as "at most 1.3".
    """

    what: str
    value: float
    bar: str
    passed: bool


def at_most(what: str, value: float, bar: float) -> Bar:
    """Return a bar that a figure must not exceed."""
    return Bar(what, value, f"at most {bar:g}", value <= bar)


def at_least(what: str, value: float, bar: float) -> Bar:
    """Return a bar that a figure must reach."""
    return Bar(what, value, f"at least {bar:g}", value >= bar)


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark's result.

    Attributes:
        figures: everything measured, fit for JSON.
        notes: how it was run, and what was skipped, in sentences.
    """

    name: str
    table: Table
    figures: Mapping[str, Any]
    bars: tuple[Bar, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark.

    Attributes:
        run: runs it and ticks after every step.
        steps: how many there are.
        seconds: it takes on a small machine; for the time left, nothing else.
    """

    name: str
    about: str
    run: Callable[[Tick], Part] = field(repr=False)
    steps: int
    seconds: float
