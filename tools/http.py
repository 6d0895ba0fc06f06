"""The one door to the HTTP library: bounded in connections, time, bytes and addresses."""

import asyncio
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from tools import sockets
from tools.egress import Origin
from tools.lookup import Lookup, Resolver, resolve
from tools.message import Answer, Lost, NotSent, Oversized, Refused, Request

__all__ = ["Bounds", "Resolver", "Wire", "Wires", "resolve"]


_SURELY_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_IDLE = 5.0
"""Seconds that a connection is kept without a request."""
_PIECE = 1024 * 1024
"""Bytes unpacked at a time."""
_MARK = {"user-agent": "deskhand/0.1", "accept": "application/json", "accept-encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one wire may take.

    Attributes:
        connections: open at once to one host.
        connect, read, write, pool: seconds for one step.
        whole: seconds for an exchange, however slowly it drips.
        body: bytes of an answer, decompressed.
    """

    connections: int = 10
    connect: float = 5.0
    read: float = 20.0
    write: float = 20.0
    pool: float = 10.0
    whole: float = 60.0
    body: int = 32 * 1024 * 1024


BOUNDS = Bounds()


class Wire:
    """The way to one origin: one bounded pool, and never anybody else's address."""

    def __init__(
        self,
        origin: Origin,
        *,
        bounds: Bounds = BOUNDS,
        resolver: Resolver | None = resolve,
        trust: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._origin = origin
        self._bounds = bounds
        self._names = Lookup(resolver, patience=bounds.connect)
        self._trust = trust or (None if transport else ssl.create_default_context())
        self._pool = transport or _Transport(bounds, self._trust)
        self._files = transport
        self._extensions = {"timeout": _timeout(bounds)}

    @classmethod
    def in_process(
        cls,
        app: Callable[..., Any],
        *,
        base: str = "http://127.0.0.1:1",
        bounds: Bounds = BOUNDS,
    ) -> "Wire":
        """Return a wire to an ASGI application in this process; no socket is opened."""
        url = httpx.URL(base)
        origin = Origin(url.scheme, url.host, url.port or 80, loopback=True)
        transport = httpx.ASGITransport(app=app)
        return cls(origin, bounds=bounds, resolver=None, transport=transport)

    @property
    def origin(self) -> Origin:
        """Return where it leads."""
        return self._origin

    async def send(self, request: Request) -> Answer:
        """Send it once, to our own origin.

        Raises:
            NotSent: it never reached the helpdesk.
            Refused: its address is not public.
            Lost: it may have been received and applied.
        """
        question = f"?{urlencode(request.query)}" if request.query else ""
        url = httpx.URL(self._origin.url + request.path + question)

        def build(address: httpx.URL, host: str) -> httpx.Request:
            return httpx.Request(
                request.method,
                address,
                headers={**_MARK, **request.headers, "host": host},
                extensions={**self._extensions, "sni_hostname": self._origin.host},
                **_content(request),
            )

        return await self._first(self._pool, self._origin, url, build, self._bounds.body)

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Get a file from one of `hosts`, with no credential, at most `most` bytes.

        Raises:
            NotSent, Refused, Lost: as for `send`; Oversized beyond `most`.
        """
        there = _listed(url, hosts, self._origin)
        origin = Origin(there.scheme, there.host, there.port or 443, loopback=self._is_own(there))

        def build(address: httpx.URL, host: str) -> httpx.Request:
            return httpx.Request(
                "GET",
                address,
                headers={**_MARK, "accept": "*/*", "host": host},
                extensions={**self._extensions, "sni_hostname": there.host},
            )

        # files have a pool of their own: a connection made for another name is never reused here
        self._files = self._files or _Transport(self._bounds, self._trust)
        return await self._first(self._files, origin, there, build, most)

    async def aclose(self) -> None:
        """Close the pools."""
        await self._pool.aclose()
        if self._files is not None and self._files is not self._pool:
            await self._files.aclose()

    def _is_own(self, url: httpx.URL) -> bool:
        return self._origin.loopback and f"{url.scheme}://{url.netloc.decode()}" == self._origin.url

    async def _first(
        self,
        pool: httpx.AsyncBaseTransport,
        origin: Origin,
        url: httpx.URL,
        build: Callable[[httpx.URL, str], httpx.Request],
        most: int,
    ) -> Answer:
        """Try the host's addresses in turn, for as long as nothing was surely sent."""
        host, addresses = url.netloc.decode(), await self._names.addresses(origin)
        for place, address in enumerate(addresses, start=1):
            there = url if address == url.host else url.copy_with(host=address)
            try:
                return await self._exchange(pool, build(there, host), most)
            except NotSent:
                self._names.forget(origin)
                if place == len(addresses):
                    raise
        raise NotSent(f"the name {origin.host!r} has no address")

    async def _exchange(
        self, pool: httpx.AsyncBaseTransport, request: httpx.Request, most: int
    ) -> Answer:
        started = time.perf_counter()
        async with _sorted_faults(), asyncio.timeout(self._bounds.whole):
            answer = await pool.handle_async_request(request)
            try:
                body = await _body(answer, most)
            finally:
                await answer.aclose()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, body, time.perf_counter() - started)


class Wires:
    """One wire per origin, so that a busy account never holds another's connections."""

    def __init__(self, *, bounds: Bounds = BOUNDS, resolver: Resolver = resolve) -> None:
        self._bounds = bounds
        self._resolver = resolver
        self._trust: ssl.SSLContext | None = None
        self._open: dict[str, Wire] = {}

    def to(self, origin: Origin) -> Wire:
        """Return the wire to that origin, opening it the first time."""
        wire = self._open.get(origin.url)
        if wire is None:
            self._trust = self._trust or ssl.create_default_context()
            wire = Wire(origin, bounds=self._bounds, resolver=self._resolver, trust=self._trust)
            self._open[origin.url] = wire
        return wire

    async def aclose(self) -> None:
        """Close them all."""
        wires, self._open = list(self._open.values()), {}
        for wire in wires:
            await wire.aclose()


class _Transport(httpx.AsyncHTTPTransport):
    """The library's transport itself: above it are redirects, cookies and proxies."""

    def __init__(self, bounds: Bounds, trust: ssl.SSLContext | None) -> None:
        trust = trust or ssl.create_default_context()
        super().__init__(verify=trust, trust_env=False)
        self._pool = sockets.pool(trust, connections=bounds.connections, idle=_IDLE)


def _timeout(bounds: Bounds) -> dict[str, float]:
    return {
        "connect": bounds.connect,
        "read": bounds.read,
        "write": bounds.write,
        "pool": bounds.pool,
    }


def _listed(url: str, hosts: frozenset[str], own: Origin) -> httpx.URL:
    try:
        there = httpx.URL(url)
    except httpx.InvalidURL as fault:
        raise Refused("the file's address is not an address") from fault
    if own.loopback and f"{there.scheme}://{there.netloc.decode()}" == own.url:
        return there
    listed = any(there.host == host or there.host.endswith(f".{host}") for host in hosts)
    if there.scheme != "https" or there.userinfo or not listed or there.port not in {None, 443}:
        raise Refused(f"files are not fetched from {there.host!r}: it is not on the list")
    return there


def _content(request: Request) -> dict[str, Any]:
    """Return the body in the library's words; it sets the boundary and the content type."""
    if request.files or request.form:
        form: dict[str, list[str]] = {}
        for name, value in request.form:
            form.setdefault(name, []).append(value)
        files = [(p.form_field, (p.name, p.content, p.content_type)) for p in request.files]
        return {"data": form, "files": files}
    return {} if request.json is None else {"json": request.json}


async def _body(answer: httpx.Response, most: int) -> bytes:
    """Read at most `most` bytes, decompressing as they come so that a bomb never unfolds."""
    if answer.is_stream_consumed:  # a recorder hands over answers that were read and unpacked
        if len(answer.content) > most:
            raise Oversized(f"the answer is larger than {most} bytes")
        return answer.content
    packed = answer.headers.get("content-encoding", "identity").lower()
    if packed not in {"identity", "gzip", ""}:
        raise Lost(f"the answer is packed as {packed!r}, which was not asked for")
    unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None
    body = bytearray()
    async for chunk in answer.aiter_raw(65536):
        for part in _unpacked(unpack, chunk) if unpack else (chunk,):
            body += part
            if len(body) > most:
                raise Oversized(f"the answer is larger than {most} bytes")
    if unpack and not unpack.eof and body:
        raise Lost("the packed answer was cut")
    return bytes(body)


def _unpacked(unpack: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """Yield what a chunk unpacks to, a little at a time, so that a bomb is met in small pieces."""
    while chunk:
        yield unpack.decompress(chunk, _PIECE)
        chunk = unpack.unconsumed_tail


@asynccontextmanager
async def _sorted_faults() -> AsyncIterator[None]:
    """Turn what the library or an in-process application raises into one of our faults."""
    try:
        yield
    except (NotSent, Lost):
        raise
    except _SURELY_NOT_SENT as fault:
        raise NotSent(f"no connection ({type(fault).__name__})") from fault
    except TimeoutError as fault:
        raise Lost("the answer took too long") from fault
    except (httpx.HTTPError, httpx.StreamError, zlib.error, OSError) as fault:
        raise Lost(f"the exchange broke ({type(fault).__name__})") from fault
    except Exception as fault:
        raise Lost(f"the exchange was cut ({type(fault).__name__})") from fault
