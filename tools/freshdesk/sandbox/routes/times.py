"""Time entries: what work on a ticket took."""

import re

from tools.freshdesk.sandbox import clock, validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    absent,
    created,
    gone,
    invalid_value,
    not_found,
    ok,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import maybe_stamp, stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Json, TimeEntry
from tools.freshdesk.sandbox.routes.tickets import find as find_ticket
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule

_SPENT = re.compile(r"^(\d{1,4}):([0-5]\d)$")
_RULES = {
    "agent_id": Rule("number"),
    "billable": Rule("flag"),
    "executed_at": Rule("time"),
    "note": Rule("text", null=True),
    "start_time": Rule("time"),
    "time_spent": Rule("text"),
    "timer_running": Rule("flag"),
}
_QUERY = (*PAGED, "company_id", "agent_id", "executed_after", "executed_before", "billable")


def _shown(desk: Desk, it: TimeEntry) -> Json:
    ticket = desk.tickets.get(it.ticket_id)
    return {
        "billable": it.billable,
        "note": it.note,
        "id": it.id,
        "timer_running": it.timer_running,
        "agent_id": it.agent_id,
        "ticket_id": it.ticket_id,
        "company_id": ticket.company_id if ticket else None,
        "time_spent": f"{it.seconds // 3600:02d}:{it.seconds // 60 % 60:02d}",
        "time_spent_in_seconds": it.seconds,
        "executed_at": maybe_stamp(it.executed_at),
        "start_time": maybe_stamp(it.start_time),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
    }


def everything(desk: Desk, call: Call) -> Answer:
    """List all time entries. Source: https://developers.freshdesk.com/api/#time-entries."""
    found = list(desk.time_entries.values())
    agent_id, company_id = validate.number(call, "agent_id"), validate.number(call, "company_id")
    if agent_id is not None:
        found = [it for it in found if it.agent_id == agent_id]
    if company_id is not None:
        found = [it for it in found if _shown(desk, it)["company_id"] == company_id]
    if "billable" in call.query:
        found = [it for it in found if it.billable == (call.query["billable"] == "true")]
    for name, later in (("executed_after", True), ("executed_before", False)):
        if name in call.query:
            bound = clock.read(call.query[name].replace(" ", "+"))
            found = [it for it in found if it.executed_at and (it.executed_at >= bound) == later]
    return page(call, found, lambda it: _shown(desk, it))


def of_ticket(desk: Desk, call: Call) -> Answer:
    """List one ticket's time entries."""
    ticket = find_ticket(desk, call)
    found = [it for it in desk.time_entries.values() if it.ticket_id == ticket.id]
    return page(call, found, lambda it: _shown(desk, it))


def create(desk: Desk, call: Call) -> Answer:
    """Create a time entry; without a time spent its timer runs."""
    ticket = find_ticket(desk, call)
    body = validate.body(call, _RULES)
    at = desk.now()
    made = TimeEntry(
        desk.fresh("time_entry"),
        ticket.id,
        desk.responder_id,
        at,
        at,
        executed_at=at,
        start_time=at,
    )
    made.timer_running = "time_spent" not in body
    _change(desk, made, body)
    desk.time_entries[made.id] = made
    return created(_shown(desk, made), f"/api/v2/time_entries/{made.id}")


def _change(desk: Desk, it: TimeEntry, body: Json) -> None:
    if "agent_id" in body and body["agent_id"] not in desk.agents:
        raise validation([absent("agent_id", "agent")])
    if "time_spent" in body:
        it.seconds = _seconds(body["time_spent"])
    for name in ("agent_id", "billable", "note", "timer_running"):
        if name in body:
            setattr(it, name, body[name])
    for name in ("executed_at", "start_time"):
        if name in body:
            setattr(it, name, clock.read(body[name]))
    it.updated_at = desk.now()


def _seconds(text: str) -> int:
    found = _SPENT.match(text)
    if found is None:
        raise validation([invalid_value("time_spent", "It should be in the 'hh:mm' format")])
    return int(found[1]) * 3600 + int(found[2]) * 60


def _find(desk: Desk, call: Call) -> TimeEntry:
    found = desk.time_entries.get(call.id())
    if found is None:
        raise not_found()
    return found


def update(desk: Desk, call: Call) -> Answer:
    """Change a time entry."""
    it = _find(desk, call)
    _change(desk, it, validate.body(call, _RULES))
    return ok(_shown(desk, it))


def toggle(desk: Desk, call: Call) -> Answer:
    """Start or stop the timer; stopping adds the time since it ran."""
    it, at = _find(desk, call), desk.now()
    if it.timer_running and it.start_time is not None:
        it.seconds += int((at - it.start_time).total_seconds())
    it.timer_running, it.start_time, it.updated_at = not it.timer_running, at, at
    return ok(_shown(desk, it))


def delete(desk: Desk, call: Call) -> Answer:
    """Delete a time entry."""
    del desk.time_entries[_find(desk, call).id]
    return gone()


ROUTES = [
    Route("GET", "/time_entries", everything, query=_QUERY),
    Route("GET", "/tickets/{id}/time_entries", of_ticket, query=PAGED),
    Route("POST", "/tickets/{id}/time_entries", create),
    Route("PUT", "/time_entries/{id}", update),
    Route("PUT", "/time_entries/{id}/toggle_timer", toggle),
    Route("DELETE", "/time_entries/{id}", delete),
]
