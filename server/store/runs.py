"""Runs and posts: what was read, decided and posted, unique by turn and for ever."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, delete, func, select, true, update

from agent.mail.shapes import shape as shape_of
from agent.model import Earlier, Intent, Landing, Receipt, Result, Write
from server.store import audit
from server.store.audit import Kind
from server.store.db import insert_new
from server.store.tables import posts, runs
from tools.model import AccountId, ConversationId, PersonId, TicketId


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it is kept.

    Attributes:
        created_at, updated_at: unix seconds, UTC.
    """

    id: str
    account: AccountId
    ticket_id: TicketId
    turn: str
    state: str
    created_at: float
    updated_at: float
    result: Result


@cache
def _adapter(kept: Hashable) -> TypeAdapter[Any]:
    """Return what turns a data class into JSON and back; built once a type."""
    return TypeAdapter(cast("Any", kept))


def dump(value: object) -> str:
    """Return a data class as JSON text."""
    return _adapter(cast("Hashable", type(value))).dump_json(value).decode()


def load(text: str, kept: type[Any]) -> Any:  # noqa: ANN401 -- the type asked for
    """Return JSON text as the data class it was made from."""
    return _adapter(cast("Hashable", kept)).validate_json(text)


def keep(
    connection: Connection,
    *,
    run: str,
    account: str,
    ticket_id: str,
    turn: str,
    state: str,
    result: Result,
    now: float,
) -> str:
    """Write a run's record down, once a turn; return the id it is kept under."""
    record = dump(result)
    known = connection.execute(select(runs.c.id).where(runs.c.turn == turn)).scalar()
    disposition = result.decision.disposition.name if result.decision else "SKIP"
    values = {"state": state, "disposition": disposition, "record": record, "updated_at": now}
    if known is not None:
        connection.execute(update(runs).where(runs.c.id == known).values(values))
        return str(known)
    row = {"id": run, "account": account, "ticket_id": ticket_id, "turn": turn, "created_at": now}
    if insert_new(connection, runs, row | values):
        return run
    connection.execute(update(runs).where(runs.c.turn == turn).values(values))
    return str(connection.execute(select(runs.c.id).where(runs.c.turn == turn)).scalar_one())


def of_ticket(connection: Connection, account: str, ticket_id: str) -> list[Run]:
    """Return a ticket's runs, newest first."""
    query = (
        select(runs)
        .where(runs.c.account == account, runs.c.ticket_id == ticket_id)
        .order_by(runs.c.created_at.desc())
    )
    return [_run(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 -- public API


def latest(connection: Connection, account: str, *, most: int) -> list[Run]:
    """Return an account's newest runs, newest first."""
    query = (
        select(runs)
        .where(runs.c.account == account)
        .order_by(runs.c.created_at.desc(), runs.c.id)
        .limit(most)
    )
    return [_run(row) for row in connection.execute(query).mappings()]


def recent(connection: Connection, account: str, *, since: float, most: int) -> list[Run]:
    """Return an account's newest runs, newest first.

    Args:
        connection: to the database.
        account: whose.
        since: unix seconds.
        most: runs to return.
    """
    query = (
        select(runs)
        .where(runs.c.account == account, runs.c.updated_at >= since)
        .order_by(runs.c.updated_at.desc())
        .limit(most)
    )
    return [_run(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 -- public API


def by_id(connection: Connection, run: str) -> Run | None:
    """Return one run."""
    row = connection.execute(select(runs).where(runs.c.id == run)).mappings().first()
    return None if row is None else _run(row)


def of_turn(connection: Connection, turn: str) -> Run | None:
    """Return the run that answered, or is answering, a turn."""
    row = connection.execute(select(runs).where(runs.c.turn == turn)).mappings().first()
    return None if row is None else _run(row)


def open_intent(connection: Connection, account: str, ticket_id: str) -> Intent | None:
    """Return the ticket's intent that has no receipt yet."""
    query = select(posts.c.intent).where(
        posts.c.account == account, posts.c.ticket_id == ticket_id, posts.c.landing.is_(None)
    )
    found = connection.execute(query).scalar()
    return None if found is None else load(found, Intent)


def receipt(connection: Connection, turn: str) -> Receipt | None:
    """Return a turn's receipt."""
    found = connection.execute(select(posts.c.receipt).where(posts.c.turn == turn)).scalar()
    return None if found is None else load(found, Receipt)


def answered(connection: Connection, account: str, ticket_id: str) -> dict[ConversationId, str]:
    """Return what we posted on a ticket, by conversation, and the turn each answered."""
    query = select(posts.c.turn, posts.c.receipt).where(
        posts.c.account == account, posts.c.ticket_id == ticket_id, posts.c.receipt.is_not(None)
    )
    proofs: list[tuple[str, Receipt]] = [
        (row.turn, load(row.receipt, Receipt)) for row in connection.execute(query)
    ]
    return {proof.posted.id: turn for turn, proof in proofs if proof.posted}


def intend(connection: Connection, intent: Intent) -> bool:
    """Commit an intent; False if the turn is settled or another write is in flight."""
    other = open_intent(connection, intent.account, intent.ticket_id)
    if other is not None and other.key != intent.key:
        return False
    known = connection.execute(
        select(posts.c.intent, posts.c.landing).where(posts.c.turn == intent.key)
    ).first()
    row = {"intent": dump(intent), "intended_at": intent.at.timestamp()}
    if known is not None:
        kept: Intent = load(known.intent, Intent)
        if known.landing is not None or kept.attempt != intent.attempt - 1:
            return False
        connection.execute(update(posts).where(posts.c.turn == intent.key).values(row))
        _audit_intent(connection, intent)
        return True
    row |= {
        "turn": intent.key,
        "account": intent.account,
        "ticket_id": intent.ticket_id,
        "requester_id": intent.requester_id,
        "kind": intent.write.value,
        "shape": intent.shape or None,
    }
    if not insert_new(connection, posts, row):
        return False
    _audit_intent(connection, intent)
    return True


def _audit_intent(connection: Connection, intent: Intent) -> None:
    told: dict[str, str | int] = {"write": intent.write.value, "attempt": intent.attempt}
    told["text"] = intent.fingerprint
    if intent.changes:
        told["sets"] = ", ".join(sorted(intent.changes))
    audit.add(connection, Kind.INTENT, intent.account, intent.key, **told)


def withdraw(connection: Connection, intent: Intent) -> None:
    """Forget an intent that surely was not sent."""
    mine = (posts.c.turn == intent.key) & posts.c.landing.is_(None)
    if connection.execute(delete(posts).where(mine)).rowcount:
        attempt = intent.attempt
        audit.add(connection, Kind.WITHDRAWN, intent.account, intent.key, attempt=attempt)


def settle(connection: Connection, intent: Intent, proof: Receipt) -> None:
    """Commit what came of an intent."""
    connection.execute(
        update(posts)
        .where(posts.c.turn == intent.key)
        .values(landing=proof.landing.value, receipt=dump(proof))
    )
    where = proof.posted.id if proof.posted else None
    told = {"landing": proof.landing.value, "conversation": where}
    audit.add(connection, Kind.RECEIPT, intent.account, intent.key, **told)


def earlier(
    connection: Connection,
    account: str,
    ticket_id: str,
    *,
    requester: PersonId | None,
    shape: str,
    now: datetime,
) -> Earlier:
    """Count our public replies before, and the others who wrote the same; one statement.

    A held or open reply counts: it may have reached the customer. Words count whatever came of
    them: a machine that gets notes alone is still at work.

    Args:
        connection: to the database.
        account: whose.
        ticket_id: its replies of an hour count.
        requester: replies to them of a day count.
        shape: of the words; "" counts nobody.
        now: UTC.
    """
    at = now.timestamp()
    return _counted(connection, account, ticket_id, requester=requester, shape=shape, at=at)


def before(connection: Connection, run: Run) -> Earlier:
    """Count the same as it stood when a run was decided."""
    shot = run.result.snapshot
    if shot is None:
        return Earlier()
    at, requester = shot.read_at.timestamp(), shot.ticket.requester_id
    then = (posts.c.turn != run.turn) & (posts.c.intended_at <= at)
    words = shape_of(shot)
    return _counted(
        connection, run.account, run.ticket_id, requester=requester, shape=words, at=at, which=then
    )


def _counted(
    connection: Connection,
    account: str,
    ticket_id: str,
    *,
    requester: PersonId | None,
    shape: str,
    at: float,
    which: ColumnElement[bool] | None = None,
) -> Earlier:
    mine = (posts.c.account == account) & (true() if which is None else which)
    ours = (
        mine
        & (posts.c.kind == Write.REPLY.value)
        & (posts.c.landing.is_distinct_from(Landing.NOTHING.value))
    )
    today = posts.c.intended_at > at - 24 * _HOUR
    here = ours & (posts.c.ticket_id == ticket_id) & (posts.c.intended_at > at - _HOUR)
    theirs = ours & (posts.c.requester_id == requester) & today
    same = mine & (posts.c.shape == shape) & (posts.c.requester_id != requester) & today
    counts = [select(func.count()).where(one).scalar_subquery() for one in (here, theirs)]
    if shape and requester is not None:
        newest = select(posts.c.requester_id).where(same).order_by(posts.c.intended_at.desc())
        wrote = newest.limit(_LOOKED_AT).subquery()
        counts.append(select(func.count(wrote.c.requester_id.distinct())).scalar_subquery())
    return Earlier(*map(int, connection.execute(select(*counts)).one()))


_HOUR = 3600.0
_LOOKED_AT = 5_000
"""Posts of the same words that are looked through, newest first: a storm must not slow each run."""


def _run(row: Any) -> Run:  # noqa: ANN401 -- SQLAlchemy's row mapping
    return Run(
        id=row["id"],
        account=row["account"],
        ticket_id=row["ticket_id"],
        turn=row["turn"],
        state=row["state"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        result=load(row["record"], Result),
    )
