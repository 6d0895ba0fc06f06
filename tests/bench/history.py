"""Databases that hold as many deliveries as are asked for: real rows, copied.

The product keeps two deliveries itself: one that a run has ended, with everything the run left
behind, and one that still waits. The copies differ from these in what must be unique. Long texts
are cut short in the copies, since nothing measured reads them.
"""

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.model import TriggerKind
from server.engine import NOBODY, SHARDS, Engine
from server.ingest import keep
from server.store import inbox
from server.store.db import Connection, open_database
from server.store.inbox import OPEN, Arrival
from tests.bench import hosts
from tests.e2e.processes import free_port, until
from tools.model import AccountId, TicketId

FILE = "deskhand.db"
FIRST = 1_000_000
"""The first copy's ticket: no helpdesk of the benchmarks has it."""
ENDED, WAITS = 1, 2
"""The two deliveries."""
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size)"
_TICKET = f"CAST({FIRST} + i AS TEXT)"
_TURN = f"'default|' || {_TICKET} || '|#description'"
_WORK = "'delivery-' || (:after + i) || '-0'"
_BODY = f"""CAST('{{"ticket_id": "' || {_TICKET} || '"}}' AS BLOB)"""
_LINE = f"printf('%04d', i % {SHARDS})"
_INPUT = "replace(inputs, '[' || :which || ',0]', '[' || (:after + i) || ',0]')"
_CUT = "substr({}, 1, 300)"

_OF_TICKET = "ticket_id = :ticket"
_OF_WORK = "workflow_uuid = :work"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One table: which rows of it belong to a delivery, and what differs in their copies."""

    table: str
    mine: str
    unique: Mapping[str, str]


_KINDS = (
    _Kind(
        "deliveries",
        "id = :which",
        {
            "id": ":after + i",
            "ticket_id": _TICKET,
            "body": _BODY,
            "run_id": "CASE WHEN run_id IS NOT NULL THEN 'copy-' || i END",
        },
    ),
    _Kind(
        "runs",
        _OF_TICKET,
        {
            "id": "'copy-' || i",
            "ticket_id": _TICKET,
            "turn": _TURN,
            "record": _CUT.format("record"),
        },
    ),
    _Kind("posts", _OF_TICKET, {"turn": _TURN, "ticket_id": _TICKET}),
    _Kind("seen", _OF_TICKET, {"ticket_id": _TICKET}),
    _Kind(
        "audit",
        "subject LIKE 'default|' || :ticket || '|%'",
        {"id": "1000 + 2 * i + id % 2", "subject": _TURN},
    ),
    _Kind("workflow_status", _OF_WORK, {"workflow_uuid": _WORK, "queue_partition_key": _LINE}),
    _Kind("workflow_input", _OF_WORK, {"workflow_uuid": _WORK, "inputs": _INPUT}),
    _Kind("workflow_output", _OF_WORK, {"workflow_uuid": _WORK}),
    _Kind(
        "operation_outputs",
        _OF_WORK,
        {"workflow_uuid": _WORK, "output": _CUT.format("output")},
    ),
)


def template(home: Path) -> Path:
    """Let the product make the two deliveries; return the folder its database is in."""
    made = home / "template"
    port = free_port()
    with hosts.desk(home, tickets=1) as (address, _):
        running = hosts.program(
            home, hosts.settings(made, address, port), "tests.bench.noop", "serve"
        )
        running.start()
        try:
            hosts.up(running, f"http://127.0.0.1:{port}/readyz")
            hosts.load(port, first=1, most=1, connections=1, seconds=60.0)
            until(lambda: _ended(made), what="the first run ended", within=60.0)
        finally:
            running.end()
    database = open_database(f"sqlite:///{made / FILE}")
    engine = Engine(database, executor=NOBODY)
    database.write_now(lambda c: _one_more(c, engine))
    database.close()
    return made


def _ended(home: Path) -> bool:
    database = open_database(f"sqlite:///{home / FILE}")
    try:
        found = database.read_now(lambda c: inbox.find(c, ENDED))
    finally:
        database.close()
    return found is not None and found.state not in OPEN


def _one_more(connection: Connection, engine: Engine) -> None:
    now, kind = time.time(), TriggerKind.WEBHOOK
    account, ticket = AccountId("default"), TicketId(str(FIRST))
    keep(connection, Arrival(account, ticket, kind, b"{}", "", "", now, now), engine)


def copies(made: Path, to: Path, which: int, size: int) -> None:
    """Copy the template's database into a folder, and one of its deliveries so many times.

    Args:
        made: the template's folder.
        to: the new one.
        which: `ENDED` or `WAITS`.
        size: copies.
    """
    to.mkdir()
    ticket = {ENDED: 1, WAITS: FIRST}[which]
    given = {"size": size, "which": which, "after": WAITS, "ticket": str(ticket)}
    with (
        closing(sqlite3.connect(made / FILE)) as one,
        closing(sqlite3.connect(to / FILE)) as other,
    ):
        one.backup(other)
        other.execute("PRAGMA synchronous=OFF")
        with other:
            for kind in _KINDS:
                other.execute(_copying(other, kind), given | {"work": f"delivery-{which}-0"})


def _copying(connection: sqlite3.Connection, kind: _Kind) -> str:
    """Return the statement that copies a delivery's rows of a table."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({kind.table})")]
    taken = ", ".join(kind.unique.get(name, name) for name in names)
    return (
        f"{_NUMBERS} INSERT INTO {kind.table} ({', '.join(names)}) "  # noqa: S608 -- our own words
        f"SELECT {taken} FROM {kind.table} CROSS JOIN n WHERE {kind.mine}"
    )
