"""Tickets and conversations as Freshdesk prints them, undocumented keys included."""

from tools.freshdesk.sandbox.clock import maybe_stamp, stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.html import flat
from tools.freshdesk.sandbox.records import Attachment, Conversation, Json, Source, Status, Ticket

EMBEDDED = 10  # `include=conversations` holds the oldest ten, whatever the thread's length
_NUMBERED = (
    5  # every fifth answer prints its sender as a number; seen by other clients, cause unknown
)

STATS = (
    "agent_responded_at",
    "requester_responded_at",
    "first_responded_at",
    "status_updated_at",
    "reopened_at",
    "resolved_at",
    "closed_at",
    "pending_since",
)


def attachment(file: Attachment) -> Json:
    """Render a file; the address is pre-signed storage on another host."""
    return {
        "id": file.id,
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "created_at": stamp(file.created_at),
        "updated_at": stamp(file.created_at),
        "attachment_url": f"https://s3.amazonaws.com/cdn.freshdesk.com/data/helpdesk/attachments/production/{file.id}"
        f"/original/{file.name}?X-Amz-Expires=86400&X-Amz-Signature=sandbox",
    }


def ticket_in_list(ticket: Ticket) -> Json:
    """Render a ticket as a list shows it: no description, no attachments.

    Source: https://developers.freshdesk.com/api/#list_all_tickets
    """
    shown: Json = {
        "cc_emails": ticket.cc_emails,
        "fwd_emails": ticket.fwd_emails,
        "reply_cc_emails": ticket.reply_cc_emails,
        "ticket_cc_emails": ticket.cc_emails,
        "ticket_bcc_emails": None,
        "fr_escalated": False,
        "nr_escalated": False,
        "spam": ticket.spam,
        "email_config_id": ticket.email_config_id,
        "group_id": ticket.group_id,
        "priority": ticket.priority,
        "requester_id": ticket.requester_id,
        "responder_id": ticket.responder_id,
        "source": ticket.source,
        "company_id": ticket.company_id,
        "status": ticket.status,
        "subject": ticket.subject,
        "association_type": _association(ticket),
        "associated_tickets_count": len(ticket.related_ticket_ids) or None,
        "support_email": ticket.support_email,
        "to_emails": ticket.to_emails,
        "product_id": ticket.product_id,
        "id": ticket.id,
        "type": ticket.type,
        "due_by": maybe_stamp(ticket.due_by),
        "fr_due_by": maybe_stamp(ticket.fr_due_by),
        "nr_due_by": None,
        "is_escalated": False,
        "custom_fields": dict(ticket.custom_fields),
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "associated_tickets_list": list(ticket.related_ticket_ids) or None,
        "tags": list(ticket.tags),
        "sentiment_score": None,
        "initial_sentiment_score": None,
        "structured_description": None,
        "form_id": None,
    }
    if ticket.deleted:
        shown["deleted"] = True
    return shown


def ticket(it: Ticket) -> Json:
    """Render a ticket as its own address shows it."""
    return {
        **ticket_in_list(it),
        **described(it),
        "attachments": [attachment(file) for file in it.attachments],
        "source_additional_info": None,
    }


def ticket_created(it: Ticket) -> Json:
    """Render the answer to a creation: the due times are not computed yet."""
    return {**ticket(it), "due_by": None, "fr_due_by": None}


def described(it: Ticket) -> Json:
    """Render the description in its two forms."""
    return {"description": it.description, "description_text": flat(it.description)}


def _association(it: Ticket) -> int | None:
    if it.parent_id is not None:
        return 2
    return 4 if it.related_ticket_ids else None


def requester(desk: Desk, it: Ticket) -> Json | None:
    """Render `include=requester`."""
    person = desk.contacts.get(it.requester_id) or desk.agents.get(it.requester_id)
    if person is None:
        return None
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "mobile": person.mobile,
        "phone": person.phone,
    }


def company(desk: Desk, it: Ticket) -> Json:
    """Render `include=company`: an empty object where there is none."""
    owner = desk.companies.get(it.company_id or 0)
    return {} if owner is None else {"id": owner.id, "name": owner.name}


def stats(it: Ticket) -> Json:
    """Render `include=stats`."""
    return {name: maybe_stamp(it.stats.get(name)) for name in STATS}


def conversation(said: Conversation) -> Json:
    """Render a conversation as the list shows it.

    Keys beyond the reference: https://github.com/airbytehq/airbyte/issues/30821
    """
    return {
        "body": said.body,
        "body_text": flat(said.body),
        "id": said.id,
        "incoming": said.incoming,
        "private": said.private,
        "user_id": None if said.auto_response else said.author,
        "support_email": said.support_email,
        "source": said.source,
        "category": said.category,
        "to_emails": said.to_emails,
        "from_email": _sender(said),
        "cc_emails": said.cc_emails,
        "bcc_emails": said.bcc_emails,
        "email_failure_count": None,
        "outgoing_failures": None,
        "thread_id": None,
        "thread_message_id": None,
        "created_at": stamp(said.created_at),
        "updated_at": stamp(said.updated_at),
        "last_edited_at": maybe_stamp(said.last_edited_at),
        "last_edited_user_id": said.last_edited_user_id,
        "structured_body": said.structured_body,
        "attachments": [attachment(file) for file in said.attachments],
        "automation_id": None,
        "automation_type_id": None,
        "auto_response": said.auto_response,
        "ticket_id": said.ticket_id,
        "source_additional_info": None,
    }


def _sender(said: Conversation) -> str | int | None:
    # https://github.com/Aaronontheweb/freshdesk-cli/commit/1c78d16: text, null, or a user's number.
    if said.from_email is not None and not said.incoming and said.id % _NUMBERED == 0:
        return said.author
    return said.from_email


def reply(said: Conversation) -> Json:
    """Render the answer to a reply: other keys than the list has.

    Source: https://developers.freshdesk.com/api/#reply_ticket
    """
    return {
        "body": said.body,
        "body_text": flat(said.body),
        "id": said.id,
        "user_id": said.author,
        "from_email": said.from_email,
        "cc_emails": said.cc_emails,
        "bcc_emails": said.bcc_emails,
        "ticket_id": said.ticket_id,
        "replied_to": said.to_emails,
        "attachments": [attachment(file) for file in said.attachments],
        "structured_body": said.structured_body,
        "created_at": stamp(said.created_at),
        "updated_at": stamp(said.updated_at),
    }


def note(said: Conversation) -> Json:
    """Render the answer to a note: other keys than the list has.

    Source: https://developers.freshdesk.com/api/#add_note_to_a_ticket
    """
    return {
        "body": said.body,
        "body_text": flat(said.body),
        "id": said.id,
        "incoming": said.incoming,
        "private": said.private,
        "user_id": said.author,
        "support_email": said.support_email,
        "ticket_id": said.ticket_id,
        "notified_to": said.to_emails or [],
        "attachments": [attachment(file) for file in said.attachments],
        "structured_body": said.structured_body,
        "created_at": stamp(said.created_at),
        "updated_at": stamp(said.updated_at),
    }


def is_immutable(it: Ticket) -> bool:
    """Say whether subject and description are fixed, as on outbound mail."""
    return it.source == Source.OUTBOUND


def is_open(it: Ticket) -> bool:
    """Say whether a customer's answer leaves the status alone."""
    return it.status not in {Status.RESOLVED, Status.CLOSED}
