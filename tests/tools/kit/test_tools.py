"""The read-only tools: whose data they may show, and what they cost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from evals.still import StillHelpdesk
from tools.errors import NotFound
from tools.kit import TOOLS
from tools.kit.look_up_contact import LOOK_UP_CONTACT
from tools.kit.past_tickets import PAST_TICKETS
from tools.kit.read_field import READ_FIELD
from tools.kit.tool import Desk, GiveUp, TryAgain
from tools.knowledge.index import KnowledgeIndex
from tools.model import Contact, FieldKind, FieldValue, PersonId, Stage, Ticket, TicketId

THEN = datetime(2026, 3, 1, tzinfo=UTC)
ANN, BOB = PersonId("1"), PersonId("2")
ORDER = FieldValue("cf_order_297", "Order number", FieldKind.TEXT, "LK-1")


def ticket(name: str, whose: PersonId, *, age: int = 0) -> Ticket:
    """Return a ticket of somebody."""
    at = THEN - timedelta(days=age)
    return Ticket(
        TicketId(name), f"subject {name}", "", Stage.OPEN, "Open", "2", "Email", "1", whose, at, at
    )


class Generous(StillHelpdesk):
    """A helpdesk that ignores whose tickets were asked for."""

    async def tickets_of(self, contact_id: PersonId, *, most: int = 10) -> tuple[Ticket, ...]:
        """Return everybody's tickets."""
        del contact_id, most
        return (ticket("7", ANN), ticket("8", BOB))


def desk_of(
    helpdesk: StillHelpdesk, *, requester: PersonId | None = ANN, fields: Sequence[FieldValue] = ()
) -> Desk:
    """Return a desk of Ann's ticket 1."""
    index = KnowledgeIndex.open(":memory:")
    return Desk(helpdesk, index, TicketId("1"), requester, None, tuple(fields), "en")


async def test_past_tickets_are_the_requesters_and_not_this_one() -> None:
    """Another customer's subject line is another customer's data."""
    desk = desk_of(
        StillHelpdesk(tickets=[ticket("1", ANN), ticket("2", ANN, age=3), ticket("3", BOB)])
    )

    told = await PAST_TICKETS.run(desk, {"requester_id": BOB, "contact": "bob"})

    assert "2026-02-26 open: subject 2" == told
    assert 1 == desk.helpdesk.credits


async def test_a_helpdesk_that_ignores_the_filter_leaks_nothing() -> None:
    """The requester is checked on our side as well."""
    told = await PAST_TICKETS.run(desk_of(Generous()), {})

    assert "subject 8" not in told


async def test_the_contact_is_the_requester_whatever_the_model_asks_for() -> None:
    """Arguments of a model may be an attacker's words."""
    people = [Contact(ANN, "Ann", "ann@example.com"), Contact(BOB, "Bob", "bob@example.com")]
    desk = desk_of(StillHelpdesk(contacts=people))

    told = await LOOK_UP_CONTACT.run(desk, {"contact_id": BOB})

    assert "Ann" in told
    assert "example.com" not in told


async def test_a_field_is_read_by_its_label_and_a_wrong_label_is_explained() -> None:
    """People know labels; the API's names are of no use to anybody else."""
    desk = desk_of(StillHelpdesk(), fields=[ORDER])

    with pytest.raises(TryAgain, match="'Order number'"):
        await READ_FIELD.run(desk, {"label": "Serial"})

    assert "Order number: LK-1" == await READ_FIELD.run(desk, {"label": "order NUMBER"})


async def test_nothing_to_read_is_said_and_not_raised_as_a_fault() -> None:
    """A ticket without requester or a helpdesk in trouble must not end a run."""
    nobody = desk_of(StillHelpdesk(), requester=None)
    broken = desk_of(StillHelpdesk(broken=NotFound("x")))

    for desk in (nobody, broken):
        for tool in (PAST_TICKETS, LOOK_UP_CONTACT, READ_FIELD):
            with pytest.raises(GiveUp):
                await tool.run(desk, {"label": "x"})


def test_no_tool_takes_an_id_or_costs_more_than_a_credit() -> None:
    """Scope belongs to the run; an id among the arguments would hand it to the model."""
    arguments = {argument.name for tool in TOOLS for argument in tool.arguments}

    assert {"words", "label"} == arguments
    assert all(tool.credits <= 1 for tool in TOOLS)
