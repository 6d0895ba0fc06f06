"""What was done to the outside, and by hand: append-only, each row chained to the one before.

A row holds ids and digests, never a customer's words. Whoever changes one must change all that
follow; and every post must have its intent here, so that the end cannot be cut off unseen.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, text

from server.store.tables import audit, posts

START = "0" * 64
"""What the first row is chained to."""
LOCK = 7_263_051
"""Any number nobody else locks on: on Postgres, one process at a time finds the last row."""


class Kind(StrEnum):
    """What was done."""

    INTENT = "intent"
    RECEIPT = "receipt"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    RESUMED = "resumed"
    RETRIED = "retried"
    DROPPED = "dropped"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking the chain came to.

    Attributes:
        rows: how many there are.
        head: the last digest; written down elsewhere, it fixes all that is before it.
        faults: what does not fit, in words; empty for a whole chain.
    """

    rows: int
    head: str
    faults: tuple[str, ...]


def add(
    connection: Connection, kind: Kind, account: str, subject: str, **detail: str | int | None
) -> None:
    """Append a row in the caller's transaction: it is there exactly if what it tells of is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
    query = select(audit.c.digest).order_by(audit.c.id.desc()).limit(1)
    previous = str(connection.execute(query).scalar() or START)
    row: dict[str, object] = {
        "at": round(time.time(), 3),
        "account": account,
        "kind": kind.value,
        "subject": subject,
        "detail": json.dumps(detail, sort_keys=True),
        "previous": previous,
    }
    connection.execute(insert(audit).values(**row, digest=_digest(row)))


def verify(connection: Connection) -> Checked:
    """Check every row against the one before, and every post against its intent."""
    faults: list[str] = []
    rows, head, intended = 0, START, set[str]()
    query = select(audit).order_by(audit.c.id).execution_options(yield_per=1000)
    for row in connection.execute(query).mappings():
        rows += 1
        told = {name: row[name] for name in _CHAINED}
        if row["previous"] != head:
            faults.append(f"row {row['id']} does not follow the one before: a row is missing")
        if _digest(told) != row["digest"]:
            faults.append(f"row {row['id']} ({row['kind']} {row['subject']}) was changed")
        head = row["digest"]
        if row["kind"] == Kind.INTENT:
            intended.add(row["subject"])
    for (turn,) in connection.execute(select(posts.c.turn)):
        if turn not in intended:
            faults.append(f"the post for {turn} has no intent here: a row is missing")
    return Checked(rows, head, tuple(faults))


_CHAINED = ("at", "account", "kind", "subject", "detail", "previous")


def _digest(row: Mapping[str, object]) -> str:
    told = json.dumps([row[name] for name in _CHAINED], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
