"""Replies and notes: reading a thread, and the writes that reach a customer or stay inside."""

from tools.freshdesk.sandbox import html, people, shapes, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    Fault,
    absent,
    coded,
    created,
    gone,
    invalid_value,
    missing,
    not_found,
    ok,
    validation,
    wrong_verb,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import (
    Category,
    Channel,
    Conversation,
    Event,
    Json,
    Source,
    Ticket,
)
from tools.freshdesk.sandbox.routes.ticket_parts import attachments
from tools.freshdesk.sandbox.routes.tickets import find, writable
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

_SAID = {"body": Rule("text"), "structured_body": Rule("object"), "user_id": Rule("number")}
_REPLY = {
    **_SAID,
    "from_email": Rule("email"),
    "cc_emails": Rule("emails"),
    "bcc_emails": Rule("emails"),
}
_NOTE = {
    **_SAID,
    "private": Rule("flag"),
    "incoming": Rule("flag"),
    "notify_emails": Rule("emails"),
}
_FORWARD = {
    **_REPLY,
    "to_emails": Rule("emails"),
    "include_quoted_text": Rule("flag"),
    "include_original_attachments": Rule("flag"),
}


def thread(desk: Desk, call: Call) -> Answer:
    """List a ticket's conversations, oldest first. Source: https://developers.freshdesk.com/api/#list_all_ticket_notes."""
    ticket = find(desk, call)
    return page(call, desk.readable(ticket.id), shapes.conversation)


def reply(desk: Desk, call: Call) -> Answer:
    """Answer the customer in public. `private` is no key of this call: https://github.com/Aaronontheweb/freshdesk-cli/issues/39."""
    ticket = writable(desk, call)
    body = validate.body(call, _REPLY)
    text, structured = _text(ticket, body, public=True)
    author = _author(desk, body)
    _known_sender(desk, body)
    said = _say(desk, call, ticket, author, text)
    said.structured_body, said.category = structured, Category.REPLY
    said.support_email = ticket.support_email or desk.support_email()
    said.from_email = body.get("from_email") or f"{desk.account['name']} <{said.support_email}>"
    said.to_emails = [desk.email_of(ticket.requester_id) or ""]
    said.cc_emails, said.bcc_emails = (
        list(body.get("cc_emails", [])),
        list(body.get("bcc_emails", [])),
    )
    people.answered(ticket, said)
    desk.add(said, kind="reply", via="api")
    return created(shapes.reply(said), f"/api/v2/tickets/{ticket.id}/conversations/{said.id}")


def note(desk: Desk, call: Call) -> Answer:
    """Leave a note; private unless the caller says otherwise. Source: https://developers.freshdesk.com/api/#add_note_to_a_ticket."""
    ticket = writable(desk, call)
    body = validate.body(call, _NOTE)
    private, incoming = body.get("private", True), body.get("incoming", False)
    text, structured = _text(ticket, body, public=not private)
    said = _say(desk, call, ticket, _author(desk, body), text)
    said.structured_body, said.private, said.incoming = structured, private, incoming
    said.source, said.category = Channel.NOTE, Category.NOTE
    said.to_emails, said.cc_emails, said.bcc_emails = list(body.get("notify_emails", [])), [], None
    desk.add(said, kind="note", via="api")
    if said.author in desk.contacts:
        desk.emit(Event("customer_reply", ticket.id, desk.now()))
    return created(shapes.note(said), f"/api/v2/tickets/{ticket.id}/conversations/{said.id}")


def _text(ticket: Ticket, body: Json, *, public: bool) -> tuple[str, Json | None]:
    structured = body.get("structured_body")
    chat = ticket.source == Source.CHAT
    if structured is not None:
        return _structured(structured), structured
    if chat and public:
        # Web chat and the mobile SDK: the 2026 reference wants blocks instead of HTML.
        raise validation([missing("structured_body")])
    if not body.get("body"):
        raise validation(
            [
                missing("body")
                if "body" not in body
                else invalid_value("body", "Value can't be blank")
            ]
        )
    return html.stored(body["body"]), None


def _structured(structured: Json) -> str:
    blocks = structured.get("body_contents")
    if not isinstance(blocks, list) or not blocks:
        raise validation([missing("structured_body.body_contents")])
    texts = [block.get("data", {}).get("content") for block in blocks if isinstance(block, dict)]
    return html.stored("\n".join(str(text) for text in texts if text is not None))


def _author(desk: Desk, body: Json) -> int:
    author = int(body.get("user_id", desk.responder_id))
    if author in desk.agents and author != desk.responder_id:
        # Not even an administrator's key may speak as another agent.
        raise coded(
            403, "invalid_user", "You cannot add a conversation on behalf of another agent."
        )
    if author not in desk.agents and author not in desk.contacts:
        raise validation([absent("user_id", "contact")])
    return author


def _known_sender(desk: Desk, body: Json) -> None:
    sender = body.get("from_email")
    ours = {
        config["reply_email"].casefold()
        for config in desk.settings.get("email_configs", {}).values()
    }
    ours.add(desk.support_email().casefold())
    if sender is not None and _bare(sender) not in ours:
        raise validation(
            [
                invalid_value(
                    "from_email", "It should be one of the active support emails of the account"
                )
            ]
        )


def _bare(address: str) -> str:
    return address.rpartition("<")[2].strip(" >").casefold()


def _say(desk: Desk, call: Call, ticket: Ticket, author: int, text: str) -> Conversation:
    earlier = sum(
        file.size for said in desk.threads.get(ticket.id, []) for file in said.attachments
    )
    files = attachments(desk, call, earlier=earlier + sum(file.size for file in ticket.attachments))
    at = desk.now()
    said = Conversation(desk.fresh("conversation"), ticket.id, author, text, at, at)
    said.attachments = files
    return said


def forward(desk: Desk, call: Call) -> Answer:
    """Forward a ticket to somebody outside: a private conversation. Source: https://developers.freshdesk.com/api/#forward_ticket."""
    return _send_on(desk, call, Channel.FORWARD, Category.NOTE)


def reply_to_forward(desk: Desk, call: Call) -> Answer:
    """Answer somebody to whom the ticket was forwarded: private as well."""
    return _send_on(desk, call, Channel.NOTE, Category.REPLY_TO_FORWARD)


def _send_on(desk: Desk, call: Call, channel: Channel, category: Category) -> Answer:
    ticket = writable(desk, call)
    body = validate.body(call, _FORWARD, required=("to_emails",))
    text = html.stored(body.get("body") or ticket.description)
    said = _say(desk, call, ticket, _author(desk, body), text)
    said.private, said.source, said.category = True, channel, category
    said.support_email = ticket.support_email or desk.support_email()
    said.from_email = f"{desk.account['name']} <{said.support_email}>"
    said.to_emails = body["to_emails"]
    said.cc_emails, said.bcc_emails = (
        list(body.get("cc_emails", [])),
        list(body.get("bcc_emails", [])),
    )
    ticket.fwd_emails = [*(ticket.fwd_emails or []), *body["to_emails"]]
    desk.add(said, kind="note", via="api")
    return created(shapes.reply(said), f"/api/v2/tickets/{ticket.id}/conversations/{said.id}")


def _one(desk: Desk, call: Call) -> tuple[Conversation, Ticket]:
    said = desk.conversations.get(call.id())
    if said is None:
        raise not_found()
    return said, desk.tickets[said.ticket_id]


def edit(desk: Desk, call: Call) -> Answer:
    """Change a note; what was sent as a reply cannot be edited."""
    said, ticket = _one(desk, call)
    if said.source != Channel.NOTE or ticket.spam or ticket.deleted:
        raise wrong_verb(["DELETE"])
    body = validate.body(call, {"body": Rule("text")})
    if "body" not in body and not call.files:
        raise validation([missing("body")])
    said.body = html.stored(body.get("body", said.body))
    said.attachments += attachments(desk, call)
    said.updated_at = said.last_edited_at = desk.now()
    said.last_edited_user_id = desk.responder_id
    desk.touch(ticket)
    desk.note_change(
        ticket, {"conversation": said.id, "body": said.body}, user_id=desk.responder_id, via="api"
    )
    return ok(shapes.note(said))


def delete(desk: Desk, call: Call) -> Answer:
    """Remove a conversation."""
    said, ticket = _one(desk, call)
    desk.threads[ticket.id].remove(said)
    del desk.conversations[said.id]
    desk.touch(ticket)
    desk.note_change(
        ticket, {"conversation_deleted": said.id}, user_id=desk.responder_id, via="api"
    )
    return gone()


def delete_attachment(desk: Desk, call: Call) -> Answer:
    """Remove a file from wherever it hangs; there is no way to read one by id."""
    wanted = call.id()
    holders: list[Ticket | Conversation] = [*desk.tickets.values(), *desk.conversations.values()]
    for holder in holders:
        for file in holder.attachments:
            if file.id == wanted:
                holder.attachments.remove(file)
                return gone()
    raise not_found()


ROUTES = [
    Route("GET", "/tickets/{id}/conversations", thread, query=PAGED),
    Route("POST", "/tickets/{id}/reply", reply),
    Route("POST", "/tickets/{id}/notes", note),
    Route("POST", "/tickets/{id}/forward", forward),
    Route("POST", "/tickets/{id}/reply_to_forward", reply_to_forward),
    Route("PUT", "/conversations/{id}", edit),
    Route("DELETE", "/conversations/{id}", delete),
    Route("DELETE", "/attachments/{id}", delete_attachment),
]

__all__ = ["ROUTES", "Fault"]
