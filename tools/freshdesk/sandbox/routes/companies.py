"""Companies: whom contacts belong to."""

from tools.freshdesk.sandbox import custom, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    created,
    duplicate,
    gone,
    missing,
    not_found,
    ok,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.people_shapes import company
from tools.freshdesk.sandbox.records import Company, Json
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule, Rules

_TEXT = Rule("text", null=True)
RULES: Rules = {
    "name": Rule("text", longest=validate.MAX_TEXT),
    "description": _TEXT,
    "note": _TEXT,
    "domains": Rule("texts"),
    "custom_fields": Rule("object"),
    "health_score": _TEXT,
    "account_tier": _TEXT,
    "renewal_date": Rule("date", null=True),
    "industry": _TEXT,
    "lookup_parameter": Rule("text"),
}


def find(desk: Desk, call: Call) -> Company:
    """Return the company of the path.

    Raises:
        Refused: 404.
    """
    found = desk.companies.get(call.id())
    if found is None:
        raise not_found()
    return found


def companies(desk: Desk, call: Call) -> Answer:
    """List companies by name. Source: https://developers.freshdesk.com/api/#companies."""
    return page(
        call, sorted(desk.companies.values(), key=lambda it: (it.name.casefold(), it.id)), company
    )


def view(desk: Desk, call: Call) -> Answer:
    """Show one company."""
    return ok(company(find(desk, call)))


def create(desk: Desk, call: Call) -> Answer:
    """Create a company; name and domains are unique."""
    body = validate.body(call, RULES)
    if not body.get("name"):
        raise validation([missing("name")])
    fields = _checked(desk, body, None, form=call.form)
    at = desk.now()
    made = Company(desk.fresh("company"), body["name"], at, at)
    made.custom_fields = dict.fromkeys(custom.names(desk.company_fields))
    _change(made, body, fields)
    desk.companies[made.id] = made
    desk.touch_company(made)
    return created(company(made), f"/api/v2/companies/{made.id}")


def _checked(desk: Desk, body: Json, own: int | None, *, form: bool) -> Json:
    fields, faults = custom.read(desk.company_fields, body.get("custom_fields", {}), form=form)
    if faults:
        raise validation(faults)
    for it in desk.companies.values():
        if it.id != own and it.name.casefold() == str(body.get("name", "")).casefold():
            raise duplicate("name")
        if it.id != own and set(it.domains) & set(body.get("domains", [])):
            raise duplicate("domains")
    return fields


def _change(it: Company, body: Json, fields: Json) -> None:
    it.custom_fields.update(fields)
    for name, value in body.items():
        if name not in {"custom_fields", "lookup_parameter"}:
            setattr(it, name, value)


def update(desk: Desk, call: Call) -> Answer:
    """Change a company."""
    it = find(desk, call)
    body = validate.body(call, RULES)
    _change(it, body, _checked(desk, body, it.id, form=call.form))
    desk.touch_company(it)
    return ok(company(it))


def delete(desk: Desk, call: Call) -> Answer:
    """Delete a company; its contacts stay, belonging to nobody."""
    it = find(desk, call)
    del desk.companies[it.id]
    desk.index.drop("companies", it.id)
    for contact in desk.contacts.values():
        if contact.company_id == it.id:
            contact.company_id = None
    return gone()


def autocomplete(desk: Desk, call: Call) -> Answer:
    """Find companies by the beginning of their name; wrapped in an object, unlike contacts."""
    name = call.query.get("name", "").casefold()
    words = [
        it
        for it in desk.companies.values()
        if name and any(w.startswith(name) for w in _starts(it.name))
    ]
    return ok({"companies": [{"id": it.id, "name": it.name} for it in words]})


def _starts(name: str) -> list[str]:
    return [name.casefold(), *name.casefold().split()]


def customer(desk: Desk, call: Call) -> Answer:
    """Show a company under its name of the first API, which an old client still calls."""
    it = find(desk, call)
    return ok({**company(it), "cust_identifier": None, "account_id": 1})


ROUTES = [
    Route("GET", "/companies", companies, query=PAGED),
    Route("POST", "/companies", create),
    Route("GET", "/companies/autocomplete", autocomplete, query=("name",)),
    Route("GET", "/companies/{id}", view),
    Route("PUT", "/companies/{id}", update),
    Route("DELETE", "/companies/{id}", delete),
    Route("GET", "/customers/{id}", customer),
]
