"""`deskhand evals`: how good the answers are, measured offline."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from evals import report
from evals.case import CASES, Case, Tier, load_cases
from evals.files import BadCase
from evals.grade import play_all

USAGE = 2
LATER = {
    "record": "record a model's answers",
    "compare": "compare two runs",
    "gate": "hold a release that regressed",
    "report": "write the report as a page",
    "lint": "check cases and recordings without playing them",
    "mutate": "break things on purpose and see which check notices",
    "explain": "tell how a case came to its verdict",
    "replay": "show a case step by step",
    "baseline": "keep the rates no change may lower",
    "promote": "make a case of a run's record",
    "gc": "drop recordings that no case uses",
}
"""Verbs of the outer contract that this version does not have."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Play cases offline and grade what came of them.",
)


@app.callback()
def _root() -> None:
    """Play cases offline and grade what came of them."""


@app.command()
def run(
    wanted: Annotated[
        str, typer.Option("-k", help="Only cases whose id or tags fit: 'de and not human'.")
    ] = "",
    tier: Annotated[Tier | None, typer.Option(help="Only cases of one tier.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result there; '-' is the output.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Cases played at once.")] = 4,
    cases: Annotated[Path, typer.Option(help="A folder of cases.")] = CASES,
) -> None:
    """Play cases through whole runs, post included, against the in-memory desk."""
    chosen = _chosen(cases, wanted, tier)
    started = time.perf_counter()
    graded = asyncio.run(play_all(chosen, jobs=jobs))
    seconds = time.perf_counter() - started
    if json_file != Path("-"):
        report.show(graded, seconds=seconds, console=Console())
    if json_file is not None:
        _write(report.document(graded, seconds=seconds), json_file)
    raise typer.Exit(report.exit_code(graded))


def selects(expression: str, names: Sequence[str]) -> bool:
    """Whether an expression fits any of the names: words with `and`, `or` and `not`.

    Raises:
        ValueError: it is no such expression.
    """
    return not expression.strip() or any(
        all(_holds(part, names) for part in _split(" and ", side))
        for side in _split(" or ", expression)
    )


def _split(by: str, text: str) -> list[str]:
    return [part.strip() for part in text.split(by)]


def _holds(part: str, names: Sequence[str]) -> bool:
    word = part.removeprefix("not ").strip()
    if not re.fullmatch(r"[\w-]+", word) or word in {"and", "or", "not"}:
        raise ValueError(f"-k cannot read {part!r}; write words joined by and, or, not")
    return any(word.casefold() in name for name in names) != part.startswith("not ")


def _chosen(folder: Path, wanted: str, tier: Tier | None) -> list[Case]:
    try:
        every = load_cases(folder)
        chosen = [c for c in every if selects(wanted, (c.id, *c.tags)) and tier in {None, c.tier}]
    except BadCase as fault:
        _refuse(*fault.mistakes)
    except ValueError as fault:
        _refuse(str(fault))
    if not chosen:
        _refuse(f"no case of {len(every)} in {folder} fits; see its files for ids and tags")
    return chosen


def _refuse(*mistakes: str) -> NoReturn:
    for mistake in mistakes:
        typer.echo(f"deskhand evals: {mistake}", err=True)
    raise typer.Exit(USAGE)


def _write(result: dict[str, Any], to: Path) -> None:
    text = json.dumps(result, indent=2, ensure_ascii=False)
    if to == Path("-"):
        typer.echo(text)
        return
    try:
        to.write_text(text + "\n", encoding="utf-8")
    except OSError as fault:
        _refuse(f"{str(to)!r} cannot be written: {fault.strerror}")


def _later(verb: str) -> Callable[[], None]:
    def not_yet() -> None:
        typer.echo(f"deskhand evals {verb} is not yet available in this version.", err=True)
        raise typer.Exit(USAGE)

    return not_yet


for _verb, _purpose in LATER.items():
    app.command(
        _verb,
        help=f"Not yet available: {_purpose}.",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(_later(_verb))
