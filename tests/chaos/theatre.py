"""The service's own workflow, store and client on a virtual clock, with an engine in memory.

One piece of work runs at a time, to its end or its death; so a seed gives the same play again.
A process's death is an exception that nothing in the product catches. What the database and the
engine had committed by then is what the next life finds.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import cast

from agent.journal import Journal
from agent.model import TriggerKind
from agent.respond import Responder
from evals.clock import CaseClock
from server.accounts import Account, Accounts
from server.attention import Attention
from server.engine import Engine, Work
from server.journal import StoreJournal
from server.reconcile import Reconciler
from server.store import inbox
from server.store.db import Connection, Database
from server.store.inbox import OPEN, Arrival, Delivery
from server.workflow import Workflow
from tests.chaos.house import ASKED, KEY, House, OwnClock, Setting, Stagehand, auto, company
from tests.chaos.memory import MemoryEngine
from tests.chaos.props import Props
from tests.chaos.tenancy import on_behalf_of
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.desk import Desk
from tools.http import Wire
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of
from tools.ledger import Ledger, MemoryLedger
from tools.model import AccountId, TicketId
from tools.provider import READ_ONLY, Lane, share

__all__ = ["ACCOUNT", "ASKED", "KEY", "START", "Theatre", "auto", "read_help_centre"]

ACCOUNT = AccountId("play")
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)
IDLE = 1800.0
"""Virtual seconds in which every sweep comes round, also one whose process died, though our clock
was set."""
_MOST = 4000
"""Pieces of work in one play; more means that it never ends."""


class Theatre:
    """Some companies, the service's workflow for them, and the clock they share.

    What tests of one company need is named here as well: it is the first one's.

    Attributes:
        journals: makes the memory of a run.
        idle: seconds to wait before a play counts as over.
        between: called after each piece of work.
        revive: begins another life of the process.
    """

    def __init__(
        self, props: Props, seed: int, *settings: Setting, ledger: Ledger | None = None
    ) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- the same play for the same seed
        self.clock = CaseClock(START)
        self.own = OwnClock(self.clock)
        self.houses = [
            House(
                setting,
                number=number,
                clock=self.clock,
                own=self.own,
                ledger=ledger or MemoryLedger(),
                chance=self.chance,
            )
            for number, setting in enumerate(settings, start=1)
        ]
        self.engine = MemoryEngine(self.own, self.chance)
        self._inline = props.fresh()
        self._inline.beside = self.engine
        self.store: Database = self._inline
        self.journals: Callable[[str], Journal] = self.journal
        self.idle = IDLE
        self.between: Callable[[], None] = lambda: None
        self.revive: Callable[[], Awaitable[None]] = self._start

    @property
    def house(self) -> House:
        """The first company."""
        return self.houses[0]

    @property
    def desk(self) -> Desk:
        """Its helpdesk."""
        return self.house.desk

    @property
    def app(self) -> SandboxApp:
        """Its helpdesk behind HTTP."""
        return self.house.app

    @property
    def wire(self) -> Stagehand:
        """The way there."""
        return self.house.wire

    @property
    def key(self) -> str:
        """Our key there."""
        return self.house.key

    @key.setter
    def key(self, key: str) -> None:
        self.house.key = key

    @property
    def account(self) -> Account:
        """Our account there."""
        return self.house.account

    @account.setter
    def account(self, account: Account) -> None:
        self.house.account = account

    @property
    def responder(self) -> Responder:
        """What answers there."""
        return self.house.responder

    @responder.setter
    def responder(self, responder: Responder) -> None:
        self.house.responder = responder

    def watch(self, boundary: Callable[[str], None], *, commits: bool = True) -> None:
        """Have each commit told; a mutant's are none."""
        self._inline.boundary, self._inline.commits = boundary, commits

    async def _start(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin another life of the process: what it held in memory is gone."""
        for house in self.houses:
            house.restart()

    def journal(self, run: str) -> StoreJournal:
        """Return the product's own journal of one run."""
        return StoreJournal(self.store, self.product_engine, run=run, clock=self.own)

    @property
    def product_engine(self) -> Engine:
        """The engine, for whom only the product's own will do."""
        return cast("Engine", self.engine)

    def accounts(self) -> Accounts:
        """Return every company's account."""
        return Accounts({house.id: house.account for house in self.houses})

    def workflow(self) -> Workflow:
        """Return the workflow of one life of the process."""

        async def ready(_: Account) -> None:
            return None

        return Workflow(
            self.store,
            self.product_engine,
            self.accounts(),
            self.own,
            ready=ready,
            journals=lambda run: self.journals(run),  # noqa: PLW0108 -- it may be changed later
        )

    def reconciler(self, house: House | None = None) -> Reconciler:
        """Return what finds what webhooks missed."""
        there = house or self.house

        async def rate() -> float | None:
            return None

        return Reconciler(
            self.store,
            self.product_engine,
            there.id,
            open=lambda: there.open(Lane.RECONCILE, READ_ONLY),
            rate=rate,
            clock=self.own,
        )

    def attention(self) -> Attention:
        """Return what brings waiting work back."""
        desks = {
            house.id: lambda house=house: house.open(Lane.BACKFILL, READ_ONLY)
            for house in self.houses
        }
        return Attention(self.store, self.product_engine, self.own, desks)

    def write(self, body: str = ASKED[0], *, email: str = "kim@example.com") -> int:
        """Let a customer write a new ticket; return its number."""
        return self.house.write(body, email=email)

    def deliver(self, ticket: int) -> int:
        """Keep a delivery, as the intake does; return its number."""
        now = self.own.now().timestamp()
        due = now + self.account.quiet_seconds
        name = TicketId(str(ticket))
        whose = self.house.id
        arrival = Arrival(whose, name, TriggerKind.WEBHOOK, b"{}", "", "", now, due)

        def keep(connection: Connection) -> int:
            number = inbox.add(connection, arrival)
            work = Work(number, 0, f"{whose}|{ticket}")
            self.engine.enqueue(connection, work, delay=due - now)
            return number

        return self.store.write_now(keep)

    async def work(self, *, until: float | None = None, most: int = _MOST) -> int:
        """Run everything that is due, moving the clock on; return how often the process died.

        Args:
            until: unix seconds by our own clock; what is due later stays.
            most: pieces of work that are done.
        """
        deaths = 0
        for _ in range(most):
            queued = self.engine.next()
            if queued is None or (until is not None and queued.due > until):
                return deaths
            self.clock.advance(max(0.0, queued.due - self.own.now().timestamp()))
            with on_behalf_of(queued.account):
                lived = await self.engine.run(queued, self.workflow().handle)
            self.between()
            if not lived:
                deaths += 1
                self.clock.advance(3.0)
                await self.revive()
        if most < _MOST:
            return deaths
        raise AssertionError(f"still work after {_MOST} pieces: it never ends")

    async def live(self, seconds: float) -> None:
        """Let this time go by, and do what is due in it."""
        await self.work(until=self.own.now().timestamp() + seconds)

    async def settle(self) -> None:
        """Do everything that is or will be due."""
        await self.work()

    async def rest(self, seconds: float) -> None:
        """Let this time go by, in which nothing is done."""
        self.clock.advance(seconds)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is due any more."""
        return self.engine.next() is None

    def deliveries(self) -> list[Delivery]:
        """Return every delivery, oldest first."""
        return self.store.read_now(lambda c: inbox.latest(c, most=100_000))[::-1]

    def unfinished(self) -> list[Delivery]:
        """Return deliveries that have not ended."""
        return [one for one in self.deliveries() if one.state in OPEN]

    def said(self, ticket: int, kind: str = "reply") -> list[str]:
        """Return what our key said on a ticket, by the desk's own log."""
        return self.house.said(ticket, kind)

    async def close(self) -> None:
        """Give everything back."""
        for house in self.houses:
            await house.wire.aclose()


async def read_help_centre() -> KnowledgeIndex:
    """Read the demo company's help centre, as a responder does."""
    clock = CaseClock(START)
    desk = loader.load(company(), clock=clock, rng=random.Random(0))  # noqa: S311 -- the same each time
    wire = Wire.in_process(create_app(desk, api_key=KEY))
    shared = share(wire, MemoryLedger(), clock)
    client = open_freshdesk(wire.origin, KEY, account=ACCOUNT, shared=shared, lane=Lane.BACKFILL)
    articles = [article async for article in client.articles()]
    await wire.aclose()
    index = KnowledgeIndex.open(":memory:")
    await index.replace(pages_of(articles))
    return index
