"""Take webhooks from the first moment of a process, while the rest of it is still loading.

A helpdesk that finds the door shut comes back after five minutes. An acknowledgement needs the
store alone; the engine, the web framework and all that answers tickets take a second more.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server import ingest
from server.admission import Addressee, Addressees
from server.ingest import Intake
from server.settings import Loaded
from server.store.db import Database
from server.work import Later, Starts
from tools.clock import SystemClock
from tools.model import AccountId
from tools.providers import PROVIDERS

HEAD_START = 0.1
"""Seconds the door gets before the loading of the rest competes with it for the processor."""
SOON = {"Retry-After": "2"}
"""In seconds, what everything but a webhook is told until the rest is loaded."""


@dataclass(frozen=True, slots=True)
class Rest:
    """All of a serving process but its door.

    Attributes:
        app: answers everything, webhooks too; its lifespan is that of the worker beside it.
        hand_over: starts the work of deliveries that have none.
        close: gives everything back where the lifespan never began.
    """

    app: Starlette
    engine: Starts
    hand_over: Callable[[], Awaitable[object]]
    close: Callable[[], Awaitable[None]]


class Opening:
    """An ASGI application that takes webhooks at once, and does everything once it is loaded.

    Attributes:
        fault: why the rest could not be loaded or did not go on.
    """

    def __init__(
        self, intake: Intake, later: Later, build: Callable[[], Rest], *, ended: Callable[[], None]
    ) -> None:
        """Prepare the door.

        Args:
            intake: keeps webhooks.
            later: the intake's engine, given to it here when it is there.
            build: loads and builds the rest; runs in a thread.
            ended: called when the rest failed, to stop the server.
        """
        self.fault: Exception | None = None
        self._intake, self._later, self._build, self._ended = intake, later, build, ended
        self._rest: Starlette | None = None
        self._door = Starlette(routes=_ROUTES, lifespan=self._lifespan)
        self._door.state.intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by what is there."""
        app = self._door if scope["type"] == "lifespan" else self._rest or self._door
        await app(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        over = asyncio.Event()
        living = asyncio.create_task(self._live(over))
        try:
            yield
        finally:
            over.set()
            await living

    async def _live(self, over: asyncio.Event) -> None:
        """Load the rest and hold it until the end."""
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), HEAD_START)
                return
            rest = await asyncio.to_thread(self._build)
            if over.is_set():
                await rest.close()
                return
            async with rest.app.router.lifespan_context(rest.app):
                await self._hand_over(rest)
                self._rest = rest.app
                await over.wait()
        except Exception as fault:  # noqa: BLE001 -- the last door but one: the command says it
            self.fault = fault
            self._ended()

    async def _hand_over(self, rest: Rest) -> None:
        """Let the engine have what is kept from here on, and what was kept until then.

        One thread commits all that the intake keeps, in order: what it began without an engine
        is on disk when the write between has come back.
        """
        self._later.engine = rest.engine
        await self._intake.database.write_together(lambda _: None)
        await rest.hand_over()


def intake(loaded: Loaded, database: Database, later: Later) -> Intake:
    """Return what keeps the webhooks of the account that the settings name."""
    settings = loaded.settings
    both = (settings.webhook_secret, settings.webhook_secret_previous)
    one = Addressee(
        id=AccountId(settings.account),
        provider=PROVIDERS[settings.provider],
        secrets=tuple(s.get_secret_value() for s in both if s is not None),
        quiet_seconds=settings.quiet_seconds,
    )
    return Intake(Addressees({one.id: one}), database, later, SystemClock())


async def _take(request: Request) -> Response:
    return await ingest.take(request.path_params["account"], request)


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _starting(_: Request) -> Response:
    return JSONResponse({"status": "starting"}, 503, SOON)


_ROUTES = (
    Route("/hooks/{account}", _take, methods=["POST"]),
    Route("/livez", _alive),
    Route("/{anything:path}", _starting, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
)
