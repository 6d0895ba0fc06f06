"""Serve an app on a loopback port, for the length of a block or until a signal."""

import asyncio
import errno
import signal
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from tools.freshdesk.sandbox.faults import ConnectionCut

_TRANSPORT = "sandbox.transport"
_AT_ONCE = struct.pack("ii", 1, 0)  # linger for zero seconds: closing sends a reset
_GRACE = 2  # seconds for requests under way when the server stops


class _Protocol(H11Protocol):
    """The usual protocol, which lets the app reach its own connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in its parent
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


class _Wire:
    """Turns `ConnectionCut` into what it stands for: a socket that ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ConnectionCut as cut:
            transport: asyncio.Transport = scope["state"][_TRANSPORT]
            if cut.answer is not None:
                await _half(cut.answer, send)
            _end(transport, cut)
            while (await receive())["type"] != "http.disconnect":
                pass


async def _half(answer: Response, send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
    )
    body = bytes(answer.body)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _end(transport: asyncio.Transport, cut: ConnectionCut) -> None:
    if cut.how == "truncated":
        transport.close()  # sends what is buffered first
        return
    if cut.how == "reset":
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


class _Quiet(Server):
    """A server that leaves the process's signals to whoever owns the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once; without it each costs 40 ms.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as fault:
        taken.close()
        why = "the port is taken" if fault.errno == errno.EADDRINUSE else fault.strerror
        raise OSError(fault.errno, f"cannot listen on {host}:{port}: {why}") from fault
    return taken


def _config(app: ASGIApp) -> Config:
    return Config(
        _Wire(app),
        http=_Protocol,
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,  # the desk's own clock tells it
        timeout_graceful_shutdown=_GRACE,
    )


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve the app in the running loop and yield its base address; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    sock = _bound(host, port)
    server = _Quiet(_config(app))
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - it offers no event
            await asyncio.sleep(0.001)
        yield f"http://{host}:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve the app until SIGINT or SIGTERM, then return.

    Raises:
        OSError: the port is taken.
    """
    sock = _bound(host, port)
    server = _Quiet(_config(app))

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.force_exit = server.should_exit  # whoever asks twice means it
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[sock])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
