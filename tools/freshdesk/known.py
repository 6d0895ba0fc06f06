"""What changes seldom on an account, read once and remembered: us, fields, groups, people."""

from collections.abc import Mapping

from tools.cache import DeskCache, Seen
from tools.errors import Forbidden, NotFound
from tools.fields import unknown_names
from tools.freshdesk.line import Line, checked
from tools.freshdesk.mapping import (
    Labels,
    Parties,
    identity,
    ticket_field,
)
from tools.freshdesk.mapping import company as firm
from tools.freshdesk.mapping import contact as person
from tools.freshdesk.mapping import labels as named
from tools.freshdesk.wire import SentAgent, SentCompany, SentContact, SentField, SentGroup
from tools.model import (
    AgentIdentity,
    Company,
    CompanyId,
    Contact,
    PersonId,
    Ticket,
    TicketField,
    TicketId,
)

_ONE = ""


class Known:
    """One account's slow facts, through the cache its openings share."""

    def __init__(self, line: Line, cache: DeskCache) -> None:
        self._line = line
        self._cache = cache

    async def me(self) -> AgentIdentity:
        """Return whose key this is. One credit, then cached for a day."""
        async with self._cache.lock:
            if kept := self._cache.me.get(_ONE):
                self._cache.spared()
                return kept.value
            sent = await self._line.one(SentAgent, "/agents/me")
            return self._cache.me.put(_ONE, identity(sent))

    async def fields(self) -> tuple[TicketField, ...]:
        """Return the ticket fields' definitions. One credit, then cached for a day."""
        async with self._cache.lock:
            if kept := self._cache.fields.get(_ONE):
                self._cache.spared()
                return kept.value
            sent = await self._line.every(SentField, "/ticket_fields")
            ordered = sorted(sent, key=lambda each: each.position or 0)
            return self._cache.fields.put(_ONE, tuple(ticket_field(each) for each in ordered))

    async def groups(self) -> Mapping[str, str]:
        """Return group names by id; empty where the key may not know."""
        if kept := self._cache.groups.get(_ONE):
            self._cache.spared()
            return kept.value
        try:
            sent = await self._line.every(SentGroup, "/groups")
        except Forbidden:
            self._cache.forbid("groups")
            sent = []
        return self._cache.groups.put(_ONE, {each.id: each.name for each in sent})

    def forget(self) -> None:
        """Read the fields and the groups anew the next time they are asked for."""
        self._cache.fields.drop(_ONE)
        self._cache.groups.drop(_ONE)

    async def labels(self) -> Labels:
        """Return what the account calls its statuses; the usual names where we may not know."""
        if "ticket_fields" in self._cache.missing:
            return Labels()
        try:
            return named(await self.fields())
        except Forbidden:
            self._cache.forbid("ticket_fields")
            return Labels()

    async def parties(self, ticket_id: TicketId) -> Parties:
        """Return who is who on a ticket, as far as its last view told."""
        own = (await self.me()).id
        seen = self._cache.seen.get(ticket_id)
        return Parties(own, seen.value.requester, seen.value.responder) if seen else Parties(own)

    def remember(self, found: Ticket) -> None:
        """Keep what a ticket's view tells of its people, its way in, and its last change."""
        seen = Seen(found.requester_id, found.responder_id, found.source_id, found.updated_at)
        self._cache.seen.put(found.id, seen)

    async def refreshed(self, found: Ticket) -> bool:
        """Read the definitions anew when a ticket has a field or status that none explains.

        At most once an hour for each such name: some stay unexplained for ever.
        """
        kept = self._cache.fields.get(_ONE)
        if kept is None:
            return False
        strange = {f"field {name}" for name in unknown_names(kept.value, found.custom)}
        if found.status_id not in named(kept.value).statuses:
            strange.add(f"status {found.status_id}")
        fresh = {name for name in strange if not self._cache.refreshed.get(name)}
        for name in fresh:
            self._cache.refreshed.put(name, value=True)
        if fresh:
            self._cache.fields.drop(_ONE)
            await self.fields()
        return bool(fresh)

    async def contact(self, who: PersonId, *, optional: bool = True) -> Contact | None:
        """Return a contact, or None where there is none; an optional one may also be forbidden."""
        if kept := self._cache.contacts.get(who):
            self._cache.spared()
            return kept.value
        try:
            sent = await self._line.one(SentContact, f"/contacts/{checked(who)}")
        except NotFound:
            return self._cache.contacts.put(who, None)
        except Forbidden:
            if not optional:
                raise
            self._cache.forbid("contacts")
            return self._cache.contacts.put(who, None)
        return self._cache.contacts.put(who, person(sent))

    async def company(self, which: CompanyId, *, optional: bool = True) -> Company | None:
        """Return a company, or None where there is none; an optional one may also be forbidden."""
        if kept := self._cache.companies.get(which):
            self._cache.spared()
            return kept.value
        try:
            sent = await self._line.one(SentCompany, f"/companies/{checked(which)}")
        except NotFound:
            return self._cache.companies.put(which, None)
        except Forbidden:
            if not optional:
                raise
            self._cache.forbid("companies")
            return self._cache.companies.put(which, None)
        return self._cache.companies.put(which, firm(sent))
