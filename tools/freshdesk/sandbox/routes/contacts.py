"""Contacts: the people who ask."""

from datetime import datetime

from tools.freshdesk.sandbox import clock, custom, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    Fault,
    absent,
    created,
    duplicate,
    gone,
    invalid_value,
    not_found,
    ok,
    one_of,
    validation,
    wrong_verb,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.people_shapes import contact, contact_in_list
from tools.freshdesk.sandbox.records import Agent, Contact, Json
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule, Rules

STATES = ("blocked", "deleted", "unverified", "verified")
_NAME = Rule("text", longest=validate.MAX_TEXT)
_TEXT = Rule("text", null=True)
RULES: Rules = {
    "name": _NAME,
    "email": Rule("email", null=True),
    "phone": _TEXT,
    "mobile": _TEXT,
    "twitter_id": _TEXT,
    "facebook_id": _TEXT,
    "unique_external_id": _TEXT,
    "other_emails": Rule("emails"),
    "company_id": Rule("number", null=True),
    "view_all_tickets": Rule("flag"),
    "other_companies": Rule("objects"),
    "address": _TEXT,
    "custom_fields": Rule("object"),
    "description": _TEXT,
    "job_title": _TEXT,
    "language": Rule("text"),
    "tags": Rule("texts"),
    "time_zone": Rule("text"),
    "lookup_parameter": Rule("text"),
}
_REACHED_BY = ("email", "phone", "mobile", "twitter_id", "unique_external_id")
_QUERY = (
    *PAGED,
    "email",
    "mobile",
    "phone",
    "company_id",
    "state",
    "contact_type",
    "updated_since",
    "_updated_since",
    "unique_external_id",
    "include",
)


def find(desk: Desk, call: Call) -> Contact:
    """Return the contact of the path.

    Raises:
        Refused: 404.
    """
    found = desk.contacts.get(call.id())
    if found is None:
        raise not_found()
    return found


def contacts(desk: Desk, call: Call) -> Answer:
    """List contacts. Source: https://developers.freshdesk.com/api/#list_all_contacts."""
    found = sorted(_filtered(desk, call), key=lambda it: (it.name.casefold(), it.id))
    return page(call, found, contact_in_list)


def _filtered(desk: Desk, call: Call) -> list[Contact]:
    query, state = call.query, call.query.get("state")
    if state is not None and state not in STATES:
        raise validation([one_of("state", STATES)])
    found = [it for it in desk.contacts.values() if _in_state(it, state)]
    for name in ("email", "mobile", "phone", "unique_external_id"):
        if name in query:
            found = [
                it for it in found if (getattr(it, name) or "").casefold() == query[name].casefold()
            ]
    company_id = validate.number(call, "company_id")
    if company_id is not None:
        found = [it for it in found if it.company_id == company_id]
    since = query.get("updated_since") or query.get("_updated_since")
    if since is not None:
        found = [it for it in found if it.updated_at >= _moment(since)]
    return found


def _moment(text: str) -> datetime:
    try:
        return clock.read(text)
    except ValueError:
        wrong = invalid_value(
            "updated_since", "It should be in the combined date and time ISO8601 format"
        )
        raise validation([wrong]) from None


def _in_state(it: Contact, state: str | None) -> bool:
    if it.agent:
        return False
    match state:
        case "deleted":
            return it.deleted
        case "blocked":
            return it.blocked and not it.deleted
        case "verified":
            return it.active and not it.deleted
        case "unverified":
            return not (it.active or it.deleted)
        case _:
            return not (it.deleted or it.blocked)


def view(desk: Desk, call: Call) -> Answer:
    """Show one contact."""
    validate.includes(call, ("company",))
    return ok(contact(find(desk, call)))


def create(desk: Desk, call: Call) -> Answer:
    """Create a contact; a taken address is a conflict."""
    body = validate.body(call, RULES, required=("name",))
    fields = _checked(desk, body, form=call.form)
    if not any(body.get(name) for name in _REACHED_BY):
        message = f"Please fill at least 1 of {', '.join(_REACHED_BY)} fields."
        raise validation([Fault("email", message, "missing_field")])
    _unique(desk, body, None)
    at = desk.now()
    made = Contact(desk.fresh("contact"), body["name"], body.get("email"), at, at, active=False)
    made.custom_fields = {**dict.fromkeys(custom.names(desk.contact_fields)), **fields}
    _change(desk, made, body)
    desk.contacts[made.id] = made
    desk.touch_contact(made)
    return created(contact(made), f"/api/v2/contacts/{made.id}")


def _checked(desk: Desk, body: Json, *, form: bool) -> Json:
    fields, faults = custom.read(desk.contact_fields, body.get("custom_fields", {}), form=form)
    if body.get("company_id") is not None and body["company_id"] not in desk.companies:
        faults.append(absent("company_id", "company"))
    if body.get("name") == "":
        faults.append(invalid_value("name", "Has 0 characters, it must have at least 1 character"))
    if faults:
        raise validation(faults)
    return fields


def _unique(desk: Desk, body: Json, own: int | None) -> None:
    for name in ("email", "unique_external_id", "mobile", "twitter_id"):
        taken = body.get(name)
        people: list[Contact | Agent] = [*desk.contacts.values(), *desk.agents.values()]
        for it in people:
            # A deleted contact keeps its values reserved.
            if (
                taken
                and it.id != own
                and str(getattr(it, name, None) or "").casefold() == str(taken).casefold()
            ):
                raise duplicate(name, user_id=it.id)


def _change(desk: Desk, it: Contact, body: Json) -> None:
    for name, value in body.items():
        if name not in {"custom_fields", "lookup_parameter"}:
            setattr(it, name, value)
    domain = (it.email or "").rpartition("@")[2].casefold()
    if it.company_id is None and "company_id" not in body:
        it.company_id = next(
            (known.id for known in desk.companies.values() if domain and domain in known.domains),
            None,
        )


def update(desk: Desk, call: Call) -> Answer:
    """Change a contact. Deleted and blocked ones answer 405: https://github.com/verbb/formie/issues/1917."""
    it = find(desk, call)
    if it.deleted or it.blocked:
        raise wrong_verb(["GET"])
    body = validate.body(call, RULES)
    fields = _checked(desk, body, form=call.form)
    _unique(desk, body, it.id)
    it.custom_fields.update(fields)
    _change(desk, it, body)
    desk.touch_contact(it)
    return ok(contact(it))


def delete(desk: Desk, call: Call) -> Answer:
    """Delete softly."""
    it = find(desk, call)
    if it.deleted:
        raise wrong_verb(["GET"])
    it.deleted = True
    desk.touch_contact(it)
    desk.index.drop("contacts", it.id)
    return gone()


def hard_delete(desk: Desk, call: Call) -> Answer:
    """Delete for good; without `force` only what was deleted softly."""
    it = find(desk, call)
    if not it.deleted and call.query.get("force", "").lower() != "true":
        raise wrong_verb(["GET"])
    del desk.contacts[it.id]
    desk.index.drop("contacts", it.id)
    return gone()


def restore(desk: Desk, call: Call) -> Answer:
    """Take a deleted contact back."""
    it = find(desk, call)
    if not it.deleted:
        raise not_found()
    it.deleted = False
    desk.touch_contact(it)
    return gone()


def autocomplete(desk: Desk, call: Call) -> Answer:
    """Find contacts by the beginning of a word of their name."""
    term = call.query.get("term", "").casefold()
    found = [it for it in desk.contacts.values() if not it.deleted and _begins(it.name, term)]
    return ok([{"id": it.id, "name": it.name} for it in found])


def _begins(name: str, term: str) -> bool:
    words = name.casefold().split()
    return bool(term) and (
        name.casefold().startswith(term) or any(word.startswith(term) for word in words)
    )


ROUTES = [
    Route("GET", "/contacts", contacts, endpoint="contacts_list", query=_QUERY, include_credits=2),
    Route("POST", "/contacts", create),
    Route("GET", "/contacts/autocomplete", autocomplete, query=("term",)),
    Route("GET", "/contacts/{id}", view, query=("include",), include_credits=1),
    Route("PUT", "/contacts/{id}", update),
    Route("DELETE", "/contacts/{id}", delete),
    Route("DELETE", "/contacts/{id}/hard_delete", hard_delete, query=("force",)),
    Route("PUT", "/contacts/{id}/restore", restore),
]
