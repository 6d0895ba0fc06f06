"""A ticket is read for two credits, and the turn in it is named."""

# ruff: noqa: E501  tables of texts read better unbroken; look-alikes are meant

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from agent.snapshot import read, turn_of
from tests.agent.desk_of_paper import AGENT, CUSTOMER, ME, NOW, said, shot, ticket
from tools.errors import Forbidden
from tools.model import (
    AccountId,
    AgentIdentity,
    Author,
    Contact,
    Conversation,
    FieldKind,
    Kind,
    Thread,
    Ticket,
    TicketField,
    TicketId,
    TicketView,
)
from tools.provider import Helpdesk

ASKS = "<p>And a pump?</p>"


class PaperDesk:
    """A helpdesk of one ticket that counts what it is asked."""

    def __init__(self, about: Ticket, *conversations: Conversation, closed: bool = False) -> None:
        self.view = TicketView(about, Contact(CUSTOMER, "Tamsin", "tamsin@example.com"))
        self.conversations = conversations
        self.closed = closed
        self.asked: list[str] = []

    async def ticket_with_people(self, ticket_id: TicketId) -> TicketView:
        """Return the ticket."""
        self.asked.append(f"ticket {ticket_id}")
        return self.view

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the thread, some of it left out."""
        self.asked.append(f"thread {ticket_id} {most_calls}")
        return Thread(self.conversations, seen=len(self.conversations), omitted=7)

    async def me(self) -> AgentIdentity:
        """Return ourselves."""
        return ME

    async def fields(self) -> tuple[TicketField, ...]:
        """Return one field, or refuse."""
        if self.closed:
            raise Forbidden("no fields for this key")
        return (TicketField("1", "cf_model", "Model", FieldKind.TEXT, custom=True),)

    async def groups(self) -> Mapping[str, str]:
        """Return one group, or refuse."""
        if self.closed:
            raise Forbidden("no groups for this key")
        return {"g1": "Devices"}


def opened(desk: PaperDesk) -> Helpdesk:
    """Return it as what the reader expects; it asks for nothing else."""
    return cast("Helpdesk", desk)


async def test_a_ticket_is_read_in_two_calls_with_fields_by_label() -> None:
    """Credits are what there is least of."""
    desk = PaperDesk(ticket(group_id="g1", custom={"cf_model": "Rill"}), said(5, ASKS))

    shot_ = await read(opened(desk), AccountId("acme"), TicketId("42"), now=NOW)

    assert ["ticket 42", "thread 42 12"] == desk.asked
    assert [("Model", "Rill")] == [(one.label, one.value) for one in shot_.fields]
    assert "Devices" == shot_.group
    assert shot_.turn is not None
    assert "acme|42|1005" == shot_.turn.key
    assert ("And a pump?", "en") == (shot_.turn.text, shot_.turn.language)


async def test_what_could_not_be_read_is_said() -> None:
    """A small role must not stop a run, nor may its gaps be hidden."""
    desk = PaperDesk(ticket(group_id="g1"), closed=True)
    desk.view = replace(desk.view, contact=None)

    shot_ = await read(opened(desk), AccountId("acme"), TicketId("42"), now=NOW)

    assert 4 == len(shot_.missing)
    assert shot_.turn is not None
    assert "acme|42|#description" == shot_.turn.key


NOT_A_TURN = {
    "a survey": said(9, "Great", kind=Kind.SURVEY),
    "a private note": said(9, "Hm", private=True),
    "an agent's incoming note": said(9, "Hm", by=Author.AGENT, incoming=True),
    "our own": said(9, "Hm", by=Author.RESPONDER, incoming=True),
    "a rule": said(9, "Hm", by=Author.RULE, incoming=True),
    "an agent": said(9, "Hm", by=Author.AGENT),
    "a forward": said(9, "Hm", kind=Kind.FORWARD),
}


@pytest.mark.parametrize("newer", NOT_A_TURN.values(), ids=NOT_A_TURN)
def test_only_a_customers_own_public_word_makes_a_turn(newer: Conversation) -> None:
    """Our own output must never wake us."""
    turn = shot(ticket(), said(5, ASKS), newer).turn

    assert turn is not None
    assert "1005" == turn.conversation_id


def test_an_imported_word_of_the_requester_counts() -> None:
    """Migrated histories lose the incoming flag."""
    turn = shot(ticket(), said(5, ASKS, by=Author.UNKNOWN, author_id=CUSTOMER)).turn

    assert turn is not None
    assert "1005" == turn.conversation_id


def test_nobody_has_spoken_on_a_ticket_that_an_agent_opened() -> None:
    """An outbound ticket waits for its customer."""
    by_agent = ticket(requester_id=AGENT)

    assert shot(ticket(outbound=True)).turn is None
    assert shot(by_agent, said(2, "Hi", by=Author.AGENT)).turn is None


def test_quoted_history_is_no_part_of_the_turn() -> None:
    """An old question must not be answered again."""
    body = "<p>And a pump?</p><div class='gmail_quote'>On Monday you wrote:<blockquote>Old words</blockquote></div>"
    turn = turn_of(AccountId("acme"), ticket(), Thread((said(5, body),), 1), ME)

    assert turn is not None
    assert "Old words" not in turn.text
