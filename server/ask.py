"""The commands that ask the helpdesk or start work, and end."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.errors import Deferred, DraftFailed, ModelUnavailable
from agent.model import Approval, Trigger, TriggerKind
from agent.respond import draft_only
from server import approvals, views, wiring
from server.attention import release
from server.drafters import at_once
from server.engine import NOBODY, Engine
from server.logs import configure
from server.look import (
    FAILED,
    INFRASTRUCTURE,
    OK,
    USAGE,
    complain,
    database,
    out,
    say,
    told,
)
from server.reconcile import OVERLAP
from server.settings import load
from server.store import audit, cursors, inbox
from server.store.db import Connection, open_database
from server.store.inbox import OPEN, State
from server.store.migrate import migrate
from tools.clock import SystemClock
from tools.errors import HelpdeskError, NotFound
from tools.model import TicketId


async def draft(ticket: str, *, as_json: bool, config: Path | None) -> int:
    """Draft a reply to a ticket and print it; nothing is posted."""
    opened = wiring.open_account(load(config=config))
    try:
        if not await opened.index.size():
            await opened.sync.once()
        account = opened.account
        trigger = Trigger(TriggerKind.ASSIST, account.id, TicketId(ticket.lstrip("#")))
        by = replace(account.responder, drafter=at_once(account.responder.drafter))
        result = await draft_only(trigger, by=by)
    except NotFound as fault:
        complain(f"ticket {ticket}: {fault}")
        return FAILED
    except (HelpdeskError, ModelUnavailable, Deferred, DraftFailed) as fault:
        complain(f"{type(fault).__name__}: {fault}")
        return INFRASTRUCTURE
    finally:
        await opened.close()
    if result.draft is None:
        complain(f"ticket {ticket}: {result.skip.reason if result.skip else 'nothing to answer'}")
        return FAILED
    view = views.drafted(result)
    if as_json:
        say(view.model_dump())
    else:
        _show_draft(view)
    return OK


def _show_draft(view: views.Drafted) -> None:
    if view.outcome != "answer":
        out.print(f"No reply ({view.outcome}): {view.reason}\n", markup=False)
    out.print(view.text, markup=False)
    pages = dict.fromkeys((one.title or one.source, one.url or "") for one in view.evidence)
    for title, url in pages:
        out.print(f"\n  from  {title}", markup=False)
        out.print(f"        {url}", markup=False, soft_wrap=True)
    for finding in view.findings:
        out.print(f"{finding.guard}: {finding.reason}", style="yellow", markup=False)
    out.print(
        f"{view.evidence_class}, would be {view.would_be}; {view.credits} credits, "
        f"{view.tokens} tokens; drafter {view.drafter}. {view.policy_note}",
        style="dim",
        markup=False,
    )


async def queue_retry(number: int, *, as_json: bool, config: Path | None) -> int:
    """Give a delivery another attempt."""
    async with database(config) as (store, _):
        engine = Engine(store, executor=NOBODY)
        now = SystemClock().now().timestamp()

        def again(connection: Connection) -> str | None:
            found = inbox.find(connection, number)
            if found is None:
                return f"there is no delivery {number}"
            if found.ticket_id is None:
                return f"delivery {number} names no ticket; nothing can run"
            if found.state in OPEN and found.state is not State.PARKED:
                return f"delivery {number} is {found.state.value}; it goes on by itself"
            release(connection, engine, found, now=now)
            audit.add(connection, audit.Kind.RETRIED, found.account, f"delivery {number}")
            return None

        refusal = await store.write(again)
    return told(number, "retry", refusal, as_json=as_json)


async def approve(
    reference: str, *, by: str, words: Path | None, as_json: bool, config: Path | None
) -> int:
    """Have a run's proposed reply sent, or the words of a file in its place."""
    try:
        text = await asyncio.to_thread(words.read_text, encoding="utf-8") if words else ""
    except (OSError, UnicodeDecodeError) as fault:
        complain(f"--text names {str(words)!r}, which cannot be read ({type(fault).__name__})")
        return USAGE
    async with database(config) as (store, _):
        engine = Engine(store, executor=NOBODY)
        asked = Approval(reference, by, text)
        now = SystemClock().now().timestamp()
        try:
            number = await store.write(lambda c: approvals.take(c, engine, asked, now=now))
        except approvals.Refused as fault:
            complain(str(fault))
            return FAILED
    if as_json:
        say({"run": reference, "delivery": number, "approved_by": by})
    else:
        told = f"Run {reference} is approved: delivery {number} looks at the ticket and sends it."
        out.print(told, markup=False)
    return OK


async def reconcile(since: str | None, *, dry: bool, as_json: bool, config: Path | None) -> int:
    """Find what webhooks missed, and deliver it unless this is a dry run."""
    now = SystemClock().now()
    try:
        asked = None if since is None else moment(since, now=now)
    except ValueError as fault:
        complain(str(fault))
        return USAGE
    configure(logging.ERROR)
    opened = wiring.open_account(load(config=config))
    try:
        async with database(config) as (store, settings):
            sweeps = wiring.reconciler(opened, store, Engine(store, executor=NOBODY))
            cursor = await store.read(lambda c: cursors.of(c, settings.account))
            upto = datetime.fromtimestamp(cursor.upto, UTC) if cursor else now
            swept = await sweeps.sweep(asked or upto - OVERLAP, dry=dry)
    except HelpdeskError as fault:
        complain(f"{type(fault).__name__}: {fault}")
        return INFRASTRUCTURE
    finally:
        await opened.close()
    if as_json:
        missed = list(swept.missed)
        say({"looked": swept.looked, "missed": missed, "dry": dry, "credits": swept.credits})
    else:
        out.print(
            f"{swept.looked} changed tickets looked at for {swept.credits} credits; "
            f"{len(swept.missed)} {'would be' if dry else 'were'} delivered"
            f"{': ' + ', '.join(swept.missed) if swept.missed else ''}.",
            markup=False,
        )
    return OK


_AGO = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, *, now: datetime) -> datetime:
    """Return what `3h`, `2d` or an ISO date or time means; a time without a zone is UTC.

    Raises:
        ValueError: it means nothing; says what would.
    """
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in _AGO:
        return now - timedelta(**{_AGO[unit]: int(number)})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"--since is {text!r}; write 90m, 3h, 2d, or a moment such as 2026-03-02T09:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def db_migrate(*, config: Path | None) -> int:
    """Bring the database to this version's schema."""
    settings = load(config=config).settings
    store = open_database(settings.database)
    try:
        reached = await store.read(lambda _: migrate(store))
        Engine(store, executor=NOBODY).prepare()
    finally:
        store.close()
    out.print(f"The database is at version {reached}.", markup=False)
    return OK
