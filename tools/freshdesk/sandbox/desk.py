"""One company's helpdesk in memory, and a truth log of everything that happened to it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from tools.freshdesk.sandbox import index
from tools.freshdesk.sandbox.clock import Clock
from tools.freshdesk.sandbox.index import Index
from tools.freshdesk.sandbox.records import (
    Agent,
    Article,
    Company,
    Contact,
    Conversation,
    Event,
    Group,
    Json,
    Kind,
    LogEntry,
    Rating,
    Shelf,
    Status,
    Ticket,
    TimeEntry,
    Via,
)

# Ids of people, groups and conversations are longer than 32 bits in accounts of the last years.
LONG_IDS = 151_000_000_000

Listener = Callable[[Event], None]

STATUSES: dict[int, tuple[str, str]] = {
    2: ("Open", "Being Processed"),
    3: ("Pending", "Awaiting your Reply"),
    4: ("Resolved", "This ticket has been Resolved"),
    5: ("Closed", "This ticket has been Closed"),
    6: ("Waiting on Customer", "Awaiting your Reply"),
    7: ("Waiting on Third Party", "Being Processed"),
}
SOURCES: dict[str, int] = {
    "Email": 1,
    "Portal": 2,
    "Phone": 3,
    "Forum": 4,
    "Twitter": 5,
    "Facebook": 6,
    "Chat": 7,
    "MobiHelp": 8,
    "Feedback Widget": 9,
    "Outbound Email": 10,
    "Ecommerce": 11,
    "Bot": 12,
    "Whatsapp": 13,
}
PRIORITIES: dict[str, int] = {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
SETTINGS = [
    "roles",
    "email_configs",
    "products",
    "business_hours",
    "sla_policies",
    "surveys",
    "rules",
    "jobs",
    "skills",
    "scenario_automations",
    "canned_folders",
    "canned_responses",
]
TYPES = ["Question", "Incident", "Problem", "Feature Request", "Refund"]


@dataclass(slots=True)
class Desk:
    """The state of one account. Build it with `Desk.empty` or the loader.

    Attributes:
        responder_id: the agent whose key opens the API.
        index_lag: seconds until a change can be found by search.
        read_lag: seconds until a conversation that was written can be read back.
        moment: overrides the clock while a late write is applied.
    """

    clock: Clock
    rng: Random
    account: Json
    responder_id: int = 0
    tickets: dict[int, Ticket] = field(default_factory=dict)
    threads: dict[int, list[Conversation]] = field(default_factory=dict)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    companies: dict[int, Company] = field(default_factory=dict)
    agents: dict[int, Agent] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    categories: dict[int, Shelf] = field(default_factory=dict)
    folders: dict[int, Shelf] = field(default_factory=dict)
    articles: dict[int, Article] = field(default_factory=dict)
    time_entries: dict[int, TimeEntry] = field(default_factory=dict)
    ratings: dict[int, Rating] = field(default_factory=dict)
    statuses: dict[int, tuple[str, str]] = field(default_factory=lambda: dict(STATUSES))
    sources: dict[str, int] = field(default_factory=lambda: dict(SOURCES))
    ticket_types: list[str] = field(default_factory=lambda: list(TYPES))
    ticket_fields: list[Json] = field(default_factory=list)
    contact_fields: list[Json] = field(default_factory=list)
    company_fields: list[Json] = field(default_factory=list)
    settings: dict[str, dict[int, Json]] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    index: Index = field(default_factory=Index)
    index_lag: float = 0.0
    read_lag: float = 0.0
    moment: datetime | None = None
    _last: dict[str, int] = field(default_factory=dict)
    _found: dict[str, int] = field(default_factory=dict)  # contacts by address, where last found

    @classmethod
    def empty(cls, *, clock: Clock, rng: Random, account: Json | None = None) -> "Desk":
        """Return a desk with one agent, the responder, and nothing to do."""
        plain = {"name": "Example", "domain": "example.freshdesk.com", "primary_language": "en"}
        desk = cls(clock=clock, rng=rng, account=account or plain)
        identity = desk.fresh("agent")
        at = desk.now() - timedelta(days=400)
        desk.agents[identity] = Agent(
            identity, "Deskhand", "deskhand@example.com", at, at, responder=True
        )
        desk.responder_id = identity
        for kind in SETTINGS:
            desk.settings.setdefault(kind, {})
        return desk

    # time and ids -----------------------------------------------------------

    def now(self) -> datetime:
        """Return the desk's present moment in UTC."""
        return self.moment or self.clock.now()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let the desk believe for a block that it is another moment."""
        before, self.moment = self.moment, moment
        try:
            yield
        finally:
            self.moment = before

    def fresh(self, kind: str) -> int:
        """Return an id nobody has: small for tickets, beyond 32 bits for all other kinds."""
        self._last[_series(kind)] = (
            self._last.get(_series(kind), 0 if kind == "ticket" else LONG_IDS) + 1
        )
        return self._last[_series(kind)]

    def reserve(self, kind: str, identity: int) -> int:
        """Take an id given from outside, so that `fresh` goes on above it."""
        self._last[_series(kind)] = max(self._last.get(_series(kind), 0), identity)
        return identity

    # people -----------------------------------------------------------------

    def contact_by_email(self, email: str) -> Contact | None:
        """Return who writes from the address in any letter case, None if nobody is known."""
        wanted = email.casefold()
        found = self.contacts.get(self._found.get(wanted, 0))
        if found is not None and _writes_from(found, wanted):
            return found
        found = next((one for one in self.contacts.values() if _writes_from(one, wanted)), None)
        if found is not None:
            self._found[wanted] = found.id
        return found

    def agent_by_email(self, email: str) -> Agent | None:
        """Return the agent with the address, None if there is none."""
        wanted = email.casefold()
        return next(
            (agent for agent in self.agents.values() if agent.email.casefold() == wanted), None
        )

    def make_contact(self, email: str | None, *, name: str | None = None) -> Contact:
        """Return a contact newly made for the address, with the company that owns its domain."""
        at = self.now()
        domain = (email or "").rpartition("@")[2].casefold()
        company = next(
            (it for it in self.companies.values() if domain and domain in it.domains), None
        )
        spelled = name or (email or "Unknown").partition("@")[0].replace(".", " ").title()
        contact = Contact(self.fresh("contact"), spelled, email, at, at)
        contact.company_id = company.id if company else None
        self.contacts[contact.id] = contact
        self.touch_contact(contact)
        return contact

    def contact_for(self, email: str, *, name: str | None = None) -> Contact:
        """Return who writes from the address, made on the spot if need be."""
        return self.contact_by_email(email) or self.make_contact(email, name=name)

    def human(self) -> Agent:
        """Return an agent who is a person, by preference not an administrator."""
        people = [
            agent for agent in self.agents.values() if not agent.responder and not agent.deactivated
        ]
        ordinary = [agent for agent in people if not agent.admin]
        if not people:
            at = self.now()
            identity = self.fresh("agent")
            people = [Agent(identity, "Robin Person", "robin.person@example.com", at, at)]
            self.agents[identity] = people[0]
        return (ordinary or people)[0]

    def email_of(self, user_id: int) -> str | None:
        """Return the address of a contact or an agent, None if unknown."""
        person = self.contacts.get(user_id) or self.agents.get(user_id)
        return person.email if person else None

    def support_email(self) -> str:
        """Return the address the account answers from."""
        primary = [
            config
            for config in self.settings.get("email_configs", {}).values()
            if config.get("primary_role")
        ]
        return str(primary[0]["reply_email"]) if primary else f"support@{self.account['domain']}"

    # writing ----------------------------------------------------------------

    def touch(self, ticket: Ticket) -> None:
        """Mark the ticket changed and let the index learn of it."""
        ticket.updated_at = self.now()
        self.index.put("tickets", ticket.id, index.of_ticket(ticket), at=ticket.updated_at)

    def touch_contact(self, contact: Contact) -> None:
        """Mark the contact changed and let the index learn of it."""
        contact.updated_at = self.now()
        self.index.put("contacts", contact.id, index.of_contact(contact), at=contact.updated_at)

    def touch_company(self, company: Company) -> None:
        """Mark the company changed and let the index learn of it."""
        company.updated_at = self.now()
        self.index.put("companies", company.id, index.of_company(company), at=company.updated_at)

    def open_ticket(self, ticket: Ticket, *, via: Via) -> None:
        """Put a ticket on the desk, start its clocks, log it and fire the creation rule."""
        hours = {1: 72, 2: 48, 3: 24, 4: 8}[ticket.priority]
        ticket.due_by = ticket.due_by or ticket.created_at + timedelta(hours=hours)
        ticket.fr_due_by = ticket.fr_due_by or ticket.created_at + timedelta(hours=hours / 4)
        self.tickets[ticket.id] = ticket
        self.threads.setdefault(ticket.id, [])
        self.touch(ticket)
        self.note_down(
            "ticket",
            ticket.id,
            ticket.id,
            ticket.requester_id,
            ticket.description,
            via=via,
            incoming=True,
        )
        self.emit(Event("created", ticket.id, self.now()))

    def add(self, said: Conversation, *, kind: Kind, via: Via) -> None:
        """Append a conversation to its ticket and log it."""
        self.threads.setdefault(said.ticket_id, []).append(said)
        self.conversations[said.id] = said
        self.touch(self.tickets[said.ticket_id])
        self.note_down(
            kind,
            said.id,
            said.ticket_id,
            said.author,
            said.body,
            via=via,
            private=said.private,
            incoming=said.incoming,
        )

    def readable(self, ticket_id: int) -> list[Conversation]:
        """Return the thread as far as a reader can see it yet, oldest first."""
        thread = self.threads.get(ticket_id, [])
        if not self.read_lag:
            return thread
        until = self.now() - timedelta(seconds=self.read_lag)
        return [said for said in thread if said.created_at <= until]

    def set_status(self, ticket: Ticket, status: int) -> None:
        """Change the status and the stats that hang on it."""
        if ticket.status == status:
            return
        at = self.now()
        before, ticket.status = ticket.status, status
        ticket.stats["status_updated_at"] = at
        closing: dict[int, str] = {
            Status.RESOLVED: "resolved_at",
            Status.CLOSED: "closed_at",
            Status.PENDING: "pending_since",
        }
        if status in closing:
            ticket.stats[closing[status]] = at
        if status == Status.CLOSED and ticket.stats.get("resolved_at") is None:
            ticket.stats["resolved_at"] = at
        if before in closing and status == Status.OPEN:
            ticket.stats |= {
                "reopened_at": at,
                "resolved_at": None,
                "closed_at": None,
                "pending_since": None,
            }

    # the truth log ----------------------------------------------------------

    def note_down(
        self,
        kind: Kind,
        identity: int,
        ticket_id: int | None,
        user_id: int | None,
        body: str,
        *,
        via: Via,
        private: bool = False,
        incoming: bool = False,
    ) -> None:
        """Write one line of the truth log."""
        self.log.append(
            LogEntry(self.now(), kind, identity, ticket_id, user_id, private, incoming, body, via)
        )

    def note_change(self, ticket: Ticket, changes: Json, *, user_id: int, via: Via) -> None:
        """Log that a ticket's properties changed; the body is the change as JSON."""
        text = json.dumps(changes, sort_keys=True, default=str)
        self.note_down("update", ticket.id, ticket.id, user_id, text, via=via)

    def emit(self, event: Event) -> None:
        """Tell the automation rules."""
        for listener in self.listeners:
            listener(event)


def _writes_from(contact: Contact, address: str) -> bool:
    addresses = (contact.email or "", *contact.other_emails)
    return any(one.casefold() == address for one in addresses)


def _series(kind: str) -> str:
    return kind if kind == "ticket" else "other"
