"""The account's settings: mostly for administrators, mostly read-only."""

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import Answer, created, gone, not_found, ok, one_of, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.paging import page
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routing import PAGED, Handler, Route
from tools.freshdesk.sandbox.validate import Rule

_RULE_TYPES = ("1", "3", "4")


def _list(kind: str) -> Handler:
    def listed(desk: Desk, call: Call) -> Answer:
        return page(call, list(desk.settings[kind].values()), lambda it: it)

    return listed


def _view(kind: str) -> Handler:
    def view(desk: Desk, call: Call) -> Answer:
        it = desk.settings[kind].get(call.id())
        if it is None:
            raise not_found()
        return ok(it)

    return view


def account(desk: Desk, call: Call) -> Answer:
    """Show the account. Source: https://developers.freshdesk.com/api/#account."""
    del call
    agents = [it for it in desk.agents.values() if not it.deactivated]
    at = stamp(desk.agents[desk.responder_id].created_at)
    return ok(
        {
            "account_id": 1_000_001,
            "account_name": desk.account["name"],
            "account_domain": desk.account["domain"],
            "tier_type": "Enterprise",
            "data_center": "US",
            "timezone": desk.account.get("time_zone", "Eastern Time (US & Canada)"),
            "hipaa_compliant": False,
            "total_agents": {
                "full_time": sum(1 for it in agents if not it.occasional),
                "occasional": sum(1 for it in agents if it.occasional),
                "field_service": 0,
                "collaborators": 0,
            },
            "address": {
                "street": None,
                "city": None,
                "state": None,
                "country": None,
                "postalcode": None,
            },
            "contact_person": {"firstname": None, "lastname": None, "email": desk.support_email()},
            "bundle_type": None,
            "cloud_type": None,
            "created_at": at,
            "updated_at": at,
        }
    )


def helpdesk(desk: Desk, call: Call) -> Answer:
    """Show the languages. Source: https://developers.freshdesk.com/api/#settings."""
    del call
    supported = list(desk.account.get("supported_languages", []))
    return ok(
        {
            "primary_language": desk.account.get("primary_language", "en"),
            "supported_languages": supported,
            "portal_languages": supported,
        }
    )


def mailboxes(desk: Desk, call: Call) -> Answer:
    """List the mailboxes in the newer shape."""
    return page(call, list(desk.settings["email_configs"].values()), _mailbox)


def _mailbox(it: Json) -> Json:
    return {
        "id": it["id"],
        "name": it.get("name"),
        "support_email": it["reply_email"],
        "product_id": it.get("product_id"),
        "group_id": it.get("group_id"),
        "default_reply_email": bool(it.get("primary_role")),
        "active": it.get("active", True),
        "mailbox_type": "freshdesk_mailbox",
        "freshdesk_mailbox": {"forward_email": it["to_email"]} if "to_email" in it else {},
        "created_at": it["created_at"],
        "updated_at": it["updated_at"],
    }


def mailbox(desk: Desk, call: Call) -> Answer:
    """Show one mailbox."""
    it = desk.settings["email_configs"].get(call.id())
    if it is None:
        raise not_found()
    return ok(_mailbox(it))


def mail_settings(desk: Desk, call: Call) -> Answer:
    """Show how mail becomes tickets."""
    del desk, call
    return ok(
        {
            "personalized_email_replies": False,
            "create_requester_using_reply_to": False,
            "allow_agent_to_initiate_conversation": True,
            "original_sender_as_requester_for_forward": True,
        }
    )


def bcc(desk: Desk, call: Call) -> Answer:
    """Show who gets a blind copy of every mail."""
    del desk, call
    return ok({"emails": []})


def _kind(call: Call) -> str:
    kind = call.params["type"]
    if kind not in _RULE_TYPES:
        raise validation([one_of("automation_type_id", _RULE_TYPES)])
    return kind


def rules(desk: Desk, call: Call) -> Answer:
    """List the automation rules of a type. Source: https://developers.freshdesk.com/api/#automations."""
    kind = _kind(call)
    found = [it for it in desk.settings["rules"].values() if it["automation_type_id"] == int(kind)]
    return ok(
        {"rules": found, "meta": {"total_active_count": len(found), "total_count": len(found)}}
    )


_RULE = {
    "name": Rule("text"),
    "position": Rule("number"),
    "active": Rule("flag"),
    "performer": Rule("object"),
    "events": Rule("objects"),
    "conditions": Rule("objects"),
    "actions": Rule("objects"),
    "operator": Rule("text"),
}


def create_rule(desk: Desk, call: Call) -> Answer:
    """Store a rule; the sandbox's own rules fire from its command line alone."""
    kind = _kind(call)
    body = validate.body(call, _RULE, required=("name", "actions"))
    at, identity = stamp(desk.now()), desk.fresh("rules")
    made = {
        "id": identity,
        "automation_type_id": int(kind),
        "outdated": False,
        "affected_tickets_count": 0,
        "last_updated_by": desk.responder_id,
        "active": True,
        "summary": {},
        **body,
        "created_at": at,
        "updated_at": at,
    }
    desk.settings["rules"][identity] = made
    return created(made, f"/api/v2/automations/{kind}/rules/{identity}")


def update_rule(desk: Desk, call: Call) -> Answer:
    """Change a stored rule."""
    it = desk.settings["rules"].get(call.id())
    if it is None:
        raise not_found()
    it |= {**validate.body(call, _RULE), "updated_at": stamp(desk.now())}
    return ok(it)


def delete_rule(desk: Desk, call: Call) -> Answer:
    """Remove a stored rule."""
    if desk.settings["rules"].pop(call.id(), None) is None:
        raise not_found()
    return gone()


ROUTES = [
    Route("GET", "/account", account),
    Route("GET", "/settings/helpdesk", helpdesk),
    Route("GET", "/roles", _list("roles"), query=PAGED),
    Route("GET", "/roles/{id}", _view("roles")),
    Route("GET", "/products", _list("products"), admin=True, query=PAGED),
    Route("GET", "/products/{id}", _view("products"), admin=True),
    Route("GET", "/business_hours", _list("business_hours"), admin=True, query=PAGED),
    Route("GET", "/business_hours/{id}", _view("business_hours"), admin=True),
    Route("GET", "/sla_policies", _list("sla_policies"), admin=True, query=PAGED),
    Route("GET", "/sla_policies/{id}", _view("sla_policies"), admin=True),
    Route("GET", "/email_configs", _list("email_configs"), admin=True, query=PAGED),
    Route("GET", "/email_configs/{id}", _view("email_configs"), admin=True),
    Route("GET", "/email/mailboxes", mailboxes, admin=True, query=PAGED),
    Route("GET", "/email/mailboxes/{id}", mailbox, admin=True),
    Route("GET", "/email/settings", mail_settings, admin=True),
    Route("GET", "/notifications/email/bcc", bcc, admin=True),
    Route("GET", "/admin/skills", _list("skills"), admin=True, query=PAGED),
    Route("GET", "/scenario_automations", _list("scenario_automations"), query=PAGED),
    Route("GET", "/automations/{type}/rules", rules, admin=True, query=PAGED),
    Route("POST", "/automations/{type}/rules", create_rule, admin=True),
    Route("GET", "/automations/{type}/rules/{id}", _view("rules"), admin=True),
    Route("PUT", "/automations/{type}/rules/{id}", update_rule, admin=True),
    Route("DELETE", "/automations/{type}/rules/{id}", delete_rule, admin=True),
]
