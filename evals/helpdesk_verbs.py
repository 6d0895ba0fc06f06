"""The verbs that bring something in from a helpdesk: its traffic, and runs that were real."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from evals import exported, live, traffic
from evals import promote as promoting
from evals.case import CASES
from evals.files import BadCase, refuse
from tools.errors import HelpdeskError

LIVE = Path("helpdesk-live")


def record(account: str, *, sandbox: bool, key: str, into: Path, tickets: int, yes: bool) -> None:
    """Record helpdesk traffic: of our client with the sandbox, or of a real account, scrubbed."""
    if sandbox and account:
        refuse("--sandbox and --live ACCOUNT are two recordings; ask for one at a time")
    if sandbox:
        count = asyncio.run(traffic.record())
        typer.echo(f"{count} requests of our client are recorded in {traffic.CASSETTES}.")
        return
    if not key:
        refuse("an agent's key is needed; put it into DESKHAND_FRESHDESK_API_KEY")
    most = live.quoted(tickets)
    typer.echo(
        f"{account}: at most {most} credits of the account's pool, reading only, {tickets} tickets "
        f"whole; what is kept goes scrubbed into {into}, in place of what is there."
    )
    if not yes and not typer.confirm("Go on?"):
        raise typer.Exit(1)
    try:
        told = live.recorded(account, key, tickets=tickets, into=into, tell=typer.echo)
    except (HelpdeskError, ValueError, OSError) as fault:
        refuse(f"{account} was not recorded: {fault}")
    for line in told:
        typer.echo(line)
    typer.echo(f"{len(told)} differences." if told else "The sandbox answers as the account does.")
    raise typer.Exit(int(bool(told)))


def promote(
    file: Annotated[Path, typer.Argument(help="A run, as 'deskhand export run' writes it.")],
    *,
    name: Annotated[str, typer.Option("--id", help="The case's name: words-with-dashes.")],
    why: Annotated[str, typer.Option(help="What the case protects, in a sentence.")],
    cluster: Annotated[str, typer.Option(help="What other cases ask the same thing.")],
    tags: Annotated[str, typer.Option(help="Words apart by commas.")] = "",
    hide: Annotated[
        list[str] | None, typer.Option(help="Words to replace that no pattern knows.")
    ] = None,
    cases: Annotated[Path, typer.Option(help="A folder of cases.")] = CASES,
) -> None:
    """Make a case of a real run, everybody called otherwise; refuse where it shows anybody."""
    listed = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
    told = promoting.Told(name, why, cluster, listed, tuple(hide or ()))
    try:
        made = asyncio.run(promoting.promoted(exported.read(file), told, cases))
    except BadCase as fault:
        refuse(*fault.mistakes)
    typer.echo(f"{made} plays to the same end as the run, and its self-tests hold.")
    typer.echo(
        "Read it through before you commit it: a name, a place or a story that no pattern knows "
        "may be left; if so, delete it and promote again with --hide 'WORDS'."
    )
