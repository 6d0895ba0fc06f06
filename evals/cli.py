"""`deskhand evals`: how good the answers are, measured offline."""

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from evals import (
    compare,
    exports,
    frozen,
    helpdesk_verbs,
    keyed,
    mutate,
    page,
    report,
    verbs,
    workers,
)
from evals.case import CASES, Case, Tier, load_cases
from evals.draws import RECORDINGS
from evals.files import BadCase, refuse
from evals.ground import Recordings
from evals.lint import questions, self_tests, static
from evals.results import Results, read, results, write
from evals.select import selects

BASELINE = Path(__file__).parent / "baseline.json"
Margin = Annotated[float, typer.Option(min=0.0, max=1.0, help="The difference that matters.")]
_SAYS_EVERY = 2.0
"""Seconds between two words on how far a run is."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Play cases offline and grade what came of them.",
)


@app.callback()
def _root() -> None:
    """Play cases offline and grade what came of them."""


@app.command()
def run(  # noqa: PLR0913 -- each is an option of the command
    *,
    wanted: Annotated[
        str, typer.Option("-k", help="Only cases whose id or tags fit: 'de and not human'.")
    ] = "",
    tier: Annotated[Tier | None, typer.Option(help="Only cases of one tier.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result there; '-' is the output.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write results there, for compare, gate and report.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, max=64, help="How often each is played.")] = 1,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that play; as many as cores serve best.")
    ] = 2,
    cases: Annotated[Path, typer.Option(help="A folder of cases.")] = CASES,
    recordings: Annotated[Path, typer.Option(help="A folder of recorded answers.")] = RECORDINGS,
    model: Annotated[str, typer.Option(help="In place of the model that keyed cases name.")] = "",
) -> None:
    """Play cases through whole runs, post included, against the in-memory desk."""
    said = Recordings(recordings)
    chosen = _chosen(cases, wanted, tier, said, model)
    started = time.perf_counter()
    graded = workers.play(chosen, jobs=jobs, trials=trials, recordings=said, tell=_Progress().tell)
    seconds = time.perf_counter() - started
    if json_file != Path("-"):
        report.show(graded, seconds=seconds, console=Console())
    if json_file is not None:
        _write(_json(report.document(graded, seconds=seconds)), json_file)
    if out is not None:
        _write(write(results(graded)), out)
    raise typer.Exit(report.exit_code(graded))


@app.command()
def lint(
    *,
    cases: Annotated[Path, typer.Option(help="A folder of cases.")] = CASES,
    recordings: Annotated[Path, typer.Option(help="A folder of recorded answers.")] = RECORDINGS,
    quick: Annotated[bool, typer.Option("--quick", help="Play no case; under a second.")] = False,
) -> None:
    """Refuse cases that are broken or prove nothing, and prompts edited without a recording."""
    mistakes = static(cases, recordings)
    if mistakes:
        refuse(*mistakes)
    sound = load_cases(cases)
    clusters, asked = len({case.cluster for case in sound}), questions(sound)
    typer.echo(f"{len(sound)} cases in {clusters} clusters, {asked} different questions: sound.")
    if quick:
        return
    told = asyncio.run(self_tests(sound))
    weak = [f"{one.case.id}: {words}" for one in told for words in one.weak]
    if weak:
        refuse(*weak)
    shown, plays = sum(one.mutants for one in told), sum(one.plays for one in told)
    typer.echo(f"Self-tests: {shown} wrong outcomes and {plays} plays, every one told apart.")


@app.command("compare")
def compare_(
    first: Annotated[Path, typer.Argument(help="Results before, as 'run --out' writes them.")],
    second: Annotated[Path, typer.Argument(help="Results after.")],
    *,
    margin: Margin = compare.MARGIN,
) -> None:
    """Say per tier and slice what two results differ in, and whether that can be chance."""
    told = compare.compared(_read(first), _read(second), margin=margin)
    console = Console()
    console.width = max(console.width, 96)  # a cut figure is worse than a wrapped line
    console.print(compare.table(told))


@app.command()
def gate(
    now: Annotated[Path, typer.Argument(help="Results of the change, from 'run --out'.")],
    *,
    baseline: Annotated[Path, typer.Option(help="Results it is held against.")] = BASELINE,
    margin: Margin = compare.MARGIN,
) -> None:
    """Hold a change that got worse: 1 a regression, 3 unrecorded, 4 infrastructure, 0 neither."""
    told = compare.gate(_read(baseline), _read(now), margin=margin)
    for line in told.reasons:
        typer.echo(f"held: {line}", err=True)
    for line in told.open:
        typer.echo(f"open: {line}")
    if not told.code:
        typer.echo("Nothing got worse.")
    raise typer.Exit(told.code)


@app.command("report")
def report_(
    now: Annotated[Path, typer.Argument(help="Results, from 'run --out'.")],
    *,
    html: Annotated[Path | None, typer.Option(help="Write the page there.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit's XML there.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write it for a pull request.")] = None,
    against: Annotated[Path | None, typer.Option(help="Results before, to compare with.")] = None,
) -> None:
    """Write results as a page, JUnit, JSON or Markdown; without any, Markdown to the output."""
    told = _read(now)
    change = compare.compared(_read(against), told) if against is not None else None
    if not any((html, junit, json_file, markdown)):
        markdown = Path("-")
    for to, text in (
        (html, page.page(told, against=change) if html else ""),
        (junit, exports.junit(told)),
        (json_file, exports.figures_json(told)),
        (markdown, exports.markdown(told, against=change)),
    ):
        if to is not None:
            _write(text, to)


@app.command("mutate")
def mutate_(
    *,
    wanted: Annotated[str, typer.Option("-k", help="Only mutants whose name fits.")] = "",
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Copies played at once.")] = 2,
    least: Annotated[float, typer.Option(help="Least share that must be killed.")] = 0.0,
) -> None:
    """Break a copy of the source, one thing at a time; survivors show which case is missing."""
    try:
        planned = [one for one in mutate.changes() if selects(wanted, (one.id,))]
    except (BadCase, ValueError) as fault:
        refuse(*str(fault).splitlines())
    if not planned:
        refuse("no mutant fits; see evals/mutants.yaml")
    typer.echo(f"{len(planned)} mutants, each plays every case.")
    try:
        told = asyncio.run(mutate.mutate(planned, jobs=jobs, tell=_told))
    except BadCase as fault:
        refuse(*fault.mistakes)
    killed, ran = mutate.rate(told)
    typer.echo(f"Kill rate: {killed} of {ran} ({killed / max(1, ran):.1%}).")
    for one in told:
        if one.end is mutate.End.SURVIVED:
            typer.echo(f"survived: {one.change.id}: {one.change.why}")
    raise typer.Exit(int(killed < least * ran))


class _Progress:
    """Says now and then how far a long run is, where a person looks and no file is written."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()

    def tell(self, done: int, of: int) -> None:
        """Say it, at most every few seconds."""
        now = time.monotonic()
        if now - self._said < _SAYS_EVERY:
            return
        self._said = now
        left = (now - self._began) * (of - done) / done
        typer.echo(f"played {done} of {of}, about {left:.0f} s left", err=True)


def _told(one: mutate.Mutant) -> None:
    by = f" by {len(one.by)}: {', '.join(one.by[:3])}" if one.by else ""
    typer.echo(f"{one.end.value:9} {one.change.id}{by}")


@app.command("baseline")
def accept(
    now: Annotated[Path, typer.Argument(help="Results to be held to from here on.")],
    *,
    reason: Annotated[str, typer.Option(help="Why they are right, for whoever asks later.")],
    baseline: Annotated[Path, typer.Option(help="Where the baseline stands.")] = BASELINE,
) -> None:
    """Keep results as the baseline that no change may fall below, with the reason."""
    told = _read(now)
    unfit = [c.id for c in told.cases if c.rate is None]
    if unfit:
        refuse(f"{', '.join(unfit)} was not played to an end; run it again first")
    if not reason.strip():
        refuse("--reason is empty; say why these results are right")
    _write(write(told.accepted(reason.strip())), baseline)
    typer.echo(f"{len(told.cases)} cases are the baseline in {baseline}.")


def _chosen(
    folder: Path, wanted: str, tier: Tier | None, said: Recordings, model: str
) -> list[Case]:
    try:
        own = tuple(keyed.put(case, model) for case in load_cases(folder))
        every = (*own, *frozen.cases(own, said.drafts))
        if any(case.tier is Tier.KEYED for case in own):
            said.load()
        chosen = [c for c in every if selects(wanted, (c.id, *c.tags)) and tier in {None, c.tier}]
    except BadCase as fault:
        refuse(*fault.mistakes)
    except ValueError as fault:
        refuse(str(fault))
    if not chosen:
        refuse(f"no case of {len(every)} in {folder} fits; see its files for ids and tags")
    return chosen


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _write(text: str, to: Path) -> None:
    if to == Path("-"):
        typer.echo(text, nl=False)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as fault:
        refuse(f"{str(to)!r} cannot be written: {fault.strerror}")


def _read(path: Path) -> Results:
    try:
        return read(path)
    except BadCase as fault:
        refuse(*fault.mistakes)


app.command("record")(verbs.record)
app.command("gc")(verbs.gc)
app.command("explain")(verbs.explain)
app.command("replay")(verbs.replay)
app.command("promote")(helpdesk_verbs.promote)
