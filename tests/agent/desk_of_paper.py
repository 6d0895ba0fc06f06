"""Snapshots and pages written by hand, for the tests of this folder."""

import hashlib
from datetime import UTC, datetime, timedelta

from agent.model import (
    Document,
    Draft,
    Evidence,
    Outcome,
    Paragraph,
    Sentence,
    Snapshot,
    SourceKind,
)
from agent.snapshot import turn_of
from tools.model import (
    AccountId,
    AgentIdentity,
    Author,
    Contact,
    Conversation,
    ConversationId,
    Kind,
    PersonId,
    Stage,
    Thread,
    Ticket,
    TicketId,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ME = AgentIdentity(PersonId("900"), "Deskhand", "deskhand@larkspur.example.com")
CUSTOMER = PersonId("501")
AGENT = PersonId("700")


def ticket(description: str = "<p>How do I return a lamp?</p>", **changes: object) -> Ticket:
    """Return an open ticket of an hour ago, changed as asked."""
    values: dict[str, object] = {
        "id": TicketId("42"),
        "subject": "A question",
        "description_html": description,
        "stage": Stage.OPEN,
        "status": "Open",
        "status_id": "2",
        "source": "Email",
        "source_id": "1",
        "requester_id": CUSTOMER,
        "created_at": NOW - timedelta(hours=1),
        "updated_at": NOW - timedelta(hours=1),
        "support_email": "care@larkspur.example.com",
    }
    return Ticket(**{**values, **changes})  # type: ignore[arg-type]  # by name


def said(
    minute: int, body: str, *, by: Author = Author.CUSTOMER, **changes: object
) -> Conversation:
    """Return what somebody said, `minute` minutes after the ticket began."""
    people = {Author.CUSTOMER: CUSTOMER, Author.AGENT: AGENT, Author.RESPONDER: ME.id}
    at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
    values: dict[str, object] = {
        "id": ConversationId(str(1000 + minute)),
        "author": by,
        "author_id": people.get(by),
        "kind": Kind.REPLY,
        "incoming": by is Author.CUSTOMER,
        "private": False,
        "body_html": body,
        "created_at": at,
        "updated_at": at,
    }
    return Conversation(**{**values, **changes})  # type: ignore[arg-type]  # by name


def shot(
    asked: Ticket | str = "<p>How do I return a lamp?</p>",
    *conversations: Conversation,
    email: str = "tamsin@example.com",
    contact: bool = True,
) -> Snapshot:
    """Return the snapshot of a ticket with its thread."""
    about = asked if isinstance(asked, Ticket) else ticket(asked)
    thread = Thread(conversations, seen=len(conversations))
    person = Contact(CUSTOMER, "Tamsin Holloway", email, language="en") if contact else None
    account = AccountId("acme")
    return Snapshot(
        account=account,
        ticket=about,
        thread=thread,
        contact=person,
        company=None,
        fields=(),
        me=ME,
        turn=turn_of(account, about, thread, ME, person),
        read_at=NOW,
    )


def page(
    text: str,
    *,
    name: str = "article:1",
    language: str = "en",
    title: str = "Returns",
    quotable: bool = True,
) -> Document:
    """Return a help-centre page."""
    return Document(
        id=name,
        kind=SourceKind.ARTICLE,
        title=title,
        text=text,
        url=f"https://help.larkspur.example.com/a/{name.split(':')[1]}",
        language=language,
        quotable=quotable,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def cite(document: Document, quote: str | None = None) -> tuple[Evidence, ...]:
    """Return the evidence of a quote from a page, the whole page by default."""
    return (Evidence(document.id, document.text if quote is None else quote, document.digest),)


def draft(
    *sentences: Sentence | str,
    pages: tuple[Document, ...] = (),
    language: str = "en",
    outcome: Outcome = Outcome.ANSWER,
) -> Draft:
    """Return a draft of one paragraph; bare text cites nothing."""
    parts = tuple(Sentence(one) if isinstance(one, str) else one for one in sentences)
    return Draft(outcome, language, (Paragraph(parts),), documents=pages)
