"""What was kept of a run decides again to the same; what was done cannot be changed unseen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from agent.model import Earlier
from agent.policy.terms import Mode
from server.replay import replay
from server.store import audit, runs, switches
from server.store.audit import Kind
from server.store.db import Connection, Database, open_database
from server.store.migrate import migrate
from tests.chaos.theatre import ACCOUNT, Theatre


async def _answered(theatre: Theatre) -> runs.Run:
    ticket = theatre.write()
    theatre.deliver(ticket)
    await theatre.work()
    return theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]


async def test_a_kept_run_is_decided_again_to_the_same(theatre: Theatre) -> None:
    """Who asks months later why this was said must get the same answer."""
    run = await _answered(theatre)
    earlier = theatre.store.read_now(lambda c: runs.before(c, run))

    found = replay(run.result, theatre.responder.policy, earlier=earlier)

    assert found is not None
    assert () == found.differences
    assert found.before == found.after


async def test_under_another_policy_the_difference_is_said(theatre: Theatre) -> None:
    """Before a policy is changed, it can be tried on what was decided."""
    run = await _answered(theatre)

    found = replay(run.result, replace(theatre.responder.policy, mode=Mode.NOTE), earlier=Earlier())

    assert found is not None
    assert found.before != found.after
    assert any("PUBLIC_REPLY" in one and "PRIVATE_NOTE" in one for one in found.differences)


async def test_every_post_leaves_its_intent_and_its_receipt_in_the_chain(
    theatre: Theatre,
) -> None:
    """I8: no write without a row that precedes it."""
    run = await _answered(theatre)

    rows = theatre.store.read_now(
        lambda c: [tuple(r) for r in c.execute(text("SELECT kind, subject FROM audit"))]
    )
    checked = theatre.store.read_now(audit.verify)

    assert [("intent", run.turn), ("receipt", run.turn)] == rows
    assert () == checked.faults


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with a chain of five."""
    made = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(made)
    for n in range(4):
        made.write_now(lambda c, n=n: audit.add(c, Kind.RETRIED, "acme", f"delivery {n}"))  # type: ignore[misc]
    made.write_now(lambda c: switches.stop(c, "acme", switches.ALL, reason="r", now=1.0))
    yield made
    made.close()


def _by_force(database: Database, statement: str) -> None:
    def force(connection: Connection) -> None:
        connection.execute(text("DROP TRIGGER audit_no_UPDATE"))
        connection.execute(text("DROP TRIGGER audit_no_DELETE"))
        connection.execute(text(statement))

    database.write_now(force)


def test_a_chain_that_nobody_touched_is_whole(database: Database) -> None:
    """The check must not cry wolf."""
    checked = database.read_now(audit.verify)

    assert (5, ()) == (checked.rows, checked.faults)


@pytest.mark.parametrize("verb", ["UPDATE audit SET account = 'x'", "DELETE FROM audit"])
def test_the_table_refuses_changes(database: Database, verb: str) -> None:
    """What is changed by mistake is stopped; only malice needs the chain."""
    with pytest.raises(IntegrityError, match="append-only"):
        database.write_now(lambda c: c.execute(text(verb)))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE audit SET subject = 'delivery 9' WHERE id = 2", "row 2 (retried delivery 9)"),
        ("UPDATE audit SET at = at + 60 WHERE id = 5", "row 5"),
        ("DELETE FROM audit WHERE id = 3", "row 4 does not follow"),
        ("DELETE FROM audit WHERE id = 1", "row 2 does not follow"),
    ],
    ids=["changed", "dated", "middle", "first"],
)
def test_what_was_changed_by_force_is_shown(database: Database, statement: str, told: str) -> None:
    """A record that can be mended in secret proves nothing."""
    _by_force(database, statement)

    faults = database.read_now(audit.verify).faults

    assert any(told in fault for fault in faults), faults


async def test_an_end_that_was_cut_off_is_shown(theatre: Theatre) -> None:
    """A chain alone cannot tell that its last links are gone; the posts can."""
    run = await _answered(theatre)
    _by_force(theatre.store, "DELETE FROM audit")

    faults = theatre.store.read_now(audit.verify).faults

    assert (f"the post for {run.turn} has no intent here: a row is missing",) == faults
