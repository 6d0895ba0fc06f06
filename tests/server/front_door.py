"""The service's own front door in this process: a post is a call, without a socket."""

import contextlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from server.admission import Addressee, Addressees, Admits
from server.ingest import SECRET, STORE_WITHIN, Intake
from server.opening import Opening, Rest
from server.store.db import Connection, Database, open_database
from server.store.tables import metadata
from server.work import Later, Starts, Work
from tools.clock import Clock, SystemClock
from tools.freshdesk import FRESHDESK
from tools.model import AccountId
from tools.provider import Provider

ACCOUNT = AccountId("door")
RIGHT = "the-secret"


class Counting:
    """An engine that only notes what it was given to do; implements `Starts`."""

    def __init__(self) -> None:
        self.works: list[Work] = []

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Note it."""
        del connection, delay
        self.works.append(work)


@dataclass
class Door:
    """The application and what it stores.

    Attributes:
        taken: bytes of bodies that were read.
        broken: exceptions that left the application, by type: a server would answer 500.
    """

    app: Any
    store: Database
    taken: int = 0
    broken: tuple[str, ...] = ()

    async def post(
        self,
        body: bytes | Iterable[bytes],
        *,
        secret: str = RIGHT,
        account: str = ACCOUNT,
        content_type: str = "application/json",
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> int:
        """Send a webhook, in one piece or in several; return the status."""
        pieces = iter([body] if isinstance(body, bytes) else body)
        status: list[int] = []

        async def receive() -> dict[str, Any]:
            piece = next(pieces, None)
            if piece is None:
                return {"type": "http.request", "body": b"", "more_body": False}
            self.taken += len(piece)
            return {"type": "http.request", "body": piece, "more_body": True}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        declared = [(b"content-length", str(len(body)).encode())] if isinstance(body, bytes) else []
        named = [
            (SECRET.lower().encode(), secret.encode("latin-1")),
            (b"content-type", content_type.encode("latin-1")),
        ]
        path = f"/hooks/{account}"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [*headers, *named, *declared],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        try:
            await self.app(scope, receive, send)
        except Exception as fault:  # noqa: BLE001 -- counted, and reported by the test
            self.broken += (type(fault).__name__,)
            return 500
        return status[0]


def onto(
    store: Database,
    engine: Starts,
    admits: Admits,
    clock: Clock,
    *,
    patience: float = STORE_WITHIN,
) -> Door:
    """Return the front door of a service that has this store and this engine."""
    intake = Intake(admits, store, engine, clock, patience)
    return Door(Opening(intake, Later(), _nothing_else, ended=_never), store)


@contextlib.contextmanager
def door(
    home: Path,
    engine: Starts,
    *,
    provider: Provider = FRESHDESK,
    patience: float = STORE_WITHIN,
) -> Iterator[Door]:
    """Open the front door of one account, on a store of its own.

    Args:
        home: a folder for the store.
        engine: hears of the work.
        provider: reads the bodies.
        patience: seconds a sender waits for the commit.
    """
    store = open_database(f"sqlite:///{home / 'door.db'}", durable=False)
    store.write_now(lambda c: metadata.create_all(c, checkfirst=False))
    known = Addressee(ACCOUNT, provider, (RIGHT,), 0.0)
    try:
        with quiet():
            known_to = Addressees({ACCOUNT: known})
            yield onto(store, engine, known_to, SystemClock(), patience=patience)
    finally:
        store.close()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Write no log lines: thousands of them would be most of a test's time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


def _nothing_else() -> Rest:
    raise AssertionError("the rest of the service is not loaded here")


def _never() -> None:
    raise AssertionError("nobody ends the service here")
