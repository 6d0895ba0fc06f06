"""Ticket field definitions, in their two dialects: for agents and for administrators."""

from typing import Any

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    created,
    gone,
    invalid_value,
    missing,
    not_found,
    ok,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import LONG_IDS, PRIORITIES, Desk
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

FIRST = LONG_IDS + 900_000
_DEFAULTS = (
    ("requester", "Search a requester", "default_requester", True),
    ("company", "Company", "default_company", False),
    ("subject", "Subject", "default_subject", True),
    ("ticket_type", "Type", "default_ticket_type", False),
    ("source", "Source", "default_source", False),
    ("status", "Status", "default_status", True),
    ("priority", "Priority", "default_priority", True),
    ("group", "Group", "default_group", False),
    ("agent", "Agent", "default_agent", False),
    ("product", "Product", "default_product", False),
    ("description", "Description", "default_description", True),
)
_TYPES = [
    "custom_text",
    "custom_paragraph",
    "custom_checkbox",
    "custom_number",
    "custom_decimal",
    "custom_dropdown",
    "custom_date",
    "nested_field",
]


def _choices(desk: Desk, name: str) -> Json | list[str] | None:
    match name:
        case "ticket_type":
            return list(desk.ticket_types)
        case "status":
            return {str(number): list(labels) for number, labels in desk.statuses.items()}
        case "source":
            return dict(desk.sources)
        case "priority":
            return dict(PRIORITIES)
        case "group":
            return {it.name: it.id for it in desk.groups.values()}
        case "agent":
            return {it.name: it.id for it in desk.agents.values()}
        case "product":
            return {it["name"]: it["id"] for it in desk.settings.get("products", {}).values()}
        case _:
            return None


def frame(desk: Desk, identity: int, position: int, it: Json) -> Json:
    """Return a definition with every key that a field has, its own ones on top."""
    at = stamp(desk.agents[desk.responder_id].created_at)
    return {
        "id": identity,
        "name": it["name"],
        "label": it.get("label", it["name"]),
        "description": it.get("description"),
        "position": position,
        "required_for_closure": False,
        "required_for_agents": False,
        "type": it["type"],
        "default": False,
        "customers_can_edit": False,
        "customers_can_filter": False,
        "label_for_customers": it.get("label", it["name"]),
        "required_for_customers": False,
        "displayed_to_customers": True,
        "created_at": at,
        "updated_at": at,
        **it,
    }


def definitions(desk: Desk) -> list[Json]:
    """Return all ticket fields, the account's own after the default ones.

    Source: https://developers.freshdesk.com/api/#list_all_ticket_fields
    """
    shown: list[Json] = []
    for place, (name, label, kind, required) in enumerate(_DEFAULTS, start=1):
        it: Json = {
            "name": name,
            "label": label,
            "type": kind,
            "description": label,
            "required_for_agents": required,
        }
        field = {
            **frame(desk, FIRST + place, place, it),
            "default": True,
            "customers_can_edit": name in {"requester", "subject", "description"},
        }
        if name == "requester":
            field |= {"portal_cc": False, "portal_cc_to": "company"}
        choices = _choices(desk, name)
        if choices is not None:
            field["choices"] = choices
        shown.append(field)
    for place, own in enumerate(desk.ticket_fields, start=len(shown) + 1):
        shown.append(frame(desk, own.get("id", FIRST + 100 + place), place, own))
    return shown


def ticket_fields(desk: Desk, call: Call) -> Answer:
    """List ticket fields as an agent sees them; `?type=` keeps one type."""
    wanted = call.query.get("type")
    return ok([it for it in definitions(desk) if wanted is None or it["type"] == wanted])


def _admin_shape(it: Json, *, single: bool) -> Json:
    shown = {
        name: value for name, value in it.items() if name not in {"nested_ticket_fields", "choices"}
    }
    shown |= {
        "archived": False,
        "is_fsm": False,
        "field_update_in_progress": False,
        "has_section": False,
        "section_mappings": [],
        "searchable": True,
    }
    if single and "choices" in it:
        shown["choices"] = _tree(it["choices"], it["id"] * 100)
    if it.get("nested_ticket_fields"):
        shown["dependent_fields"] = it["nested_ticket_fields"]
    return shown


def _tree(choices: Any, first: int, parent: int | None = None) -> list[Json]:  # noqa: ANN401 - lists and objects, three deep
    names = list(choices)
    return [
        {
            "id": first + place,
            "position": place,
            "value": name,
            "label": name,
            "parent_choice_id": parent,
            "choices": _tree(choices[name], (first + place) * 10, first + place)
            if isinstance(choices, dict) and isinstance(choices[name], dict | list)
            else [],
        }
        for place, name in enumerate(names, start=1)
    ]


def admin_fields(desk: Desk, call: Call) -> Answer:
    """List ticket fields as the admin pages see them: no choices in the list."""
    del call
    return ok([_admin_shape(it, single=False) for it in definitions(desk)])


def _one(desk: Desk, call: Call) -> Json:
    found = next((it for it in definitions(desk) if it["id"] == call.id()), None)
    if found is None:
        raise not_found()
    return found


def admin_field(desk: Desk, call: Call) -> Answer:
    """Show one ticket field with its choices as a tree."""
    validate.includes(call, ("section",))
    return ok(_admin_shape(_one(desk, call), single=True))


_RULES = {
    "label": Rule("text"),
    "label_for_customers": Rule("text"),
    "type": Rule("text", choices=lambda: _TYPES),
    "choices": Rule("objects"),
    "position": Rule("number"),
    "required_for_closure": Rule("flag"),
    "required_for_agents": Rule("flag"),
    "required_for_customers": Rule("flag"),
    "customers_can_edit": Rule("flag"),
    "displayed_to_customers": Rule("flag"),
    "dependent_fields": Rule("objects"),
}


def create_field(desk: Desk, call: Call) -> Answer:
    """Create a custom ticket field, named after its label, with a suffix where that is taken."""
    body = validate.body(call, _RULES, required=("label", "type"))
    name = "cf_" + "_".join(
        "".join(c if c.isalnum() else " " for c in body["label"].casefold()).split()
    )
    taken = {it["name"] for it in desk.ticket_fields}
    identity = desk.fresh("ticket_field")
    if name in taken:
        name = f"{name}{identity % 1_000_000}"
    made = {**body, "id": identity, "name": name}
    if body["type"] == "custom_dropdown":
        made["choices"] = [_label(it) for it in body.get("choices", [])]
        if not made["choices"]:
            raise validation([missing("choices")])
    desk.ticket_fields.append(made)
    for ticket in desk.tickets.values():
        ticket.custom_fields.setdefault(name, None)
    shown = next(it for it in definitions(desk) if it["id"] == identity)
    return created(_admin_shape(shown, single=True), f"/api/v2/admin/ticket_fields/{identity}")


def _label(it: object) -> str:
    if isinstance(it, dict) and isinstance(it.get("value", it.get("label")), str):
        return str(it.get("value", it.get("label")))
    raise validation([invalid_value("choices", "Each choice needs a value")])


def update_field(desk: Desk, call: Call) -> Answer:
    """Change a custom ticket field; its name stays."""
    own = _own(desk, call)
    body = validate.body(call, {name: rule for name, rule in _RULES.items() if name != "type"})
    if "choices" in body:
        body["choices"] = [_label(it) for it in body["choices"]]
    own |= body
    return ok(_admin_shape(_one(desk, call), single=True))


def _own(desk: Desk, call: Call) -> Json:
    identity = _one(desk, call)["id"]
    own = next((it for it in desk.ticket_fields if it.get("id") == identity), None)
    if own is None:
        raise validation([invalid_value("id", "Default fields cannot be changed")])
    return own


def delete_field(desk: Desk, call: Call) -> Answer:
    """Delete a custom ticket field and its values."""
    own = _own(desk, call)
    desk.ticket_fields.remove(own)
    for ticket in desk.tickets.values():
        ticket.custom_fields.pop(own["name"], None)
    return gone()


def forms(desk: Desk, call: Call) -> Answer:
    """List ticket forms: the one every account has."""
    del call
    at = stamp(desk.agents[desk.responder_id].created_at)
    fields = [{"id": it["id"], "name": it["name"]} for it in definitions(desk)]
    one = {
        "id": FIRST + 999,
        "name": "default_ticket_form",
        "title": "Default Ticket Form",
        "default": True,
    }
    return ok([{**one, "description": None, "fields": fields, "created_at": at, "updated_at": at}])


ROUTES = [
    Route("GET", "/ticket_fields", ticket_fields, query=("type", *PAGED)),
    Route("GET", "/admin/ticket_fields", admin_fields, admin=True, query=PAGED),
    Route("POST", "/admin/ticket_fields", create_field, admin=True),
    Route("GET", "/admin/ticket_fields/{id}", admin_field, admin=True, query=("include",)),
    Route("PUT", "/admin/ticket_fields/{id}", update_field, admin=True),
    Route("DELETE", "/admin/ticket_fields/{id}", delete_field, admin=True),
    Route("GET", "/ticket-forms", forms, admin=True, query=PAGED),
]
