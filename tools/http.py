"""The one door to the HTTP library: bounded in connections, time, bytes and addresses."""

import asyncio
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tools.egress import Origin, as_address, is_loopback, refusal
from tools.message import Answer, Lost, NotSent, Oversized, Refused, Request

__all__ = ["Bounds", "Resolver", "Wire", "Wires", "resolve"]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses, best first."""

_SURELY_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_TRIED_ADDRESSES = 2
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


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


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
        self._resolver = resolver
        self._client = _client(bounds, trust, transport)

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
        url = httpx.URL(self._origin.url + request.path)
        if request.query:
            url = url.copy_merge_params(list(request.query))

        def build(address: httpx.URL, host: str) -> httpx.Request:
            return self._client.build_request(
                request.method,
                address,
                headers={**_MARK, **request.headers, "host": host},
                extensions={"sni_hostname": self._origin.host},
                **_content(request),
            )

        addresses = await self._addresses(self._origin)
        return await self._first(url, addresses, build, self._bounds.body)

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Get a file from one of `hosts`, with no credential, at most `most` bytes.

        Raises:
            NotSent, Refused, Lost: as for `send`; Oversized beyond `most`.
        """
        there = _listed(url, hosts, self._origin)
        origin = Origin(there.scheme, there.host, there.port or 443, loopback=self._is_own(there))

        def build(address: httpx.URL, host: str) -> httpx.Request:
            return self._client.build_request(
                "GET",
                address,
                headers={**_MARK, "accept": "*/*", "host": host},
                extensions={"sni_hostname": there.host},
            )

        return await self._first(there, await self._addresses(origin), build, most)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()

    def _is_own(self, url: httpx.URL) -> bool:
        return self._origin.loopback and f"{url.scheme}://{url.netloc.decode()}" == self._origin.url

    async def _addresses(self, origin: Origin) -> Sequence[str]:
        """Return where the host is, or refuse it: one bad address spoils them all."""
        if self._resolver is None or (origin.loopback and as_address(origin.host)):
            return [origin.host]
        try:
            async with asyncio.timeout(self._bounds.connect):
                found = await self._resolver(origin.host, origin.port)
        except (OSError, UnicodeError) as fault:
            raise NotSent(f"the name {origin.host!r} did not resolve") from fault
        for address in found:
            _admit(origin, address)
        if not found:
            raise NotSent(f"the name {origin.host!r} has no address")
        return list(dict.fromkeys(found))[:_TRIED_ADDRESSES]

    async def _first(
        self,
        url: httpx.URL,
        addresses: Sequence[str],
        build: Callable[[httpx.URL, str], httpx.Request],
        most: int,
    ) -> Answer:
        """Try the addresses in turn, for as long as nothing was surely sent."""
        *others, last = addresses
        host = url.netloc.decode()
        for address in others:
            try:
                return await self._exchange(build(url.copy_with(host=address), host), most)
            except NotSent:
                continue
        return await self._exchange(build(url.copy_with(host=last), host), most)

    async def _exchange(self, request: httpx.Request, most: int) -> Answer:
        started = time.perf_counter()
        async with _sorted_faults(), asyncio.timeout(self._bounds.whole):
            answer = await self._client.send(request, stream=True)
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


def _client(
    bounds: Bounds, trust: ssl.SSLContext | None, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=trust or (transport is not None) or ssl.create_default_context(),
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(
            connect=bounds.connect, read=bounds.read, write=bounds.write, pool=bounds.pool
        ),
        limits=httpx.Limits(
            max_connections=bounds.connections, max_keepalive_connections=bounds.connections
        ),
    )


def _admit(origin: Origin, address: str) -> None:
    why = refusal(address)
    if origin.loopback:
        why = None if is_loopback(address) else "not the loopback"
    if why is not None:
        raise Refused(f"the name {origin.host!r} leads to {address} ({why}), which is refused")


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
        body += unpack.decompress(chunk, most + 1 - len(body)) if unpack else chunk
        if len(body) > most or (unpack and unpack.unconsumed_tail):
            raise Oversized(f"the answer is larger than {most} bytes")
    if unpack and not unpack.eof and body:
        raise Lost("the packed answer was cut")
    return bytes(body)


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
