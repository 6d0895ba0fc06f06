"""What every account is furnished with: roles, mailboxes, hours, policies, surveys."""

from collections.abc import Iterable, Mapping
from typing import Any

from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import LONG_IDS, Desk
from tools.freshdesk.sandbox.people import SURVEY_ID
from tools.freshdesk.sandbox.records import Json

_ROLES = (
    (
        "Account Administrator",
        "Has complete control over the help desk, the account and its billing.",
    ),
    (
        "Administrator",
        "Can configure all features, but sees nothing of the account or its billing.",
    ),
    (
        "Supervisor",
        "Can do what agents do and read reports, but changes no configuration.",
    ),
    ("Agent", "Can log, view, reply, update and resolve tickets and manage contacts."),
)
_OPEN_HOURS = {"start_time": "8:00 am", "end_time": "6:00 pm"}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
_TARGETS = {
    "priority_1": 259_200,
    "priority_2": 172_800,
    "priority_3": 86_400,
    "priority_4": 28_800,
}
_QUESTION_CHOICES = (103, 100, -103)


def furnish(desk: Desk, document: Mapping[str, Any]) -> None:
    """Put settings on the desk: the document's, or an ordinary account's where it has none."""
    desk.ticket_fields = list(document.get("ticket_fields", []))
    _keep(desk, "roles", _roles())
    _keep(desk, "email_configs", _mailboxes(desk, document))
    _keep(desk, "products", document.get("products", []))
    _keep(desk, "business_hours", document.get("business_hours") or [_hours(desk)])
    _keep(desk, "sla_policies", [_policy()])
    _keep(desk, "surveys", [_survey()])
    _keep(desk, "rules", [])
    _keep(desk, "jobs", [])
    _keep(desk, "skills", [])
    _keep(desk, "scenario_automations", [])
    _keep(desk, "canned_folders", [])
    _keep(desk, "canned_responses", [])
    for it in document.get("canned_responses", []):
        _canned(desk, it)


def _keep(desk: Desk, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
    at = stamp(desk.now())
    kept: dict[int, Json] = {}
    for it in items:
        identity = desk.reserve(kind, it["id"]) if "id" in it else desk.fresh(kind)
        kept[identity] = {"created_at": at, "updated_at": at, **it, "id": identity}
    desk.settings[kind] = kept


def _roles() -> list[Json]:
    return [
        {
            "id": LONG_IDS + 101 + place,
            "name": name,
            "description": text,
            "default": True,
            "agent_type": 1,
        }
        for place, (name, text) in enumerate(_ROLES)
    ]


def _mailboxes(desk: Desk, document: Mapping[str, Any]) -> list[Json]:
    """Return the document's mailboxes, each with every key a mailbox has, or the usual one."""
    usual = _mailbox(desk)
    bare = {**usual, "primary_role": False}
    del bare["id"]
    return [{**bare, **it} for it in document.get("email_configs", [])] or [usual]


def _mailbox(desk: Desk) -> Json:
    address = f"support@{desk.account['domain']}"
    return {
        "id": LONG_IDS + 401,
        "name": f"{desk.account['name']} Support",
        "product_id": None,
        "to_email": address,
        "reply_email": address,
        "group_id": None,
        "primary_role": True,
        "active": True,
    }


def _hours(desk: Desk) -> Json:
    # Live answers have `working_hours` and "8:00 am"; the reference prints other keys and times:
    # recorded by https://github.com/airbytehq/airbyte, source-freshdesk.
    return {
        "id": LONG_IDS + 501,
        "name": "Default",
        "description": "Default Business Calendar",
        "is_default": True,
        "time_zone": desk.account.get("time_zone", "Eastern Time (US & Canada)"),
        "working_hours": {day: dict(_OPEN_HOURS) for day in _WEEK},
        "list_of_holidays": [],
    }


def _policy() -> Json:
    return {
        "id": LONG_IDS + 601,
        "name": "Default SLA Policy",
        "description": "default policy",
        "active": True,
        "is_default": True,
        "position": 1,
        "applicable_to": {},
        "sla_target": {
            name: {
                "respond_within": seconds // 4,
                "resolve_within": seconds,
                "business_hours": False,
                "escalation_enabled": True,
            }
            for name, seconds in _TARGETS.items()
        },
        "escalation": {},
    }


def _survey() -> Json:
    return {
        "id": SURVEY_ID,
        "title": "Default Survey",
        "active": True,
        "questions": [
            {
                "id": "default_question",
                "label": "How satisfied are you with the resolution provided by the agent?",
                "accepted_ratings": list(_QUESTION_CHOICES),
                "default": True,
            }
        ],
    }


def _canned(desk: Desk, it: Mapping[str, Any]) -> None:
    folders, at = desk.settings["canned_folders"], stamp(desk.now())
    folder = next((known for known in folders.values() if known["name"] == it["folder"]), None)
    if folder is None:
        identity = desk.fresh("canned_folders")
        folder = {
            "id": identity,
            "name": it["folder"],
            "personal": False,
            "created_at": at,
            "updated_at": at,
        }
        folders[identity] = folder
    identity = (
        desk.reserve("canned_responses", it["id"]) if "id" in it else desk.fresh("canned_responses")
    )
    desk.settings["canned_responses"][identity] = {
        "id": identity,
        "title": it["title"],
        "folder_id": folder["id"],
        "content_html": it["content_html"],
        "attachments": [],
        "visibility": 0,
        "group_ids": [],
        "created_at": at,
        "updated_at": at,
    }
