"""The commands that look at what is kept, or flip a switch; none of them loads the engine."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from server import views
from server.errors import Unready
from server.settings import Settings, load
from server.store import audit, inbox, runs
from server.store.db import Connection, Database, open_database, reachable
from server.store.inbox import Delivery, State
from server.store.migrate import pending
from tools.clock import SystemClock

OK, FAILED, USAGE, ATTENTION, INFRASTRUCTURE = 0, 1, 2, 3, 4

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(document: object) -> None:
    """Print one JSON document."""
    print(json.dumps(document, ensure_ascii=False, indent=2))  # noqa: T201 -- for machines


def complain(text: str) -> None:
    """Print what is wrong, on standard error."""
    err.print(f"deskhand: {text}", style="red", markup=False, soft_wrap=True)


@asynccontextmanager
async def database(config: Path | None) -> AsyncGenerator[tuple[Database, Settings]]:
    """Open the database the settings name, for as long as the block lasts.

    Raises:
        Unready: it cannot be reached, or has not been made yet.
    """
    settings = load(config=config).settings
    opened = open_database(settings.database)
    try:
        fault = reachable(opened)
        if fault is not None:
            raise Unready(f"the database {settings.home} cannot be reached: {fault}")
        if pending(opened):
            raise Unready(
                "the database has not been made for this version yet: "
                "start `deskhand serve` once, or run `deskhand db migrate`"
            )
        yield opened, settings
    finally:
        opened.close()


async def why(ticket: str, *, as_json: bool, config: Path | None) -> int:
    """Tell everything about a ticket's newest run."""
    number = ticket.lstrip("#")
    async with database(config) as (store, settings):
        kept = await store.read(lambda c: runs.of_ticket(c, settings.account, number))
        came = await store.read(lambda c: inbox.latest(c, most=50, ticket=number))
    if not kept and not came:
        complain(f"nothing is known of ticket {number} in account {settings.account}")
        return FAILED
    timeline = [_line(delivery) for delivery in reversed(came)]
    if not kept:
        document: dict[str, Any] = views.nothing_yet(number, came)
    else:
        document = views.why(kept[0])
    document["timeline"] = timeline
    document["runs"] = [run.id for run in kept]
    if as_json:
        say(document)
    else:
        _show_why(document)
    return OK


def _show_why(document: dict[str, Any]) -> None:
    turn, receipt = document["turn"], document["receipt"]
    out.print(f"Ticket {document['ticket']}: {document['disposition']}", style="bold", markup=False)
    if turn:
        out.print(f"The customer ({turn['language'] or '?'}): {turn['text']}", markup=False)
    for reason in document["skipped"] + document["reasons"]:
        out.print(f"  because {reason}", markup=False)
    if document["draft"] and document["draft"]["text"]:
        out.print(f"\n{document['draft']['text']}\n", markup=False)
    for title, rows, columns in (
        ("Evidence", document["evidence"], ("class", "source", "quote")),
        ("Findings", document["findings"], ("guard", "reason", "most")),
        ("Set", document["sets"], ("field", "value", "by")),
        ("Not set", document["dropped"], ("field", "reason")),
        ("Gates", document["gates"], ("name", "passed", "reason")),
        ("Timeline", document["timeline"], ("delivery", "at", "state", "reason")),
    ):
        if rows:
            out.print(table(title, rows, columns))
    if receipt:
        out.print(f"{receipt['landing']} {receipt['conversation'] or ''} {receipt['reason']}")
    spent = document["tokens"]
    out.print(
        f"run {document['run']}, {document['credits']} credits, "
        f"{spent['in'] + spent['out']} tokens, prompt {document['prompt'] or 'none'}",
        style="dim",
        markup=False,
    )


def table(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    """Return rows as a table; what stands in them is text, never markup."""
    grid = Table(title=title, title_justify="left")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(_cell(row.get(column)) for column in columns))
    return grid


def _cell(value: object) -> str:
    from_bool = {True: "yes", False: "no"}
    text = from_bool.get(value, str(value)) if isinstance(value, bool) else str(value or "")
    return text.replace("[", r"\[")


def _line(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "ticket": delivery.ticket_id,
        "kind": delivery.kind.value,
        "at": views.moment(delivery.received_at),
        "state": delivery.state.value,
        "attempts": delivery.attempt + 1,
        "reason": delivery.reason,
        "run": delivery.run_id,
    }


async def queue_ls(state: str | None, *, as_json: bool, config: Path | None) -> int:
    """List deliveries."""
    if state is not None and state not in set(State):
        complain(f"--state is {state!r}; it must be one of {', '.join(State)}")
        return USAGE
    async with database(config) as (store, _):
        if state is None:
            found = await store.read(lambda c: inbox.latest(c, most=100))
        else:
            found = await store.read(lambda c: inbox.of_state(c, (State(state),)))
        counts = await store.read(inbox.count)
    rows = [_line(delivery) for delivery in found]
    if as_json:
        say({"counts": counts, "deliveries": rows})
    else:
        out.print(table("Deliveries", rows, ("delivery", "ticket", "at", "state", "reason")))
        out.print(", ".join(f"{n} {s}" for s, n in sorted(counts.items())) or "none yet")
    return OK


async def queue_show(number: int, *, as_json: bool, config: Path | None) -> int:
    """Show one delivery with its body."""
    async with database(config) as (store, _):
        found = await store.read(lambda c: inbox.find(c, number))
        body = await store.read(lambda c: inbox.body(c, number)) or b""
    if found is None:
        complain(f"there is no delivery {number}")
        return FAILED
    text = body.decode("utf-8", errors="replace")
    if as_json:
        say(_line(found) | {"body": text})
    else:
        for name, value in _line(found).items():
            out.print(f"{name:<9} {value}", markup=False)
        out.print(text, markup=False)
    return OK


async def queue_drop(number: int, *, as_json: bool, config: Path | None) -> int:
    """End a delivery without a run."""
    async with database(config) as (store, _):
        now = SystemClock().now().timestamp()

        def end(connection: Connection) -> str | None:
            found = inbox.find(connection, number)
            if found is None:
                return f"there is no delivery {number}"
            reason = "dropped by hand"
            inbox.settle(
                connection, number, State.SKIPPED, reason=reason, run_id=found.run_id, now=now
            )
            audit.add(connection, audit.Kind.DROPPED, found.account, f"delivery {number}")
            return None

        refusal = await store.write(end)
    return told(number, "drop", refusal, as_json=as_json)


def told(number: int, verb: str, refusal: str | None, *, as_json: bool) -> int:
    """Say what was done with a delivery, or why not; return the exit code."""
    if as_json:
        say({"delivery": number, "did": None if refusal else verb, "refused": refusal})
    elif refusal is None:
        out.print(f"delivery {number}: {verb}", markup=False)
    else:
        complain(refusal)
    return FAILED if refusal else OK


async def db_check(*, config: Path | None) -> int:
    """Say whether the schema is this version's."""
    settings = load(config=config).settings
    store = open_database(settings.database)
    try:
        missing = pending(store)
    finally:
        store.close()
    if missing:
        complain(f"migrations missing: {', '.join(missing)}. Run `deskhand db migrate`.")
        return ATTENTION
    out.print("The database is up to date.")
    return OK
