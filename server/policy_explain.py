"""Explain a policy on one ticket: it is read and nothing else; no model is asked."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent import qualify, snapshot
from agent.judgement import marks
from agent.mail import human
from agent.mail.shapes import shape
from agent.model import Draft, Earlier, Gate, Outcome, Snapshot, Triage
from agent.policy import gates, rules
from agent.policy.rules import Rules
from agent.policy.terms import Mode, Policy
from agent.triage import sorter
from server import wiring
from server.look import FAILED, INFRASTRUCTURE, OK, complain, out, say, table
from server.settings import load
from server.store import runs, switches
from server.store.db import Connection, Database, open_database
from server.store.schema import is_current
from server.wiring import Opened
from tools.errors import HelpdeskError, NotFound
from tools.model import TicketId
from tools.provider import READ_ONLY, Lane


@dataclass(frozen=True, slots=True)
class _Past:
    """What the database knows that gates ask for."""

    earlier: Earlier = field(default_factory=Earlier)
    stopped: str | None = None


async def run(ticket: str, *, as_json: bool, config: Path | None) -> int:
    """Say which cell, mode and hours apply to a ticket, and which gates would hold, and why."""
    loaded = load(config=config)
    opened = wiring.open_account(loaded)
    database = open_database(loaded.settings.database)
    try:
        shot = await _read(opened, TicketId(ticket.lstrip("#")))
        policy = opened.account.responder.fresh().policy
        found = await _triage(opened, shot, policy)
        past = await _past(database, shot, policy, drafter=opened.drafter.name)
        cap = policy.spend.per_day
        spent = None if cap is None else await opened.purse.spent(cap=cap)
    except NotFound as fault:
        complain(f"ticket {ticket}: {fault}")
        return FAILED
    except HelpdeskError as fault:
        complain(f"{type(fault).__name__}: {fault}")
        return INFRASTRUCTURE
    finally:
        database.close()
        await opened.close()
    told = explained(shot, policy, past.earlier, past.stopped, spent, found=found)
    if as_json:
        say(told)
    else:
        _show(told)
    return OK


def explained(
    shot: Snapshot,
    policy: Policy,
    earlier: Earlier,
    stopped: str | None,
    spent: Decimal | None,
    *,
    found: Triage | None = None,
) -> dict[str, Any]:
    """Return what a policy makes of a ticket, ready for JSON: pure.

    Args:
        shot: the ticket as it was read.
        policy: the account's.
        earlier: our public replies before, and who else wrote the same words.
        stopped: why nothing may be written in public, or None.
        spent: what the day's models have cost.
        found: what triage would set by the rules alone; None where triage may set nothing.
    """
    bound = rules.of(policy, shot)
    left = qualify.qualify(shot, now=shot.read_at) or rules.left_alone(policy, shot)
    asked = human.handoff(shot, policy)
    told = gates.of_the_ticket(
        shot, policy, earlier=earlier, stopped=stopped, now=shot.read_at, spent=spent
    )
    hours = policy.hours
    return {
        "ticket": shot.ticket.id,
        "policy": policy.version,
        "topics": list(bound.topics),
        "channel": bound.channel,
        "language": bound.language,
        "cell": bound.cell or None,
        "mode": bound.mode.value,
        "when": sorted(one.value for one in bound.when),
        "hours": hours.told(shot.read_at) if hours else None,
        "left_alone": f"{left.name}: {left.reason}" if left else None,
        "person": asked.reason if asked else None,
        "gates": [{"name": g.name, "passed": g.passed, "reason": g.reason} for g in told],
        "of_the_draft": sorted(gates.OF_THE_DRAFT),
        "triage": _triaged(found),
        "means": _means(bound, told, left.reason if left else None, asked),
    }


def _triaged(found: Triage | None) -> dict[str, Any] | None:
    if found is None:
        return None
    sets = [{"field": o.slot.value, "value": o.label, "by": o.by} for o in found.sets]
    dropped = [{"field": o.slot.value, "reason": o.reason} for o in found.dropped]
    return {"sets": sets, "dropped": dropped}


def _means(bound: Rules, told: tuple[Gate, ...], left: str | None, asked: Draft | None) -> str:
    if left is not None:
        return f"It is left alone: {left}."
    if bound.mode is Mode.OBSERVE:
        return "It is read and decided on, and nothing is posted."
    if bound.mode is Mode.TRIAGE:
        return "Its fields are set as far as they are open, and nothing is posted."
    if asked is not None:
        return "It is handed to a person in a note, and nothing is drafted."
    held = [one.name for one in told if not one.passed]
    if held:
        return f"An answer becomes a private note, held by {', '.join(held)}."
    return "A documented answer without objections goes out in public."


async def _read(opened: Opened, ticket: TicketId) -> Snapshot:
    responder = opened.account.responder
    return await snapshot.read(
        opened.open(Lane.ASSIST, READ_ONLY),
        opened.account.id,
        ticket,
        now=responder.clock.now(),
        privacy=responder.policy.fields,
        limits=responder.limits,
    )


async def _triage(opened: Opened, shot: Snapshot, policy: Policy) -> Triage | None:
    """Return what the rules alone would set; a model may choose more where one is configured."""
    if not policy.triage.fields:
        return None
    desk = opened.open(Lane.ASSIST, READ_ONLY)
    return (await sorter.sort(shot, desk=desk, policy=policy)).triage


async def _past(store: Database, shot: Snapshot, policy: Policy, *, drafter: str) -> _Past:
    """Return our replies and what is stopped; nothing where no database was made yet."""
    asking = Draft(Outcome.ANSWER, "", drafter=drafter)
    about = marks(asking, rules.topics_of(policy, shot))

    def look(connection: Connection) -> _Past:
        account, number = shot.account, shot.ticket.id
        requester, words = shot.ticket.requester_id, shape(shot)
        earlier = runs.earlier(
            connection, account, number, requester=requester, shape=words, now=shot.read_at
        )
        stopped = switches.stopped(connection, account, public=True, marks=about)
        return _Past(earlier, stopped)

    return await store.read(look) if is_current(store) else _Past()


def _show(told: dict[str, Any]) -> None:
    out.print(f"Ticket {told['ticket']}: {told['means']}", style="bold", markup=False)
    for name, text in (
        ("topics", ", ".join(told["topics"])),
        ("channel", told["channel"]),
        ("language", told["language"] or "cannot be told"),
        ("cell", told["cell"] or "none fits; the mode at the top of the file"),
        ("mode", f"{told['mode']} ({', '.join(told['when']) or 'always'})"),
        ("hours", told["hours"] or "none in the policy"),
        ("person", told["person"] or "nobody asked for one"),
        ("policy", told["policy"]),
    ):
        out.print(f"  {name:<9} {text}", markup=False)
    if told["triage"]:
        sets, dropped = told["triage"]["sets"], told["triage"]["dropped"]
        out.print(table("Triage by rule would set", sets, ("field", "value", "by")))
        out.print(table("and would leave", dropped, ("field", "reason")))
    out.print(table("Gates", told["gates"], ("name", "passed", "reason")))
    out.print(f"Told by the draft only: {', '.join(told['of_the_draft'])}.", style="dim")
