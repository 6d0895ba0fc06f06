"""The community forum: a category, its forums and their topics, kept as plain records."""

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import Answer, created, gone, not_found, ok
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routing import PAGED, Handler, Route
from tools.freshdesk.sandbox.validate import Rule, Rules

_TEXT = Rule("text", null=True)
CATEGORY: Rules = {"name": Rule("text"), "description": _TEXT}
FORUM: Rules = {
    "name": Rule("text"),
    "description": _TEXT,
    "forum_type": Rule("number"),
    "forum_visibility": Rule("number"),
    "company_ids": Rule("numbers"),
    "forum_category_id": Rule("number"),
}
TOPIC: Rules = {
    "title": Rule("text"),
    "message": Rule("text"),
    "sticky": Rule("flag"),
    "locked": Rule("flag"),
    "stamp_type": Rule("number", null=True),
    "forum_id": Rule("number"),
}
COMMENT: Rules = {"body": Rule("text"), "answer": Rule("flag")}


def _kept(desk: Desk, kind: str) -> dict[int, Json]:
    return desk.settings.setdefault(kind, {})


def _find(desk: Desk, kind: str, call: Call) -> Json:
    it = _kept(desk, kind).get(call.id())
    if it is None:
        raise not_found()
    return it


def _list(kind: str, parent: str = "", parents: str = "") -> Handler:
    def listed(desk: Desk, call: Call) -> Answer:
        if not parent:
            return page(call, list(_kept(desk, kind).values()), lambda it: it)
        home = _find(desk, parents, call)["id"]
        return page(
            call, [it for it in _kept(desk, kind).values() if it[parent] == home], lambda it: it
        )

    return listed


def _create(
    kind: str, rules: Rules, required: tuple[str, ...], parent: str = "", parents: str = ""
) -> Handler:
    def create(desk: Desk, call: Call) -> Answer:
        home = {parent: _find(desk, parents, call)["id"]} if parent else {}
        body = validate.body(call, rules, required=required)
        at, identity = stamp(desk.now()), desk.fresh(kind)
        plain = dict.fromkeys(rules)
        made = {
            **plain,
            **body,
            **home,
            "id": identity,
            "user_id": desk.responder_id,
            "created_at": at,
            "updated_at": at,
        }
        _kept(desk, kind)[identity] = made
        return created(made, f"/api/v2/discussions/{kind}/{identity}")

    return create


def _view(kind: str) -> Handler:
    return lambda desk, call: ok(_find(desk, kind, call))


def _update(kind: str, rules: Rules) -> Handler:
    def update(desk: Desk, call: Call) -> Answer:
        it = _find(desk, kind, call)
        it |= {**validate.body(call, rules), "updated_at": stamp(desk.now())}
        return ok(it)

    return update


def _delete(kind: str) -> Handler:
    def delete(desk: Desk, call: Call) -> Answer:
        del _kept(desk, kind)[_find(desk, kind, call)["id"]]
        return gone()

    return delete


def _one(kind: str, rules: Rules) -> list[Route]:
    path = f"/discussions/{kind}/{{id}}"
    return [
        Route("GET", path, _view(kind)),
        Route("PUT", path, _update(kind, rules)),
        Route("DELETE", path, _delete(kind)),
    ]


ROUTES = [
    Route("GET", "/discussions/categories", _list("categories"), query=PAGED),
    Route("POST", "/discussions/categories", _create("categories", CATEGORY, ("name",))),
    *_one("categories", CATEGORY),
    Route(
        "GET",
        "/discussions/categories/{id}/forums",
        _list("forums", "forum_category_id", "categories"),
        query=PAGED,
    ),
    Route(
        "POST",
        "/discussions/categories/{id}/forums",
        _create("forums", FORUM, ("name",), "forum_category_id", "categories"),
    ),
    *_one("forums", FORUM),
    Route(
        "GET", "/discussions/forums/{id}/topics", _list("topics", "forum_id", "forums"), query=PAGED
    ),
    Route(
        "POST",
        "/discussions/forums/{id}/topics",
        _create("topics", TOPIC, ("title", "message"), "forum_id", "forums"),
    ),
    *_one("topics", TOPIC),
    Route(
        "GET",
        "/discussions/topics/{id}/comments",
        _list("comments", "topic_id", "topics"),
        query=PAGED,
    ),
    Route(
        "POST",
        "/discussions/topics/{id}/comments",
        _create("comments", COMMENT, ("body",), "topic_id", "topics"),
    ),
    *_one("comments", COMMENT),
]
