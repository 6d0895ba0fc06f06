"""The ticket list: its filters, its thirty-day window and its wall at page 300."""

from datetime import timedelta

from tools.freshdesk.sandbox import clock, shapes, validate
from tools.freshdesk.sandbox.answers import Answer, invalid_value, one_of, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Json, Status, Ticket
from tools.freshdesk.sandbox.routing import PAGED, Route

LAST_PAGE = 300
WINDOW = timedelta(days=30)
INCLUDES = ("stats", "requester", "description", "company")
FILTERS = ("new_and_my_open", "watching", "spam", "deleted")
ORDERS = ("created_at", "due_by", "updated_at", "status")
_QUERY = (
    *PAGED,
    "filter",
    "requester_id",
    "email",
    "unique_external_id",
    "company_id",
    "updated_since",
    "order_by",
    "order_type",
    "include",
)


def tickets(desk: Desk, call: Call) -> Answer:
    """List tickets. Source: https://developers.freshdesk.com/api/#list_all_tickets."""
    wanted = validate.includes(call, INCLUDES)
    found = [it for it in _window(desk, call) if _named(desk, it, call.query.get("filter"))]
    found = _filtered(desk, call, found)
    ordered = _ordered(call, found)
    return page(call, ordered, lambda it: _show(desk, it, wanted), last_page=LAST_PAGE)


def _window(desk: Desk, call: Call) -> list[Ticket]:
    since = call.query.get("updated_since")
    all_ = [it for it in desk.tickets.values() if not it.archived]
    if since is None:
        start = desk.now() - WINDOW
        return [it for it in all_ if it.created_at >= start]
    try:
        # A plus sign that was not escaped arrives as a space.
        moment = clock.read(
            since.replace(" ", "+") if since.count(" ") == 1 and "T" in since else since
        )
    except ValueError:
        raise validation(
            [
                invalid_value(
                    "updated_since", "It should be in the combined date and time ISO8601 format"
                )
            ]
        ) from None
    return [it for it in all_ if it.updated_at.replace(microsecond=0) >= moment]


def _named(desk: Desk, it: Ticket, name: str | None) -> bool:
    match name:
        case "spam":
            return it.spam and not it.deleted
        case "deleted":
            return it.deleted
        case "watching":
            return desk.responder_id in it.watchers and not (it.spam or it.deleted)
        case "new_and_my_open":
            mine = it.responder_id in {None, desk.responder_id}
            return mine and it.status == Status.OPEN and not (it.spam or it.deleted)
        case None:
            return not (it.spam or it.deleted)
        case _:
            raise validation([one_of("filter", FILTERS)])


def _filtered(desk: Desk, call: Call, found: list[Ticket]) -> list[Ticket]:
    query = call.query
    requester_id, company_id = (
        validate.number(call, "requester_id"),
        validate.number(call, "company_id"),
    )
    if requester_id is not None:
        if requester_id not in desk.contacts and requester_id not in desk.agents:
            raise validation(
                [
                    invalid_value(
                        "requester_id", "There is no contact matching the given requester_id"
                    )
                ]
            )
        found = [it for it in found if it.requester_id == requester_id]
    if company_id is not None:
        found = [it for it in found if it.company_id == company_id]
    if "email" in query:
        contact = desk.contact_by_email(query["email"])
        if contact is None:
            raise validation(
                [invalid_value("email", "There is no contact matching the given email")]
            )
        found = [it for it in found if it.requester_id == contact.id]
    if "unique_external_id" in query:
        found = [it for it in found if it.unique_external_id == query["unique_external_id"]]
    return found


def _ordered(call: Call, found: list[Ticket]) -> list[Ticket]:
    by, kind = call.query.get("order_by", "created_at"), call.query.get("order_type", "desc")
    if by not in ORDERS:
        raise validation([one_of("order_by", ORDERS)])
    if kind not in {"asc", "desc"}:
        raise validation([one_of("order_type", ("asc", "desc"))])
    return sorted(
        found, key=lambda it: (getattr(it, by) or it.created_at, it.id), reverse=kind == "desc"
    )


def _show(desk: Desk, it: Ticket, wanted: set[str]) -> Json:
    shown = shapes.ticket_in_list(it)
    if "description" in wanted:
        shown |= shapes.described(it)
    if "requester" in wanted:
        shown["requester"] = shapes.requester(desk, it)
    if "stats" in wanted:
        shown["stats"] = shapes.stats(it)
    if "company" in wanted:
        shown["company"] = shapes.company(desk, it)
    return shown


ROUTES = [
    Route("GET", "/tickets", tickets, endpoint="tickets_list", query=_QUERY, include_credits=2)
]
