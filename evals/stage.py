"""One case's stage: a desk in memory, a clock they share, and the client that talks to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from random import Random

from evals.case import Case, Event
from evals.clock import CaseClock
from evals.world import Document
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.allowance import Plan
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Event as Fired
from tools.http import Wire
from tools.ledger import MemoryLedger
from tools.message import Answer, Lost, NotSent, Request
from tools.model import AccountId
from tools.provider import Grant, Helpdesk, Lane, share

ACCOUNT = AccountId("case")
_KEY = "case-key"
_LATENCY = 0.2
"""Virtual seconds a call takes."""
_OK, _TOO_MANY = 200, 429


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it left: when, what, and how it was answered.

    Attributes:
        at: virtual seconds since the case began.
        status: None where no answer came.
        retry_after: seconds that a 429 asked for, or None.
    """

    at: float
    method: str
    path: str
    status: int | None
    retry_after: float | None = None


class Moments:
    """Waits for the moments that a case names, and lets people act on them."""

    def __init__(self, events: tuple[Event, ...], act: Callable[[Event], None]) -> None:
        self._left = {_Once(event): event.nth for event in events}
        self._act = act

    def reached(self, moment: str) -> None:
        """Let everybody act who waited for this moment."""
        for once in [it for it in self._left if _fits(it.event.at, moment)]:
            self._left[once] -= 1
            if self._left[once] == 0:
                del self._left[once]
                self._act(once.event)

    @property
    def missed(self) -> tuple[str, ...]:
        """Moments that never came."""
        return tuple(once.event.at for once in self._left)


class _Once:
    """An event by identity, since two equal ones are two."""

    def __init__(self, event: Event) -> None:
        self.event = event


def _fits(wanted: str, moment: str) -> bool:
    verb, _, glob = wanted.partition(" ")
    method, _, path = moment.partition(" ")
    return verb in {method, "*"} and fnmatchcase(path, glob)


@dataclass(slots=True)
class WatchedWire:
    """A wire that counts, takes virtual time and names the moments; implements `Sender`.

    Attributes:
        files: what the helpdesk's storage holds, by a part of the file's address.
        fetched: addresses of files that were asked for.
    """

    wire: Wire
    clock: CaseClock
    reached: Callable[[str], None] = lambda _: None
    calls: list[Call] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    fetched: list[str] = field(default_factory=list[str])

    async def send(self, request: Request) -> Answer:
        """Send it once, and write down how it was answered."""
        path = request.path.removeprefix("/api/v2")
        self.reached(f"{request.method} {path}")
        at = self.clock.steady()
        self.clock.advance(_LATENCY)
        try:
            answer = await self.wire.send(request)
        except (NotSent, Lost):
            self.calls.append(Call(at, request.method, path, None))
            raise
        wait = answer.headers.get("retry-after")
        told = float(wait) if wait is not None and answer.status == _TOO_MANY else None
        self.calls.append(Call(at, request.method, path, answer.status, told))
        return answer

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Get a file, from what is held here or else by the wire, and write it down."""
        self.fetched.append(url)
        held = next((held for part, held in self.files.items() if part in url), None)
        if held is not None:
            return Answer(_OK, body=held)
        return await self.wire.fetch(url, hosts=hosts, most=most)

    async def aclose(self) -> None:
        """Close the wire."""
        await self.wire.aclose()


class Stage:
    """A desk and the way to it; nothing outside this object is touched.

    Attributes:
        openings: every connection that was opened, for its credits.
        fired: webhooks the helpdesk's rules have sent since the case began.
    """

    def __init__(self, document: Document, *, now: datetime, seed: str, plan: Plan) -> None:
        self.start = now
        self.clock = CaseClock(now)
        self.desk: Desk = loader.load(document, clock=self.clock, rng=_chance(seed))
        self.app: SandboxApp = create_app(self.desk, api_key=_KEY, plan=plan)
        self.wire = WatchedWire(Wire.in_process(self.app), self.clock)
        self.openings: list[Helpdesk] = []
        self.fired: list[int] = []
        self._shared = share(self.wire, MemoryLedger(), self.clock, rng=_chance(seed))
        self.desk.listeners.append(self._hear)

    def open(self, lane: Lane, grant: Grant) -> Helpdesk:
        """Open the account for one lane and one grant."""
        desk = open_freshdesk(
            self.wire.wire.origin,
            _KEY,
            account=ACCOUNT,
            shared=self._shared,
            lane=lane,
            grant=grant,
        )
        self.openings.append(desk)
        return desk

    def people_for(self, case: Case) -> Moments:
        """Return the people of a case, waiting for their moments."""
        ticket_id = int(case.trigger.ticket)
        return Moments(case.events, lambda event: _act(self.desk, ticket_id, event))

    @property
    def credits(self) -> int:
        """Credits spent so far, as our own client counts them."""
        return sum(opening.credits for opening in self.openings)

    @property
    def charged(self) -> int:
        """Credits spent so far, as the helpdesk counts them."""
        return int(self.app.allowance.usage(self.clock.now())["credits"])

    def _hear(self, event: Fired) -> None:
        self.fired.append(event.ticket_id)


def _act(desk: Desk, ticket_id: int, event: Event) -> None:
    ticket = desk.tickets[ticket_id]
    match event.do:
        case "customer_reply":
            people.customer_reply(
                desk, ticket, event.body, email=event.email, auto_response=event.auto_response
            )
        case "agent_reply":
            people.agent_reply(desk, ticket, event.body)
        case "agent_note":
            people.agent_note(desk, ticket, event.body)
        case "update":
            people.update(desk, ticket, event.changes)


def _chance(seed: str) -> Random:
    return Random(seed)  # noqa: S311 -- the same draw each time is the point
