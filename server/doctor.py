"""Check everything a deployment stands on, and say how to mend what fails."""

import importlib.metadata
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from agent.llm import spend
from server import model_checks, policy_doctor, wiring
from server.check import Check
from server.errors import BadSetting, ServiceError
from server.look import ATTENTION, OK, out, say
from server.settings import Loaded, load
from server.store import definitions
from server.store.db import open_database, reachable
from server.store.migrate import pending
from server.wiring import Opened
from tools.clock import SystemClock
from tools.errors import HelpdeskError
from tools.knowledge import vectors
from tools.model import TicketField
from tools.provider import READ_ONLY, Lane

OURS = {"agent", "evals", "prompts", "server", "tools"}
RECENT = 30 * 86_400.0
"""Seconds a field's change is shown."""
SKEW = 30.0
"""Seconds the two clocks may differ before it is worth a word."""


async def run(*, as_json: bool, config: Path | None) -> int:
    """Run every check that can run; exit 3 if one is bad."""
    checks = [_names()]
    try:
        loaded = load(config=config)
        checks.append(_settings(loaded))
        checks.append(_database(loaded))
        opened = wiring.open_account(loaded)
    except (BadSetting, ServiceError) as fault:
        checks.append(Check("settings", "bad", str(fault), "Set it and run doctor again."))
    else:
        try:
            checks += await _helpdesk(opened, loaded)
            checks.append(await _knowledge(opened))
            checks += await policy_doctor.checks(opened, loaded.settings)
            money = spend.most_of_a_run(opened.account.responder.policy.spend)
            checks += await model_checks.checks(loaded.settings, SystemClock(), money=money)
        finally:
            await opened.close()
    if as_json:
        say({"checks": [asdict(check) for check in checks]})
    else:
        _show(checks)
    return ATTENTION if any(check.state == "bad" for check in checks) else OK


def _names() -> Check:
    owners = importlib.metadata.packages_distributions()
    strangers = {n: o for n, o in owners.items() if n in OURS and set(o) != {"deskhand"}}
    if strangers:
        return Check(
            "packages",
            "bad",
            f"another package provides {', '.join(sorted(strangers))}",
            "Install Deskhand into an environment of its own.",
        )
    return Check("packages", "ok", "our package names are ours alone")


def _settings(loaded: Loaded) -> Check:
    settings = loaded.settings
    missing = [
        name
        for name in ("freshdesk_domain", "freshdesk_api_key", "webhook_secret")
        if getattr(settings, name) is None
    ]
    if missing:
        first = missing[0].upper()
        return Check("settings", "bad", f"DESKHAND_{first} is not set", "Set it, see the README.")
    if settings.openai_api_key is not None and settings.model_name is None:
        return Check(
            "settings",
            "note",
            "OPENAI_API_KEY is set, DESKHAND_MODEL_NAME is not: drafting without a model",
            "Set DESKHAND_MODEL_NAME to draft with a model.",
        )
    return Check("settings", "ok", f"account {settings.account}, home {settings.home}")


def _database(loaded: Loaded) -> Check:
    store = open_database(loaded.settings.database)
    try:
        fault = reachable(store)
        if fault is not None:
            return Check("database", "bad", f"cannot be reached: {fault}", "Check the URL.")
        missing = pending(store)
    finally:
        store.close()
    if missing:
        return Check("database", "note", "not made yet", "`deskhand serve` makes it at its start.")
    return Check("database", "ok", "reachable and up to date")


async def _helpdesk(opened: Opened, loaded: Loaded) -> list[Check]:
    desk = opened.open(Lane.ASSIST, READ_ONLY)
    try:
        probe = await desk.probe()
        fields = await desk.fields()
        await desk.groups()  # an admin's call: refused to an agent's key, which is then remembered
    except HelpdeskError as fault:
        return [Check("helpdesk", "bad", f"{type(fault).__name__}: {fault}", _mend(fault))]
    plan = f"plan {probe.plan or 'unknown'}, {probe.per_minute or '?'} credits a minute"
    checks = [
        Check("helpdesk", "ok", f"we are {probe.me.name}; {plan}; {probe.latency_ms:.0f} ms"),
        _fields(opened, loaded, fields),
    ]
    if probe.clock_skew is not None and abs(probe.clock_skew) > SKEW:
        checks.append(
            Check(
                "clock",
                "bad",
                f"the helpdesk's clock differs by {probe.clock_skew:.0f} s",
                "Set this machine's clock (NTP).",
            )
        )
    missing = sorted(desk.capabilities.missing)
    if missing:
        checks.append(
            Check(
                "permissions",
                "note",
                f"this key may not read {', '.join(missing)}",
                "Nothing needs mending: the main job works without.",
            )
        )
    return checks


def _fields(opened: Opened, loaded: Loaded, fields: tuple[TicketField, ...]) -> Check:
    """Compare the ticket fields with those last seen; a change may mislead prompts and rules."""
    number = f"{sum(field.custom for field in fields)} custom fields"
    store = open_database(loaded.settings.database)
    try:
        if pending(store):
            return Check("fields", "ok", number)
        account, now = opened.account.id, SystemClock().now().timestamp()
        store.write_now(lambda c: definitions.observe(c, account, fields, now=now))
        since = now - RECENT
        found = store.read_now(lambda c: definitions.changes(c, account, since=since))
    finally:
        store.close()
    if not found:
        return Check("fields", "ok", f"{number}, none changed in 30 days")
    told = "; ".join(f"{one.name}: {one.change}, {one.detail}" for one in found)
    return Check(
        "fields",
        "note",
        f"{number}; changed in 30 days: {told}",
        "Check the policy and any rule that names these fields.",
    )


def _mend(fault: HelpdeskError) -> str:
    match type(fault).__name__:
        case "Unauthorized":
            return "Check DESKHAND_FRESHDESK_API_KEY; a reset in Freshdesk kills the old key."
        case "Unavailable":
            return "Check DESKHAND_FRESHDESK_DOMAIN and the network; then run doctor again."
        case "NotFound":
            return "Check DESKHAND_FRESHDESK_DOMAIN: it must be the freshdesk.com address."
        case _:
            return "Run doctor again later; with --debug it shows more."


async def _knowledge(opened: Opened) -> Check:
    size = await opened.index.size()
    if size == 0:
        return Check(
            "knowledge",
            "note",
            "the index is empty",
            "`deskhand serve` fills it at its start; `deskhand kb sync` does it now.",
        )
    standing = await opened.index.work(vectors.standing)
    if opened.embedder is None:
        return Check("knowledge", "ok", f"{size} pages, found by words; embeddings are off")
    told = f"{size} pages, {standing.embedded} of {standing.passages} passages embedded"
    ours = standing.model is not None and standing.model.name == opened.embedder.model
    if not ours or standing.pages or standing.embedded < standing.passages:
        return Check(
            "knowledge",
            "note",
            f"{told} by {opened.embedder.model}",
            "`deskhand serve` embeds the rest by and by; `deskhand kb sync` does it now.",
        )
    if standing.calibration is None:
        few = "too few pages to tell what nearness is worth, so they are found by words"
        return Check("knowledge", "ok", f"{told}; {few}")
    found = standing.calibration
    measured = f"quoted from {found.needs:.2f} on, measured with {found.titles} titles"
    return Check("knowledge", "ok", f"{told} by {found.model}; {measured}")


def _show(checks: list[Check]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 1))
    colours = {"ok": "green", "note": "yellow", "bad": "red"}
    for check in checks:
        said = check.found + (f"\n→ {check.mend}" if check.mend else "")
        table.add_row(
            f"[{colours[check.state]}]{check.state}[/]", check.name, said.replace("[", r"\[")
        )
    out.print(table)
