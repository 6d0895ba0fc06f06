"""A model's endpoint made of draws, on the loopback: it replays, or records what another says."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib.metadata import version
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evals.draws import Draw, Draws, Unrecorded, key, keyed
from tools.clock import Clock
from tools.freshdesk.sandbox.serve import serving

_UPSTREAM_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Upstream:
    """The real endpoint behind a recording; its key is sent on and never kept."""

    base_url: str
    api_key: str = field(repr=False)


@dataclass(slots=True)
class Tape:
    """A running endpoint.

    Attributes:
        url: to be given to a drafter as its base URL.
        misses: requests nobody has recorded; a run with one has no result.
        played: keys that were answered, in order.
    """

    url: str
    misses: list[Unrecorded] = field(default_factory=list[Unrecorded])
    played: list[str] = field(default_factory=list[str])

    def check(self) -> None:
        """Raise the first miss, if there was one.

        Raises:
            Unrecorded: a request had no draw.
        """
        if self.misses:
            raise self.misses[0]


@asynccontextmanager
async def replaying(draws: Draws, *, trial: int = 0) -> AsyncGenerator[Tape]:
    """Serve recorded answers; a request without one is answered 404 and noted as a miss."""
    tape = Tape("")

    async def complete(request: Request) -> Response:
        body = json.loads(await request.body())
        try:
            draw = draws.find(body, n=trial)
        except Unrecorded as miss:
            tape.misses.append(miss)
            return JSONResponse({"error": {"message": str(miss), "code": 404}}, status_code=404)
        tape.played.append(draw.key)
        return JSONResponse(draw.response, status_code=draw.status)

    async with serving(_app(complete)) as url:
        tape.url = f"{url}/v1"
        yield tape


@asynccontextmanager
async def recording(
    draws: Draws, upstream: Upstream, *, clock: Clock, missing_only: bool = True
) -> AsyncGenerator[Tape]:
    """Pass requests on to the real endpoint and keep what it answers.

    With `missing_only`, a request that has a draw is replayed and costs nothing.
    """
    tape = Tape("")

    async def complete(request: Request) -> Response:
        body = json.loads(await request.body())
        if missing_only and draws.drawn(body):
            draw = draws.find(body)
        else:
            draw = await _drawn(body, upstream, clock=clock, n=draws.drawn(body))
            draws.add(draw)
        tape.played.append(draw.key)
        return JSONResponse(draw.response, status_code=draw.status)

    async with serving(_app(complete)) as url:
        tape.url = f"{url}/v1"
        yield tape


async def _drawn(body: Mapping[str, object], upstream: Upstream, *, clock: Clock, n: int) -> Draw:
    began = time.monotonic()
    status, answer = await asyncio.to_thread(_post, body, upstream)
    return Draw(
        key=key(body),
        n=n,
        request=keyed(body),
        status=status,
        response=answer,
        latency_ms=round((time.monotonic() - began) * 1000),
        recorded_at=clock.now().isoformat(timespec="seconds"),
        sdk=f"openai {version('openai')}, langchain-openai {version('langchain-openai')}",
    )


def _post(body: Mapping[str, object], upstream: Upstream) -> tuple[int, Mapping[str, object]]:
    """Send one request to the real endpoint, in a thread.

    Raises:
        OSError: it cannot be reached or does not answer JSON.
    """
    base = urlsplit(upstream.base_url)
    kind = HTTPSConnection if base.scheme == "https" else HTTPConnection
    connection = kind(base.hostname or "", base.port, timeout=_UPSTREAM_SECONDS)
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {upstream.api_key}",
    }
    try:
        path = f"{base.path.rstrip('/')}/chat/completions"
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (HTTPException, ValueError) as error:
        raise OSError(f"the endpoint at {base.hostname!r} gave no usable answer") from error
    finally:
        connection.close()


def _app(complete: object) -> Starlette:
    return Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])  # type: ignore[arg-type]  # a route function
