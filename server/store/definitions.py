"""Ticket fields as an account last had them, and every change seen since."""

from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from server.store.tables import definitions, drifts
from tools.fields import Drift, drift
from tools.model import TicketField

_FIELDS: TypeAdapter[tuple[TicketField, ...]] = TypeAdapter(tuple[TicketField, ...])


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a field, as it was noticed.

    Attributes:
        at: unix seconds, UTC.
    """

    at: float
    change: str
    name: str
    detail: str


def observe(
    connection: Connection, account: str, fields: tuple[TicketField, ...], *, now: float
) -> tuple[Drift, ...]:
    """Compare the fields with those last seen, note every change, and keep them."""
    kept = connection.execute(
        select(definitions.c.fields).where(definitions.c.account == account)
    ).scalar()
    found = () if kept is None else drift(_FIELDS.validate_json(kept), fields)
    for one in found:
        row = {"change": one.change.value, "name": one.name, "detail": one.detail}
        connection.execute(insert(drifts).values(account=account, at=now, **row))
    if kept is None or found:
        text = _FIELDS.dump_json(fields).decode()
        connection.execute(delete(definitions).where(definitions.c.account == account))
        connection.execute(insert(definitions).values(account=account, seen_at=now, fields=text))
    return found


def changes(connection: Connection, account: str, *, since: float) -> list[Changed]:
    """Return what changed since then, newest first."""
    query = (
        select(drifts.c.at, drifts.c.change, drifts.c.name, drifts.c.detail)
        .where(drifts.c.account == account, drifts.c.at >= since)
        .order_by(drifts.c.at.desc(), drifts.c.id)
    )
    return [Changed(*row) for row in connection.execute(query)]
