"""The wire: what it refuses, what it bounds, and where it says a failure happened."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from tools.egress import Origin, origin
from tools.http import Bounds, Wire, Wires
from tools.message import Lost, NotSent, Oversized, Part, Refused, Request

ACME = Origin("https", "acme.freshdesk.com", 443)
READ = Request("GET", "/api/v2/tickets", (("page", "2"), ("query", '"a:1"')))
QUICK = Bounds(connect=1, read=0.3, write=1, pool=0.2, whole=1, body=100_000)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    """Serve raw bytes on the loopback."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answering(raw: bytes) -> Handler:
    """Answer with these bytes and hang up."""

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return handle


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def ask(raw: bytes | Handler, request: Request = READ, bounds: Bounds = QUICK) -> bytes:
    """Send one request to such a server and return the body."""
    handler = answering(raw) if isinstance(raw, bytes) else raw
    async with listening(handler) as url:
        wire = Wire(origin(url), bounds=bounds)
        try:
            return (await wire.send(request)).body
        finally:
            await wire.aclose()


async def test_a_packed_answer_is_unpacked() -> None:
    """Fewer bytes on the way, the same at the end."""
    body = gzip.compress(b"x" * 50_000)

    assert b"x" * 50_000 == await ask(http(body, "content-encoding: gzip"))


async def test_a_bomb_is_refused_without_unfolding() -> None:
    """Ten megabytes of nothing pack into ten kilobytes; memory stays bounded."""
    bomb = gzip.compress(b"\0" * 10_000_000)
    with pytest.raises(Oversized):
        await ask(http(bomb, "content-encoding: gzip"))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(http(b"x" * 200_000), id="too large"),
        pytest.param(http(b"x" * 50)[:-20], id="cut"),
        pytest.param(http(b"x", "content-encoding: br"), id="packed otherwise"),
        pytest.param(http(gzip.compress(b"x" * 9999)[:-9], "content-encoding: gzip"), id="torn"),
        pytest.param(http(b"not packed", "content-encoding: gzip"), id="not packed"),
        pytest.param(b"HTTP/1.1 200", id="half a line"),
        pytest.param(b"rubbish\r\n\r\n", id="no HTTP"),
        pytest.param(b"", id="hung up"),
    ],
)
async def test_a_broken_answer_may_have_been_applied(raw: bytes) -> None:
    """The request was received; what became of it we do not know."""
    with pytest.raises(Lost):
        await ask(raw)


async def test_silence_and_dripping_end_in_time() -> None:
    """A socket that says a byte a second would hold a worker for ever."""

    async def silent(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)

    async def dripping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n")
        for _each in range(20):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    with pytest.raises(Lost):
        await ask(silent)
    with pytest.raises(Lost, match="too long"):
        await ask(dripping)


async def test_a_closed_port_was_surely_not_reached() -> None:
    """So the write may be made again when the cause is cured."""
    async with listening(answering(b"")) as url:
        gone = url
    wire = Wire(origin(gone))
    with pytest.raises(NotSent):
        await wire.send(READ)
    await wire.aclose()


async def test_no_free_connection_was_surely_not_sent() -> None:
    """One pool per domain is bounded; waiting for a place in it is no harm done."""

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)
        writer.write(http(b"{}"))
        await writer.drain()

    bounds = Bounds(connections=1, pool=0.1)
    async with listening(slow) as url:
        wire = Wire(origin(url), bounds=bounds)
        first = asyncio.create_task(wire.send(READ))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await wire.send(READ)
        assert b"{}" == (await first).body
        await wire.aclose()


async def test_a_redirect_is_an_answer_and_never_followed() -> None:
    """The credential goes to the account's own host only."""
    raw = http(b"", "location: https://evil.example/", status="302 Found")
    async with listening(answering(raw)) as url:
        wire = Wire(origin(url))
        answer = await wire.send(READ)
        await wire.aclose()

    assert 302 == answer.status


class Recorder(httpx.AsyncBaseTransport):
    """Notes where requests would have gone."""

    def __init__(self, *refuse: str) -> None:
        self.seen: list[httpx.Request] = []
        self._refuse = refuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or refuse the connection to some addresses."""
        self.seen.append(request)
        if request.url.host in self._refuse:
            raise httpx.ConnectError("refused")
        await request.aread()
        return httpx.Response(200, content=b"{}")


def leading_to(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """Return a resolver with one opinion."""

    async def look_up(_: str, __: int) -> Sequence[str]:
        return addresses

    return look_up


async def test_a_name_is_connected_to_at_the_address_that_was_checked() -> None:
    """A second look-up could answer differently; certificate and host header keep the name."""
    recorder = Recorder("104.18.0.1")
    wire = Wire(ACME, resolver=leading_to("104.18.0.1", "2606:4700::1"), transport=recorder)
    await wire.send(READ)
    _, request = recorder.seen

    assert "https://[2606:4700::1]/api/v2/tickets?page=2&query=%22a%3A1%22" == str(request.url)
    assert "acme.freshdesk.com" == request.headers["host"]
    assert "acme.freshdesk.com" == request.extensions["sni_hostname"]


async def test_a_name_is_looked_up_now_and_then() -> None:
    """Resolvers rotate their answers; hopping from address to address wastes connections."""
    asked = list[str]()

    async def counting(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["104.18.0.1"]

    wire = Wire(ACME, resolver=counting, transport=Recorder())
    for _ in range(3):
        await wire.send(READ)
    failing = Wire(ACME, resolver=counting, transport=Recorder("104.18.0.1"))
    for _ in range(2):
        with pytest.raises(NotSent):
            await failing.send(READ)

    assert 1 + 2 == len(asked), "a failed connection is a reason to ask again"


@pytest.mark.parametrize(
    "addresses", [("10.0.0.1",), ("104.18.0.1", "169.254.169.254"), ("::ffff:8.8.8.8",), ("::1",)]
)
async def test_a_name_that_leads_inside_is_refused(addresses: tuple[str, ...]) -> None:
    """One private address among public ones is enough to refuse them all."""
    recorder = Recorder()
    wire = Wire(ACME, resolver=leading_to(*addresses), transport=recorder)
    with pytest.raises(Refused):
        await wire.send(READ)

    assert [] == recorder.seen


async def test_a_loopback_name_must_lead_to_the_loopback() -> None:
    """Plain HTTP is for this machine only, whatever its hosts file says."""
    wire = Wire(origin("http://localhost:9"), resolver=leading_to("104.18.0.1"))
    with pytest.raises(Refused):
        await wire.send(READ)
    await wire.aclose()


async def test_a_name_without_an_address_was_surely_not_sent() -> None:
    """A typing error in the domain must not look like a write that may have landed."""

    async def unknown(_: str, __: int) -> Sequence[str]:
        raise OSError("no such name")

    for resolver in (unknown, leading_to()):
        with pytest.raises(NotSent):
            await Wire(ACME, resolver=resolver, transport=Recorder()).send(READ)


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.freshdesk.com/x",
        "https://evil.example/x",
        "https://cdn.freshdesk.com.evil.example/x",
        "https://evilcdn.freshdesk.com/x",
        "https://cdn.freshdesk.com:8443/x",
        "https://user:pw@cdn.freshdesk.com/x",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "",
        "https://[::1/x",
    ],
)
async def test_files_come_from_listed_hosts_only(url: str) -> None:
    """An attachment's address is chosen by whoever wrote the ticket's JSON."""
    recorder = Recorder()
    wire = Wire(ACME, resolver=leading_to("104.18.0.1"), transport=recorder)
    with pytest.raises(Refused):
        await wire.fetch(url, hosts=frozenset({"cdn.freshdesk.com"}), most=10)

    assert [] == recorder.seen


async def test_a_file_is_fetched_without_our_credential() -> None:
    """Storage answers 400 to a request that carries it, and it is none of its business."""
    recorder = Recorder()
    wire = Wire(ACME, resolver=leading_to("104.18.0.1"), transport=recorder)
    url = "https://eu.cdn.freshdesk.com/a?sig=1%2F2"
    answer = await wire.fetch(url, hosts=frozenset({"cdn.freshdesk.com"}), most=10)

    assert b"{}" == answer.body
    assert "authorization" not in recorder.seen[0].headers
    assert recorder.seen[0].url.raw_path == b"/a?sig=1%2F2"
    with pytest.raises(Oversized):
        await wire.fetch(url, hosts=frozenset({"cdn.freshdesk.com"}), most=1)


async def test_forms_get_their_boundary_from_the_library() -> None:
    """A fixed content type is the usual way to break an upload."""
    recorder = Recorder()
    wire = Wire(ACME, resolver=None, transport=recorder)
    form = (("body", "x"), ("cc_emails[]", "a@x.example"), ("cc_emails[]", "b@x.example"))
    part = Part("attachments[]", "a.txt", b"hello", "text/plain")
    await wire.send(Request("POST", "/x", form=form, files=(part,)))
    request = recorder.seen[0]

    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert 2 == request.content.count(b'name="cc_emails[]"\r\n')
    assert b'filename="a.txt"' in request.content


async def test_an_application_that_breaks_in_process_may_have_applied() -> None:
    """The sandbox cuts a connection by raising; in a socket that is a lost answer."""

    async def app(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(Lost):
        await Wire.in_process(app).send(READ)


async def test_each_origin_has_one_wire_of_its_own() -> None:
    """A busy account holds its own connections only."""
    wires = Wires()
    one, two = origin("http://127.0.0.1:9"), origin("http://127.0.0.1:10")

    assert wires.to(one) is wires.to(one)
    assert wires.to(one) is not wires.to(two)
    await wires.aclose()


def test_requests_and_answers_hide_what_is_in_them() -> None:
    """They end in tracebacks and logs."""
    request = Request("POST", "/x", headers={"authorization": "s3cret"}, json={"body": "words"})

    assert "s3cret" not in repr(request)
    assert "words" not in repr(request)
