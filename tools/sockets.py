"""Connections whose pool asks them cheaply whether they are still there.

Before and after every request the pool asks each idle connection. By the library's own way that
builds a dictionary of a socket's properties each time, two system calls among them: a quarter of
what a request to the helpdesk costs us, with ten connections.
"""

import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore


def pool(trust: ssl.SSLContext, *, connections: int, idle: float) -> httpcore.AsyncConnectionPool:
    """Return a pool of HTTP/1.1 connections.

    Args:
        trust: whom to believe.
        connections: open at once.
        idle: seconds that a connection is kept without a request.
    """
    return httpcore.AsyncConnectionPool(
        ssl_context=trust,
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=idle,
        network_backend=_Backend(httpcore.AnyIOBackend()),
    )


class _Stream(httpcore.AsyncNetworkStream):
    """A stream that knows its socket."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._socket: socket.socket | None = inner.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 -- the library's protocol
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- likewise
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- likewise
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- likewise
        if info == "is_readable":
            return _is_readable(self._socket)
        return self._inner.get_extra_info(info)


class _Backend(httpcore.AsyncNetworkBackend):
    """Opens such streams."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- likewise
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        opened = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(opened)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _is_readable(there: socket.socket | None) -> bool:
    """Whether an idle connection was closed by the other side: it has bytes, or an end, to read."""
    number = -1 if there is None else there.fileno()
    if number < 0:
        return True
    asked = select.poll()
    asked.register(number, select.POLLIN)
    return bool(asked.poll(0))
