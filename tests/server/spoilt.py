"""A helpdesk whose answers were recorded once and come back spoilt, one after the other."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.server import garbage
from tools.breaker import Breaker
from tools.cache import DeskCache
from tools.clock import StoppedClock
from tools.freshdesk.client import FreshdeskClient, open_freshdesk
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import create_app
from tools.http import BOUNDS, Bounds, Wire
from tools.ledger import MemoryLedger
from tools.message import Answer, Request
from tools.model import AccountId, ArticleId, CompanyId, PersonId, TicketId
from tools.provider import Grant, Lane, Right, Shared

KEY = "spoilt-key"
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)
STATUSES = (200, 201, 204, 206, 302, 304, 400, 401, 403, 404, 405, 409, 410, 429, 500, 502, 599)
HEADERS = (
    ("x-ratelimit-total", "50.0"),
    ("x-ratelimit-total", "-1"),
    ("x-ratelimit-remaining", "NaN"),
    ("x-ratelimit-used-currentrequest", "1e308"),
    ("retry-after", "9" * 400),
    ("link", "<http://[::1>; rel=next"),
    ("link", '<https://elsewhere.example/api/v2/x?page=2>; rel="next"'),
    ("link", "<" * 5000),
    ("content-type", "text/html"),
    ("content-encoding", "br"),
    ("date", "the other day"),
)
_NOTHING = Answer(404)
"""To a call for an id that a spoilt answer made up."""
_WRITES = Grant(frozenset(Right))

Op = Callable[[FreshdeskClient], Awaitable[object]]


async def _all(some: Any) -> list[Any]:
    return [one async for one in some]


@dataclass
class Spoilt:
    """The recorded answers, and which of them is spoilt how; an ASGI application.

    Attributes:
        target: the beginning of the path whose answer is spoilt; "" spoils none.
    """

    chance: random.Random
    good: dict[tuple[str, str], Answer] = field(default_factory=dict[tuple[str, str], Answer])
    target: str = ""
    kind: garbage.Kind = garbage.noise

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        del receive
        answer = self.answer(scope["method"], scope["path"])
        headers = [(n.encode(), v.encode("latin-1")) for n, v in answer.headers.items()]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    def answer(self, method: str, path: str) -> Answer:
        """Return the answer to a call, spoilt where that is wanted."""
        good = self.good.get((method, path), _NOTHING)
        return self._spoilt(good) if self.target and path.startswith(self.target) else good

    def _spoilt(self, good: Answer) -> Answer:
        bare = {n: v for n, v in good.headers.items() if n != "content-length"}
        body = self.kind(self.chance, good.body)
        if self.kind is garbage.bomb:
            return Answer(good.status, {**bare, "content-encoding": "gzip"}, body)
        match self.chance.randrange(6):
            case 0:
                return Answer(self.chance.choice(STATUSES), bare, body)
            case 1:
                return Answer(good.status, {**bare, **dict([self.chance.choice(HEADERS)])}, body)
            case 2:
                return Answer(self.chance.choice(STATUSES), bare, good.body)
            case _:
                return Answer(good.status, bare, body)


class ByHand:
    """Hands spoilt answers over without a wire, which takes half of the time; a `Sender`."""

    def __init__(self, app: Spoilt) -> None:
        self._app = app

    async def send(self, request: Request) -> Answer:
        """Return the answer; what only the wire can unpack comes as it is."""
        return self._app.answer(request.method, request.path)

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Nobody asks for files here."""
        raise NotImplementedError(url, hosts, most)

    async def aclose(self) -> None:
        """Nothing is open."""


class Recorder:
    """A wire that keeps what came; implements `Sender`."""

    def __init__(self, wire: Wire, into: Spoilt) -> None:
        self._wire, self._into = wire, into

    async def send(self, request: Request) -> Answer:
        """Send it, and keep the answer."""
        answer = await self._wire.send(request)
        self._into.good.setdefault((request.method, request.path), answer)
        return answer

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Get a file."""
        return await self._wire.fetch(url, hosts=hosts, most=most)

    async def aclose(self) -> None:
        """Close the wire."""
        await self._wire.aclose()


@dataclass
class Desk:
    """Openings of the spoilt helpdesk, and everything a client can ask of it."""

    app: Spoilt
    clock: StoppedClock
    wire: Wire
    ops: dict[str, tuple[str, Op]]

    def open(self, *, by_wire: bool = True) -> FreshdeskClient:
        """Open it anew, with nothing remembered and no circuit that could be open."""
        sender = self.wire if by_wire else ByHand(self.app)
        return _open(sender, self.wire, self.clock, self.app.chance)

    async def aclose(self) -> None:
        """Close the wire."""
        await self.wire.aclose()


def _open(sender: Any, wire: Wire, clock: StoppedClock, chance: random.Random) -> FreshdeskClient:
    ledger = MemoryLedger()
    shared = Shared(sender, ledger, clock, DeskCache(clock), Breaker(clock), chance, "enterprise")
    return open_freshdesk(
        wire.origin, KEY, account=AccountId("s"), shared=shared, lane=Lane.POST, grant=_WRITES
    )


async def spoilt(chance: random.Random, *, bounds: Bounds = BOUNDS) -> Desk:
    """Record the demo company's answers once, and return the helpdesk that spoils them."""
    app, clock = Spoilt(chance), StoppedClock(START)
    desk = loader.load(loader.demo_document(), clock=_Both(clock), rng=chance)
    number = people.write_in(desk, people.Message("Q", "<p>How?</p>", "kim@example.com")).id
    ticket = desk.tickets[number]
    for n in range(3):
        people.customer_reply(desk, ticket, f"<p>And {n}?</p>")
    contact, company = ticket.requester_id, next(iter(desk.companies))
    article = next(iter(desk.articles))
    recorded = Wire.in_process(create_app(desk, api_key=KEY, plan="enterprise", role="admin"))
    ops = _ops(TicketId(str(number)), str(contact), str(company), str(article))
    for _, op in ops.values():
        await op(_open(Recorder(recorded, app), recorded, clock, chance))
        clock.advance(5)
    await recorded.aclose()
    return Desk(app, clock, Wire.in_process(app, bounds=bounds), ops)


class _Both:
    """The sandbox's view of the client's clock."""

    def __init__(self, clock: StoppedClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """Return the moment, UTC."""
        return self._clock.now()

    async def wait_until(self, moment: datetime) -> None:
        """Move on to that moment."""
        self._clock.advance(max(0.0, (moment - self._clock.now()).total_seconds()))


def _ops(ticket: TicketId, contact: str, company: str, article: str) -> dict[str, tuple[str, Op]]:
    api, long_ago = "/api/v2", START - timedelta(days=30)
    here = f"{api}/tickets/{ticket}"
    return {
        "me": (f"{api}/agents/me", lambda d: d.probe()),
        "ticket": (here, lambda d: d.ticket(ticket)),
        "closed": (here, lambda d: d.closed_at(ticket)),
        "people": (f"{api}/contacts", lambda d: d.ticket_with_people(ticket)),
        "thread": (f"{here}/conversations", lambda d: d.thread(ticket)),
        "after": (f"{here}/conversations", lambda d: d.thread_after(ticket, 2)),
        "contact": (f"{api}/contacts", lambda d: d.contact(PersonId(contact))),
        "company": (f"{api}/companies", lambda d: d.company(CompanyId(company))),
        "fields": (f"{api}/ticket_fields", lambda d: d.fields()),
        "groups": (f"{api}/groups", lambda d: d.groups()),
        "past": (f"{api}/tickets", lambda d: d.tickets_of(PersonId(contact))),
        "changes": (f"{api}/tickets", lambda d: _all(d.changes(long_ago))),
        "search": (f"{api}/search", lambda d: d.search_articles("return")),
        "article": (f"{api}/solutions", lambda d: d.article(ArticleId(article))),
        "note": (f"{here}/notes", lambda d: d.note(ticket, "<p>N</p>")),
        "reply": (f"{here}/reply", lambda d: d.reply(ticket, "<p>R</p>")),
    }
