"""The real intake beside what it is measured against, each on a port of its own in one process.

Run as `python -m tests.bench.intakes`, configured as `deskhand serve` is. Everything is composed
of the product's own parts: the same application, the same route, the same rows.
"""

import asyncio
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI, Request

from agent.model import TriggerKind
from server import wiring
from server.app import Service, create_app
from server.ingest import keep
from server.logs import configure
from server.serving import web
from server.settings import load
from server.store.db import Connection, Database
from server.store.inbox import Arrival
from tools.model import AccountId, TicketId

T = TypeVar("T")

PRODUCT, WITHOUT, EACH, STORE = "the product", "without storage", "a commit each", "storage alone"
CONNECTIONS = 32


class NoStore(Database):
    """Says that all was committed, and keeps nothing."""

    def __init__(self, like: Database) -> None:
        super().__init__(like.engine)
        self._numbers = itertools.count(1)

    async def write_together(self, act: Callable[[Connection], T]) -> T:
        """Return the next number, which is all that intake wants to know."""
        del act
        number: Any = next(self._numbers)
        return number  # type: ignore[no-any-return]


class Each(Database):
    """Commits every delivery by itself, in a thread of its own."""

    def __init__(self, like: Database) -> None:
        super().__init__(like.engine)
        self._threads = ThreadPoolExecutor(CONNECTIONS)

    async def write_together(self, act: Callable[[Connection], T]) -> T:
        """Run it in one transaction that nobody shares."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.write_now, act)


def variants(service: Service) -> dict[str, FastAPI]:
    """Return the product's application, its two likenesses, and its storage without a route."""
    intake = service.intake
    apps = {name: create_app(service, "bench") for name in (PRODUCT, WITHOUT, EACH)}
    apps[WITHOUT].state.intake = replace(intake, database=NoStore(intake.database))
    apps[EACH].state.intake = replace(intake, database=Each(intake.database))
    apps[STORE] = FastAPI()
    apps[STORE].add_api_route("/", _storing(service), methods=["POST"])
    return apps


def _storing(service: Service) -> Callable[..., Any]:
    (account,) = service.workflow.accounts.by_id

    async def store(request: Request) -> dict[str, float]:
        """Keep deliveries for so many seconds, as many at once as there are connections."""
        asked = await request.json()
        tickets, begun = itertools.count(int(asked["first"])), time.perf_counter()
        until = begun + float(asked["seconds"])
        kept = await asyncio.gather(
            *(_keep(service, account, tickets, until=until) for _ in range(CONNECTIONS))
        )
        return {"answered": sum(kept), "seconds": time.perf_counter() - begun}

    return store


async def _keep(
    service: Service, account: AccountId, tickets: Iterator[int], *, until: float
) -> int:
    """Keep one delivery after the other, as the route does once it has understood them."""
    intake, kept = service.intake, 0
    while time.perf_counter() < until:
        arrival = _arrival(account, next(tickets))
        await intake.database.write_together(partial(_kept, arrival=arrival, service=service))
        kept += 1
    return kept


def _kept(connection: Connection, *, arrival: Arrival, service: Service) -> int:
    return keep(connection, arrival, service.engine)


def _arrival(account: AccountId, ticket: int) -> Arrival:
    """Return the row that the load tool's delivery becomes."""
    now = time.time()
    body = b'{"ticket_id": "%d", "triggered_event": "{ticket_action:created}"}' % ticket
    known, event, due = TicketId(str(ticket)), "ticket_action:created", now + 600
    return Arrival(account, known, TriggerKind.WEBHOOK, body, "application/json", event, now, due)


def main() -> None:
    """Serve all of them until SIGTERM, and print their ports."""
    configure()
    ports, by_port, doors = dict[str, int](), dict[int, FastAPI](), list[socket.socket]()
    for name, app in variants(wiring.serving(load())).items():
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        door.bind(("127.0.0.1", 0))
        doors.append(door)
        ports[name] = door.getsockname()[1]
        by_port[ports[name]] = app
    product = by_port[ports[PRODUCT]]

    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        app = product if scope["type"] == "lifespan" else by_port[scope["server"][1]]
        await app(scope, receive, send)

    print(json.dumps(ports), flush=True)  # noqa: T201 -- for the bench
    uvicorn.Server(web(dispatch, host="127.0.0.1", port=0)).run(sockets=doors)


if __name__ == "__main__":
    main()
