"""Calls that few make but typed clients have methods for: sections, exports, imports."""

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import Answer, created, gone, not_found, ok
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

_SECTION = {
    "label": Rule("text"),
    "choice_ids": Rule("numbers"),
    "ticket_field_ids": Rule("numbers"),
    "is_fsm": Rule("flag"),
}


def _kept(desk: Desk, kind: str) -> dict[int, Json]:
    return desk.settings.setdefault(kind, {})


def _one(desk: Desk, kind: str, call: Call) -> Json:
    found = _kept(desk, kind).get(call.id())
    if found is None:
        raise not_found()
    return found


def _field_id(desk: Desk, call: Call) -> int:
    identity = call.id("field")
    if all(it.get("id") != identity for it in desk.ticket_fields):
        raise not_found()
    return identity


def sections(desk: Desk, call: Call) -> Answer:
    """List the sections of a field. Source: https://developers.freshdesk.com/api/#sections."""
    home = _field_id(desk, call)
    return ok(
        [it for it in _kept(desk, "sections").values() if it["parent_ticket_field_id"] == home]
    )


def create_section(desk: Desk, call: Call) -> Answer:
    """Create a section that some choices of a field open."""
    home = _field_id(desk, call)
    body = validate.body(call, _SECTION, required=("label", "choice_ids"))
    identity, at = desk.fresh("sections"), stamp(desk.now())
    made = {"id": identity, "parent_ticket_field_id": home, "ticket_field_ids": [], "is_fsm": False}
    made |= {**body, "created_at": at, "updated_at": at}
    _kept(desk, "sections")[identity] = made
    return created(made, f"/api/v2/admin/ticket_fields/{home}/sections/{identity}")


def view_section(desk: Desk, call: Call) -> Answer:
    """Show one section."""
    return ok(_one(desk, "sections", call))


def update_section(desk: Desk, call: Call) -> Answer:
    """Change a section."""
    it = _one(desk, "sections", call)
    it |= {**validate.body(call, _SECTION), "updated_at": stamp(desk.now())}
    return ok(it)


def delete_section(desk: Desk, call: Call) -> Answer:
    """Delete a section."""
    del _kept(desk, "sections")[_one(desk, "sections", call)["id"]]
    return gone()


def export(desk: Desk, call: Call) -> Answer:
    """Order an export of contacts; it is ready at once, though its file is nowhere."""
    validate.body(call, {"fields": Rule("object")})
    identity = desk.fresh("exports")
    where = f"https://{desk.account['domain']}/exports/{identity}.csv"
    _kept(desk, "exports")[identity] = {
        "id": str(identity),
        "status": "completed",
        "download_url": where,
    }
    return created({"id": str(identity)}, f"/api/v2/contacts/export/{identity}")


def show_export(desk: Desk, call: Call) -> Answer:
    """Show an export."""
    return ok(_one(desk, "exports", call))


def imports(desk: Desk, call: Call) -> Answer:
    """List imports of contacts."""
    return page(call, list(_kept(desk, "imports").values()), lambda it: it)


def start_import(desk: Desk, call: Call) -> Answer:
    """Start an import; the file is taken and not read."""
    del call
    identity = desk.fresh("imports")
    made = {"id": identity, "status": "in_progress", "created_at": stamp(desk.now())}
    _kept(desk, "imports")[identity] = made
    return created(made, f"/api/v2/contacts/imports/{identity}")


def show_import(desk: Desk, call: Call) -> Answer:
    """Show an import."""
    return ok(_one(desk, "imports", call))


def cancel_import(desk: Desk, call: Call) -> Answer:
    """Give up an import."""
    _one(desk, "imports", call)["status"] = "cancelled"
    return gone()


_SECTIONS = "/admin/ticket_fields/{field}/sections"
ROUTES = [
    Route("GET", _SECTIONS, sections, admin=True),
    Route("POST", _SECTIONS, create_section, admin=True),
    Route("GET", f"{_SECTIONS}/{{id}}", view_section, admin=True),
    Route("PUT", f"{_SECTIONS}/{{id}}", update_section, admin=True),
    Route("DELETE", f"{_SECTIONS}/{{id}}", delete_section, admin=True),
    Route("POST", "/contacts/export", export),
    Route("GET", "/contacts/export/{id}", show_export),
    Route("GET", "/contacts/imports", imports, query=(*PAGED, "state")),
    Route("POST", "/contacts/imports", start_import),
    Route("GET", "/contacts/imports/{id}", show_import),
    Route("PUT", "/contacts/imports/{id}/cancel", cancel_import),
]
