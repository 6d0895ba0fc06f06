"""Agents and groups, for administrators' keys, and the agent a key belongs to."""

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import (
    Answer,
    created,
    duplicate,
    gone,
    not_found,
    ok,
    one_of,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.people_shapes import agent, agent_in_list, group, group_in_list
from tools.freshdesk.sandbox.records import Agent, Group, Json
from tools.freshdesk.sandbox.routing import PAGED, Route
from tools.freshdesk.sandbox.validate import Rule, Rules

_STATES = ("fulltime", "occasional")
_AGENT: Rules = {
    "name": Rule("text"),
    "email": Rule("email"),
    "phone": Rule("text", null=True),
    "mobile": Rule("text", null=True),
    "language": Rule("text"),
    "time_zone": Rule("text"),
    "job_title": Rule("text", null=True),
    "signature": Rule("text", null=True),
    "occasional": Rule("flag"),
    "ticket_scope": Rule("number", choices=lambda: (1, 2, 3)),
    "skill_ids": Rule("numbers"),
    "group_ids": Rule("numbers"),
    "role_ids": Rule("numbers"),
    "agent_type": Rule("number", choices=lambda: (1, 2, 3)),
    "focus_mode": Rule("flag"),
}
_GROUP: Rules = {
    "name": Rule("text", longest=validate.MAX_TEXT),
    "description": Rule("text", null=True),
    "unassigned_for": Rule(
        "text", null=True, choices=lambda: ("30m", "1h", "2h", "4h", "8h", "12h", "1d", "2d", "3d")
    ),
    "business_hour_id": Rule("number", null=True),
    "escalate_to": Rule("number", null=True),
    "agent_ids": Rule("numbers"),
    "auto_ticket_assign": Rule("number", choices=lambda: (0, 1, 2, 3, 12)),
}


def _agent(desk: Desk, call: Call) -> Agent:
    found = desk.agents.get(call.id())
    if found is None:
        raise not_found()
    return found


def _groups(desk: Desk) -> list[Group]:
    return list(desk.groups.values())


def agents(desk: Desk, call: Call) -> Answer:
    """List agents. Source: https://developers.freshdesk.com/api/#list_all_agents."""
    query, found = call.query, list(desk.agents.values())
    if query.get("state", "fulltime") not in _STATES:
        raise validation([one_of("state", _STATES)])
    if "state" in query:
        found = [it for it in found if it.occasional == (query["state"] == "occasional")]
    for name in ("email", "mobile", "phone"):
        if name in query:
            found = [
                it for it in found if (getattr(it, name) or "").casefold() == query[name].casefold()
            ]
    return page(call, found, agent_in_list)


def me(desk: Desk, call: Call) -> Answer:
    """Show the agent whose key this is: every key may ask that."""
    del call
    return ok(agent(desk.agents[desk.responder_id], _groups(desk)))


def view(desk: Desk, call: Call) -> Answer:
    """Show one agent."""
    return ok(agent(_agent(desk, call), _groups(desk)))


def create(desk: Desk, call: Call) -> Answer:
    """Create an agent."""
    body = validate.body(call, _AGENT, required=("email", "ticket_scope"))
    known = desk.agent_by_email(body["email"])
    if known is not None:
        raise duplicate("email", user_id=known.id)
    at = desk.now()
    made = Agent(desk.fresh("agent"), body.get("name") or body["email"], body["email"], at, at)
    desk.agents[made.id] = made
    _change(desk, made, body)
    return created(agent(made, _groups(desk)), f"/api/v2/agents/{made.id}")


def update(desk: Desk, call: Call) -> Answer:
    """Change an agent."""
    it = _agent(desk, call)
    _change(desk, it, validate.body(call, _AGENT))
    return ok(agent(it, _groups(desk)))


def _change(desk: Desk, it: Agent, body: Json) -> None:
    for name, value in body.items():
        if name not in {"group_ids", "agent_type", "focus_mode"}:
            setattr(it, name, value)
    for known in desk.groups.values() if "group_ids" in body else ():
        known.agent_ids = [one for one in known.agent_ids if one != it.id]
        if known.id in body["group_ids"]:
            known.agent_ids.append(it.id)
    it.updated_at = desk.now()


def delete(desk: Desk, call: Call) -> Answer:
    """Turn an agent back into a contact."""
    it = _agent(desk, call)
    del desk.agents[it.id]
    for known in desk.groups.values():
        known.agent_ids = [one for one in known.agent_ids if one != it.id]
    contact = desk.contacts.get(it.id)
    if contact is not None:
        contact.agent = False
    return gone()


def availability(desk: Desk, call: Call) -> Answer:
    """Show whether an agent takes tickets."""
    it = _agent(desk, call)
    return ok({"id": it.id, "available": it.available, "channels": {"tickets": it.available}})


def autocomplete(desk: Desk, call: Call) -> Answer:
    """Find agents by the beginning of a word of their name."""
    term = call.query.get("term", "").casefold()
    found = [
        it
        for it in desk.agents.values()
        if any(word.startswith(term) for word in it.name.casefold().split())
    ]
    return ok([{"id": it.id, "name": it.name} for it in found])


def groups(desk: Desk, call: Call) -> Answer:
    """List groups, without their members."""
    return page(call, _groups(desk), group_in_list)


def _group(desk: Desk, call: Call) -> Group:
    found = desk.groups.get(call.id())
    if found is None:
        raise not_found()
    return found


def view_group(desk: Desk, call: Call) -> Answer:
    """Show one group with its members."""
    return ok(group(_group(desk, call)))


def create_group(desk: Desk, call: Call) -> Answer:
    """Create a group; names are unique."""
    body = validate.body(call, _GROUP, required=("name",))
    if any(it.name == body["name"] for it in desk.groups.values()):
        raise duplicate("name")
    at = desk.now()
    made = Group(desk.fresh("group"), body["name"], at, at)
    _regroup(desk, made, body)
    desk.groups[made.id] = made
    return created(group(made), f"/api/v2/groups/{made.id}")


def _regroup(desk: Desk, it: Group, body: Json) -> None:
    for name, value in body.items():
        setattr(it, name, value)
    it.updated_at = desk.now()


def update_group(desk: Desk, call: Call) -> Answer:
    """Change a group."""
    it = _group(desk, call)
    _regroup(desk, it, validate.body(call, _GROUP))
    return ok(group(it))


def delete_group(desk: Desk, call: Call) -> Answer:
    """Disband a group."""
    del desk.groups[_group(desk, call).id]
    return gone()


ROUTES = [
    Route("GET", "/agents/me", me),
    Route(
        "GET",
        "/agents",
        agents,
        admin=True,
        query=("page", "per_page", "email", "mobile", "phone", "state", "only"),
    ),
    Route("POST", "/agents", create, admin=True),
    Route("GET", "/agents/autocomplete", autocomplete, admin=True, query=("term",)),
    Route("GET", "/agents/{id}", view, admin=True),
    Route("PUT", "/agents/{id}", update, admin=True),
    Route("DELETE", "/agents/{id}", delete, admin=True),
    Route("GET", "/agents/{id}/availability", availability, admin=True),
    Route("GET", "/groups", groups, admin=True, query=PAGED),
    Route("POST", "/groups", create_group, admin=True),
    Route("GET", "/groups/{id}", view_group, admin=True),
    Route("PUT", "/groups/{id}", update_group, admin=True),
    Route("DELETE", "/groups/{id}", delete_group, admin=True),
    Route("GET", "/admin/groups", groups, admin=True, query=PAGED),
    Route("GET", "/admin/groups/{id}", view_group, admin=True),
]
