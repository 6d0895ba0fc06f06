"""A person's approval as a delivery of its own: kept, worked on and ended like any other."""

import hashlib

from pydantic import TypeAdapter, ValidationError

from agent.errors import DraftFailed
from agent.model import Approval, Landing, Result, TriggerKind
from server.engine import Engine, Work
from server.store import audit, inbox, runs
from server.store.audit import Kind
from server.store.db import Connection
from server.store.inbox import Arrival, Delivery

MOST_TEXT = 20_000
"""Characters of a reply that a person may put in the place of a proposed one."""
MOST_NAME = 200

_read = TypeAdapter(Approval)


class Refused(ValueError):
    """An approval that cannot be taken: says why, and what to do instead."""


def take(connection: Connection, engine: Engine, asked: Approval, *, now: float) -> int:
    """Keep an approval and start its work in one commit; return the delivery's number.

    Args:
        connection: in a writing transaction.
        engine: starts the work.
        asked: who decided, on which run.
        now: unix seconds.

    Raises:
        Refused: the run is not known, or nothing of it can be sent.
    """
    by = asked.by.strip()
    if not by or len(by) > MOST_NAME:
        raise Refused(f"Say who approves, in 1 to {MOST_NAME} characters.")
    if len(asked.text) > MOST_TEXT:
        raise Refused(f"The reply has {len(asked.text)} characters; at most {MOST_TEXT} are taken.")
    kept = runs.by_id(connection, asked.run)
    if kept is None:
        raise Refused(
            f"There is no run {asked.run!r}. A note names its run at the end; "
            "`deskhand why TICKET` names a ticket's runs."
        )
    if kept.result.approval is not None:
        raise Refused(f"Run {asked.run} is itself an approval; approve the run it was for.")
    draft, shot = kept.result.draft, kept.result.snapshot
    if draft is None or shot is None or shot.turn is None:
        raise Refused(f"Run {asked.run} holds no draft, so there is nothing to send.")
    if not asked.text.strip() and not (draft.proposes and draft.paragraphs):
        raise Refused(f"Run {asked.run} proposed no reply ({draft.outcome.value}); give the words.")
    arrival = Arrival(
        kept.account,
        kept.ticket_id,
        TriggerKind.APPROVAL,
        _read.dump_json(asked),
        "application/json",
        "approval",
        now,
        now,
    )
    number = inbox.add(connection, arrival)
    engine.enqueue(connection, Work(number, 0, f"{kept.account}|{kept.ticket_id}"))
    words = hashlib.sha256(asked.text.encode()).hexdigest() if asked.text else "as proposed"
    audit.add(connection, Kind.APPROVED, kept.account, f"run {kept.id}", by=by, words=words)
    return number


def asked(connection: Connection, delivery: Delivery) -> tuple[Approval, Result]:
    """Return what a delivery approves, and the record it approves.

    Raises:
        DraftFailed: the delivery cannot be read, or the run is gone.
    """
    try:
        found = _read.validate_json(inbox.body(connection, delivery.id) or b"")
    except ValidationError as fault:
        raise DraftFailed("the approval cannot be read; approve the run again") from fault
    kept = runs.by_id(connection, found.run)
    if kept is None:
        raise DraftFailed(f"run {found.run} is not kept any more; answer by hand")
    return found, kept.result


def settled(connection: Connection, delivery: Delivery, result: Result, *, now: float) -> None:
    """End what was held for a person, once the reply they approved is there."""
    if result.approval is None or result.receipt is None:
        return
    if result.receipt.landing in {Landing.POSTED, Landing.ADOPTED}:
        reason = f"sent by delivery {delivery.id}, approved by {result.approval.by}"
        inbox.resolve(connection, result.approval.run, reason=reason, now=now)
