"""Field definitions of contacts and companies."""

from collections.abc import Callable

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    created,
    gone,
    invalid_value,
    not_found,
    ok,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routes.fields import FIRST, frame
from tools.freshdesk.sandbox.routing import PAGED, Handler, Route
from tools.freshdesk.sandbox.validate import Rule

_CONTACT_DEFAULTS = (
    "name",
    "job_title",
    "email",
    "phone",
    "mobile",
    "twitter_id",
    "company_name",
    "address",
    "time_zone",
    "language",
    "tag_names",
    "description",
    "client_manager",
)
_COMPANY_DEFAULTS = (
    "name",
    "description",
    "note",
    "domains",
    "health_score",
    "account_tier",
    "renewal_date",
    "industry",
)
_RULES = {
    "label": Rule("text"),
    "label_for_customers": Rule("text"),
    "type": Rule("text"),
    "choices": Rule("objects"),
    "position": Rule("number"),
    "required_for_agents": Rule("flag"),
    "required_for_customers": Rule("flag"),
    "customers_can_edit": Rule("flag"),
    "displayed_for_customers": Rule("flag"),
    "editable_in_signup": Rule("flag"),
}
Own = Callable[[Desk], list[Json]]


def _contacts(desk: Desk) -> list[Json]:
    return desk.contact_fields


def _companies(desk: Desk) -> list[Json]:
    return desk.company_fields


def _all(desk: Desk, names: tuple[str, ...], own: list[Json]) -> list[Json]:
    shown: list[Json] = []
    for place, name in enumerate(names, start=1):
        label = name.replace("_", " ").capitalize()
        it: Json = {"name": name, "label": label, "type": f"default_{name}"}
        shown.append({**frame(desk, FIRST + 500 + place, place, it), "default": True})
    for place, mine in enumerate(own, len(shown) + 1):
        shown.append(frame(desk, mine.get("id", FIRST + 700 + place), place, mine))
    return shown


def _list(names: tuple[str, ...], own: Own) -> Handler:
    return lambda desk, call: ok(_all(desk, names, own(desk)))  # noqa: ARG005 - every handler is given the call


def _view(names: tuple[str, ...], own: Own) -> Handler:
    def view(desk: Desk, call: Call) -> Answer:
        for it in _all(desk, names, own(desk)):
            if it["id"] == call.id():
                return ok(it)
        raise not_found()

    return view


def _create(own: Own, where: str) -> Handler:
    def create(desk: Desk, call: Call) -> Answer:
        body = validate.body(call, _RULES, required=("label", "type"))
        identity = desk.fresh("person_field")
        name = "_".join(body["label"].casefold().split())
        made: Json = {**body, "id": identity, "name": name}
        own(desk).append(made)
        return created(frame(desk, identity, 50, made), f"/api/v2/{where}/{identity}")

    return create


def _mine(desk: Desk, own: Own, call: Call) -> Json:
    for it in own(desk):
        if it.get("id") == call.id():
            return it
    raise validation([invalid_value("id", "Default fields cannot be changed")])


def _update(own: Own) -> Handler:
    def update(desk: Desk, call: Call) -> Answer:
        it = _mine(desk, own, call)
        it |= validate.body(call, _RULES)
        return ok(frame(desk, it["id"], 50, it))

    return update


def _delete(own: Own) -> Handler:
    def delete(desk: Desk, call: Call) -> Answer:
        own(desk).remove(_mine(desk, own, call))
        return gone()

    return delete


def _family(where: str, names: tuple[str, ...], own: Own) -> list[Route]:
    return [
        Route("GET", f"/{where}", _list(names, own), query=PAGED),
        Route("POST", f"/{where}", _create(own, where), admin=True),
        Route("GET", f"/{where}/{{id}}", _view(names, own)),
        Route("PUT", f"/{where}/{{id}}", _update(own), admin=True),
        Route("DELETE", f"/{where}/{{id}}", _delete(own), admin=True),
    ]


ROUTES = [
    *_family("contact_fields", _CONTACT_DEFAULTS, _contacts),
    *_family("company_fields", _COMPANY_DEFAULTS, _companies),
]
