"""One ticket: view, create, change, delete, restore."""

from tools.freshdesk.sandbox import clock, custom, html, people, shapes, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    Fault,
    created,
    denied,
    gone,
    invalid_field,
    invalid_value,
    not_found,
    ok,
    validation,
    wrong_verb,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Json, Source, Status, Ticket
from tools.freshdesk.sandbox.routes.ticket_parts import (
    attachments,
    references,
    requester,
    requester_faults,
)
from tools.freshdesk.sandbox.routing import Route
from tools.freshdesk.sandbox.validate import Rule, Rules

INCLUDES = ("conversations", "requester", "company", "stats")
_ID = Rule("number", null=True)
_CHANGES = [
    "subject",
    "type",
    "status",
    "priority",
    "responder_id",
    "group_id",
    "product_id",
    "company_id",
    "email_config_id",
    "tags",
    "source",
    "requester_id",
    "parent_id",
    "related_ticket_ids",
]


def find(desk: Desk, call: Call) -> Ticket:
    """Return the ticket of the path.

    Raises:
        Refused: 404, or 403 for a ticket in the trash: https://github.com/singer-io/tap-freshdesk/pull/18.
    """
    ticket = desk.tickets.get(call.id())
    if ticket is None or ticket.archived:
        raise not_found()
    if ticket.deleted:
        raise denied()
    return ticket


def writable(desk: Desk, call: Call) -> Ticket:
    """Return the ticket of the path for a write.

    Raises:
        Refused: 404, or 405 for spam and trash. Source: https://developers.freshdesk.com/api/#error.
    """
    ticket = desk.tickets.get(call.id())
    if ticket is None or ticket.archived:
        raise not_found()
    if ticket.spam or ticket.deleted:
        raise wrong_verb(["GET"])
    return ticket


def rules(desk: Desk) -> Rules:
    """Return what a ticket's keys may hold. Source: https://developers.freshdesk.com/api/#create_ticket."""
    return {
        "name": Rule("text", longest=validate.MAX_TEXT),
        "requester_id": Rule("number"),
        "email": Rule("email"),
        "phone": Rule("text"),
        "facebook_id": Rule("text"),
        "twitter_id": Rule("text"),
        "unique_external_id": Rule("text"),
        "subject": Rule("text", longest=validate.MAX_TEXT),
        "type": Rule("text", null=True, choices=lambda: desk.ticket_types),
        "status": Rule("number", choices=lambda: desk.statuses),
        "priority": Rule("number", choices=lambda: (1, 2, 3, 4)),
        "source": Rule("number", choices=desk.sources.values),
        "description": Rule("text"),
        "responder_id": _ID,
        "group_id": _ID,
        "company_id": _ID,
        "product_id": _ID,
        "email_config_id": _ID,
        "internal_agent_id": _ID,
        "internal_group_id": _ID,
        "parent_id": Rule("number"),
        "related_ticket_ids": Rule("numbers"),
        "custom_fields": Rule("object"),
        "tags": Rule("texts"),
        "cc_emails": Rule("emails"),
        "due_by": Rule("time", null=True),
        "fr_due_by": Rule("time", null=True),
        "lookup_parameter": Rule("text"),
        "skip_close_notification": Rule("flag"),
    }


def view(desk: Desk, call: Call) -> Answer:
    """Show a ticket with what was asked to be included."""
    wanted = validate.includes(call, INCLUDES)
    ticket = find(desk, call)
    shown = shapes.ticket(ticket)
    if "conversations" in wanted:
        shown["conversations"] = [
            shapes.conversation(said) for said in desk.readable(ticket.id)[: shapes.EMBEDDED]
        ]
    if "requester" in wanted:
        shown["requester"] = shapes.requester(desk, ticket)
    if "company" in wanted:
        shown["company"] = shapes.company(desk, ticket)
    if "stats" in wanted:
        shown["stats"] = shapes.stats(ticket)
    return ok(shown)


def create(desk: Desk, call: Call) -> Answer:
    """Create a ticket for an existing or a new contact."""
    body = validate.body(
        call,
        {name: rule for name, rule in rules(desk).items() if name != "skip_close_notification"},
    )
    fields, faults = custom.read(desk.ticket_fields, body.get("custom_fields", {}), form=call.form)
    faults += references(desk, body) + requester_faults(desk, body)
    faults += custom.lacking(desk.ticket_fields, fields, "required_for_agents")
    if faults:
        raise validation(faults)
    contact_id = requester(desk, body)
    at = desk.now()
    ticket = Ticket(
        desk.fresh("ticket"),
        body.get("subject"),
        html.stored(body.get("description", "")),
        contact_id,
        at,
        at,
        cc_emails=list(body.get("cc_emails", [])),
        fwd_emails=[],
        reply_cc_emails=list(body.get("cc_emails", [])),
        custom_fields=people.custom_fields(desk, fields),
        attachments=attachments(desk, call),
        unique_external_id=body.get("unique_external_id"),
    )
    _change(desk, ticket, {name: value for name, value in body.items() if name != "requester_id"})
    if ticket.company_id is None and contact_id in desk.contacts:
        ticket.company_id = desk.contacts[contact_id].company_id
    desk.open_ticket(ticket, via="api")
    return created(shapes.ticket_created(ticket), f"/api/v2/tickets/{ticket.id}")


def update(desk: Desk, call: Call) -> Answer:
    """Change the keys that were sent; a whole object is refused for its read-only keys."""
    ticket = writable(desk, call)
    allowed = {name: rule for name, rule in rules(desk).items() if name != "cc_emails"}
    body = validate.body(call, allowed)
    if not body and not call.files:
        raise validation([Fault("base", "Mandatory attribute missing", "missing_field")])
    fields, faults = custom.read(desk.ticket_fields, body.get("custom_fields", {}), form=call.form)
    faults += references(desk, body) + _update_faults(desk, ticket, body, fields)
    if faults:
        raise validation(faults)
    if "requester_id" in body or "email" in body:
        body["requester_id"] = requester(desk, body)
    ticket.custom_fields.update(fields)
    ticket.attachments += attachments(desk, call)
    if "description" in body:
        ticket.description = html.stored(body["description"])
    _change(desk, ticket, body)
    desk.touch(ticket)
    desk.note_change(ticket, body, user_id=desk.responder_id, via="api")
    return ok(shapes.ticket(ticket))


def _update_faults(desk: Desk, ticket: Ticket, body: Json, fields: Json) -> list[Fault]:
    faults: list[Fault] = []
    if shapes.is_immutable(ticket):
        faults += [invalid_field(name) for name in ("subject", "description") if name in body]
    for name in ("due_by", "fr_due_by"):
        if body.get(name) is not None and clock.read(body[name]) < desk.now():
            faults.append(invalid_value(name, f"The {name} should be in the future"))
    if body.get("status") in {Status.RESOLVED, Status.CLOSED}:
        values = {**ticket.custom_fields, **fields}
        faults += custom.lacking(desk.ticket_fields, values, "required_for_closure")
    return faults


def _change(desk: Desk, ticket: Ticket, body: Json) -> None:
    for name in _CHANGES:
        if name == "status" and name in body:
            desk.set_status(ticket, body[name])
        elif name in body:
            setattr(ticket, name, body[name])
    for name in ("due_by", "fr_due_by"):
        if body.get(name) is not None:
            setattr(ticket, name, clock.read(body[name]))
    group = desk.groups.get(ticket.group_id or 0)
    if group is not None and ticket.responder_id not in group.agent_ids:
        # Answered with 200 all the same: the assignee just disappears.
        ticket.responder_id = None


def delete(desk: Desk, call: Call) -> Answer:
    """Move a ticket to the trash."""
    ticket = writable(desk, call)
    _trash(desk, ticket, deleted=True)
    return gone()


def _trash(desk: Desk, ticket: Ticket, *, deleted: bool) -> None:
    ticket.deleted = deleted
    desk.touch(ticket)
    desk.note_change(ticket, {"deleted": deleted}, user_id=desk.responder_id, via="api")


def restore(desk: Desk, call: Call) -> Answer:
    """Take a ticket out of the trash."""
    ticket = desk.tickets.get(call.id())
    if ticket is None or not ticket.deleted:
        raise not_found()
    validate.bodiless(call)
    _trash(desk, ticket, deleted=False)
    return gone()


def outbound(desk: Desk, call: Call) -> Answer:
    """Send a mail that becomes a closed ticket. Source: https://developers.freshdesk.com/api/#create_outbound_email."""
    unsuited = {
        "requester_id",
        "phone",
        "facebook_id",
        "twitter_id",
        "source",
        "responder_id",
        "skip_close_notification",
    }
    allowed = {name: rule for name, rule in rules(desk).items() if name not in unsuited}
    allowed["subject"] = Rule("text", longest=validate.MAX_TEXT)
    body = validate.body(call, allowed, required=("email", "subject", "email_config_id"))
    fields, faults = custom.read(desk.ticket_fields, body.get("custom_fields", {}), form=call.form)
    faults += references(desk, body)
    if faults:
        raise validation(faults)
    at = desk.now()
    config = desk.settings["email_configs"][body["email_config_id"]]
    ticket = Ticket(
        desk.fresh("ticket"), body["subject"], html.stored(body.get("description", "")), 0, at, at
    )
    ticket.requester_id, ticket.responder_id = requester(desk, body), desk.responder_id
    ticket.source, ticket.status = Source.OUTBOUND, Status.CLOSED
    ticket.to_emails, ticket.cc_emails = [body["email"]], list(body.get("cc_emails", []))
    ticket.fwd_emails, ticket.reply_cc_emails, ticket.support_email = [], [], config["reply_email"]
    ticket.custom_fields, ticket.attachments = (
        people.custom_fields(desk, fields),
        attachments(desk, call),
    )
    _change(desk, ticket, {**body, "status": body.get("status", int(Status.CLOSED))})
    desk.open_ticket(ticket, via="api")
    return created(shapes.ticket_created(ticket), f"/api/v2/tickets/{ticket.id}")


ROUTES = [
    Route("GET", "/tickets/{id}", view, query=("include",), include_credits=1),
    Route("POST", "/tickets", create, endpoint="ticket_create"),
    Route("POST", "/tickets/outbound_email", outbound, endpoint="ticket_create"),
    Route("PUT", "/tickets/{id}", update, endpoint="ticket_update"),
    Route("DELETE", "/tickets/{id}", delete),
    Route("PUT", "/tickets/{id}/restore", restore),
]
