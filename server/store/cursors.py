"""How far an account was swept for changes, and what was last seen of each ticket.

All moments but `due_at` and `swept_at` are the helpdesk's: its clock may differ from ours.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, case, insert, select, update

from server.store.db import insert_new
from server.store.tables import cursors, seen

SETTLED = 60.0
"""Seconds after a change until a ticket's thread surely shows it."""

APART = 60.0
"""Seconds by which the clocks of our machines may differ."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far an account was swept.

    Attributes:
        upto: the newest change that was looked at, unix seconds.
        due_at, swept_at: when the next sweep is due, and when the last one ended, unix seconds.
        looked, missed: tickets in all sweeps, and those of which no webhook had told.
    """

    account: str
    upto: float
    due_at: float
    swept_at: float | None
    looked: int
    missed: int


def of(connection: Connection, account: str) -> Cursor | None:
    """Return an account's cursor, if it was ever swept."""
    row = connection.execute(select(cursors).where(cursors.c.account == account)).first()
    return None if row is None else Cursor(*row)


def claim(
    connection: Connection, account: str, *, now: float, again: float, begins: float
) -> Cursor | None:
    """Take on a sweep that is due, so that no other process does it, too; None if it is not.

    One that ended in the future says that the clock was set back, and is due as well.

    Args:
        connection: in a transaction.
        account: whose.
        now: unix seconds.
        again: seconds until it counts as due once more, should we die in it.
        begins: where an account that was never swept begins, unix seconds by the helpdesk's clock.
    """
    row = {"account": account, "upto": begins, "due_at": now, "looked": 0, "missed": 0}
    insert_new(connection, cursors, row)
    swept = cursors.c.swept_at
    is_due = (cursors.c.due_at <= now) | (swept > now + APART)
    ours = {"due_at": now + again, "swept_at": case((swept > now, now), else_=swept)}
    due = (cursors.c.account == account) & is_due
    taken = connection.execute(update(cursors).where(due).values(ours))
    return of(connection, account) if taken.rowcount else None


def advance(connection: Connection, account: str, *, upto: float, looked: int, missed: int) -> None:
    """Note progress: what lies before `upto` need not be looked at again."""
    mine = cursors.c.account == account
    counted = {"looked": cursors.c.looked + looked, "missed": cursors.c.missed + missed}
    connection.execute(update(cursors).where(mine).values(counted))
    connection.execute(update(cursors).where(mine, cursors.c.upto < upto).values(upto=upto))


def finish(connection: Connection, account: str, *, now: float, due: float) -> None:
    """Note the end of a sweep and when the next one is due."""
    mine = cursors.c.account == account
    connection.execute(update(cursors).where(mine).values(swept_at=now, due_at=due))


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a ticket was read.

    Attributes:
        upto: the newest change that was surely read whole, unix seconds.
        own: a change after that, but not after this, is our own write, or was read while the
            thread may still have lagged behind it.
        position, newest: conversations that were read, and the last one's id.
    """

    upto: float = 0.0
    own: float = 0.0
    position: int = 0
    newest: str = ""


def saw(connection: Connection, account: str, ticket_id: str, now: Seen) -> None:
    """Note how far a ticket was read; what was read before is not forgotten."""
    before = seen_of(connection, account, ticket_id)
    later = now if now.position > before.position else before
    row: dict[str, object] = {"upto": max(before.upto, now.upto), "own": max(before.own, now.own)}
    row |= {"position": later.position, "newest": later.newest}
    if before == Seen():
        connection.execute(insert(seen).values(account=account, ticket_id=ticket_id, **row))
    else:
        mine = (seen.c.account == account) & (seen.c.ticket_id == ticket_id)
        connection.execute(update(seen).where(mine).values(row))


def seen_of(connection: Connection, account: str, ticket_id: str) -> Seen:
    """Return how far a ticket was read."""
    mine = (seen.c.account == account) & (seen.c.ticket_id == ticket_id)
    query = select(seen.c.upto, seen.c.own, seen.c.position, seen.c.newest).where(mine)
    row = connection.execute(query).first()
    return Seen() if row is None else Seen(*row)
