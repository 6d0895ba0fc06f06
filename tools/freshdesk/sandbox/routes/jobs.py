"""Changes to many tickets at once, which the service reports as a job."""

from tools.freshdesk.sandbox import html, people, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    Fault,
    absent,
    gone,
    missing,
    not_found,
    ok,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Category, Channel, Conversation, Json, Status, Ticket
from tools.freshdesk.sandbox.routes.ticket_parts import references
from tools.freshdesk.sandbox.routing import Route
from tools.freshdesk.sandbox.validate import Rule

_PROPERTIES = (
    "status",
    "priority",
    "type",
    "responder_id",
    "group_id",
    "product_id",
    "tags",
    "custom_fields",
)
_BULK = {"bulk_action": Rule("object")}


def bulk_update(desk: Desk, call: Call) -> Answer:
    """Change, and perhaps answer, many tickets. Source: https://developers.freshdesk.com/api/#bulk_update_tickets."""
    action = validate.body(call, _BULK, required=("bulk_action",))["bulk_action"]
    properties, text = action.get("properties") or {}, (action.get("reply") or {}).get("body")
    if not properties and not text:
        raise validation([missing("bulk_action.properties")])
    faults = [
        Fault(name, "Unexpected/invalid field in request", "invalid_field")
        for name in properties
        if name not in _PROPERTIES
    ]
    faults += references(desk, properties)
    if faults:
        raise validation(faults)
    done: list[Json] = []
    for identity in _ids(action):
        ticket = desk.tickets.get(identity)
        good = ticket is not None and not (ticket.spam or ticket.deleted)
        if ticket is not None and good:
            _change(desk, ticket, properties, text)
        done.append({"id": identity, "success": good})
    return _job(desk, call, done)


def _ids(action: Json) -> list[int]:
    ids = action.get("ids")
    if not isinstance(ids, list) or not all(isinstance(it, int) for it in ids) or not ids:
        raise validation([missing("bulk_action.ids")])
    return ids


def _change(desk: Desk, ticket: Ticket, properties: Json, text: str | None) -> None:
    for name, value in properties.items():
        if name == "status":
            desk.set_status(ticket, value)
        elif name == "custom_fields":
            ticket.custom_fields.update(value)
        else:
            setattr(ticket, name, value)
    if properties:
        desk.touch(ticket)
        desk.note_change(ticket, properties, user_id=desk.responder_id, via="api")
    if text:
        _answer(desk, ticket, text)


def _answer(desk: Desk, ticket: Ticket, text: str) -> None:
    at = desk.now()
    author, body = desk.responder_id, html.stored(text)
    said = Conversation(desk.fresh("conversation"), ticket.id, author, body, at, at)
    said.support_email = ticket.support_email or desk.support_email()
    said.from_email, said.to_emails = said.support_email, [desk.email_of(ticket.requester_id) or ""]
    people.answered(ticket, said)
    desk.add(said, kind="reply", via="api")


def _job(desk: Desk, call: Call, done: list[Json]) -> Answer:
    # Done at once here; the answer is the one of a job that was queued.
    identity, at = desk.fresh("jobs"), stamp(desk.now())
    desk.settings["jobs"][identity] = {
        "id": str(identity),
        "type": "bulk_ticket_update",
        "status": "SUCCESS",
        "data": done,
        "created_at": at,
        "status_updated_at": at,
    }
    return Answer(202, {"job_id": str(identity), "href": f"{call.origin}/api/v2/jobs/{identity}"})


def bulk_delete(desk: Desk, call: Call) -> Answer:
    """Move many tickets to the trash."""
    action = validate.body(call, _BULK, required=("bulk_action",))["bulk_action"]
    done: list[Json] = []
    for identity in _ids(action):
        ticket = desk.tickets.get(identity)
        if ticket is not None and not ticket.deleted:
            ticket.deleted = True
            desk.touch(ticket)
            desk.note_change(ticket, {"deleted": True}, user_id=desk.responder_id, via="api")
        done.append({"id": identity, "success": ticket is not None})
    return _job(desk, call, done)


def job(desk: Desk, call: Call) -> Answer:
    """Show a job."""
    found = desk.settings["jobs"].get(call.id())
    if found is None:
        raise not_found()
    return ok(found)


_MERGE = {
    "primary_id": Rule("number"),
    "ticket_ids": Rule("numbers"),
    "convert_recepients_to_cc": Rule("flag"),  # spelled as the vendor does
    "note_in_primary": Rule("object"),
    "note_in_secondary": Rule("object"),
}


def merge(desk: Desk, call: Call) -> Answer:
    """Fold tickets into one: the others are closed with a note. Source: https://developers.freshdesk.com/api/#merge_ticket."""
    body = validate.body(call, _MERGE, required=("primary_id", "ticket_ids"))
    if body["primary_id"] not in desk.tickets:
        raise validation([absent("primary_id", "ticket")])
    if any(it not in desk.tickets for it in body["ticket_ids"]):
        raise validation([absent("ticket_ids", "ticket")])
    for identity in body["ticket_ids"]:
        ticket = desk.tickets[identity]
        _note(desk, ticket, f"This ticket is closed and merged into ticket {body['primary_id']}")
        ticket.merged_into = body["primary_id"]
        desk.set_status(ticket, Status.CLOSED)
        desk.touch(ticket)
        desk.note_change(
            ticket, {"merged_into": body["primary_id"]}, user_id=desk.responder_id, via="api"
        )
        _note(desk, desk.tickets[body["primary_id"]], f"Merged from ticket {identity}")
    return gone()


def _note(desk: Desk, ticket: Ticket, text: str) -> None:
    at = desk.now()
    body = html.stored(text)
    said = Conversation(desk.fresh("conversation"), ticket.id, desk.responder_id, body, at, at)
    said.private, said.source, said.category = True, Channel.NOTE, Category.NOTE
    said.to_emails = []
    desk.add(said, kind="note", via="api")


ROUTES = [
    Route("POST", "/tickets/bulk_update", bulk_update, endpoint="ticket_update"),
    Route("POST", "/tickets/bulk_delete", bulk_delete),
    Route("PUT", "/tickets/merge", merge, endpoint="ticket_update"),
    Route("GET", "/jobs/{id}", job),
]
