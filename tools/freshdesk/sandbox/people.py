"""What people do at the desk: customers write, agents answer, somebody merges."""

from dataclasses import dataclass

from tools.freshdesk.sandbox import html, shapes
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import (
    Article,
    Category,
    Channel,
    Contact,
    Conversation,
    Event,
    Json,
    Rating,
    Shelf,
    Source,
    Status,
    Ticket,
)

# Freddy's e-mail agent holds a ticket as an assignee no agent list knows, in its own status.
FREDDY_ID = 151_999_000_001
FREDDY_STATUS = 20
SURVEY_ID = 151_000_000_701

_RATINGS = {103, 102, 101, 100, -101, -102, -103, 1, 2, 3}


class Impossible(ValueError):
    """What was asked of a person cannot be done; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a customer writes to open a ticket."""

    subject: str
    description: str
    email: str
    name: str | None = None
    source: int = Source.EMAIL
    custom_fields: Json | None = None
    cc: tuple[str, ...] = ()


def custom_fields(desk: Desk, given: Json | None) -> Json:
    """Return every custom field of the account, null where nothing was given."""
    return {**dict.fromkeys(_custom_names(desk)), **(given or {})}


def _custom_names(desk: Desk) -> list[str]:
    names: list[str] = []
    for it in desk.ticket_fields:
        names.append(it["name"])
        names += [level["name"] for level in it.get("nested_ticket_fields", [])]
    return names


def write_in(desk: Desk, message: Message) -> Ticket:
    """Let a customer, known or not, open a ticket. Fires the creation rule."""
    contact = desk.contact_for(message.email, name=message.name)
    strangers = set(message.custom_fields or {}) - set(_custom_names(desk))
    if strangers:
        raise Impossible(f"the account has no custom field {', '.join(sorted(strangers))}")
    at = desk.now()
    by_mail = message.source == Source.EMAIL
    ticket = Ticket(
        desk.fresh("ticket"),
        message.subject,
        html.stored(message.description),
        contact.id,
        at,
        at,
        source=message.source,
        company_id=contact.company_id,
        custom_fields=custom_fields(desk, message.custom_fields),
        to_emails=[desk.support_email()] if by_mail else None,
        support_email=desk.support_email() if by_mail else None,
        cc_emails=list(message.cc) if by_mail else None,
        fwd_emails=[] if by_mail else None,
        reply_cc_emails=list(message.cc) if by_mail else None,
    )
    desk.open_ticket(ticket, via="sandbox")
    return ticket


def _says(ticket: Ticket, desk: Desk, author: int, body: str) -> Conversation:
    at = desk.now()
    said = Conversation(desk.fresh("conversation"), ticket.id, author, html.stored(body), at, at)
    said.incoming, said.category = True, Category.CUSTOMER
    return said


def customer_reply(
    desk: Desk, ticket: Ticket, body: str, *, email: str | None = None, auto_response: bool = False
) -> Conversation:
    """Let the requester, or somebody in copy, answer. Reopens, and fires the update rule."""
    author: Contact | None = (
        desk.contact_for(email) if email else desk.contacts.get(ticket.requester_id)
    )
    address = author.email if author else desk.email_of(ticket.requester_id)
    said = _says(ticket, desk, author.id if author else ticket.requester_id, body)
    said.from_email = f"{author.name} <{address}>" if author and address else address
    said.to_emails, said.cc_emails, said.bcc_emails = (
        [ticket.support_email or desk.support_email()],
        [],
        [],
    )
    said.auto_response = auto_response
    ticket.stats["requester_responded_at"] = said.created_at
    desk.add(said, kind="customer", via="sandbox")
    if not shapes.is_open(ticket):
        # The usual setting, by support article 99047 on update rules.
        desk.set_status(ticket, Status.OPEN)
        desk.touch(ticket)
        desk.note_change(ticket, {"status": int(Status.OPEN)}, user_id=said.author, via="sandbox")
    desk.emit(Event("customer_reply", ticket.id, desk.now()))
    return said


def agent_reply(desk: Desk, ticket: Ticket, body: str) -> Conversation:
    """Let a human agent answer in public."""
    human = desk.human()
    said = _says(ticket, desk, human.id, body)
    said.incoming, said.category = False, Category.REPLY
    said.support_email = ticket.support_email or desk.support_email()
    said.from_email = f"{human.name} <{said.support_email}>"
    said.to_emails, said.cc_emails, said.bcc_emails = (
        [desk.email_of(ticket.requester_id) or ""],
        [],
        [],
    )
    answered(ticket, said)
    desk.add(said, kind="agent_reply", via="sandbox")
    return said


def answered(ticket: Ticket, said: Conversation) -> None:
    """Stop the response clocks: a public answer does, a private note does not."""
    ticket.stats["agent_responded_at"] = said.created_at
    if ticket.stats.get("first_responded_at") is None:
        ticket.stats["first_responded_at"] = said.created_at


def agent_note(desk: Desk, ticket: Ticket, body: str) -> Conversation:
    """Let a human agent leave a private note."""
    said = _note(desk, ticket, desk.human().id, body)
    desk.add(said, kind="agent_note", via="sandbox")
    return said


def _note(desk: Desk, ticket: Ticket, author: int, body: str) -> Conversation:
    said = _says(ticket, desk, author, body)
    said.incoming, said.private, said.source, said.category = (
        False,
        True,
        Channel.NOTE,
        Category.NOTE,
    )
    said.to_emails, said.cc_emails, said.bcc_emails = [], [], None
    return said


def update(desk: Desk, ticket: Ticket, changes: Json) -> None:
    """Let a human change the ticket's properties.

    Raises:
        Impossible: a value the account does not have.
    """
    if "status" in changes and changes["status"] not in desk.statuses:
        raise Impossible(f"the account has no status {changes['status']!r}")
    responder = changes.get("responder_id")
    if responder is not None and responder not in desk.agents:
        raise Impossible(f"there is no agent {responder!r}")
    if "merged_into" in changes:
        merge(desk, ticket, changes["merged_into"])
    for name in (
        "responder_id",
        "group_id",
        "priority",
        "type",
        "tags",
        "spam",
        "deleted",
        "subject",
    ):
        if name in changes:
            setattr(ticket, name, changes[name])
    if "custom_fields" in changes:
        ticket.custom_fields.update(changes["custom_fields"])
    if "status" in changes:
        desk.set_status(ticket, changes["status"])
    desk.touch(ticket)
    desk.note_change(ticket, changes, user_id=desk.human().id, via="sandbox")


def merge(desk: Desk, ticket: Ticket, into: object) -> None:
    """Close the ticket with a note that names the one it was merged into.

    Raises:
        Impossible: the other ticket does not exist, or is this one.
    """
    target = desk.tickets.get(into) if isinstance(into, int) else None
    if target is None or target is ticket:
        raise Impossible(f"there is no other ticket {into!r} to merge into")
    at_note = _note(
        desk,
        ticket,
        desk.human().id,
        f"<div>This ticket is closed and merged into ticket {target.id}</div>",
    )
    desk.add(at_note, kind="agent_note", via="sandbox")
    head = f"Merged from ticket {ticket.id}<br><br><b>Subject:</b> {ticket.subject or ''}"
    text = f"<div>{head}<br><br>{ticket.description}</div>"
    desk.add(_note(desk, target, desk.human().id, text), kind="agent_note", via="sandbox")
    ticket.merged_into = target.id
    desk.set_status(ticket, Status.CLOSED)


def freddy(desk: Desk, ticket: Ticket) -> None:
    """Let the vendor's own AI agent take the ticket."""
    desk.statuses[FREDDY_STATUS] = ("Assigned to AI Agent", "Being Processed")
    ticket.responder_id = FREDDY_ID
    desk.set_status(ticket, FREDDY_STATUS)
    desk.touch(ticket)
    changes = {"responder_id": FREDDY_ID, "status": FREDDY_STATUS}
    desk.note_change(ticket, changes, user_id=FREDDY_ID, via="sandbox")


def survey(desk: Desk, ticket: Ticket, rating: int, feedback: str | None) -> Rating:
    """Let the customer answer a survey: a rating, and an incoming conversation.

    It does not reopen the ticket, yet sets `requester_responded_at`: recorded in ticket 23 of the
    fixtures of https://github.com/airbytehq/airbyte.

    Raises:
        Impossible: the number is not on either scale.
    """
    if rating not in _RATINGS:
        raise Impossible(
            f"rating must be one of {', '.join(str(value) for value in sorted(_RATINGS))}"
        )
    at = desk.now()
    said = _says(ticket, desk, ticket.requester_id, feedback or "")
    said.source, said.category, said.to_emails = Channel.SURVEY, Category.SURVEY, None
    ticket.stats["requester_responded_at"] = at
    found = Rating(
        desk.fresh("rating"),
        SURVEY_ID,
        ticket.id,
        ticket.requester_id,
        ticket.responder_id,
        ticket.group_id,
        rating,
        feedback,
        at,
        at,
    )
    desk.ratings[found.id] = found
    desk.add(said, kind="customer", via="sandbox")
    return found


def publish(desk: Desk, title: str, description: str, *, status: int, visibility: int) -> Article:
    """Let the help centre grow by one article, in a folder of the wanted visibility."""
    at = desk.now()
    folder = next((it for it in desk.folders.values() if it.visibility == visibility), None)
    if folder is None:
        category = next(iter(desk.categories.values()), None) or Shelf(
            desk.fresh("category"), "General", at, at
        )
        desk.categories[category.id] = category
        folder = Shelf(
            desk.fresh("folder"), "More", at, at, category_id=category.id, visibility=visibility
        )
        desk.folders[folder.id] = folder
    article = Article(
        desk.fresh("article"),
        folder.id,
        title,
        html.stored(description),
        desk.human().id,
        at,
        at,
        status=status,
    )
    desk.articles[article.id] = article
    note_article(desk, article)
    return article


def note_article(desk: Desk, article: Article) -> None:
    """Log that an article came, changed or went."""
    desk.note_down("article", article.id, None, article.agent_id, article.title, via="sandbox")
