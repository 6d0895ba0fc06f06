"""What every provider must offer: an open helpdesk as a protocol, and how one is opened."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from random import Random
from typing import Protocol

from tools.breaker import Breaker
from tools.cache import DeskCache
from tools.clock import Clock
from tools.egress import Origin
from tools.ledger import Ledger
from tools.message import Sender
from tools.model import (
    AccountId,
    AgentIdentity,
    Article,
    ArticleId,
    Canned,
    Company,
    CompanyId,
    Contact,
    PersonId,
    Posted,
    Thread,
    Ticket,
    TicketField,
    TicketId,
    TicketView,
)


class Lane(IntEnum):
    """Who may spend first when credits are short; the lower the number, the earlier."""

    POST = 0
    """The look before a write, and the write."""
    LIVE = 1
    ASSIST = 2
    RECONCILE = 3
    BACKFILL = 4


class Right(StrEnum):
    """One thing an open helpdesk may do."""

    READ = "read"
    NOTE = "note"
    """Write private notes."""
    REPLY = "reply"
    """Write to the customer: replies, and notes that are not private."""
    UPDATE = "update"
    CREATE = "create"
    """Open new tickets; nothing but the sandbox's players and tests hold it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an open helpdesk may do; the transport refuses the rest before a credit is spent.

    Attributes:
        fields: API names that `UPDATE` covers; no other key of a ticket may change.
    """

    rights: frozenset[Right] = frozenset({Right.READ})
    fields: frozenset[str] = frozenset()


READ_ONLY = Grant()
"""What assist, evals, reconciliation and knowledge sync hold."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this account and key can do, as far as we have found out.

    Attributes:
        missing: calls that answered 403, remembered so that they are not paid for again.
    """

    public_replies: bool = True
    private_notes: bool = True
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Probe:
    """What a first look at an account tells.

    Attributes:
        plan: guessed from the rate headers, such as "growth"; "" where they say nothing.
        per_minute: credits the account has a minute, or None where no header told.
        clock_skew: seconds the helpdesk's clock is ahead of ours, or None.
        latency_ms: of the call, milliseconds.
    """

    me: AgentIdentity
    plan: str
    per_minute: int | None
    remaining: int | None
    clock_skew: float | None
    latency_ms: float
    capabilities: Capabilities


class Helpdesk(Protocol):
    """An open connection to one account, for one lane, within one grant.

    Every method may raise `Retryable`, `Unauthorized`, `Forbidden`, `Unexpected` or, outside
    its grant, `NotGranted`; writes may raise `Uncertain`. Costs are in credits.
    """

    @property
    def credits(self) -> int:
        """Credits spent through this opening so far."""
        ...

    @property
    def calls(self) -> int:
        """Requests sent through this opening so far."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What is known of what this key can do."""
        ...

    async def probe(self) -> Probe:
        """Ask who we are, never from a cache. One credit."""
        ...

    async def me(self) -> AgentIdentity:
        """Return whose key this is. One credit, then cached."""
        ...

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        """Return the ticket as it is at this moment. One credit."""
        ...

    async def closed_at(self, ticket_id: TicketId) -> datetime | None:
        """Return when the ticket was last resolved or closed; None if never. Two credits."""
        ...

    async def ticket_with_people(self, ticket_id: TicketId) -> TicketView:
        """Return ticket, contact and company: one credit, and one for each not in the cache."""
        ...

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the conversations, oldest first: one credit per hundred, at most `most_calls`.

        A thread too long for that keeps its oldest page and its newest pages; what was left
        out is counted in `Thread.omitted`.
        """
        ...

    async def thread_after(self, ticket_id: TicketId, seen: int) -> Thread:
        """Return the page that holds position `seen` and what follows: usually one credit."""
        ...

    async def contact(self, contact_id: PersonId) -> Contact:
        """Return one contact. One credit, then cached."""
        ...

    async def company(self, company_id: CompanyId) -> Company:
        """Return one company. One credit, then cached."""
        ...

    async def fields(self) -> tuple[TicketField, ...]:
        """Return the ticket fields' definitions. One credit, then cached."""
        ...

    async def groups(self) -> Mapping[str, str]:
        """Return group names by id; empty where the key may not know. One credit, then cached."""
        ...

    async def tickets_of(self, contact_id: PersonId, *, most: int = 10) -> tuple[Ticket, ...]:
        """Return the requester's newest tickets, without descriptions. One credit."""
        ...

    def changes(self, since: datetime) -> AsyncIterator[Ticket]:
        """Yield tickets updated since then, oldest change first. One credit per hundred."""
        ...

    async def search_articles(self, words: str) -> tuple[Article, ...]:
        """Ask the helpdesk's own search; only what may be quoted comes back. One credit."""
        ...

    def articles(self) -> AsyncIterator[Article]:
        """Yield every article, quotable or not: the primary language first, then the others.

        One credit for the settings, one for the categories, one per category, and per folder
        and language one per hundred articles.
        """
        ...

    async def article(self, article_id: ArticleId) -> Article:
        """Return one article. One credit."""
        ...

    async def canned_responses(self) -> tuple[Canned, ...]:
        """Return the ready answers that every agent may use.

        One credit for their folders, and per folder one per hundred answers.

        Raises:
            Forbidden: the key's role may not read them; not asked again for a day.
        """
        ...

    async def note(self, ticket_id: TicketId, html: str, *, private: bool = True) -> Posted:
        """Write a note. One credit. Never retried here.

        Raises:
            Uncertain: it may have landed.
        """
        ...

    async def reply(self, ticket_id: TicketId, html: str) -> Posted:
        """Write to the customer. One credit. Never retried here.

        Raises:
            Uncertain: it may have landed.
        """
        ...

    async def update(self, ticket_id: TicketId, changes: Mapping[str, object]) -> Ticket:
        """Change the named keys and nothing else. One credit, and one of the update limit.

        Raises:
            Uncertain: it may have landed.
        """
        ...

    async def aclose(self) -> None:
        """Give the connection back."""
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """What a webhook told us: a hint, not the truth.

    Attributes:
        event: what the rule said happened, such as "ticket_action:created"; "" if it did not.
    """

    ticket_id: TicketId
    event: str = ""


class Unreadable(ValueError):
    """An authentic webhook body that names no ticket; kept, because a retry cannot mend it."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all openings of one account have in common.

    Attributes:
        sender: the wire to its origin; the owner of the wire closes it.
        plan: as the account's owner states it; "" until the helpdesk says.
    """

    sender: Sender
    ledger: Ledger
    clock: Clock
    cache: DeskCache
    breaker: Breaker
    rng: Random
    plan: str = ""


def share(
    sender: Sender,
    ledger: Ledger,
    clock: Clock,
    *,
    rng: Random | None = None,
    plan: str = "",
) -> Shared:
    """Return what one account's openings share, with a fresh cache and a closed circuit."""
    chance = rng or Random()  # noqa: S311  jitter, not a secret
    return Shared(sender, ledger, clock, DeskCache(clock), Breaker(clock), chance, plan)


class Opener(Protocol):
    """Opens an account; nothing is sent."""

    def __call__(
        self,
        origin: Origin,
        api_key: str,
        *,
        account: AccountId,
        shared: Shared,
        lane: Lane = Lane.LIVE,
        grant: Grant = READ_ONLY,
    ) -> Helpdesk:
        """Return the account, open for one lane and one grant."""
        ...


class RuleText(Protocol):
    """Writes what an administrator pastes into the helpdesk."""

    def __call__(self, url: str, *, header: str, secret: str = "") -> str:
        """Return it, with the address of our intake and the header of our secret."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """One make of helpdesk.

    Attributes:
        name: as in settings and in the ledger's keys.
        title: as people write it.
        address: the domain setting as an origin; raises `tools.egress.BadAddress` with the fix.
        open: opens an account.
        read_hook: a webhook body and its content type; raises Unreadable.
        rule_text: what to paste into the helpdesk so that it calls us.
        ticket_url: where a person reads a ticket.
    """

    name: str
    title: str
    address: Callable[[str], Origin]
    open: Opener
    read_hook: Callable[[bytes, str], Hook]
    rule_text: RuleText
    ticket_url: Callable[[Origin, TicketId], str]
