"""Pause and kill switches: read before every write, so they act on the next one."""

from sqlalchemy import Connection, delete, insert, select

from server.store import audit
from server.store.audit import Kind
from server.store.tables import switches

EVERYBODY = "*"
ALL = "all"
PUBLIC = "public"
MARKS = ("topic", "model", "prompt")
"""What a switch may stop in public besides a whole account; its level is `topic:returns`."""
_STOPPED = "writing is stopped"


def stopped(
    connection: Connection, account: str, *, public: bool, marks: frozenset[str] = frozenset()
) -> str | None:
    """Return why this account may not write right now, or None.

    Args:
        connection: to read with.
        account: whose.
        public: whether it is to go out to a customer.
        marks: what is to go out in public: its topics, its model, its prompt's version.
    """
    levels = [ALL, PUBLIC, *sorted(marks)] if public else [ALL]
    query = (
        select(switches.c.account, switches.c.level, switches.c.reason)
        .where(switches.c.account.in_([account, EVERYBODY]), switches.c.level.in_(levels))
        .order_by(switches.c.level)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    where = "everywhere" if row.account == EVERYBODY else f"for account {account}"
    what = "" if row.level in {ALL, PUBLIC} else f" for {row.level.replace(':', ' ', 1)}"
    return f"{_STOPPED}{what} {where}: {row.reason}"


def is_stop(reason: str) -> bool:
    """Whether a reason is one that `stopped` gave: what waits for it goes on when it is lifted."""
    return reason.startswith(_STOPPED)


def stop(connection: Connection, account: str, level: str, *, reason: str, now: float) -> None:
    """Stop writes from the next one on."""
    release(connection, account, level)
    row = {"account": account, "level": level, "reason": reason, "since": now}
    connection.execute(insert(switches).values(row))
    audit.add(connection, Kind.STOPPED, account, f"switch {level}", reason=reason)


def release(connection: Connection, account: str, level: str) -> bool:
    """Let writes go on; return whether they had been stopped."""
    mine = (switches.c.account == account) & (switches.c.level == level)
    freed = connection.execute(delete(switches).where(mine)).rowcount > 0
    if freed:
        audit.add(connection, Kind.RESUMED, account, f"switch {level}")
    return freed


def listed(connection: Connection) -> list[tuple[str, str, str, float]]:
    """Return every switch that is on: account, level, reason, since (unix seconds)."""
    rows = connection.execute(select(switches).order_by(switches.c.since))
    return [(r.account, r.level, r.reason, r.since) for r in rows]
