"""The control routes that act at the desk: customers write, colleagues answer."""

from collections.abc import Callable

from tools.freshdesk.sandbox import html, people, shapes
from tools.freshdesk.sandbox.asked import Asked, Unclear
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.people import Message
from tools.freshdesk.sandbox.records import Article, Json, Source, Ticket
from tools.freshdesk.sandbox.validate import is_email

_UPDATES = [
    "status",
    "responder_id",
    "group_id",
    "priority",
    "type",
    "tags",
    "spam",
    "deleted",
    "merged_into",
    "subject",
    "custom_fields",
]


def _ticket(desk: Desk, asked: Asked) -> Ticket:
    text = asked.path["id"]
    ticket = desk.tickets.get(int(text)) if text.isdecimal() else None
    if ticket is None:
        raise LookupError(f"there is no ticket {text}")
    return ticket


def _article(desk: Desk, asked: Asked) -> Article:
    text = asked.path["id"]
    article = desk.articles.get(int(text)) if text.isdecimal() else None
    if article is None:
        raise LookupError(f"there is no article {text}")
    return article


def _address(asked: Asked, *, required: bool) -> str | None:
    email = asked.text("email", required=required)
    if email is not None and not is_email(email):
        raise Unclear("`email` is not an address")
    return email


def write_in(desk: Desk, asked: Asked) -> Json:
    """A customer opens a ticket."""
    asked.only("subject", "description", "email", "name", "custom_fields", "source", "cc")
    fields, cc = asked.body.get("custom_fields"), asked.body.get("cc") or []
    if fields is not None and not isinstance(fields, dict):
        raise Unclear("`custom_fields` must be an object")
    if not isinstance(cc, list) or not all(isinstance(it, str) for it in cc):
        raise Unclear("`cc` must be a list of addresses")
    source = asked.whole("source") or int(Source.EMAIL)
    if source not in desk.sources.values():
        raise Unclear(
            f"`source` must be one of {', '.join(str(it) for it in desk.sources.values())}"
        )
    message = Message(
        asked.words("subject"),
        asked.words("description"),
        _address(asked, required=True) or "",
        asked.text("name"),
        source,
        fields,
        tuple(cc),
    )
    return {"id": people.write_in(desk, message).id}


def customer_reply(desk: Desk, asked: Asked) -> Json:
    """The customer, or somebody in copy, answers."""
    asked.only("body", "email", "auto_response")
    ticket = _ticket(desk, asked)
    said = people.customer_reply(
        desk,
        ticket,
        asked.words("body"),
        email=_address(asked, required=False),
        auto_response=asked.flag("auto_response") or False,
    )
    return {"id": said.id}


def agent_reply(desk: Desk, asked: Asked) -> Json:
    """A human agent answers in public."""
    asked.only("body")
    return {"id": people.agent_reply(desk, _ticket(desk, asked), asked.words("body")).id}


def agent_note(desk: Desk, asked: Asked) -> Json:
    """A human agent leaves a private note."""
    asked.only("body")
    return {"id": people.agent_note(desk, _ticket(desk, asked), asked.words("body")).id}


def update(desk: Desk, asked: Asked) -> Json:
    """A human agent changes the ticket."""
    asked.only(*_UPDATES)
    ticket = _ticket(desk, asked)
    for name in ("status", "responder_id", "group_id", "priority", "merged_into"):
        asked.whole(name)
    for name in ("spam", "deleted"):
        asked.flag(name)
    changes = {
        name: value
        for name, value in asked.body.items()
        if value is not None or name.endswith("_id")
    }
    people.update(desk, ticket, changes)
    return {"id": ticket.id}


def freddy(desk: Desk, asked: Asked) -> Json:
    """The vendor's own AI agent takes the ticket."""
    asked.only()
    ticket = _ticket(desk, asked)
    people.freddy(desk, ticket)
    return {"responder_id": ticket.responder_id, "status": ticket.status}


def survey(desk: Desk, asked: Asked) -> Json:
    """The customer answers a satisfaction survey."""
    asked.only("rating", "feedback")
    rating = asked.whole("rating", required=True) or 0
    return {"id": people.survey(desk, _ticket(desk, asked), rating, asked.text("feedback")).id}


def show_ticket(desk: Desk, asked: Asked) -> Json:
    """Show a ticket with its whole thread as it really is, beyond lag and trash."""
    ticket = _ticket(desk, asked)
    return {
        **shapes.ticket(ticket),
        "deleted": ticket.deleted,
        "archived": ticket.archived,
        "merged_into": ticket.merged_into,
        "practice": ticket.practice,
        "language": ticket.language,
        "stats": shapes.stats(ticket),
        "requester": shapes.requester(desk, ticket),
        "company": shapes.company(desk, ticket),
        "conversations": [shapes.conversation(said) for said in desk.threads.get(ticket.id, [])],
    }


def publish(desk: Desk, asked: Asked) -> Json:
    """Let the help centre grow by an article."""
    asked.only("title", "description", "status", "visibility")
    status, visibility = asked.whole("status") or 2, asked.whole("visibility") or 1
    article = people.publish(
        desk, asked.words("title"), asked.words("description"), status=status, visibility=visibility
    )
    return {"id": article.id}


def change_article(desk: Desk, asked: Asked) -> Json:
    """Change an article, or unpublish it with status 1."""
    asked.only("title", "description", "status")
    article = _article(desk, asked)
    article.title = asked.text("title") or article.title
    article.description = html.stored(asked.text("description") or article.description)
    article.status = asked.whole("status") or article.status
    article.updated_at = desk.now()
    people.note_article(desk, article)
    return {"id": article.id}


def withdraw(desk: Desk, asked: Asked) -> Json:
    """Remove an article from the help centre."""
    article = _article(desk, asked)
    del desk.articles[article.id]
    people.note_article(desk, article)
    return {"id": article.id}


def archive(desk: Desk, asked: Asked) -> Json:
    """Move a ticket to the archive, as the service does after about 120 idle days."""
    asked.only()
    ticket = _ticket(desk, asked)
    ticket.archived = True
    desk.index.drop("tickets", ticket.id)
    return {"id": ticket.id}


ACTS: tuple[tuple[str, str, Callable[[Desk, Asked], Json]], ...] = (
    ("POST", "/sandbox/tickets", write_in),
    ("GET", "/sandbox/tickets/{id}", show_ticket),
    ("POST", "/sandbox/tickets/{id}/customer-reply", customer_reply),
    ("POST", "/sandbox/tickets/{id}/agent-reply", agent_reply),
    ("POST", "/sandbox/tickets/{id}/agent-note", agent_note),
    ("POST", "/sandbox/tickets/{id}/update", update),
    ("POST", "/sandbox/tickets/{id}/freddy", freddy),
    ("POST", "/sandbox/tickets/{id}/survey", survey),
    ("POST", "/sandbox/tickets/{id}/archive", archive),
    ("POST", "/sandbox/articles", publish),
    ("POST", "/sandbox/articles/{id}", change_article),
    ("DELETE", "/sandbox/articles/{id}", withdraw),
)
