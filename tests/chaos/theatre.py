"""The service's own workflow, store and client on a virtual clock, with an engine in memory.

One piece of work runs at a time, to its end or its death; so a seed gives the same play again.
A process's death is an exception that nothing in the product catches. What the database and the
engine had committed by then is what the next life finds.
"""

import pickle
import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from agent.extractive import ExtractiveDrafter
from agent.journal import Journal
from agent.model import TriggerKind
from agent.policy import Mode, Policy
from agent.post import Looks
from agent.respond import Responder
from evals.clock import CaseClock
from server.accounts import Account, Accounts
from server.attention import Attention
from server.engine import Engine, Work
from server.journal import StoreJournal
from server.reconcile import Reconciler
from server.store import inbox
from server.store.db import Connection, open_database
from server.store.inbox import OPEN, Arrival, Delivery
from server.store.tables import metadata
from server.workflow import Workflow
from tests.chaos.memory import Inline, MemoryEngine
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Event
from tools.http import Wire
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of
from tools.ledger import MemoryLedger
from tools.message import Answer, Request
from tools.model import AccountId, TicketId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, share

T = TypeVar("T")

ACCOUNT = AccountId("play")
KEY = "play-key"
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)
LATENCY = 0.15
"""Virtual seconds a call takes."""
ASKED = (
    "<p>Hello, how do I return an item, and how long do I have?</p>",
    "<p>How do I reset my password?</p>",
)
_MOST = 4000
"""Pieces of work in one play; more means that it never ends."""


class Stagehand:
    """A wire on which things happen between calls; implements `Sender`."""

    def __init__(self, wire: Wire, clock: CaseClock) -> None:
        self.wire, self._clock = wire, clock
        self.before: Callable[[Request], None] = lambda _: None
        self.after: Callable[[Request, Answer], None] = lambda _, __: None
        self.calls: list[tuple[float, str, str, int | None]] = []

    async def send(self, request: Request) -> Answer:
        """Send it once."""
        self.before(request)
        self._clock.advance(LATENCY)
        at = self._clock.now().timestamp()
        try:
            answer = await self.wire.send(request)
        except Exception:
            self.calls.append((at, request.method, request.path, None))
            raise
        self.calls.append((at, request.method, request.path, answer.status))
        self.after(request, answer)
        return answer

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Get a file."""
        return await self.wire.fetch(url, hosts=hosts, most=most)

    async def aclose(self) -> None:
        """Close the wire."""
        await self.wire.aclose()


class Theatre:
    """A desk, the service's workflow on it, and the clock they share."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        knowledge: KnowledgeIndex,
        *,
        policy: Policy | None = None,
        quiet: float = 0.0,
    ) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- the same play for the same seed
        self.clock = CaseClock(START)
        self.desk: Desk = loader.load(company(), clock=self.clock, rng=random.Random(seed))  # noqa: S311
        self.app: SandboxApp = create_app(self.desk, api_key=KEY)
        self.wire = Stagehand(Wire.in_process(self.app), self.clock)
        self.key = KEY
        self.fired: list[int] = []
        self.desk.listeners.append(self._hear)
        self.restart()
        self.store = _store(folder / f"play-{seed}.db")
        self.engine = MemoryEngine(self.clock, self.chance)
        origin = self.wire.wire.origin
        self.responder = Responder(
            open=self.open,
            drafter=ExtractiveDrafter(clock=self.clock),
            knowledge=knowledge,
            policy=policy or auto(origin.host),
            clock=self.clock,
            looks=Looks((5, 15, 40, 120, 240)),
            ticket_url=lambda ticket: FRESHDESK.ticket_url(origin, ticket),
        )
        self.account = Account(ACCOUNT, FRESHDESK, origin.url, self.responder, ("s",), quiet)
        self.journals: Callable[[str], Journal] = self.journal

    def restart(self) -> None:
        """Begin another life of the process: what it held in memory is gone."""
        chance = random.Random(self.chance.random())  # noqa: S311 -- the same for a seed
        self._shared = share(self.wire, MemoryLedger(), self.clock, rng=chance)

    def journal(self, run: str) -> StoreJournal:
        """Return the product's own journal of one run."""
        return StoreJournal(self.store, cast("Engine", self.engine), run=run, clock=self.clock)

    def open(self, lane: Lane, grant: Grant) -> Helpdesk:
        """Open the account for one lane and one grant."""
        return open_freshdesk(
            self.wire.wire.origin,
            self.key,
            account=ACCOUNT,
            shared=self._shared,
            lane=lane,
            grant=grant,
        )

    def workflow(self) -> Workflow:
        """Return the workflow of one life of the process."""

        async def ready(_: Account) -> None:
            return None

        return Workflow(
            self.store,
            cast("Engine", self.engine),
            Accounts({ACCOUNT: self.account}),
            self.clock,
            ready=ready,
            journals=self.journals,
        )

    def reconciler(self) -> Reconciler:
        """Return what finds what webhooks missed."""

        async def rate() -> float | None:
            return None

        return Reconciler(
            self.store,
            cast("Engine", self.engine),
            ACCOUNT,
            open=lambda: self.open(Lane.RECONCILE, READ_ONLY),
            rate=rate,
            clock=self.clock,
        )

    def attention(self) -> Attention:
        """Return what brings waiting work back."""
        desks = {ACCOUNT: lambda: self.open(Lane.BACKFILL, READ_ONLY)}
        return Attention(self.store, cast("Engine", self.engine), self.clock, desks)

    def write(self, body: str = ASKED[0], *, email: str = "kim@example.com") -> int:
        """Let a customer write a new ticket; return its number."""
        message = people.Message(subject="A question", description=body, email=email)
        return people.write_in(self.desk, message).id

    def deliver(self, ticket: int) -> int:
        """Take a webhook in, as the intake does; return the delivery's number."""
        now = self.clock.now().timestamp()
        due = now + self.account.quiet_seconds
        name = TicketId(str(ticket))
        arrival = Arrival(ACCOUNT, name, TriggerKind.WEBHOOK, b"{}", "", "", now, due)

        def keep(connection: Connection) -> int:
            number = inbox.add(connection, arrival)
            work = Work(number, 0, f"{ACCOUNT}|{ticket}")
            self.engine.enqueue(connection, work, delay=due - now)
            return number

        return self.store.write_now(keep)

    async def work(self, *, until: float | None = None) -> int:
        """Run everything that is due, moving the clock on; return how often the process died."""
        deaths = 0
        for _ in range(_MOST):
            queued = self.engine.next()
            if queued is None or (until is not None and queued.due > until):
                return deaths
            self.clock.advance(max(0.0, queued.due - self.clock.now().timestamp()))
            if not await self.engine.run(queued, self.workflow().handle):
                deaths += 1
                self.clock.advance(3.0)
                self.restart()
        raise AssertionError(f"still work after {_MOST} pieces: it never ends")

    def deliveries(self) -> list[Delivery]:
        """Return every delivery, oldest first."""
        return self.store.read_now(lambda c: inbox.latest(c, most=100_000))[::-1]

    def unfinished(self) -> list[Delivery]:
        """Return deliveries that have not ended."""
        return [one for one in self.deliveries() if one.state in OPEN]

    def said(self, ticket: int, kind: str = "reply") -> list[str]:
        """Return what our key said on a ticket, by the desk's own log."""
        return [
            entry.body
            for entry in self.desk.log
            if entry.ticket_id == ticket and entry.kind == kind and entry.via == "api"
        ]

    async def close(self) -> None:
        """Give everything back."""
        await self.wire.aclose()
        self.store.close()

    def _hear(self, event: Event) -> None:
        self.fired.append(event.ticket_id)


@cache
def _company() -> bytes:
    return pickle.dumps(loader.demo_document())


def company() -> dict[str, Any]:
    """Return the demo company, a copy to play with; its files are parsed once."""
    document: dict[str, Any] = pickle.loads(_company())  # noqa: S301 -- written a line above
    return document


def auto(host: str) -> Policy:
    """Return the most permissive policy."""
    return Policy(
        Mode.AUTO,
        portal_hosts=(host,),
        link_hosts=("larkspur.freshdesk.com",),
        replies_per_hour=1000,
        replies_per_day=1000,
        resend_lost=True,
    )


def _store(path: Path) -> Inline:
    plain = open_database(f"sqlite:///{path}", durable=False)
    made = Inline(plain.engine)
    made.write_now(lambda c: metadata.create_all(c, checkfirst=False))
    return made


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
