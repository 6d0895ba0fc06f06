"""What our client adds to a call, beside bare httpx and against the same server."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from server.store.db import open_database
from server.store.ledger import StoreLedger
from tests.bench.figures import Tick
from tests.bench.virtual import chance
from tools.clock import SystemClock
from tools.egress import Origin
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import create_app
from tools.http import Wire
from tools.ledger import Ledger, MemoryLedger
from tools.message import Request
from tools.model import AccountId, TicketId
from tools.provider import share

BARE, WIRE, CLIENT, STORED = "bare httpx", "our wire", "our client", "our client, ledger on SQLite"
API_KEY = "bench-key"
ROUNDS = 120
_END = 5.0
"""Seconds the server may take to end."""

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """One way of reading a ticket.

    Attributes:
        microseconds: a call takes, as the median over rounds.
        ratio: to bare httpx, as the median of each round's own ratio.
        spread: the middle half of those ratios, lower and upper end.
    """

    way: str
    microseconds: float
    ratio: float
    spread: tuple[float, float]


def measure(
    *, rounds: int = ROUNDS, calls: int = 25, tick: Tick = lambda _: None
) -> tuple[Cost, ...]:
    """Read the same ticket in every way, a round of each in turn."""
    with _serving() as served:
        return asyncio.run(_measured(served, rounds, calls, tick))


@dataclass(frozen=True, slots=True)
class _Served:
    origin: Origin
    ticket: TicketId

    @property
    def path(self) -> str:
        return f"/api/v2/tickets/{self.ticket}"


async def _bodies() -> tuple[TicketId, dict[str, str]]:
    """Return a ticket's id and the demo company's answers, as the sandbox writes them."""
    desk = loader.demo(rng=chance(1))
    ticket = TicketId(str(min(desk.tickets)))
    wire = Wire.in_process(create_app(desk, api_key=API_KEY))
    auth = httpx.BasicAuth(API_KEY, "X")
    signed = next(auth.sync_auth_flow(httpx.Request("GET", "http://127.0.0.1")))
    headers = {"authorization": signed.headers["authorization"]}
    paths = (f"/api/v2/tickets/{ticket}", "/api/v2/ticket_fields")
    said = {path: await wire.send(Request("GET", path, headers=headers)) for path in paths}
    return ticket, {path: answer.body.decode() for path, answer in said.items()}


@contextmanager
def _serving() -> Iterator[_Served]:
    """Serve from a process of its own, so that its work is not counted as ours."""
    ticket, bodies = asyncio.run(_bodies())
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.constant"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server has no pipes")
        process.stdin.write(json.dumps(bodies) + "\n")
        process.stdin.flush()
        port = int(process.stdout.readline())
        yield _Served(FRESHDESK.address(f"http://127.0.0.1:{port}"), ticket)
    finally:
        process.communicate(timeout=_END)


async def _measured(served: _Served, rounds: int, calls: int, tick: Tick) -> tuple[Cost, ...]:
    async with _ways(served) as ways:
        for call in ways.values():
            await _round(call, calls)
        took: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds):
            names = list(ways)
            turned = names[number % len(names) :] + names[: number % len(names)]
            for name in turned:
                took[name].append(await _round(ways[name], calls))
            tick(f"round {number + 1} of {rounds}")
    return tuple(_cost(name, took[name], took[BARE]) for name in ways)


async def _round(call: Call, calls: int) -> float:
    """Return the seconds of one call, as the mean of a round."""
    started = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - started) / calls


def _cost(name: str, took: list[float], bare: list[float]) -> Cost:
    ratios = [ours / theirs for ours, theirs in zip(took, bare, strict=True)]
    quarters = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Cost(
        name,
        statistics.median(took) * 1e6,
        statistics.median(ratios),
        (quarters[0], quarters[2]),
    )


@asynccontextmanager
async def _ways(served: _Served) -> AsyncIterator[dict[str, Call]]:
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(
            httpx.AsyncClient(base_url=served.origin.url, auth=(API_KEY, "X"), trust_env=False)
        )
        wire = Wire(served.origin)
        stack.push_async_callback(wire.aclose)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="deskhand-bench-"))
        database = open_database(f"sqlite:///{Path(folder) / 'ledger.db'}", durable=False)
        stack.callback(database.close)
        stored = StoreLedger(database)
        stored.prepare()

        async def read_bare() -> object:
            answer = await bare.get(served.path)
            answer.raise_for_status()
            return answer.json()

        async def read_wire() -> object:
            return json.loads((await wire.send(Request("GET", served.path))).body)

        yield {
            BARE: read_bare,
            WIRE: read_wire,
            CLIENT: _reading(wire, served, MemoryLedger()),
            STORED: _reading(wire, served, stored),
        }


def _reading(wire: Wire, served: _Served, ledger: Ledger) -> Call:
    client = open_freshdesk(
        served.origin,
        API_KEY,
        account=AccountId("bench"),
        shared=share(wire, ledger, SystemClock()),
    )

    async def read() -> object:
        return await client.ticket(served.ticket)

    return read
