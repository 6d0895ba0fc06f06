"""A server that answers every path with the same bytes: `python -m tests.bench.constant`.

Reads one JSON object of bodies by path from its input, prints its port, and ends with its input.
"""

import asyncio
import json
import socket
import sys


def answers(bodies: dict[str, str]) -> dict[bytes, bytes]:
    """Return whole answers by path, as they go over the wire."""
    return {path.encode(): _answer(body.encode()) for path, body in bodies.items()}


def _answer(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n"
        # so much that the client never waits
        "x-ratelimit-total: 1000000\r\nx-ratelimit-remaining: 999999\r\n"
        "x-ratelimit-used-currentrequest: 1\r\n\r\n"
    )
    return head.encode() + body


class Constant(asyncio.Protocol):
    """Looks at the path of a request and writes what is ready."""

    def __init__(self, said: dict[bytes, bytes]) -> None:
        self._said = said
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the whole head is there; requests have no body here."""
        self._got += data
        while b"\r\n\r\n" in self._got:
            head, _, self._got = self._got.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            if isinstance(self._way, asyncio.WriteTransport):
                self._way.write(self._said[path])


async def _serve(said: dict[bytes, bytes]) -> None:
    # Named as TCP, or asyncio leaves Nagle's delay on: 40 ms a call.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.bind(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(lambda: Constant(said), sock=door)
    print(door.getsockname()[1], flush=True)  # noqa: T201 -- the parent reads it
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(answers(json.loads(sys.stdin.readline()))))
