"""What hangs on a ticket besides its thread: watchers, the summary, associations, the archive."""

from tools.freshdesk.sandbox import html, shapes, validate
from tools.freshdesk.sandbox.answers import Answer, absent, gone, not_found, ok, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.html import flat
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Ticket
from tools.freshdesk.sandbox.routes.ticket_parts import attachments
from tools.freshdesk.sandbox.routes.tickets import find, writable
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

_FEATURE = "archive"


def watchers(desk: Desk, call: Call) -> Answer:
    """Show who watches a ticket."""
    return ok({"watcher_ids": list(find(desk, call).watchers)})


def watch(desk: Desk, call: Call) -> Answer:
    """Let an agent watch a ticket; the key's own unless another is named."""
    ticket = writable(desk, call)
    who = int(validate.body(call, {"user_id": Rule("number")}).get("user_id", desk.responder_id))
    if who not in desk.agents:
        raise validation([absent("user_id", "agent")])
    if who not in ticket.watchers:
        ticket.watchers.append(who)
    return gone()


def unwatch(desk: Desk, call: Call) -> Answer:
    """Stop watching."""
    ticket = writable(desk, call)
    if desk.responder_id in ticket.watchers:
        ticket.watchers.remove(desk.responder_id)
    return gone()


def summary(desk: Desk, call: Call) -> Answer:
    """Show a ticket's summary note."""
    found = find(desk, call).summary
    if found is None:
        raise not_found()
    return ok(found)


def write_summary(desk: Desk, call: Call) -> Answer:
    """Write a ticket's summary note; there is one."""
    ticket = writable(desk, call)
    body = validate.body(
        call, {"body": Rule("text"), "user_id": Rule("number")}, required=("body",)
    )
    at, text = stamp(desk.now()), html.stored(body["body"])
    before = ticket.summary or {"id": desk.fresh("conversation"), "created_at": at}
    ticket.summary = {
        **before,
        "body": text,
        "body_text": flat(text),
        "ticket_id": ticket.id,
        "user_id": body.get("user_id", desk.responder_id),
        "last_edited_user_id": desk.responder_id,
        "attachments": [shapes.attachment(file) for file in attachments(desk, call)],
        "cloud_files": [],
        "updated_at": at,
    }
    desk.touch(ticket)
    desk.note_change(ticket, {"summary": text}, user_id=desk.responder_id, via="api")
    return ok(ticket.summary)


def delete_summary(desk: Desk, call: Call) -> Answer:
    """Remove a ticket's summary note."""
    ticket = writable(desk, call)
    if ticket.summary is None:
        raise not_found()
    ticket.summary = None
    return gone()


def associated(desk: Desk, call: Call) -> Answer:
    """List the tickets that belong to a ticket."""
    ticket = find(desk, call)
    children = [
        it
        for it in desk.tickets.values()
        if it.parent_id == ticket.id or it.id in ticket.related_ticket_ids
    ]
    return page(call, children, shapes.ticket_in_list)


def prime_association(desk: Desk, call: Call) -> Answer:
    """Show the ticket that a ticket belongs to."""
    parent = desk.tickets.get(find(desk, call).parent_id or 0)
    if parent is None:
        raise not_found()
    return ok(shapes.ticket(parent))


def accesses(desk: Desk, call: Call) -> Answer:
    """List the agents a ticket was opened to."""
    find(desk, call)
    return ok([])


def _archived(desk: Desk, call: Call) -> Ticket:
    ticket = desk.tickets.get(call.id())
    if ticket is None or not ticket.archived:
        raise not_found()
    return ticket


def archived(desk: Desk, call: Call) -> Answer:
    """Show a ticket that was idle for so long that it left the list."""
    return ok({**shapes.ticket(_archived(desk, call)), "archived": True})


def archived_thread(desk: Desk, call: Call) -> Answer:
    """List an archived ticket's conversations."""
    ticket = _archived(desk, call)
    return page(call, desk.threads.get(ticket.id, []), shapes.conversation)


ROUTES = [
    Route("GET", "/tickets/{id}/watchers", watchers),
    Route("POST", "/tickets/{id}/watch", watch),
    Route("PUT", "/tickets/{id}/unwatch", unwatch),
    Route("GET", "/tickets/{id}/summary", summary),
    Route("PUT", "/tickets/{id}/summary", write_summary),
    Route("DELETE", "/tickets/{id}/summary", delete_summary),
    Route("GET", "/tickets/{id}/associated_tickets", associated, query=PAGED),
    Route("GET", "/tickets/{id}/prime_association", prime_association),
    Route("GET", "/tickets/{id}/accesses", accesses),
    Route(
        "GET",
        "/tickets/archived/{id}",
        archived,
        query=("include",),
        include_credits=1,
        feature=_FEATURE,
    ),
    Route(
        "GET",
        "/tickets/archived/{id}/conversations",
        archived_thread,
        query=PAGED,
        feature=_FEATURE,
    ),
]
