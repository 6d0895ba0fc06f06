"""What a drafted ticket costs in credits, from the trigger to the private note."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from agent.extractive import ExtractiveDrafter
from agent.journal import MemoryJournal
from agent.model import Outcome, Result, Trigger, TriggerKind
from agent.policy.terms import Policy
from agent.respond import Responder, respond
from evals.clock import CaseClock
from tests.bench.virtual import START, chance
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.loader import Practice
from tools.http import Wire
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of
from tools.ledger import MemoryLedger
from tools.model import AccountId, CompanyId, PersonId, TicketId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Shared, share

API_KEY = "bench-key"
ACCOUNT = AccountId("bench")
_APART = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Spent:
    """One ticket's credits in three states of the caches.

    Attributes:
        start: nothing is remembered.
        cold: definitions and our own id are remembered, contact and company are not.
        warm: all of it is remembered.
        company: whether the customer belongs to one.
        charged: by the helpdesk's own count, in the same order; it must agree with ours.
    """

    subject: str
    outcome: str
    start: int
    cold: int
    warm: int
    company: bool
    charged: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Credits:
    """All of them, and their medians.

    Attributes:
        cold: of the customers who have a company, since only there both can be cold.
        most: of a ticket with nothing remembered.
    """

    tickets: tuple[Spent, ...]
    start: float
    cold: float
    warm: float
    most: int


def measure() -> Credits:
    """Let every practice ticket of the demo company be written and answered, three times."""
    return asyncio.run(_measured())


async def _measured() -> Credits:
    document = loader.demo_document()
    clock = CaseClock(START)
    desk = loader.load(document, clock=clock, rng=chance(1))
    async with _company(desk, clock) as company:
        spent = tuple([await _asked(company, one) for one in loader.practice(document)])
    return Credits(
        spent,
        start=statistics.median(one.start for one in spent),
        cold=statistics.median(one.cold for one in spent if one.company),
        warm=statistics.median(one.warm for one in spent),
        most=max(one.start for one in spent),
    )


@dataclass(frozen=True, slots=True)
class _Company:
    desk: Desk
    app: SandboxApp
    wire: Wire
    clock: CaseClock
    knowledge: KnowledgeIndex

    def shared(self) -> Shared:
        """Return what one account's openings share, with nothing remembered."""
        return share(self.wire, MemoryLedger(), self.clock, rng=chance(1))

    def open(self, shared: Shared, lane: Lane, grant: Grant) -> Helpdesk:
        return open_freshdesk(
            self.wire.origin, API_KEY, account=ACCOUNT, shared=shared, lane=lane, grant=grant
        )

    @property
    def charged(self) -> int:
        """Return the credits so far, by the helpdesk's own count."""
        return int(self.app.allowance.usage(self.clock.now())["credits"])


@asynccontextmanager
async def _company(desk: Desk, clock: CaseClock) -> AsyncIterator[_Company]:
    app = create_app(desk, api_key=API_KEY)
    wire = Wire.in_process(app)
    index = KnowledgeIndex.open(":memory:")
    company = _Company(desk, app, wire, clock, index)
    try:
        reading = company.open(company.shared(), Lane.BACKFILL, READ_ONLY)
        await index.replace(pages_of([article async for article in reading.articles()]))
        yield company
    finally:
        index.close()
        await wire.aclose()


async def _asked(company: _Company, one: Practice) -> Spent:
    shared = company.shared()
    start, first = await _answered(company, shared, one)
    who = first.snapshot.ticket.requester_id if first.snapshot else None
    warm, _ = await _answered(company, shared, one)
    _forget(shared, who, company.desk)
    cold, _ = await _answered(company, shared, one)
    outcome = first.draft.outcome if first.draft else Outcome.HUMAN
    return Spent(
        one.subject,
        outcome.value,
        start.ours,
        cold.ours,
        warm.ours,
        first.snapshot is not None and first.snapshot.company is not None,
        (start.charged, cold.charged, warm.charged),
    )


def _forget(shared: Shared, who: PersonId | None, desk: Desk) -> None:
    """Let contact and companies be as cold as those of a customer who never wrote before."""
    if who is not None:
        shared.cache.contacts.drop(who)
    for company in desk.companies:
        shared.cache.companies.drop(CompanyId(str(company)))


@dataclass(frozen=True, slots=True)
class _Bill:
    ours: int
    charged: int


async def _answered(company: _Company, shared: Shared, one: Practice) -> tuple[_Bill, Result]:
    """Let the customer write it once more, and answer."""
    company.clock.advance(_APART.total_seconds())
    message = people.Message(
        subject=one.subject, description=one.description, email=one.email, name=one.name
    )
    number = people.write_in(company.desk, message).id
    company.clock.advance(_APART.total_seconds())
    before = company.charged
    origin = company.wire.origin
    responder = Responder(
        open=lambda lane, grant: company.open(shared, lane, grant),
        drafter=ExtractiveDrafter(clock=company.clock),
        knowledge=company.knowledge,
        policy=Policy(portal_hosts=(origin.host,)),
        clock=company.clock,
        ticket_url=lambda ticket: FRESHDESK.ticket_url(origin, ticket),
    )
    trigger = Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId(str(number)))
    result = await respond(trigger, by=responder, journal=MemoryJournal(), run=f"bench-{number}")
    if result.receipt is None:
        raise RuntimeError(f"ticket {number} was not answered: {result.skip}")
    return _Bill(result.usage.credits, company.charged - before), result
