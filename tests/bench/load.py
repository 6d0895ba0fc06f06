"""A load tool that is light enough to be no bottleneck: raw HTTP/1.1, one process, many sockets.

Run as `python -m tests.bench.load`, beside what it loads; it prints one JSON document.
"""

import argparse
import asyncio
import json
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count

PATIENCE = 30.0
"""Seconds until an answer that does not come counts as a failure."""
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered.

    Attributes:
        answered: answers of the awaited status.
        others: answers of any other status, or none at all.
        seconds: from the first request to the last answer.
        cpu: seconds of processor time that the tool itself took.
        p50, p99, worst: milliseconds from a request's last byte to its answer's.
    """

    answered: int
    others: int
    seconds: float
    cpu: float
    p50: float
    p99: float
    worst: float

    @property
    def rate(self) -> float:
        """Return the answers a second."""
        return self.answered / self.seconds


@dataclass
class _Asker:
    """What all connections share."""

    head: bytes
    tickets: Iterator[int]
    until: float
    most: int
    taken: "array[float]"
    begun: int = 0
    others: int = 0

    def more(self) -> bytes | None:
        """Return the next request, or None once it is enough."""
        if time.perf_counter() >= self.until or self.begun >= self.most:
            return None
        self.begun += 1
        body = b'{"ticket_id": "%d", "triggered_event": "{ticket_action:created}"}' % next(
            self.tickets
        )
        return b"%scontent-length: %d\r\n\r\n%s" % (self.head, len(body), body)


class _Connection(asyncio.Protocol):
    """Asks again as soon as it is answered."""

    def __init__(self, asker: _Asker, done: "asyncio.Future[None]") -> None:
        self._asker = asker
        self._done = done
        self._got = bytearray()
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._ask()

    def data_received(self, data: bytes) -> None:
        """Take what came; ask again once an answer is whole."""
        self._got += data
        end = self._got.find(_END)
        if end < 0 or len(self._got) < end + len(_END) + _length(self._got, end):
            return
        self._asker.taken.append(time.perf_counter() - self._sent)
        self._asker.others += not self._got.startswith(b"HTTP/1.1 202")
        self._got.clear()
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count an answer that will not come."""
        del exc
        if not self._done.done():
            self._asker.others += 1
            self._done.set_result(None)

    def _ask(self) -> None:
        request = self._asker.more()
        if self._transport is None or request is None:
            if not self._done.done():
                self._done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def _length(answer: bytearray, end: int) -> int:
    head = bytes(answer[:end]).lower()
    at = head.find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def ask(
    port: int, path: str, secret: str, *, connections: int, seconds: float, most: int, first: int
) -> Load:
    """Post deliveries over so many connections, each waiting for its answer.

    Args:
        port: on the loopback.
        path: of the hook.
        secret: the header's value.
        connections: open at once.
        seconds: until no more is asked.
        most: requests until no more is asked.
        first: the first delivery's ticket; each has one of its own.
    """
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nuser-agent: bench\r\naccept: */*\r\n"
        f"content-type: application/json\r\nx-deskhand-secret: {secret}\r\n"
    )
    loop, cpu, begun = asyncio.get_running_loop(), time.process_time(), time.perf_counter()
    asker = _Asker(head.encode(), count(first), begun + seconds, most, array("d"))
    ends = [loop.create_future() for _ in range(connections)]
    opened = list[asyncio.BaseTransport]()
    for end in ends:
        made, _ = await loop.create_connection(partial(_Connection, asker, end), "127.0.0.1", port)
        opened.append(made)
    _, late = await asyncio.wait(ends, timeout=seconds + PATIENCE)
    took = time.perf_counter() - begun
    for one in opened:
        one.close()
    taken = sorted(1000 * one for one in asker.taken) or [0.0]
    return Load(
        answered=len(asker.taken) - asker.others,
        others=asker.others + len(late),
        seconds=took,
        cpu=time.process_time() - cpu,
        p50=taken[len(taken) // 2],
        p99=taken[min(len(taken) - 1, int(len(taken) * 0.99))],
        worst=taken[-1],
    )


def main(arguments: list[str]) -> None:
    """Load a hook as asked and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/hooks/default")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--most", type=int, default=sys.maxsize)
    parser.add_argument("--first", type=int, default=1)
    asked = vars(parser.parse_args(arguments))
    load = asyncio.run(ask(asked.pop("port"), asked.pop("path"), asked.pop("secret"), **asked))
    print(json.dumps(asdict(load)))  # noqa: T201 -- the tool's one result


if __name__ == "__main__":
    main(sys.argv[1:])
