"""Deliveries: kept as they came, each ending in exactly one state."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update

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
    done = connection.execute(insert(deliveries).values(row).returning(deliveries.c.id))
    return int(done.scalar_one())


def find(connection: Connection, number: int) -> Delivery | None:
    """Return one delivery."""
    query = select(*_COLUMNS).where(deliveries.c.id == number)
    row = connection.execute(query).mappings().first()
    return None if row is None else _delivery(row)


def begin(connection: Connection, number: int, attempt: int) -> Delivery | None:
    """Count a start of this attempt; None if another attempt took over or it is settled."""
    mine = and_(
        deliveries.c.id == number,
        deliveries.c.attempt == attempt,
        deliveries.c.state.in_([s.value for s in OPEN]),
    )
    change = update(deliveries).where(mine)
    done = connection.execute(
        change.values(state=State.RUNNING.value, starts=deliveries.c.starts + 1)
    )
    return find(connection, number) if done.rowcount else None


def newer(connection: Connection, delivery: Delivery) -> Delivery | None:
    """Return a younger delivery for the same ticket that has not begun yet."""
    query = (
        select(*_COLUMNS)
        .where(
            deliveries.c.account == delivery.account,
            deliveries.c.ticket_id == delivery.ticket_id,
            deliveries.c.id > delivery.id,
            deliveries.c.state == State.PENDING.value,
        )
        .order_by(deliveries.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
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
        deliveries.c.state.in_(waiting),
    )
    return connection.execute(query.limit(1)).first() is not None


def overdue(
    connection: Connection, *, before: float, beyond: int, most: int = 500
) -> list[Delivery]:
    """Return deliveries that should have begun by then and have not ended, oldest first.

    Args:
        connection: in any transaction.
        before: unix seconds.
        beyond: only those with a higher number.
        most: how many.
    """
    alive = [State.PENDING.value, State.RUNNING.value, State.WAITING.value]
    late = and_(
        deliveries.c.due_at < before, deliveries.c.state.in_(alive), deliveries.c.id > beyond
    )
    query = select(*_COLUMNS).where(late).order_by(deliveries.c.id).limit(most)
    return [_delivery(row) for row in connection.execute(query).mappings()]


_COLUMNS = [column for column in deliveries.c if column.name not in {"body", "content_type"}]


def _delivery(row: RowMapping) -> Delivery:
    known: dict[str, Callable[[Any], Any]] = {"kind": TriggerKind, "state": State}
    values = {key: known.get(key, _same)(value) for key, value in row.items()}
    return Delivery(**values)


def _same(value: Any) -> Any:  # noqa: ANN401 -- a row's value, whatever it is
    return value
