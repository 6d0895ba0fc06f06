"""The inbox's questions: what they cost beside many that wait."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.model import TriggerKind
from server.store import inbox
from server.store.db import Connection, open_database
from server.store.inbox import Arrival, Delivery
from server.store.migrate import migrate
from tools.model import AccountId, TicketId

ACCOUNT = AccountId("default")
MANY = 3000


def younger(connection: Connection, one: Delivery) -> object:
    """Ask what a run asks first: did another delivery come for this ticket?"""
    return inbox.newer(connection, one)


def awaited(connection: Connection, one: Delivery) -> object:
    """Ask what a robots' cap asks: will this ticket be read again?"""
    return inbox.is_awaited(connection, one.account, "of nobody")


@pytest.mark.parametrize("ask", [younger, awaited])
def test_a_question_of_one_ticket_costs_the_same_however_many_others_wait(
    tmp_path: Path, ask: Callable[[Connection, Delivery], object]
) -> None:
    """Read under the write lock, it made every run of a backlog wait for all that wait."""
    store = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(store)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def asked(connection: Connection, one: Delivery) -> object:
        plain = connection.connection.driver_connection
        assert plain is not None
        plain.set_progress_handler(count, 10)
        try:
            return ask(connection, one)
        finally:
            plain.set_progress_handler(None, 0)

    def keep(connection: Connection) -> None:
        for ticket in range(2, MANY):
            inbox.add(connection, _arrival(str(ticket)))

    number = store.write_now(lambda c: inbox.add(c, _arrival("1")))
    first = store.read_now(lambda c: inbox.find(c, number))
    assert first is not None
    store.write_now(keep)
    found = store.write_now(lambda c: asked(c, first))
    store.close()

    assert not found
    assert steps < 100  # a step for each that waits would be thousands


def _arrival(ticket: str) -> Arrival:
    return Arrival(ACCOUNT, TicketId(ticket), TriggerKind.WEBHOOK, b"{}", "", "", 1.0, 1.0)
