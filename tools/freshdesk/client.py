"""A Freshdesk account as a `Helpdesk`: one method per call, its cost in its docstring.

Source: https://developers.freshdesk.com/api/
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

from tools.egress import Origin
from tools.errors import Forbidden, NotFound, Rejected, Unexpected
from tools.freshdesk.known import Known
from tools.freshdesk.limits import FreshdeskRules, heard
from tools.freshdesk.limits import plan as plan_of
from tools.freshdesk.line import Key, Line, checked
from tools.freshdesk.mapping import (
    CHAT,
    identity,
    ticket,
)
from tools.freshdesk.office import Office
from tools.freshdesk.solutions import Solutions
from tools.freshdesk.threads import Threads, last_page
from tools.freshdesk.wire import (
    Sent,
    SentAgent,
    SentStats,
    SentTicket,
    SentTicketStats,
    many,
    one,
    parse,
)
from tools.html import to_text
from tools.ledger import Key as LedgerKey
from tools.model import (
    AccountId,
    AgentIdentity,
    Article,
    ArticleId,
    Canned,
    Company,
    CompanyId,
    Contact,
    ConversationId,
    PersonId,
    Posted,
    Thread,
    Ticket,
    TicketField,
    TicketId,
    TicketView,
)
from tools.paging import Sweep, Wall, onward
from tools.provider import READ_ONLY, Capabilities, Grant, Lane, Probe, Shared
from tools.transport import BudgetedTransport, Spending, told_at

PROVIDER = "freshdesk"
_ONE = ""
_PAGES = 300
"""Ticket lists end here: https://developers.freshdesk.com/api/#list_all_tickets ."""
_YEARS = timedelta(days=3 * 365)


def open_freshdesk(
    origin: Origin,
    api_key: str,
    *,
    account: AccountId,
    shared: Shared,
    lane: Lane = Lane.LIVE,
    grant: Grant = READ_ONLY,
) -> "FreshdeskClient":
    """Open an account for one lane and one grant; nothing is sent.

    Args:
        origin: where it is, from `FRESHDESK.address`.
        api_key: of the agent whose name our notes will carry.
        account: our name for it.
        shared: wire, ledger, clock, cache and circuit of this account.
        lane: who may spend first.
        grant: what this opening may do.
    """
    key = LedgerKey(PROVIDER, origin.url)
    spending = Spending(key, lane, shared.ledger, shared.clock, shared.rng)
    rules = FreshdeskRules(plan_of(shared.plan)) if shared.plan else FreshdeskRules()
    line = Line(
        BudgetedTransport(shared.sender, rules, grant=grant, spending=spending),
        origin=origin,
        key=Key(api_key),
        shared=shared,
    )
    return FreshdeskClient(account, line, shared=shared)


class FreshdeskClient:
    """An open account, for one lane, within one grant."""

    def __init__(self, account: AccountId, line: Line, *, shared: Shared) -> None:
        self.account = account
        self.cache = shared.cache
        self._known = Known(line, shared.cache)
        self.office = Office(line, shared=shared, labels=self._known.labels)
        self._line = line
        self._clock = shared.clock
        self._threads = Threads(line)
        self._solutions = Solutions(line, shared.cache)

    def __repr__(self) -> str:
        return f"FreshdeskClient({self.account!r}, {self._line.origin.url!r})"

    @property
    def credits(self) -> int:
        """Credits spent through this opening so far."""
        return self._line.transport.credits

    @property
    def calls(self) -> int:
        """Requests sent through this opening so far."""
        return self._line.transport.calls

    @property
    def capabilities(self) -> Capabilities:
        """What is known of what this key can do."""
        return Capabilities(missing=self.cache.missing)

    async def probe(self) -> Probe:
        """Ask who we are, never from a cache. One credit.

        Source: https://developers.freshdesk.com/api/#me
        """
        self.cache.allow()
        try:
            answer = await self._line.get("/agents/me")
        except NotFound as fault:
            raise NotFound(
                f"{self._line.origin.host} answers 404 even for the key's own agent: "
                "there is no helpdesk at that domain, or it was renamed"
            ) from fault
        sent = one(SentAgent, parse(answer.body, what="GET /agents/me"), what="GET /agents/me")
        told = heard(answer.headers)
        granted = told.allowance
        return Probe(
            me=self.cache.me.put(_ONE, identity(sent)),
            plan=granted.plan if granted else "",
            per_minute=round(granted.total * 60 / granted.window) if granted else None,
            remaining=told.remaining,
            clock_skew=_skew(told_at(answer.headers), self._clock.now()),
            latency_ms=answer.elapsed * 1000,
            capabilities=self.capabilities,
        )

    async def me(self) -> AgentIdentity:
        """Return whose key this is. One credit, then cached for a day.

        Source: https://developers.freshdesk.com/api/#me
        """
        return await self._known.me()

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        """Return the ticket as it is at this moment. One credit.

        The first call of a day also reads the field definitions, for their labels.

        Raises:
            NotFound: there is no such ticket, or it was deleted. A deleted one answers 403 as one
                out of the key's scope does; the list of deleted ones, one credit, tells them apart.

        Source: https://developers.freshdesk.com/api/#view_a_ticket
        """
        names = await self._known.labels()
        try:
            sent = await self._line.one(SentTicket, f"/tickets/{checked(ticket_id)}")
        except Forbidden as fault:
            if await self._is_deleted(ticket_id):
                raise NotFound(f"ticket {ticket_id} was deleted") from fault
            raise
        told = self._line.transport.told_at
        found = ticket(sent, names, told)
        self._known.remember(found)
        if await self._known.refreshed(found):
            return ticket(sent, await self._known.labels(), told)
        return found

    async def closed_at(self, ticket_id: TicketId) -> datetime | None:
        """Return when the ticket was last resolved or closed; None if never. Two credits.

        Source: https://developers.freshdesk.com/api/#view_a_ticket
        """
        path = f"/tickets/{checked(ticket_id)}"
        sent = await self._line.one(SentTicketStats, path, {"include": "stats"})
        stats = SentStats.model_validate(sent.stats)
        return max((at for at in (stats.resolved_at, stats.closed_at) if at), default=None)

    async def ticket_with_people(self, ticket_id: TicketId) -> TicketView:
        """Return ticket, contact and company: one credit, and one for each not in the cache.

        Read one by one, not by `include=`, which charges for what we already know and leaves
        out the contact's language. A requester who is an agent has no contact: None.
        """
        found = await self.ticket(ticket_id)
        who, where = found.requester_id, found.company_id
        person = await self._known.contact(who) if who else None
        where = where or (person.company_id if person else None)
        return TicketView(found, person, await self._known.company(where) if where else None)

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the conversations, oldest first: one credit per hundred up to 400.

        Longer threads are read at their oldest hundred and at their newest end, in at most
        `most_calls`, usually in three; what was left out is counted.

        Source: https://developers.freshdesk.com/api/#list_all_ticket_notes
        """
        tail, seen = self.cache.tails.get(ticket_id), self.cache.seen.get(ticket_id)
        thread = await self._threads.whole(
            checked(ticket_id),
            await self._known.parties(ticket_id),
            most_calls=most_calls,
            tail=tail.value if tail else None,
            ends=seen.value.changed if seen else None,
        )
        self.cache.tails.put(ticket_id, last_page(thread))
        return thread

    async def thread_after(self, ticket_id: TicketId, seen: int) -> Thread:
        """Return the page that holds position `seen` and what follows. Usually one credit."""
        return await self._threads.after(
            checked(ticket_id), seen, await self._known.parties(ticket_id)
        )

    async def contact(self, contact_id: PersonId) -> Contact:
        """Return one contact. One credit, then cached for an hour.

        Source: https://developers.freshdesk.com/api/#view_contact
        """
        person = await self._known.contact(contact_id, optional=False)
        if person is None:
            raise NotFound(f"there is no contact {contact_id}; it may be an agent's id")
        return person

    async def company(self, company_id: CompanyId) -> Company:
        """Return one company. One credit, then cached for an hour.

        Source: https://developers.freshdesk.com/api/#view_company
        """
        found = await self._known.company(company_id, optional=False)
        if found is None:
            raise NotFound(f"there is no company {company_id}")
        return found

    async def fields(self) -> tuple[TicketField, ...]:
        """Return the ticket fields' definitions. One credit, then cached for a day.

        Source: https://developers.freshdesk.com/api/#list_all_ticket_fields
        """
        return await self._known.fields()

    async def groups(self) -> Mapping[str, str]:
        """Return group names by id; empty where the key may not know. One credit, then cached.

        Source: https://developers.freshdesk.com/api/#list_all_groups
        """
        return await self._known.groups()

    async def tickets_of(self, contact_id: PersonId, *, most: int = 10) -> tuple[Ticket, ...]:
        """Return the requester's newest tickets, without descriptions. One credit.

        `updated_since` is given because without it a list holds the last 30 days only.
        Source: https://developers.freshdesk.com/api/#list_all_tickets
        """
        since = self._clock.now() - _YEARS
        query: dict[str, str | int] = {
            "requester_id": checked(contact_id),
            "updated_since": _stamp(since),
            "order_by": "created_at",
            "order_type": "desc",
            "per_page": min(100, max(1, most)),
        }
        names = await self._known.labels()
        sent = await self._line.many(SentTicket, "/tickets", query)
        return tuple(ticket(each, names) for each in sent)[:most]

    async def changes(self, since: datetime) -> AsyncIterator[Ticket]:
        """Yield tickets updated since then, oldest change first. One credit per hundred.

        Each page starts at the newest change seen, so the wall at page 300 is never met and
        tickets that change meanwhile push no others past us. Our own writes are among them.

        Source: https://developers.freshdesk.com/api/#list_all_tickets
        """
        names, at = await self._known.labels(), Sweep(since)
        told: set[tuple[str, datetime]] = set()
        while True:
            page = await self._line.page("/tickets", _sweep_query(at))
            now = self._line.transport.told_at
            sent = many(SentTicket, page.value, what="GET /tickets")
            found = [ticket(each, names, now) for each in sent]
            for each in found:
                if (each.id, each.updated_at) not in told:
                    self._known.remember(each)
                    yield each
            if not page.more or not found:
                return
            told |= {(each.id, each.updated_at) for each in found}
            newest = max(each.updated_at for each in found)
            told = {(i, moment) for i, moment in told if newest - moment < timedelta(seconds=5)}
            try:
                at = onward(at, newest, ceiling=_PAGES)
            except Wall as fault:
                raise Unexpected(str(fault)) from fault

    async def search_articles(self, words: str) -> tuple[Article, ...]:
        """Ask the helpdesk's own search; only what may be quoted comes back. One credit.

        Source: https://developers.freshdesk.com/api/#solutions
        """
        return await self._solutions.search(words)

    async def articles(self) -> AsyncIterator[Article]:
        """Yield every article, quotable or not, in all languages it is kept in.

        One credit for the settings, one for the categories, one per category, and per folder and
        language one per hundred articles.
        """
        async for each in self._solutions.every():
            yield each

    async def article(self, article_id: ArticleId) -> Article:
        """Return one article. One credit, and one for its folder once an hour.

        Source: https://developers.freshdesk.com/api/#solution_article_attributes
        """
        return await self._solutions.one(article_id)

    async def canned_responses(self) -> tuple[Canned, ...]:
        """Return the ready answers that every agent may use. Administrators' keys only.

        One credit for the folders, and per folder one per hundred answers.

        Source: https://developers.freshdesk.com/api/#canned-responses
        """
        return await self.office.canned_responses()

    async def note(self, ticket_id: TicketId, html: str, *, private: bool = True) -> Posted:
        """Write a note. One credit. Never retried here.

        Source: https://developers.freshdesk.com/api/#add_note_to_a_ticket
        """
        body = {"private": True, "body": html} if private else await self._public(ticket_id, html)
        said = body if private else {**body, "private": False}
        return _posted(
            await self._line.write(Sent, "POST", f"/tickets/{checked(ticket_id)}/notes", said)
        )

    async def reply(self, ticket_id: TicketId, html: str) -> Posted:
        """Write to the customer. One credit. Never retried here; `private` is never sent.

        Source: https://developers.freshdesk.com/api/#reply_ticket
        """
        body = await self._public(ticket_id, html)
        return _posted(
            await self._line.write(Sent, "POST", f"/tickets/{checked(ticket_id)}/reply", body)
        )

    async def update(self, ticket_id: TicketId, changes: Mapping[str, object]) -> Ticket:
        """Change the named keys and nothing else. One credit, and one of the update limit.

        Custom fields are named by their API names, beside the others. A refused one makes the
        next look at the fields and groups a fresh one: a choice may have been renamed.

        Source: https://developers.freshdesk.com/api/#update_ticket
        """
        self._line.transport.permit_update(frozenset(changes))
        own = {name for f in await self.fields() if f.custom for name in (f.name, *f.levels)}
        body: dict[str, object] = {k: v for k, v in changes.items() if k not in own}
        custom = {name: value for name, value in changes.items() if name in own}
        if custom:
            body["custom_fields"] = custom
        try:
            sent = await self._line.write(SentTicket, "PUT", f"/tickets/{checked(ticket_id)}", body)
        except Rejected:
            self._known.forget()
            raise
        return ticket(sent, await self._known.labels())

    async def aclose(self) -> None:
        """Give the connection back; the wire itself is closed by whoever opened it."""

    async def _is_deleted(self, ticket_id: TicketId) -> bool:
        query: dict[str, str | int] = {
            "filter": "deleted",
            "order_by": "updated_at",
            "per_page": 100,
        }
        try:
            sent = await self._line.many(SentTicket, "/tickets", query)
        except Forbidden:
            return False
        return any(each.id == ticket_id for each in sent)

    async def _public(self, ticket_id: TicketId, html: str) -> dict[str, object]:
        """Return a customer-visible body; chat tickets take text in a structure instead of HTML.

        Source: https://developers.freshdesk.com/api/#reply_ticket
        """
        seen = self.cache.seen.get(ticket_id)
        if seen is None or seen.value.source_id != CHAT:
            return {"body": html}
        content = {"type": "text", "data": {"content": to_text(html)}}
        return {"structured_body": {"body_contents": [content]}}


def _posted(sent: Sent) -> Posted:
    return Posted(ConversationId(sent.id), sent.created)


def _sweep_query(at: Sweep) -> dict[str, str | int]:
    return {
        "updated_since": _stamp(at.since),
        "order_by": "updated_at",
        "order_type": "asc",
        "per_page": 100,
        "page": at.page,
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _skew(told: datetime | None, now: datetime) -> float | None:
    """Return the seconds the helpdesk's clock is ahead of ours, or None where it does not say."""
    return None if told is None else (told - now).total_seconds()
