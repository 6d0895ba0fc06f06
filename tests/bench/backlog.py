"""The same backlog read three ways, over real sockets and in virtual time.

The sandbox listens on a loopback port and its clock stands still until a client waits or calls:
every call takes a fixed virtual time, and whoever sleeps moves the clock. One call at a time, so
the order of things is the same in every run.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from freshdesk.v2.api import API
from freshdesk.v2.errors import FreshdeskRateLimited

from evals.clock import CaseClock
from tests.bench.virtual import START, chance
from tools.clock import Clock
from tools.errors import BudgetExhausted, Retryable
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.allowance import Allowance
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.serve import serving
from tools.http import Wire
from tools.ledger import MemoryLedger
from tools.message import Answer, Request, Sender
from tools.model import AccountId, TicketId
from tools.provider import Lane, share

TICKETS = 600
NEIGHBOUR = 0.3
"""Part of the pool that another app uses, evenly."""
API_KEY = "bench-key"
LATENCY = 0.1
"""Virtual seconds a call takes."""
GUESSED_WAIT = 1.0
"""Seconds after which a caller of python-freshdesk tries again: it hands over no Retry-After."""
_LONGEST = 7200.0
"""Virtual seconds after which a way is given up."""
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Drained:
    """What one way of reading the backlog cost everybody.

    Attributes:
        calls: requests sent.
        wasted: those that were answered with 429.
        seconds: until the last ticket was read, virtual.
        refused_to_others: the neighbour's calls that found no credit left.
        until_first: tickets read before the first 429, or None where there was none.
    """

    way: str
    tickets: int
    calls: int
    wasted: int
    seconds: float
    refused_to_others: int
    until_first: int | None


@dataclass
class _Street:
    """The time they all live in; a `Clock` whose waits let the neighbour make its calls."""

    clock: CaseClock
    allowance: Allowance
    pace: float
    refused: int = 0
    calls: int = 0
    wasted: int = 0
    read: int = 0
    until_first: int | None = None
    _made: int = field(default=0, init=False)

    def now(self) -> datetime:
        """Return the moment, UTC."""
        return self.clock.now()

    def steady(self) -> float:
        """Return the virtual seconds."""
        return self.clock.steady()

    async def sleep(self, seconds: float) -> None:
        """Wait, and let others run."""
        self.wait(seconds)
        await asyncio.sleep(0)

    def wait(self, seconds: float) -> None:
        """Move the clock, stopping at each of the neighbour's calls to see whether it can pass."""
        until = self.steady() + seconds
        if until > _LONGEST:
            raise RuntimeError(f"the backlog is not drained after {_LONGEST:g} s")
        while self.pace and (due := (self._made + 1) * 60 / self.pace) <= until:
            self.clock.advance(max(0.0, due - self.steady()))
            self.refused += self.allowance.remaining(self.now()) == 0
            self._made += 1
        self.clock.advance(max(0.0, until - self.steady()))

    def called(self, *, refused: bool) -> None:
        """Count a call."""
        self.calls += 1
        self.wasted += refused
        self.read += not refused
        if refused and self.until_first is None:
            self.until_first = self.read


Way = Callable[[str, list[int], _Street], Awaitable[None]]


def drain(name: str, *, tickets: int = TICKETS, neighbour: float = NEIGHBOUR) -> Drained:
    """Read the backlog in one of the `WAYS`, on a helpdesk of its own; the phase is the same."""
    return asyncio.run(_drained(name, WAYS[name], tickets, neighbour))


async def _drained(name: str, way: Way, tickets: int, neighbour: float) -> Drained:
    clock = CaseClock(START)
    desk = loader.demo(clock=clock, rng=chance(1))
    app = create_app(desk, api_key=API_KEY, plan="growth")
    pace = neighbour * app.allowance.limits.total
    app.allowance.neighbour(pace, now=clock.now())
    street = _Street(clock, app.allowance, pace)
    known = sorted(desk.tickets)
    backlog = (known * math.ceil(tickets / len(known)))[:tickets]
    async with serving(app) as url:
        await way(url, backlog, street)
    return Drained(
        name,
        tickets,
        street.calls,
        street.wasted,
        street.steady(),
        street.refused,
        street.until_first,
    )


@dataclass(frozen=True, slots=True)
class _Timed:
    """A wire whose calls take virtual time and are counted; implements `Sender`."""

    inner: Sender
    street: _Street

    async def send(self, request: Request) -> Answer:
        await self.street.sleep(LATENCY)
        answer = await self.inner.send(request)
        self.street.called(refused=answer.status == _TOO_MANY_REQUESTS)
        return answer

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        return await self.inner.fetch(url, hosts=hosts, most=most)

    async def aclose(self) -> None:
        await self.inner.aclose()


async def _ours(url: str, backlog: list[int], street: _Street) -> None:
    """Read them in the live lane; where a run is put off, come back when told."""
    origin, clock = FRESHDESK.address(url), _as_clock(street)
    wire = _Timed(Wire(origin), street)
    shared = share(wire, MemoryLedger(), clock, rng=chance(1))
    client = open_freshdesk(
        origin, API_KEY, account=AccountId("bench"), shared=shared, lane=Lane.LIVE
    )
    try:
        for number in backlog:
            while True:
                try:
                    await client.ticket(TicketId(str(number)))
                    break
                except (BudgetExhausted, Retryable) as put_off:
                    await street.sleep(put_off.retry_after)
    finally:
        await wire.aclose()


def _as_clock(street: _Street) -> Clock:
    return street


async def _peers(url: str, backlog: list[int], street: _Street) -> None:
    await asyncio.to_thread(_peer, url, backlog, street)


def _peer(url: str, backlog: list[int], street: _Street) -> None:
    """Read them through python-freshdesk, unmodified.

    On a 429 it raises at once, and tells the wait only inside the message; a job that is not to
    end there catches that and tries again a little later.
    """
    client = API("bench.freshdesk.com", API_KEY)
    client._api_prefix = f"{url}/api/v2/"  # noqa: SLF001 -- its only way to another address
    try:
        for number in backlog:
            while True:
                street.wait(LATENCY)
                try:
                    client.tickets.get_ticket(number)
                except FreshdeskRateLimited:
                    street.called(refused=True)
                    street.wait(GUESSED_WAIT)
                else:
                    street.called(refused=False)
                    break
    finally:
        client._session.close()  # noqa: SLF001 -- it has no close of its own


async def _plain(url: str, backlog: list[int], street: _Street) -> None:
    """Read them in a loop that waits, on a 429, for exactly as long as it says."""
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v2", auth=(API_KEY, "X"), trust_env=False
    ) as client:
        for number in backlog:
            while True:
                street.wait(LATENCY)
                answer = await client.get(f"/tickets/{number}")
                refused = answer.status_code == _TOO_MANY_REQUESTS
                street.called(refused=refused)
                if not refused:
                    answer.raise_for_status()
                    break
                street.wait(float(answer.headers["retry-after"]))


WAYS: dict[str, Way] = {
    "deskhand": _ours,
    "python-freshdesk": _peers,
    "retry on 429": _plain,
}
"""Ours first."""
