"""A helpdesk in virtual time with more work than credits in every lane, and what was seen of it."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from tests.bench.virtual import START, LoopClock, chance
from tools.budget import SHARES, Shares
from tools.errors import BudgetExhausted, Retryable
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.limits import FreshdeskRules
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.allowance import Allowance, Plan
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.routes import table
from tools.http import Wire
from tools.ledger import Key, MemoryLedger
from tools.message import Answer, Request, Sender
from tools.model import AccountId, ArticleId, TicketId
from tools.provider import Grant, Lane, Right, Shared, share
from tools.transport import BudgetedTransport, Spending

Way = Literal["transport", "client"]

WINDOW = 60.0
WORKERS = 2
"""Of each lane; they ask again at once, so there is always more work than credits."""
API_KEY = "bench-key"
_THERE, _BACK = (0.02, 0.15), 0.05
"""Seconds on the wire, one way and the other."""
_BETWEEN = 0.02
"""Seconds at most between an answer and the worker's next call."""
_LATER = 0.5
"""Seconds at most by which a run that was put off comes back late."""
LOOK = 0.25
"""Seconds between two looks at the credits left."""
_TOO_MANY_REQUESTS = 429
_GRANT = Grant(frozenset({Right.READ, Right.NOTE}))


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played.

    Attributes:
        neighbour: part of the pool that another app uses, evenly.
        minutes: virtual.
        way: through `BudgetedTransport` against the sandbox's allowance alone, or through the
            whole client against the whole sandbox.
        chance: the neighbour's calls come by chance (Poisson) instead of evenly.
        shares: how the governor divides the pool; another one shows that a bar can be missed.
    """

    plan: Plan
    neighbour: float
    minutes: int = 60
    way: Way = "transport"
    seed: int = 1
    chance: bool = False
    shares: Shares = SHARES


@dataclass(frozen=True, slots=True)
class Landed:
    """One call as it reached the helpdesk.

    Attributes:
        at: virtual seconds.
        credits: what it cost.
        left: what the helpdesk had left after it.
        told: what our view told at the moment of sending that it would leave: the last report,
            less our own credits since and the neighbour's true pace; None before any report.
        refused: it was answered with 429.
    """

    at: float
    lane: Lane
    credits: int
    left: int
    told: float | None
    refused: bool


@dataclass(slots=True)
class _Till:
    """A helpdesk that is nothing but its allowance; implements `Sender`."""

    allowance: Allowance
    clock: LoopClock

    async def send(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api/v2")
        route, _ = _ROUTES.find(request.method, path)
        price = route.credits(dict(request.query).get("include", ""))
        verdict = self.allowance.charge(route.endpoint, route.name, price, now=self.clock.now())
        headers = {name.lower(): value for name, value in verdict.headers.items()}
        if verdict.retry_after is None:
            return Answer(200, headers, b"{}")
        return Answer(429, {**headers, "retry-after": str(verdict.retry_after)})

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing is open."""


_ROUTES = table()


@dataclass(slots=True)
class _View:
    """What anybody on our side could know of the pool, kept apart from the governor's own view.

    Attributes:
        pace: the neighbour's, in credits a second.
        left, at: the last report that has come back, and when it was true.
        since: our credits under way, or landed after that.
    """

    pace: float
    left: int | None = None
    at: float = 0.0
    since: int = 0

    def tells(self, now: float) -> float | None:
        """Return the credits left by now, as far as could be told."""
        if self.left is None:
            return None
        return self.left - self.since - self.pace * (now - self.at)

    def hear(self, left: int, at: float, since: int) -> None:
        """Take a report, if it is newer than the one we have."""
        if self.left is None or at > self.at:
            self.left, self.at, self.since = left, at, since


@dataclass(slots=True)
class _Watched:
    """A way to the helpdesk that takes virtual time and notes what landed."""

    inner: Sender
    lane: Lane
    allowance: Allowance
    clock: LoopClock
    rng: random.Random
    landed: list[Landed]
    view: _View
    flying: Counter[str]

    async def send(self, request: Request) -> Answer:
        told = self.view.tells(self.clock.steady())
        self.view.since += 1
        self.flying["calls"] += 1
        await self.clock.sleep(self.rng.uniform(*_THERE))
        answer = await self.inner.send(request)
        self.flying["calls"] -= 1
        used = round(float(answer.headers["x-ratelimit-used-currentrequest"]))
        at, left = self.clock.steady(), self.allowance.remaining(self.clock.now())
        refused = answer.status == _TOO_MANY_REQUESTS
        would_leave = None if told is None else told - used
        self.landed.append(Landed(at, self.lane, used, left, would_leave, refused))
        number = len(self.landed)
        await self.clock.sleep(_BACK)
        since = sum(call.credits for call in self.landed[number:]) + self.flying["calls"]
        self.view.hear(left, at, since)
        return answer

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        return await self.inner.fetch(url, hosts=hosts, most=most)

    async def aclose(self) -> None:
        await self.inner.aclose()


Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened: our calls, and the credits left as a person saw them at every look."""

    landed: list[Landed]
    left: list[int]


@dataclass
class _Stage:
    """A helpdesk, a neighbour, and what all lanes share."""

    setting: Setting
    clock: LoopClock = field(default_factory=LoopClock)
    landed: list[Landed] = field(default_factory=list[Landed])

    def __post_init__(self) -> None:
        self.rng: random.Random = chance(self.setting.seed)
        self.desk: Desk = loader.demo(clock=self.clock, rng=chance(self.setting.seed))
        app = create_app(self.desk, api_key=API_KEY, plan=self.setting.plan)
        self.allowance = app.allowance
        pace = self.setting.neighbour * self.allowance.limits.total
        if not self.setting.chance:
            self.allowance.neighbour(pace, now=self.clock.now())
        self.view = _View(pace / WINDOW)
        self.flying = Counter[str]()
        self.wire = Wire.in_process(app)
        through: Sender = self.wire
        if self.setting.way == "transport":
            through = _Till(self.allowance, self.clock)
        self.shared = share(through, MemoryLedger(self.setting.shares), self.clock, rng=self.rng)

    def shared_by(self, lane: Lane) -> Shared:
        """Return what all lanes share, with this lane's calls noted as such."""
        watched = _Watched(
            self.shared.sender,
            lane,
            self.allowance,
            self.clock,
            self.rng,
            self.landed,
            self.view,
            self.flying,
        )
        return replace(self.shared, sender=watched)

    def acts(self, lane: Lane) -> Iterator[Act]:
        """Yield what a lane has to do, for ever."""
        made = self._raw(lane) if self.setting.way == "transport" else self._whole(lane)
        return itertools.chain.from_iterable(itertools.repeat(made))

    def _raw(self, lane: Lane) -> list[Act]:
        shared = self.shared_by(lane)
        key = Key("freshdesk", "bench")
        spending = Spending(key, lane, shared.ledger, self.clock, self.rng)
        way = BudgetedTransport(shared.sender, FreshdeskRules(), grant=_GRANT, spending=spending)
        return [_sending(way, request) for request in _REQUESTS[lane]]

    def _whole(self, lane: Lane) -> list[Act]:
        client = open_freshdesk(
            self.wire.origin,
            API_KEY,
            account=AccountId("bench"),
            shared=self.shared_by(lane),
            lane=lane,
            grant=_GRANT,
        )
        kept = [each.id for each in self.desk.tickets.values() if not (each.spam or each.deleted)]
        tickets = itertools.cycle([TicketId(str(number)) for number in sorted(kept)])
        article = ArticleId(str(min(self.desk.articles)))

        async def sweep() -> None:
            async for _ in client.changes(START - timedelta(days=3650)):
                pass

        acts: dict[Lane, list[Act]] = {
            Lane.POST: [
                lambda: client.ticket(next(tickets)),
                lambda: client.note(next(tickets), "<p>Noted.</p>"),
            ],
            Lane.LIVE: [lambda: client.ticket(next(tickets)), lambda: client.thread(next(tickets))],
            Lane.ASSIST: [lambda: client.ticket(next(tickets))],
            Lane.RECONCILE: [sweep],
            Lane.BACKFILL: [lambda: client.article(article)],
        }
        return acts[lane]


def _sending(way: BudgetedTransport, request: Request) -> Act:
    return lambda: way.send(request)


_TICKET = Request("GET", "/api/v2/tickets/1")
_REQUESTS = {
    Lane.POST: [_TICKET, Request("POST", "/api/v2/tickets/1/notes", json={"body": "Noted."})],
    Lane.LIVE: [_TICKET, Request("GET", "/api/v2/tickets/1/conversations")],
    Lane.ASSIST: [_TICKET],
    Lane.RECONCILE: [Request("GET", "/api/v2/tickets")],
    Lane.BACKFILL: [Request("GET", "/api/v2/solutions/articles/1")],
}


async def played(setting: Setting) -> Seen:
    """Let every lane work beside the neighbour, and watch; for a `VirtualLoop`."""
    stage, end = _Stage(setting), setting.minutes * WINDOW
    work = {lane: stage.acts(lane) for lane in Lane}
    async with asyncio.TaskGroup() as group:
        watched = group.create_task(_watched(stage, until=end))
        if setting.chance and setting.neighbour:
            group.create_task(_neighbour(stage, until=end))
        for lane in [lane for lane in Lane for _ in range(WORKERS)]:
            group.create_task(_worker(stage, work[lane], until=end))
    return Seen([call for call in stage.landed if call.at < end], watched.result())


async def _neighbour(stage: _Stage, *, until: float) -> None:
    """Call by chance, at the neighbour's pace in the mean."""
    rng = chance(stage.setting.seed + 1000)
    while stage.clock.steady() < until:
        await stage.clock.sleep(rng.expovariate(stage.view.pace))
        stage.allowance.charge("", "neighbour", 1, now=stage.clock.now())


async def _watched(stage: _Stage, *, until: float) -> list[int]:
    left = list[int]()
    while stage.clock.steady() < until:
        await stage.clock.sleep(LOOK)
        left.append(stage.allowance.remaining(stage.clock.now()))
    return left


async def _worker(stage: _Stage, work: Iterator[Act], *, until: float) -> None:
    """Work without a pause, and come back when told where the run is put off."""
    while stage.clock.steady() < until:
        try:
            await next(work)()
        except BudgetExhausted as put_off:
            await stage.clock.sleep(put_off.retry_after + stage.rng.uniform(0, _LATER))
        except Retryable as fault:
            await stage.clock.sleep(fault.retry_after)
        else:
            await stage.clock.sleep(stage.rng.uniform(0, _BETWEEN))
