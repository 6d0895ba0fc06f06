"""One company in a play: its helpdesk in memory, our account on it, and the wire between them."""

import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from agent.drafter import Drafter
from agent.extractive import ExtractiveDrafter
from agent.policy.terms import Mode, Policy
from agent.post import Looks
from agent.respond import Responder
from server.accounts import Account
from tools.clock import Clock
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.allowance import Plan
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.clock import Clock as DeskClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Event
from tools.http import Wire
from tools.knowledge.article import Knowledge
from tools.ledger import Ledger
from tools.message import Answer, Request
from tools.model import AccountId
from tools.provider import Grant, Helpdesk, Lane, share

KEY = "play-key"
SECRET = "play-secret"
LATENCY = 0.15
"""Virtual seconds a call takes."""
ASKED = (
    "<p>Hello, how do I return an item, and how long do I have?</p>",
    "<p>How do I reset my password?</p>",
)


class PlayClock(Clock, DeskClock, Protocol):
    """The time of a play, for both sides."""

    def advance(self, seconds: float) -> datetime:
        """Let so many seconds pass."""
        ...


class OwnClock:
    """Our machine's clock: that of the play, until somebody sets it wrong; implements `Clock`.

    Attributes:
        ahead: seconds by which it is ahead of everybody else's.
    """

    def __init__(self, true: PlayClock) -> None:
        self._true = true
        self.ahead = 0.0

    def now(self) -> datetime:
        """Return what it shows."""
        return self._true.now() + timedelta(seconds=self.ahead)

    def steady(self) -> float:
        """Return the seconds since the start, which no setting of the clock changes."""
        return self._true.steady()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._true.sleep(seconds)


class Stagehand:
    """A wire on which things happen between calls; implements `Sender`.

    Attributes:
        before, after, lost: told of each call, of its answer, or that none came.
        calls: when, what, and the answer's status; None where none came.
    """

    def __init__(self, wire: Wire, clock: PlayClock) -> None:
        self.wire, self._clock = wire, clock
        self.before: Callable[[Request], None] = lambda _: None
        self.after: Callable[[Request, Answer], None] = lambda _, __: None
        self.lost: Callable[[Request], None] = lambda _: None
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
            self.lost(request)
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


@dataclass(frozen=True)
class Setting:
    """How a company is furnished.

    Attributes:
        quiet: seconds a ticket must be quiet.
    """

    name: str
    knowledge: Knowledge
    policy: Policy
    quiet: float = 0.0
    plan: Plan = "none"


class House:
    """One company's helpdesk, and our account there.

    Attributes:
        key: what we hold; the helpdesk knows `KEY` and no other.
        fired: tickets of which a webhook is on its way.
        opening: sees every helpdesk that is opened, and may hand out another in its place.
    """

    def __init__(
        self,
        setting: Setting,
        *,
        number: int,
        clock: PlayClock,
        own: Clock,
        ledger: Ledger,
        chance: random.Random,
    ) -> None:
        self.id = AccountId(setting.name)
        rng = random.Random(chance.random())  # noqa: S311 -- the same for a seed
        self.desk: Desk = loader.load(company(), clock=clock, rng=rng)
        self.desk.listeners.append(self._hear)
        self.app: SandboxApp = create_app(self.desk, api_key=KEY, plan=setting.plan)
        self.wire = Stagehand(Wire.in_process(self.app, base=f"http://127.0.0.1:{number}"), clock)
        self.key = KEY
        self.fired: list[int] = []
        self.opening: Callable[[Lane, Helpdesk], Helpdesk] = lambda _, desk: desk
        self._own, self._ledger, self._chance = own, ledger, chance
        self.restart()
        origin = self.wire.wire.origin
        drafter: Drafter = ExtractiveDrafter(clock=own)
        self.responder = Responder(
            open=self.open,
            drafter=drafter,
            knowledge=setting.knowledge,
            policy=setting.policy,
            clock=own,
            looks=Looks((5, 15, 40, 120, 240)),
            ticket_url=lambda ticket: FRESHDESK.ticket_url(origin, ticket),
        )
        quiet = setting.quiet
        self.account = Account(
            self.id, FRESHDESK, origin.url, self.responder, (f"{SECRET}-{self.id}",), quiet
        )

    def restart(self) -> None:
        """Begin another life of the process: what it held in memory is gone, the ledger is not."""
        chance = random.Random(self._chance.random())  # noqa: S311 -- the same for a seed
        self._shared = share(self.wire, self._ledger, self._own, rng=chance)

    def open(self, lane: Lane, grant: Grant) -> Helpdesk:
        """Open the account for one lane and one grant."""
        opened = open_freshdesk(
            self.wire.wire.origin,
            self.key,
            account=self.id,
            shared=self._shared,
            lane=lane,
            grant=grant,
        )
        return self.opening(lane, opened)

    def write(self, body: str = ASKED[0], *, email: str = "kim@example.com") -> int:
        """Let a customer write a new ticket; return its number."""
        message = people.Message(subject="A question", description=body, email=email)
        return people.write_in(self.desk, message).id

    def said(self, ticket: int, kind: str = "reply") -> list[str]:
        """Return what our key said on a ticket, by the desk's own log."""
        return [
            entry.body
            for entry in self.desk.log
            if entry.ticket_id == ticket and entry.kind == kind and entry.via == "api"
        ]

    def _hear(self, event: Event) -> None:
        self.fired.append(event.ticket_id)


@cache
def _company() -> bytes:
    document = loader.demo_document()
    return pickle.dumps({key: value for key, value in document.items() if key != "tickets"})


def company() -> dict[str, Any]:
    """Return the demo company without its tickets, a copy to play with; it is parsed once."""
    document: dict[str, Any] = pickle.loads(_company())  # noqa: S301 -- written a line above
    return document


def auto(host: str = "larkspur.freshdesk.com") -> Policy:
    """Return the most permissive policy."""
    return Policy(
        Mode.AUTO,
        portal_hosts=("127.0.0.1",),
        link_hosts=(host,),
        replies_per_hour=1000,
        replies_per_day=1000,
        same_words_per_day=1000,
        resend_lost=True,
    )
