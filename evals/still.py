"""A helpdesk that stands still: articles and tickets in memory, for tests, evals and recordings."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from tools.errors import HelpdeskError, NotFound, NotGranted
from tools.knowledge.pages import page_of
from tools.knowledge.words import words
from tools.model import (
    AgentIdentity,
    Article,
    ArticleId,
    Canned,
    Company,
    CompanyId,
    Contact,
    PersonId,
    Posted,
    Stage,
    Thread,
    Ticket,
    TicketField,
    TicketId,
    TicketView,
)
from tools.provider import Capabilities, Probe

_T = TypeVar("_T")


class StillHelpdesk:
    """Reads what it was given and counts credits; refuses every write; implements `Helpdesk`.

    Args:
        broken: raised by every call, to see what callers do.
    """

    def __init__(
        self,
        *,
        articles: Sequence[Article] = (),
        tickets: Sequence[Ticket] = (),
        contacts: Sequence[Contact] = (),
        broken: HelpdeskError | None = None,
    ) -> None:
        self._articles = tuple(articles)
        self._tickets = tuple(tickets)
        self._contacts = tuple(contacts)
        self._broken = broken
        self._credits = 0

    @property
    def credits(self) -> int:
        """Credits spent so far."""
        return self._credits

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._credits

    @property
    def capabilities(self) -> Capabilities:
        """Nothing is known to be missing."""
        return Capabilities()

    async def search_articles(self, words: str) -> tuple[Article, ...]:
        """Return the quotable articles that share a word, most words first. One credit."""
        self._spend()
        scored = [(_shared(words, article), article) for article in self._articles]
        found = [(n, article) for n, article in scored if n and article.quotable]
        return tuple(article for _, article in sorted(found, key=lambda pair: -pair[0])[:10])

    async def articles(self) -> AsyncIterator[Article]:
        """Yield every article. One credit."""
        self._spend()
        for article in self._articles:
            yield article

    async def article(self, article_id: ArticleId) -> Article:
        """Return one article. One credit."""
        self._spend()
        return _only([a for a in self._articles if a.id == article_id], article_id)

    async def canned_responses(self) -> tuple[Canned, ...]:
        """Return no ready answers. One credit."""
        self._spend()
        return ()

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        """Return one ticket. One credit."""
        self._spend()
        return _only([t for t in self._tickets if t.id == ticket_id], ticket_id)

    async def closed_at(self, ticket_id: TicketId) -> datetime | None:
        """Return when the ticket was closed: when it last changed. Two credits."""
        ticket = await self.ticket(ticket_id)
        self._spend()
        closed = ticket.stage in {Stage.CLOSED, Stage.RESOLVED}
        return ticket.updated_at if closed else None

    async def ticket_with_people(self, ticket_id: TicketId) -> TicketView:
        """Return one ticket with its contact. One credit."""
        ticket = await self.ticket(ticket_id)
        mine = [c for c in self._contacts if c.id == ticket.requester_id]
        return TicketView(ticket, mine[0] if mine else None)

    async def tickets_of(self, contact_id: PersonId, *, most: int = 10) -> tuple[Ticket, ...]:
        """Return the requester's tickets, newest first. One credit."""
        self._spend()
        own = [t for t in self._tickets if t.requester_id == contact_id]
        return tuple(sorted(own, key=lambda t: t.created_at, reverse=True)[:most])

    async def contact(self, contact_id: PersonId) -> Contact:
        """Return one contact. One credit."""
        self._spend()
        return _only([c for c in self._contacts if c.id == contact_id], contact_id)

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return an empty thread. One credit."""
        del ticket_id, most_calls
        self._spend()
        return Thread()

    async def thread_after(self, ticket_id: TicketId, seen: int) -> Thread:
        """Return an empty thread. One credit."""
        del seen
        return await self.thread(ticket_id)

    async def company(self, company_id: CompanyId) -> Company:
        """Know no company."""
        self._spend()
        raise NotFound(f"company {company_id!r}")

    async def fields(self) -> tuple[TicketField, ...]:
        """Return no field definitions. One credit."""
        self._spend()
        return ()

    async def groups(self) -> Mapping[str, str]:
        """Return no groups. One credit."""
        self._spend()
        return {}

    async def changes(self, since: datetime) -> AsyncIterator[Ticket]:
        """Yield tickets updated since then. One credit."""
        self._spend()
        for ticket in self._tickets:
            if ticket.updated_at >= since:
                yield ticket

    async def probe(self) -> Probe:
        """Say who we are. One credit."""
        return Probe(await self.me(), "", None, None, None, 0.0, self.capabilities)

    async def me(self) -> AgentIdentity:
        """Return a made-up identity. One credit."""
        self._spend()
        return AgentIdentity(PersonId("1"), "Deskhand", "deskhand@example.com")

    async def note(self, ticket_id: TicketId, html: str, *, private: bool = True) -> Posted:
        """Refuse."""
        del html, private
        raise NotGranted(f"a still helpdesk writes nothing to ticket {ticket_id!r}")

    async def reply(self, ticket_id: TicketId, html: str) -> Posted:
        """Refuse."""
        return await self.note(ticket_id, html)

    async def update(self, ticket_id: TicketId, changes: Mapping[str, object]) -> Ticket:
        """Refuse."""
        del changes
        raise NotGranted(f"a still helpdesk changes nothing on ticket {ticket_id!r}")

    async def aclose(self) -> None:
        """Give nothing back; there is nothing."""

    def _spend(self) -> None:
        self._credits += 1
        if self._broken is not None:
            raise self._broken


def _shared(asked: str, article: Article) -> int:
    langs = (article.language,)
    wanted = {form for word in words(asked, langs) for form in word.forms}
    held = words(f"{article.title}\n{page_of(article).text}", langs)
    return len(wanted & {form for word in held for form in word.forms})


def _only(found: list[_T], name: str) -> _T:
    if not found:
        raise NotFound(f"{name!r}")
    return found[0]
