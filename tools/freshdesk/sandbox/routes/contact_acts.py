"""What is done with contacts beyond keeping them: invite, merge, turn into an agent."""

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import Answer, absent, gone, missing, ok, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.people_shapes import agent_in_contact, contact
from tools.freshdesk.sandbox.records import Agent, Contact
from tools.freshdesk.sandbox.routes.contacts import find
from tools.freshdesk.sandbox.routing import Route
from tools.freshdesk.sandbox.validate import Rule


def send_invite(desk: Desk, call: Call) -> Answer:
    """Send an activation mail, which nobody receives."""
    find(desk, call)
    return gone()


def make_agent(desk: Desk, call: Call) -> Answer:
    """Turn a contact into an agent. Source: https://developers.freshdesk.com/api/#make_agent."""
    it = find(desk, call)
    rules = {
        "occasional": Rule("flag"),
        "ticket_scope": Rule("number", choices=lambda: (1, 2, 3)),
        "signature": Rule("text"),
        "group_ids": Rule("numbers"),
        "role_ids": Rule("numbers"),
        "skill_ids": Rule("numbers"),
        "type": Rule("text"),
    }
    body = validate.body(call, rules)
    if it.email is None:
        raise validation([missing("email")])
    at = desk.now()
    made = Agent(it.id, it.name, it.email, at, at, occasional=body.get("occasional", False))
    made.ticket_scope, made.signature = body.get("ticket_scope", 1), body.get("signature")
    made.role_ids, made.phone, made.mobile = body.get("role_ids", []), it.phone, it.mobile
    desk.agents[made.id] = made
    it.agent = True
    for group_id in body.get("group_ids", []):
        if group_id in desk.groups:
            desk.groups[group_id].agent_ids.append(made.id)
    return ok({**contact(it), "agent": agent_in_contact(made)})


def merge(desk: Desk, call: Call) -> Answer:
    """Fold other contacts into one. Source: https://developers.freshdesk.com/api/#merge_contact."""
    rules = {
        "primary_contact_id": Rule("number"),
        "secondary_contact_ids": Rule("numbers"),
        "contact": Rule("object"),
    }
    body = validate.body(call, rules, required=("primary_contact_id", "secondary_contact_ids"))
    primary = desk.contacts.get(body["primary_contact_id"])
    others = [desk.contacts.get(it) for it in body["secondary_contact_ids"]]
    if primary is None:
        raise validation([absent("primary_contact_id", "contact")])
    for other in others:
        if other is None:
            raise validation([absent("secondary_contact_ids", "contact")])
        _fold(desk, primary, other)
    desk.touch_contact(primary)
    return gone()


def _fold(desk: Desk, primary: Contact, other: Contact) -> None:
    if other.email:
        primary.other_emails.append(other.email)
    for ticket in desk.tickets.values():
        if ticket.requester_id == other.id:
            ticket.requester_id = primary.id
    other.email, other.deleted = None, True
    desk.index.drop("contacts", other.id)


ROUTES = [
    Route("POST", "/contacts/merge", merge),
    Route("PUT", "/contacts/{id}/make_agent", make_agent),
    Route("PUT", "/contacts/{id}/send_invite", send_invite),
]
