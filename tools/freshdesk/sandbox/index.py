"""The search index: what each object looked like a while ago, as the vendor's lags."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tools.freshdesk.sandbox.records import Company, Contact, Ticket

Indexed = Literal["tickets", "contacts", "companies"]
Document = dict[str, Any]

_KEPT = 16  # versions per object: enough for a burst of changes within the lag


@dataclass(slots=True)
class Index:
    """Versions of every searchable object, oldest first."""

    _versions: dict[Indexed, dict[int, list[tuple[datetime, Document]]]] = field(
        default_factory=lambda: {"tickets": {}, "contacts": {}, "companies": {}}
    )

    def put(self, kind: Indexed, identity: int, document: Document, *, at: datetime) -> None:
        """Remember how the object looks from this moment on."""
        versions = self._versions[kind].setdefault(identity, [])
        versions.append((at, document))
        del versions[:-_KEPT]

    def drop(self, kind: Indexed, identity: int) -> None:
        """Forget an object that no longer exists."""
        self._versions[kind].pop(identity, None)

    def seen(self, kind: Indexed, *, until: datetime) -> dict[int, Document]:
        """Return the newest version of every object that was written by that moment."""
        found: dict[int, Document] = {}
        for identity, versions in self._versions[kind].items():
            for at, document in reversed(versions):
                if at <= until:
                    found[identity] = document
                    break
        return found


def of_ticket(ticket: Ticket) -> Document:
    """Return the fields by which a ticket may be searched.

    Source: https://developers.freshdesk.com/api/#filter_tickets
    """
    return {
        **ticket.custom_fields,
        "agent_id": ticket.responder_id,
        "group_id": ticket.group_id,
        "priority": ticket.priority,
        "status": ticket.status,
        "tag": list(ticket.tags),
        "type": ticket.type,
        "due_by": ticket.due_by,
        "fr_due_by": ticket.fr_due_by,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
    }


def of_contact(contact: Contact) -> Document:
    """Return the fields by which a contact may be searched.

    Source: https://developers.freshdesk.com/api/#filter_contacts
    """
    return {
        **contact.custom_fields,
        "active": contact.active,
        "company_id": contact.company_id,
        "email": contact.email,
        "mobile": contact.mobile,
        "phone": contact.phone,
        "language": contact.language,
        "tag": list(contact.tags),
        "time_zone": contact.time_zone,
        "twitter_id": contact.twitter_id,
        "unique_external_id": contact.unique_external_id,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
    }


def of_company(company: Company) -> Document:
    """Return the fields by which a company may be searched.

    Source: https://developers.freshdesk.com/api/#filter_companies
    """
    return {
        **company.custom_fields,
        "domain": list(company.domains),
        "created_at": company.created_at,
        "updated_at": company.updated_at,
    }
