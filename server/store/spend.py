"""What an account's model calls cost in a UTC day: one row, so that no two runs spend the same.

Amounts are kept in millionths of the price table's currency, rounded up. What a run set aside and
never settled, because its process died, counts as spent: it may have been.
"""

from decimal import ROUND_CEILING, Decimal

from sqlalchemy import Connection, select, update
from sqlalchemy.sql import ColumnElement

from agent.llm.spend import share
from server.store.db import insert_new
from server.store.tables import spend

FORGOTTEN = 900.0
"""Seconds after which nothing that was set aside can still belong to a run: none lasts so long."""
_MICROS = Decimal(1_000_000)


def spent(connection: Connection, account: str, day: str) -> Decimal:
    """Return what an account's runs cost in a day."""
    micros = connection.execute(select(spend.c.spent).where(_row(account, day))).scalar()
    return (micros or 0) / _MICROS


def take(
    connection: Connection, account: str, day: str, *, most: Decimal, cap: Decimal, now: float
) -> Decimal:
    """Set aside up to `most` of what the day's cap leaves; return how much.

    Args:
        connection: in a writing transaction; the day's row is locked until it commits.
        account: whose money.
        day: UTC, as an ISO date.
        most: what a run may cost.
        cap: what the account may spend in a day.
        now: unix seconds.
    """
    empty = {"spent": 0, "aside": 0, "taken_at": now}
    insert_new(connection, spend, {"account": account, "day": day, **empty})
    mine = _row(account, day)
    query = select(spend.c.spent, spend.c.aside, spend.c.taken_at).where(mine)
    kept = connection.execute(query.with_for_update()).one()
    gone, aside = kept.spent, kept.aside
    if now - kept.taken_at > FORGOTTEN:
        gone, aside = gone + aside, 0
    taken = share(most, cap=cap, gone=(gone + aside) / _MICROS)
    # who gets nothing renews nothing, or what a dead run set aside would never be forgotten
    at = now if taken else kept.taken_at
    changed = {"spent": gone, "aside": aside + _micros(taken), "taken_at": at}
    connection.execute(update(spend).where(mine).values(changed))
    return taken


def settle(
    connection: Connection, account: str, day: str, *, taken: Decimal, used: Decimal
) -> None:
    """Count what a run used instead of what was set aside for it.

    Args:
        connection: in a writing transaction.
        account: whose money.
        day: the UTC day it was set aside in, though it may be over.
        taken: what was set aside.
        used: what the run cost.
    """
    cost = _micros(used)
    empty = {"spent": cost, "aside": 0, "taken_at": 0.0}
    if insert_new(connection, spend, {"account": account, "day": day, **empty}):
        return
    mine = _row(account, day)
    kept = connection.execute(select(spend.c.aside).where(mine).with_for_update()).scalar_one()
    left = max(0, kept - _micros(taken))  # nothing, where it was forgotten and counted as spent
    changed = {"spent": spend.c.spent + cost, "aside": left}
    connection.execute(update(spend).where(mine).values(changed))


def _row(account: str, day: str) -> ColumnElement[bool]:
    return (spend.c.account == account) & (spend.c.day == day)


def _micros(amount: Decimal) -> int:
    return int((amount * _MICROS).to_integral_value(ROUND_CEILING))
