"""Connections that were closed while they rested are noticed before something is sent on them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tools.egress import origin
from tools.http import Wire
from tools.message import Request

_POST = Request("POST", "/api/v2/tickets/1/notes", json={"body": "Noted."})
_ANSWER = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class _Helpdesk:
    """Answers on connections that it keeps, until it is told to hang up."""

    requests: list[int] = field(default_factory=list[int])
    """The connection each request came on, counting from 1."""
    _writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer request after request."""
        self._writers.append(writer)
        number = len(self._writers)
        while True:
            try:
                await reader.readuntil(b"}")
            except asyncio.IncompleteReadError:
                return
            self.requests.append(number)
            writer.write(_ANSWER)

    async def hang_up(self) -> None:
        """Close what is open, and wait until it is."""
        for writer in self._writers:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def _open() -> AsyncIterator[tuple[_Helpdesk, Wire]]:
    desk = _Helpdesk()
    server = await asyncio.start_server(desk.handle, "127.0.0.1", 0)
    async with server:
        wire = Wire(origin(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        try:
            yield desk, wire
        finally:
            await wire.aclose()
            await desk.hang_up()


async def test_a_resting_connection_is_used_again() -> None:
    """A handshake for every request would cost more than the request."""
    async with _open() as (desk, wire):
        for _ in range(3):
            await wire.send(_POST)

    assert [1, 1, 1] == desk.requests


async def test_a_connection_that_was_closed_meanwhile_is_not_written_to() -> None:
    """A note written into a dead connection would be uncertain, and looked for minutes long."""
    async with _open() as (desk, wire):
        await wire.send(_POST)
        await desk.hang_up()
        await asyncio.sleep(0.05)  # the end has to travel
        await wire.send(_POST)

    assert [1, 2] == desk.requests


async def test_many_at_once_each_have_their_own() -> None:
    """Two answers on one connection would be told to the wrong askers."""
    async with _open() as (desk, wire):
        await asyncio.gather(*(wire.send(_POST) for _ in range(6)))

    assert [1, 2, 3, 4, 5, 6] == sorted(desk.requests)
