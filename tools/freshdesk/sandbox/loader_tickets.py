"""From a seed's tickets to a desk's, with their threads; and the words all seeds are read by."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tools.freshdesk.sandbox import html, people
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import (
    Agent,
    Category,
    Channel,
    Company,
    Conversation,
    Group,
    Source,
    Ticket,
)

_AGE = re.compile(r"(\d+)\s*([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class BadSeed(ValueError):
    """The seed document does not hold together; the sentence says where."""


def age(text: str) -> timedelta:
    """Return how long ago `3d4h` is.

    Raises:
        BadSeed: it is not made of days, hours, minutes and seconds.
    """
    if not isinstance(text, str) or _AGE.sub("", text).strip():
        raise BadSeed(f"an age is written like '3d4h', not {text!r}")
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in _AGE.findall(text)})


def identity(desk: Desk, kind: str, it: Mapping[str, Any]) -> int:
    """Return the id that the seed gives, or a fresh one."""
    return desk.reserve(kind, int(it["id"])) if "id" in it else desk.fresh(kind)


def an_agent(desk: Desk, email: str) -> Agent:
    """Return the agent with the address, or refuse the seed."""
    found = desk.agent_by_email(email)
    if found is None:
        raise BadSeed(f"there is no agent {email!r}")
    return found


def named(
    those: Mapping[int, Company] | Mapping[int, Group], name: str | None, what: str
) -> int | None:
    """Return the id behind a name, None for no name, or refuse the seed."""
    if name is None:
        return None
    found = next((it.id for it in those.values() if it.name == name), None)
    if found is None:
        raise BadSeed(f"there is no {what} {name!r}")
    return found


def put_ticket(desk: Desk, it: Mapping[str, Any]) -> None:
    """Put a seeded ticket with its thread on the desk, at the age it has."""
    with desk.at(desk.now() - age(it.get("age", "1d"))):
        ticket = _opened(desk, it)
        desk.open_ticket(ticket, via="sandbox")
    last = ticket.created_at
    for inner in it.get("conversations", []):
        moment = desk.now() - age(inner.get("age", "0s"))
        with desk.at(moment):
            _conversation(desk, ticket, inner)
        last = max(last, moment)
    with desk.at(last):
        desk.set_status(ticket, it.get("status", 2))
        desk.touch(ticket)


def _opened(desk: Desk, it: Mapping[str, Any]) -> Ticket:
    contact, at = desk.contact_for(it["from"]), desk.now()
    ticket = Ticket(
        identity(desk, "ticket", it),
        it["subject"],
        html.stored(it["description"]),
        contact.id,
        at,
        at,
    )
    ticket.priority, ticket.source, ticket.type = (
        it.get("priority", 1),
        it.get("source", 1),
        it.get("type"),
    )
    ticket.company_id, ticket.tags = contact.company_id, list(it.get("tags", []))
    ticket.group_id = named(desk.groups, it.get("group"), "group")
    ticket.responder_id = an_agent(desk, it["responder"]).id if it.get("responder") else None
    ticket.spam, ticket.deleted = it.get("spam", False), it.get("deleted", False)
    ticket.practice, ticket.language = it.get("practice"), it.get("language")
    ticket.custom_fields = people.custom_fields(desk, it.get("custom_fields"))
    if ticket.source == Source.EMAIL:
        # Only mail has recipients; on others these lists are null, as in an account's samples.
        ticket.to_emails, ticket.support_email = [desk.support_email()], desk.support_email()
        ticket.cc_emails, ticket.fwd_emails, ticket.reply_cc_emails = (
            list(it.get("cc", [])),
            [],
            list(it.get("cc", [])),
        )
    return ticket


def _conversation(desk: Desk, ticket: Ticket, it: Mapping[str, Any]) -> None:
    kind, at = it["kind"], desk.now()
    ours = kind in {"reply", "note", "public_note"}
    email = it.get("from")
    if ours:
        author = an_agent(desk, email).id if email else desk.human().id
    else:
        author = desk.contact_for(email).id if email else ticket.requester_id
    body = html.stored(it["body"])
    said = Conversation(desk.fresh("conversation"), ticket.id, author, body, at, at)
    said.incoming, said.private = not ours, kind == "note"
    said.auto_response = bool(it.get("auto_response"))
    _address(desk, ticket, said, kind)
    desk.add(said, kind="customer" if not ours else "agent_reply", via="sandbox")


def _address(desk: Desk, ticket: Ticket, said: Conversation, kind: str) -> None:
    support = ticket.support_email or desk.support_email()
    said.cc_emails, said.bcc_emails = [], []
    match kind:
        case "customer":
            said.category, said.from_email, said.to_emails = (
                Category.CUSTOMER,
                desk.email_of(said.author),
                [support],
            )
            ticket.stats["requester_responded_at"] = said.created_at
        case "reply":
            said.category, said.support_email = Category.REPLY, support
            said.from_email, said.to_emails = support, [desk.email_of(ticket.requester_id) or ""]
            people.answered(ticket, said)
        case "note" | "public_note":
            said.source, said.category, said.to_emails, said.bcc_emails = (
                Channel.NOTE,
                Category.NOTE,
                [],
                None,
            )
        case "survey":
            said.source, said.category, said.to_emails = Channel.SURVEY, Category.SURVEY, None
            ticket.stats["requester_responded_at"] = said.created_at
        case _:
            raise BadSeed(f"ticket {ticket.id} has a conversation of unknown kind {kind!r}")
