"""Surveys and what customers answered."""

from tools.freshdesk.sandbox import clock, validate
from tools.freshdesk.sandbox.answers import Answer, created, invalid_value, one_of, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.people import SURVEY_ID
from tools.freshdesk.sandbox.records import Json, Rating
from tools.freshdesk.sandbox.routes.tickets import find as find_ticket
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

_QUESTION = "default_question"
_SCALE = (103, 102, 101, 100, -101, -102, -103)


def _shown(it: Rating) -> Json:
    return {
        "id": it.id,
        "survey_id": it.survey_id,
        "user_id": it.user_id,
        "agent_id": it.agent_id,
        "feedback": it.feedback,
        "group_id": it.group_id,
        "ticket_id": it.ticket_id,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "ratings": {_QUESTION: it.value, **it.ratings},
    }


def surveys(desk: Desk, call: Call) -> Answer:
    """List surveys. Source: https://developers.freshdesk.com/api/#surveys."""
    state = call.query.get("state")
    if state not in {None, "active"}:
        raise validation([one_of("state", ("active",))])
    return page(call, list(desk.settings["surveys"].values()), lambda it: it)


def everything(desk: Desk, call: Call) -> Answer:
    """List all ratings, of the last month unless `created_since` says otherwise."""
    found = list(desk.ratings.values())
    if "created_since" in call.query:
        try:
            bound = clock.read(call.query["created_since"].replace(" ", "+"))
        except ValueError:
            wrong = invalid_value(
                "created_since", "It should be in the combined date and time ISO8601 format"
            )
            raise validation([wrong]) from None
        found = [it for it in found if it.created_at >= bound]
    user_id = validate.number(call, "user_id")
    return page(call, [it for it in found if user_id is None or it.user_id == user_id], _shown)


def of_ticket(desk: Desk, call: Call) -> Answer:
    """List one ticket's ratings."""
    ticket = find_ticket(desk, call)
    return page(call, [it for it in desk.ratings.values() if it.ticket_id == ticket.id], _shown)


def create(desk: Desk, call: Call) -> Answer:
    """Record a rating in the customer's name."""
    ticket = find_ticket(desk, call)
    body = validate.body(
        call, {"feedback": Rule("text"), "ratings": Rule("object")}, required=("ratings",)
    )
    value = body["ratings"].get(_QUESTION)
    if value not in _SCALE:
        raise validation([one_of(f"ratings.{_QUESTION}", _SCALE)])
    at = desk.now()
    made = Rating(
        desk.fresh("rating"),
        SURVEY_ID,
        ticket.id,
        ticket.requester_id,
        ticket.responder_id,
        ticket.group_id,
        value,
        body.get("feedback"),
        at,
        at,
    )
    desk.ratings[made.id] = made
    return created(_shown(made), f"/api/v2/tickets/{ticket.id}/satisfaction_ratings")


_FEATURE = "surveys"
ROUTES = [
    Route("GET", "/surveys", surveys, query=(*PAGED, "state"), feature=_FEATURE),
    Route(
        "GET",
        "/surveys/satisfaction_ratings",
        everything,
        query=(*PAGED, "created_since", "user_id"),
        feature=_FEATURE,
    ),
    Route("GET", "/tickets/{id}/satisfaction_ratings", of_ticket, query=PAGED, feature=_FEATURE),
    Route("POST", "/tickets/{id}/satisfaction_ratings", create, feature=_FEATURE),
]
