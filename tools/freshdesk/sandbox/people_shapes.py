"""Contacts, companies, agents and groups as Freshdesk prints them, undocumented keys included."""

from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.records import Agent, Company, Contact, Group, Json

_ORGANISATION = 1_700_000_000_000_000_000  # `org_contact_id` is beyond 2^53 in recorded answers


def contact_in_list(it: Contact) -> Json:
    """Render a contact as a list shows it. Source: https://developers.freshdesk.com/api/#contact_attributes."""
    first, _, last = it.name.partition(" ")
    shown: Json = {
        "active": it.active,
        "address": it.address,
        "company_id": it.company_id,
        "description": it.description,
        "email": it.email,
        "id": it.id,
        "job_title": it.job_title,
        "language": it.language,
        "mobile": it.mobile,
        "name": it.name,
        "phone": it.phone,
        "time_zone": it.time_zone,
        "twitter_id": it.twitter_id,
        "custom_fields": dict(it.custom_fields),
        "facebook_id": it.facebook_id,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "csat_rating": None,
        "preferred_source": None,
        "unique_external_id": it.unique_external_id,
        "first_name": first,
        "last_name": last,
        "visitor_id": f"00000000-0000-4000-8000-{it.id:012d}",
        "org_contact_id": _ORGANISATION + it.id,
        "org_contact_id_str": str(_ORGANISATION + it.id),
        "view_all_tickets": it.view_all_tickets,
        "other_companies": [
            company["company_id"] for company in it.other_companies if "company_id" in company
        ],
    }
    if it.deleted:
        shown["deleted"] = True
    return shown


def contact(it: Contact) -> Json:
    """Render a contact as its own address shows it."""
    return {
        **contact_in_list(it),
        "other_emails": list(it.other_emails),
        "other_companies": list(it.other_companies),
        "other_phone_numbers": [],
        "tags": list(it.tags),
        "avatar": None,
    }


def company(it: Company) -> Json:
    """Render a company. Source: https://developers.freshdesk.com/api/#company_attributes."""
    return {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "note": it.note,
        "domains": list(it.domains),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "custom_fields": dict(it.custom_fields),
        "health_score": it.health_score,
        "account_tier": it.account_tier,
        "renewal_date": it.renewal_date,
        "industry": it.industry,
        "org_company_id": _ORGANISATION + it.id,
        "org_company_id_str": str(_ORGANISATION + it.id),
    }


def agent_in_list(it: Agent) -> Json:
    """Render an agent as a list shows it: no groups, roles or skills."""
    return {
        "available": it.available,
        "occasional": it.occasional,
        "id": it.id,
        "signature": it.signature,
        "ticket_scope": it.ticket_scope,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "last_active_at": stamp(it.updated_at),
        "available_since": None,
        "type": it.type,
        "contact": {
            "active": not it.deactivated,
            "email": it.email,
            "job_title": it.job_title,
            "language": it.language,
            "last_login_at": stamp(it.updated_at),
            "mobile": it.mobile,
            "name": it.name,
            "phone": it.phone,
            "time_zone": it.time_zone,
            "created_at": stamp(it.created_at),
            "updated_at": stamp(it.updated_at),
            "avatar": None,
        },
        "deactivated": it.deactivated,
        "focus_mode": True,
        "agent_operational_status": None,
        "org_agent_id": str(_ORGANISATION + it.id),
        "freshcaller_agent": False,
        "freshchat_agent": False,
    }


def agent(it: Agent, groups: list[Group]) -> Json:
    """Render an agent as its own address shows it. Source: https://developers.freshdesk.com/api/#view_agent."""
    return {
        **agent_in_list(it),
        "group_ids": [group.id for group in groups if it.id in group.agent_ids],
        "contribution_group_ids": [],
        "org_contribution_group_ids": [],
        "role_ids": list(it.role_ids),
        "skill_ids": list(it.skill_ids),
        "scope": None,
    }


def agent_in_contact(it: Agent) -> Json:
    """Render the agent inside the answer to `make_agent`."""
    return {
        "available": it.available,
        "occasional": it.occasional,
        "id": it.id,
        "signature": it.signature,
        "ticket_scope": it.ticket_scope,
        "type": it.type,
        "role_ids": list(it.role_ids),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
    }


def group_in_list(it: Group) -> Json:
    """Render a group as the list shows it; who is in it only the single view tells."""
    return {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "business_hour_id": it.business_hour_id,
        "escalate_to": it.escalate_to,
        "unassigned_for": it.unassigned_for,
        "group_type": "support_agent_group",
        "auto_ticket_assign": it.auto_ticket_assign,
        "allow_agents_to_change_availability": True,
        "agent_availability_status": False,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
    }


def group(it: Group) -> Json:
    """Render a group as its own address shows it."""
    return {**group_in_list(it), "agent_ids": list(it.agent_ids)}
