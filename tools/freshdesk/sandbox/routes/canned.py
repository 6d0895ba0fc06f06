"""Canned responses and their folders, for administrators' keys."""

from collections.abc import Callable

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import Answer, absent, created, not_found, ok, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.html import flat
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

_RESPONSE = {
    "title": Rule("text"),
    "content_html": Rule("text"),
    "folder_id": Rule("number"),
    "visibility": Rule("number", choices=lambda: (0, 1, 2)),
    "group_ids": Rule("numbers"),
}


def _folder(desk: Desk, it: Json) -> Json:
    inner = [
        known
        for known in desk.settings["canned_responses"].values()
        if known["folder_id"] == it["id"]
    ]
    return {**it, "responses_count": len(inner)}


def _shown(it: Json) -> Json:
    # Placeholders such as {{ticket.url}} come as they were written.
    return {**it, "content": flat(it["content_html"])}


def _found(desk: Desk, call: Call, kind: str) -> Json:
    it = desk.settings[kind].get(call.id())
    if it is None:
        raise not_found()
    return it


def folders(desk: Desk, call: Call) -> Answer:
    """List the folders. Source: https://developers.freshdesk.com/api/#canned-responses."""
    return page(call, list(desk.settings["canned_folders"].values()), lambda it: _folder(desk, it))


def view_folder(desk: Desk, call: Call) -> Answer:
    """Show a folder with the titles inside."""
    it = _found(desk, call, "canned_folders")
    inner = [
        known
        for known in desk.settings["canned_responses"].values()
        if known["folder_id"] == it["id"]
    ]
    return ok(
        {
            **_folder(desk, it),
            "canned_responses": [{"id": one["id"], "title": one["title"]} for one in inner],
        }
    )


def responses(desk: Desk, call: Call) -> Answer:
    """List a folder's responses in full."""
    it = _found(desk, call, "canned_folders")
    inner = [
        known
        for known in desk.settings["canned_responses"].values()
        if known["folder_id"] == it["id"]
    ]
    return page(call, inner, _shown)


def view(desk: Desk, call: Call) -> Answer:
    """Show one response."""
    return ok(_shown(_found(desk, call, "canned_responses")))


def create_folder(desk: Desk, call: Call) -> Answer:
    """Create a folder."""
    body = validate.body(call, {"name": Rule("text")}, required=("name",))
    at, identity = stamp(desk.now()), desk.fresh("canned_folders")
    made = {
        "id": identity,
        "name": body["name"],
        "personal": False,
        "created_at": at,
        "updated_at": at,
    }
    desk.settings["canned_folders"][identity] = made
    return created(_folder(desk, made), f"/api/v2/canned_response_folders/{identity}")


def create(desk: Desk, call: Call) -> Answer:
    """Create a response."""
    body = validate.body(
        call, _RESPONSE, required=("title", "content_html", "folder_id", "visibility")
    )
    _in_folder(desk, body)
    at, identity = stamp(desk.now()), desk.fresh("canned_responses")
    made = {
        "id": identity,
        "attachments": [],
        "group_ids": [],
        **body,
        "created_at": at,
        "updated_at": at,
    }
    desk.settings["canned_responses"][identity] = made
    return created(_shown(made), f"/api/v2/canned_responses/{identity}")


def _in_folder(desk: Desk, body: Json) -> None:
    if "folder_id" in body and body["folder_id"] not in desk.settings["canned_folders"]:
        raise validation([absent("folder_id", "folder")])


def _update(
    kind: str, rules: validate.Rules, show: Callable[[Desk, Json], Json]
) -> Callable[[Desk, Call], Answer]:
    def update(desk: Desk, call: Call) -> Answer:
        it = _found(desk, call, kind)
        body = validate.body(call, rules)
        _in_folder(desk, body)
        it |= {**body, "updated_at": stamp(desk.now())}
        return ok(show(desk, it))

    return update


ROUTES = [
    Route("GET", "/canned_response_folders", folders, admin=True, query=PAGED),
    Route("POST", "/canned_response_folders", create_folder, admin=True),
    Route("GET", "/canned_response_folders/{id}", view_folder, admin=True, query=PAGED),
    Route(
        "PUT",
        "/canned_response_folders/{id}",
        _update("canned_folders", {"name": Rule("text")}, _folder),
        admin=True,
    ),
    Route("GET", "/canned_response_folders/{id}/responses", responses, admin=True, query=PAGED),
    Route("POST", "/canned_responses", create, admin=True),
    Route("GET", "/canned_responses/{id}", view, admin=True),
    Route(
        "PUT",
        "/canned_responses/{id}",
        _update("canned_responses", _RESPONSE, lambda _, it: _shown(it)),
        admin=True,
    ),
]
