"""Leases on replica slots: who runs under which executor id, by the database's own clock.

Every change holds the whole table, which has a row a process, so that two processes never take
one slot and a slot is never swept while somebody takes it.
"""

from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select, text, update

from server.store.tables import executors


def take(
    connection: Connection, holder: str, *, lasts: float, is_dead: Callable[[str], bool]
) -> int:
    """Take the lowest slot that is free, has expired, or whose holder surely is dead.

    Args:
        connection: in a transaction.
        holder: who takes it.
        lasts: seconds until the lease expires unless renewed.
        is_dead: whether a holder surely runs no more.
    """
    _hold(connection)
    now = _now(connection)
    held = {
        row.slot: row.expires_at > now and not is_dead(row.holder)
        for row in connection.execute(select(executors))
    }
    slot = next(n for n in range(len(held) + 1) if not held.get(n, False))
    connection.execute(delete(executors).where(executors.c.slot == slot))
    row = {"slot": slot, "holder": holder, "expires_at": now + lasts}
    connection.execute(insert(executors).values(row))
    return slot


def renew(connection: Connection, slot: int, holder: str, *, lasts: float) -> bool:
    """Hold a slot for longer; False where another took it or swept it."""
    mine = (executors.c.slot == slot) & (executors.c.holder == holder)
    until = _now(connection) + lasts
    return connection.execute(update(executors).where(mine).values(expires_at=until)).rowcount > 0


def release(connection: Connection, slot: int, holder: str) -> None:
    """Let a slot expire at once; its row stays, so that what it left behind is handed back."""
    mine = (executors.c.slot == slot) & (executors.c.holder == holder)
    connection.execute(update(executors).where(mine).values(expires_at=0.0))


def holders(connection: Connection) -> dict[int, str]:
    """Return who holds each slot, or held it last."""
    return {row.slot: row.holder for row in connection.execute(select(executors))}


def sweep(
    connection: Connection,
    *,
    is_dead: Callable[[str], bool],
    hand_back: Callable[[list[int]], int],
) -> int:
    """Hand back the work of every slot that nobody holds, and forget those; return how much."""
    _hold(connection)
    now = _now(connection)
    gone = [
        row.slot
        for row in connection.execute(select(executors))
        if row.expires_at <= now or is_dead(row.holder)
    ]
    if not gone:
        return 0
    found = hand_back(gone)
    connection.execute(delete(executors).where(executors.c.slot.in_(gone)))
    return found


def _hold(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE executors IN SHARE ROW EXCLUSIVE MODE"))


def _now(connection: Connection) -> float:
    """Return the database's own time: the clocks of several machines may differ."""
    if connection.dialect.name == "postgresql":
        query = select(text("extract(epoch from clock_timestamp())::float8"))
    else:
        query = select(text("(julianday('now') - 2440587.5) * 86400.0"))
    return float(connection.execute(query).scalar_one())
