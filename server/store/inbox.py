"""Deliveries: kept as they came, each ending in exactly one state."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, insert, select, update

from agent.model import TriggerKind
from server.store.tables import deliveries
from tools.model import AccountId, TicketId


class State(StrEnum):
    """Where a delivery stands; the last five are ends, and `held` waits for a person."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    """It comes back by itself: the helpdesk or the model asked us to wait."""
    PARKED = "parked"
    """It comes back once the account's credential works again, or writing is resumed."""
    DONE = "done"
    SKIPPED = "skipped"
    HELD = "held"
    DEAD = "dead"
    QUARANTINED = "quarantined"
    """Authentic, but it names no ticket; kept for a person to look at."""


OPEN = (State.PENDING, State.RUNNING, State.WAITING, State.PARKED)
"""States that are not an end."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that asked for a run.

    Attributes:
        received_at, due_at, burst_at, first_failed_at, settled_at: unix seconds, UTC.
        attempt: which workflow works on it, counting from 0.
        starts: how often that workflow began; more than once means it crashed.
    """

    id: int
    account: AccountId
    ticket_id: TicketId | None
    kind: TriggerKind
    state: State
    reason: str
    received_at: float
    due_at: float
    burst_at: float
    attempt: int
    starts: int
    first_failed_at: float | None
    run_id: str | None
    settled_at: float | None
    event: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook's body as it came, and what it was understood to say."""

    account: AccountId
    ticket_id: TicketId | None
    kind: TriggerKind
    body: bytes
    content_type: str
    event: str
    received_at: float
    due_at: float
    reason: str = ""


def add(connection: Connection, arrival: Arrival) -> int:
    """Keep a delivery and return its number."""
    known = arrival.ticket_id is not None
    row = {
        "account": arrival.account,
        "ticket_id": arrival.ticket_id,
        "kind": arrival.kind.value,
        "received_at": arrival.received_at,
        "content_type": arrival.content_type[:200],
        "body": arrival.body,
        "event": arrival.event[:200],
        "state": (State.PENDING if known else State.QUARANTINED).value,
        "reason": arrival.reason,
        "due_at": arrival.due_at,
        "burst_at": arrival.received_at,
        "attempt": 0,
        "starts": 0,
        "settled_at": None if known else arrival.received_at,
    }
    return int(connection.execute(_ADD, row).scalar_one())


def find(connection: Connection, number: int) -> Delivery | None:
    """Return one delivery."""
    query = select(*_COLUMNS).where(deliveries.c.id == number)
    row = connection.execute(query).mappings().first()
    return None if row is None else _delivery(row)


def begin(connection: Connection, number: int, attempt: int, *, run: str) -> Delivery | None:
    """Count a start of this attempt; None if another attempt took over or it is settled.

    Args:
        connection: in a writing transaction.
        number: the delivery's.
        attempt: which workflow asks.
        run: the reference of its run; one that an earlier start was given stays.
    """
    asked = {"which": number, "mine": attempt, "fresh": run}
    row = connection.execute(_BEGIN, asked).mappings().first()
    return None if row is None else _delivery(row)


def newer(connection: Connection, delivery: Delivery) -> Delivery | None:
    """Return a younger delivery for the same ticket that has not begun yet, and will draft."""
    of = {"account": delivery.account, "ticket": delivery.ticket_id, "than": delivery.id}
    row = connection.execute(_NEWER, of).mappings().first()
    return None if row is None else _delivery(row)


def fold(connection: Connection, delivery: Delivery, into: Delivery, *, now: float) -> None:
    """End a delivery in favour of a younger one, which remembers when the burst began."""
    began = min(delivery.burst_at, into.burst_at)
    connection.execute(update(deliveries).where(deliveries.c.id == into.id).values(burst_at=began))
    reason = f"folded into delivery {into.id}: several came for this ticket"
    settle(connection, delivery.id, State.SKIPPED, reason=reason, run_id=None, now=now)


def settle(
    connection: Connection,
    number: int,
    state: State,
    *,
    reason: str,
    run_id: str | None,
    now: float,
) -> None:
    """Write how a delivery ended."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == number)
        .values(state=state.value, reason=reason, run_id=run_id, settled_at=now)
    )


def postpone(
    connection: Connection, delivery: Delivery, state: State, *, reason: str, due: float, now: float
) -> int:
    """Set a delivery aside and return the number of its next attempt."""
    attempt = delivery.attempt + 1
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id)
        .values(
            state=state.value,
            reason=reason,
            due_at=due,
            attempt=attempt,
            starts=0,
            first_failed_at=delivery.first_failed_at or now,
            settled_at=None,
        )
    )
    return attempt


def resolve(connection: Connection, run: str, *, reason: str, now: float) -> None:
    """End the deliveries that were held with a run: a person has decided."""
    held = (deliveries.c.run_id == run) & (deliveries.c.state == State.HELD.value)
    ended = {"state": State.DONE.value, "reason": reason, "settled_at": now}
    connection.execute(update(deliveries).where(held).values(ended))


def of_state(
    connection: Connection,
    states: tuple[State, ...],
    *,
    account: str | None = None,
    most: int = 500,
) -> list[Delivery]:
    """Return deliveries in these states, oldest first."""
    query = select(*_COLUMNS).where(deliveries.c.state.in_([s.value for s in states]))
    if account is not None:
        query = query.where(deliveries.c.account == account)
    rows = connection.execute(query.order_by(deliveries.c.id).limit(most)).mappings()
    return [_delivery(row) for row in rows]


def latest(connection: Connection, *, most: int, ticket: str | None = None) -> list[Delivery]:
    """Return the newest deliveries, newest first."""
    query = select(*_COLUMNS)
    if ticket is not None:
        query = query.where(deliveries.c.ticket_id == ticket)
    rows = connection.execute(query.order_by(deliveries.c.id.desc()).limit(most)).mappings()
    return [_delivery(row) for row in rows]


def count(connection: Connection) -> dict[str, int]:
    """Return how many deliveries stand in each state."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    return {str(state): int(n) for state, n in connection.execute(query)}


def body(connection: Connection, number: int) -> bytes | None:
    """Return a delivery's body exactly as it came."""
    query = select(deliveries.c.body).where(deliveries.c.id == number)
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def is_awaited(connection: Connection, account: str, ticket_id: str) -> bool:
    """Whether a delivery for a ticket has not read it yet, or will read it again."""
    waiting = [State.PENDING.value, State.WAITING.value, State.PARKED.value, State.RUNNING.value]
    query = select(deliveries.c.id).where(
        deliveries.c.account == account,
        deliveries.c.ticket_id == ticket_id,
        _stands.in_(waiting),
    )
    return connection.execute(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which attempt of which delivery: enough to find its work, and light enough for all of them.

    Attributes:
        id: the delivery's.
    """

    id: int
    attempt: int


def starts(connection: Connection, number: int, attempt: int) -> int:
    """Return how often an attempt began and did not end: each time the process died.

    Args:
        connection: in any transaction, or none.
        number: the delivery.
        attempt: which of its attempts; of one that is over, 0.
    """
    return connection.execute(_STARTS, {"which": number, "mine": attempt}).scalar() or 0


def overdue(connection: Connection, *, before: float) -> list[Attempt]:
    """Return deliveries that should have begun by then and have not ended, oldest first.

    Args:
        connection: in any transaction.
        before: unix seconds.
    """
    alive = [State.PENDING.value, State.RUNNING.value, State.WAITING.value]
    late = and_(deliveries.c.due_at < before, deliveries.c.state.in_(alive))
    query = select(deliveries.c.id, deliveries.c.attempt).where(late).order_by(deliveries.c.id)
    return [Attempt(int(row.id), int(row.attempt)) for row in connection.execute(query)]


_COLUMNS = [column for column in deliveries.c if column.name not in {"body", "content_type"}]

# Where it stands, as a value that no index knows. Asked for a ticket's deliveries in a state,
# SQLite takes the index by state, as it can't know how many wait: with 100,000 waiting, one
# question read half of them, and in the transaction that everyone else waited for.
_stands = deliveries.c.state.concat("")

# Built once, as every run asks them: building them costs more than they do.
_ADD = insert(deliveries).returning(deliveries.c.id)
_BEGIN = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("which"),
        deliveries.c.attempt == bindparam("mine"),
        deliveries.c.state.in_([s.value for s in OPEN]),
    )
    .values(
        state=State.RUNNING.value,
        starts=deliveries.c.starts + 1,
        run_id=func.coalesce(deliveries.c.run_id, bindparam("fresh")),
    )
    .returning(*_COLUMNS)
)
_STARTS = select(deliveries.c.starts).where(
    deliveries.c.id == bindparam("which"), deliveries.c.attempt == bindparam("mine")
)
_NEWER = (
    select(*_COLUMNS)
    .where(
        deliveries.c.account == bindparam("account"),
        deliveries.c.ticket_id == bindparam("ticket"),
        deliveries.c.id > bindparam("than"),
        _stands == State.PENDING.value,
        deliveries.c.kind != TriggerKind.APPROVAL.value,
    )
    .order_by(deliveries.c.id.desc())
    .limit(1)
)


def _delivery(row: RowMapping) -> Delivery:
    known: dict[str, Callable[[Any], Any]] = {"kind": TriggerKind, "state": State}
    values = {key: known.get(key, _same)(value) for key, value in row.items()}
    return Delivery(**values)


def _same(value: Any) -> Any:  # noqa: ANN401 -- a row's value, whatever it is
    return value
