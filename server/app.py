"""The web application: mounts the routers and runs the worker beside them."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from server import api, ingest
from server.api import Api
from server.engine import Engine
from server.ingest import Intake
from server.knowledge_sync import watch
from server.workflow import Workflow

STOP_WITHIN = 7
"""Seconds running work gets on a stop; the rest of ten is for closing."""


@dataclass(frozen=True, slots=True)
class Service:
    """Everything a serving process is made of, built by `server.wiring`.

    Attributes:
        before: run once before the engine starts, in a thread where it blocks.
        hand_over: begins deliveries that have no work.
        loops: background loops that run until the end.
        close: gives everything back.
    """

    intake: Intake
    api: Api
    engine: Engine
    workflow: Workflow
    before: Callable[[], Awaitable[None]]
    hand_over: Callable[[], Awaitable[int]]
    loops: tuple[Callable[[], Awaitable[None]], ...]
    close: Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncGenerator[None]:
    """Work on deliveries for as long as the block lasts; what is left waits for the next start."""
    await service.before()
    loops = asyncio.create_task(watch(*service.loops))
    await service.engine.start(service.workflow.handle)
    # What was loaded stays for good. In the garbage collector's eyes, it would make every full
    # collection stop everything for a tenth of a second.
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        # The loops end first: the engine's stop takes the thread pool they work in with it.
        loops.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loops
        await service.engine.stop(within=STOP_WITHIN)
        await service.close()


def create_app(service: Service, version: str) -> FastAPI:
    """Return the application; its lifespan starts and stops the worker."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with running(service):
            app.state.ready = True
            try:
                yield
            finally:
                app.state.ready = False

    app = FastAPI(
        title="Deskhand",
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.ready = False
    app.state.intake = service.intake
    app.state.api = service.api
    app.add_api_route("/hooks/{account}", ingest.take, methods=["POST"], status_code=202)
    app.include_router(api.router)
    app.add_exception_handler(HTTPException, _problem)
    return app


async def _problem(_request: Request, fault: Exception) -> JSONResponse:
    """Answer an error as RFC 9457 has it."""
    if not isinstance(fault, HTTPException):
        raise fault
    known = api.PROBLEMS
    content = {
        "type": "about:blank",
        "title": known.get(fault.status_code, "Error"),
        "status": fault.status_code,
        "detail": fault.detail,
    }
    return JSONResponse(
        content,
        fault.status_code,
        headers=dict(fault.headers or {}),
        media_type="application/problem+json",
    )
