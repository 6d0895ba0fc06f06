"""A model's endpoint made of draws, in this process: it replays, or records what another says."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib.metadata import version
from urllib.parse import urlsplit

from agent.llm.endpoint import Endpoint
from evals.draws import Draw, Draws, Unrecorded, key, keyed
from evals.scan import scrubbed, telltale
from tools.clock import Clock

_UPSTREAM_SECONDS = 600
_NOBODY = 404, b'{"error": {"message": "nobody recorded it"}}'
Body = Mapping[str, object]
Asking = Callable[[Body, int], Awaitable[Draw]]
"""Asks the model itself, for one trial."""


class Tripped(ValueError):
    """An answer, or its request, holds something that must not be written down."""


@dataclass(slots=True)
class Tape:
    """Answers one play from draws; a request without one is a miss, or is asked and kept.

    Attributes:
        trial: number of the draw of each request.
        asking: asks the model for what is not recorded; None only replays.
        fresh: what is recorded is asked again, and replaced.
        keep: what the model answers is kept.
        misses: requests nobody has recorded; a play with one has no result.
        played: what was answered, in order.
        asked: how many of them the model itself was asked.
        fault: why the model could not be asked, or "".
    """

    draws: Draws
    trial: int = 0
    asking: Asking | None = None
    fresh: bool = False
    keep: bool = True
    misses: list[Unrecorded] = field(default_factory=list[Unrecorded])
    played: list[Draw] = field(default_factory=list[Draw])
    asked: int = 0
    fault: str = ""

    def endpoint(self, model: str) -> Endpoint:
        """Return the endpoint that this tape is."""
        return Endpoint(model, "http://recorded.invalid/v1", "unused", answering=self._answer)

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        body = json.loads(request)
        try:
            draw = self._found(body) or await self._asked(body)
        except Unrecorded as miss:
            self.misses.append(miss)
            return _NOBODY
        except (OSError, Tripped) as fault:
            self.fault = str(fault)
            return _NOBODY
        self.played.append(draw)
        return draw.status, json.dumps(draw.response).encode()

    def _found(self, body: Body) -> Draw | None:
        """Return what is recorded, or None where the model is to be asked."""
        own = {draw.key for draw in self.played}
        if self.asking and not self.fault and self.fresh and key(body) not in own:
            return None
        try:
            return self.draws.find(body, n=self.trial)
        except Unrecorded:
            if self.asking is None or self.fault:
                raise
            return None

    async def _asked(self, body: Body) -> Draw:
        assert self.asking is not None  # noqa: S101
        draw = await self.asking(body, self.trial)
        self.asked += 1
        if self.keep:
            self.draws.add(draw)
        return draw


@dataclass(frozen=True, slots=True)
class Upstream:
    """The real endpoint behind a recording; its key is sent on and never kept."""

    base_url: str
    clock: Clock
    api_key: str = field(default="any", repr=False)

    async def ask(self, body: Body, n: int) -> Draw:
        """Return what the model answers, as it may be kept; where it is cancelled, it hangs up.

        Raises:
            OSError: it cannot be reached, does not answer JSON, or refuses for now.
            Tripped: something shaped like a secret or a person's data stands in it.
        """
        began = time.monotonic()
        status, answer = await self._post(body)
        draw = Draw(
            key=key(body),
            n=n,
            request=keyed(body),
            status=status,
            response=answer,
            latency_ms=round((time.monotonic() - began) * 1000),
            recorded_at=self.clock.now().isoformat(timespec="seconds"),
            sdk=f"openai {version('openai')}, langchain-openai {version('langchain-openai')}",
        )
        kept = replace(draw, response=scrubbed(answer))
        found = telltale(json.dumps([kept.request, kept.response], ensure_ascii=False))
        if found:
            raise Tripped(f"something shaped like {found} stands in it, so nothing was written")
        return kept

    async def _post(self, body: Body) -> tuple[int, Body]:
        base = urlsplit(self.base_url)
        kind = HTTPSConnection if base.scheme == "https" else HTTPConnection
        connection = kind(base.hostname or "", base.port, timeout=_UPSTREAM_SECONDS)
        try:
            return await asyncio.to_thread(self._sent, connection, body)
        finally:
            if connection.sock is not None:  # cancelled: the thread must not wait any longer
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _sent(self, connection: HTTPConnection, body: Body) -> tuple[int, Body]:
        base = urlsplit(self.base_url)
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.api_key}"}
        path = f"{base.path.rstrip('/')}/chat/completions"
        try:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            status, told = answer.status, json.loads(answer.read())
        except (HTTPException, ValueError) as error:
            raise OSError(f"the endpoint at {base.hostname!r} gave no usable answer") from error
        finally:
            connection.close()
        if status in _PASSING or not isinstance(told, dict):
            raise OSError(f"the endpoint at {base.hostname!r} answered {status}; nothing was kept")
        return status, told


_PASSING = frozenset({401, 403, 404, 408, 409, 425, 429, 502, 503, 504})
"""What an endpoint answers that says nothing of the model."""
