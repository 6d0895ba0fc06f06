"""The verbs that live on recordings: `record`, `gc`, `explain` and `replay`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from agent.llm import prices
from evals import helpdesk_verbs, told
from evals import record as recorder
from evals.case import CASES, Case, load_cases
from evals.draws import RECORDINGS
from evals.endpoint import Upstream
from evals.files import BadCase, refuse
from evals.grade import Verdict
from evals.ground import Grounds, Recordings
from evals.helpdesk_verbs import LIVE
from evals.keyed import recorded
from evals.select import selects
from tools.clock import SystemClock

_FAILED, _UNRECORDED = 1, 3
Cases = Annotated[Path, typer.Option(help="A folder of cases.")]
Folder = Annotated[Path, typer.Option(help="A folder of recorded answers.")]
Trial = Annotated[int, typer.Option(min=0, max=63, help="Which trial, from 0.")]


def record(  # noqa: PLR0913 -- each is an option of the command
    *,
    base_url: Annotated[str, typer.Option(help="Where a model answers, up to /v1.")] = "",
    wanted: Annotated[str, typer.Option("-k", help="Only cases whose id or tags fit.")] = "",
    missing: Annotated[bool, typer.Option("--missing", help="What no draw answers; usual.")] = True,
    refresh: Annotated[str, typer.Option(help="Id of a case to be recorded anew.")] = "",
    verify: Annotated[str, typer.Option(help="Ask this share again and keep nothing: 5%.")] = "",
    trials: Annotated[int, typer.Option(min=1, max=64, help="Draws of each case.")] = 1,
    model: Annotated[str, typer.Option(help="In place of the model that the cases name.")] = "",
    minutes: Annotated[float | None, typer.Option(min=0.0, help="Stop after so many.")] = None,
    price_table: Annotated[Path | None, typer.Option("--prices", help="What tokens cost.")] = None,
    api_key: Annotated[
        str, typer.Option(envvar="DESKHAND_RECORD_API_KEY", help="Sent on and never kept.")
    ] = "any",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")] = False,
    cases: Cases = CASES,
    recordings: Folder = RECORDINGS,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Record what our client sends to the sandbox.")
    ] = False,
    account: Annotated[
        str, typer.Option("--live", help="Record a real account's answers: acme.freshdesk.com.")
    ] = "",
    helpdesk_key: Annotated[
        str, typer.Option(envvar="DESKHAND_FRESHDESK_API_KEY", help="An agent's, for --live.")
    ] = "",
    into: Annotated[Path, typer.Option(help="A folder for a real account's cassettes.")] = LIVE,
    tickets: Annotated[int, typer.Option(min=0, max=100, help="Of --live: read whole.")] = 5,
) -> None:
    """Record a model's answers, the cost first; or helpdesk traffic: --sandbox, --live ACCOUNT."""
    del missing
    if sandbox or account:
        helpdesk_verbs.record(
            account, sandbox=sandbox, key=helpdesk_key, into=into, tickets=tickets, yes=yes
        )
        return
    if not base_url:
        refuse(
            "say what to record: --base-url, where a model answers, such as "
            "http://127.0.0.1:8080/v1; or --sandbox; or --live ACCOUNT"
        )
    grounds = Grounds(_loaded(recordings))
    chosen = _wanted(_cases(cases), wanted, refresh)
    upstream = Upstream(base_url, SystemClock(), api_key)
    if verify:
        _verify(chosen, upstream, share=_share(verify), trials=trials, grounds=grounds)
        return
    needs = asyncio.run(
        recorder.needs(chosen, model=model, trials=trials, grounds=grounds, refresh=refresh)
    )
    if not needs:
        typer.echo("Every trial is recorded; nothing to ask.")
        return
    for line in recorder.quoted(needs, _prices(price_table)):
        typer.echo(line)
    if not yes and not typer.confirm("Ask the model?"):
        raise typer.Exit(_FAILED)
    done = asyncio.run(
        recorder.record(
            needs,
            upstream,
            grounds=grounds,
            seconds=None if minutes is None else minutes * 60,
            refresh=refresh,
            tell=_tell,
        )
    )
    kept = sum(not one.fault for one in done)
    typer.echo(f"{kept} of {len(needs)} trials were reached.")
    if kept < len(needs):
        refuse(
            f"{len(needs) - kept} are left; the same command goes on with them",
            code=_FAILED if any(one.fault for one in done) else _UNRECORDED,
        )


def _tell(one: recorder.Done, left: float) -> None:
    said = f"{one.need.case.id} trial {one.need.trial}: {one.fault or one.ended}"
    typer.echo(f"{said}; {one.asked} asked, about {left / 60:.0f} min left")


def _verify(
    cases: list[Case], upstream: Upstream, *, share: float, trials: int, grounds: Grounds
) -> None:
    try:
        drift = asyncio.run(
            recorder.verify(cases, upstream, share=share, trials=trials, grounds=grounds)
        )
    except OSError as fault:
        refuse(str(fault), code=_FAILED)
    for line in drift.others:
        typer.echo(line)
    span = drift.interval
    typer.echo(
        f"{len(drift.others)} of {drift.of} ended otherwise "
        f"({span.low:.0%} to {span.high:.0%} at 95 %); nothing was kept."
    )


def gc(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    cases: Cases = CASES,
    recordings: Folder = RECORDINGS,
) -> None:
    """Drop draws that no case reaches, and drafts of cases that are gone."""
    said = _loaded(recordings)
    whole = asyncio.run(recorder.reached(_cases(cases), grounds=Grounds(said)))
    if whole.stale:
        refuse(
            f"{', '.join(whole.stale)}: recorded, and asked in other words by now; their draws "
            "show what changed, so record them first ('deskhand evals record --missing')"
        )
    draws, drafts = said.draws.keys - whole.keys, said.drafts.names - whole.names
    for key, n in sorted(draws):
        typer.echo(f"{key[:2]}.jsonl: draw {key[:12]} of trial {n}")
    for case, n, model in sorted(drafts):
        typer.echo(f"{said.drafts.file.name}: {case}, trial {n}, {model}")
    if not dry_run:
        said.draws.drop(draws)
        said.drafts.drop(drafts)
    would = "would go" if dry_run else "dropped"
    typer.echo(f"{len(draws)} draws and {len(drafts)} drafts {would}.")


def explain(
    case: Annotated[str, typer.Argument(help="A case's id.")],
    *,
    trial: Trial = 0,
    cases: Cases = CASES,
    recordings: Folder = RECORDINGS,
) -> None:
    """Tell how a case comes to its verdict: each check with its evidence, the gates, the model."""
    _show(told.explained, case, trial, cases, recordings)


def replay(
    case: Annotated[str, typer.Argument(help="A case's id.")],
    *,
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter after each step.")] = False,
    trial: Trial = 0,
    cases: Cases = CASES,
    recordings: Folder = RECORDINGS,
) -> None:
    """Print the whole transcript of a case: calls, questions, answers, writes and the end."""
    _show(told.steps, case, trial, cases, recordings, step=step)


def _show(
    telling: told.Telling,
    name: str,
    trial: int,
    folder: Path,
    recordings: Path,
    *,
    step: bool = False,
) -> None:
    said = _loaded(recordings)
    case = told.find(name, _cases(folder), said)
    if case is None:
        refuse(f"there is no case {name!r} in {folder}; 'deskhand evals run' lists them")
    graded = asyncio.run(told.played(case, trial, said))
    if graded is None:
        refuse(f"{name} has no trial {trial}; record it with --trials {trial + 1}")
    for words in telling(graded):
        typer.echo(words)
        if step:
            typer.prompt("", default="", show_default=False, prompt_suffix="[Enter] ")
    if graded.verdict is Verdict.UNRECORDED:
        raise typer.Exit(_UNRECORDED)


def _loaded(folder: Path) -> Recordings:
    said = Recordings(folder)
    try:
        said.load()
    except ValueError as fault:
        refuse(str(fault))
    return said


def _cases(folder: Path) -> tuple[Case, ...]:
    try:
        return load_cases(folder)
    except BadCase as fault:
        refuse(*fault.mistakes)


def _wanted(cases: tuple[Case, ...], words: str, refresh: str) -> list[Case]:
    try:
        chosen = [case for case in cases if selects(words, (case.id, *case.tags))]
    except ValueError as fault:
        refuse(str(fault))
    keyed = [one for one, _ in recorded(chosen) if refresh in {"", one.id}]
    if not keyed:
        refuse("no case of a recorded model fits; 'drafter: {model: NAME}' in its file makes one")
    return keyed


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        refuse(f"--verify cannot read {text!r}; write a share such as 5%")
    return share


def _prices(table: Path | None) -> prices.Prices:
    if table is None:
        return prices.shipped()
    try:
        return prices.parse(table.read_text("utf-8"), where=str(table))
    except (OSError, ValueError) as fault:
        refuse(f"{table}: {fault}")
