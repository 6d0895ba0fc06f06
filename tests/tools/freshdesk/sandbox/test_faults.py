"""The fault plan, over real sockets and without any."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.faults import ConnectionCut
from tools.freshdesk.sandbox.serve import serving

pytestmark = pytest.mark.asyncio
Open = Callable[..., Awaitable[httpx.AsyncClient]]
KEY = "a-key-of-the-sandbox"
NOTES = "/api/v2/tickets/1/notes"


@pytest_asyncio.fixture
async def wire(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that talks to the sandbox through a socket."""
    app = create_app(desk, api_key=KEY, role="admin")
    async with serving(app) as url, httpx.AsyncClient(base_url=url, auth=(KEY, "X")) as client:
        yield client


async def _plan(client: httpx.AsyncClient, fault: str, **more: object) -> None:
    body = {"match": "POST /tickets/*/notes", "fault": fault, **more}
    assert 200 == (await client.post("/sandbox/faults", json=body)).status_code


async def _notes(client: httpx.AsyncClient) -> int:
    log = (await client.get("/sandbox/log?ticket=1")).json()
    return sum(it["kind"] == "note" for it in log)


@pytest.mark.parametrize(
    ("fault", "error", "applied"),
    [
        ("before-apply", httpx.RemoteProtocolError, 0),
        ("after-apply-cut", httpx.RemoteProtocolError, 1),
        ("reset", httpx.ReadError, 0),
        ("truncated", httpx.RemoteProtocolError, 1),
    ],
)
async def test_a_connection_ends(
    wire: httpx.AsyncClient, fault: str, error: type[Exception], applied: int
) -> None:
    """The log tells what the caller cannot know: whether the note is there."""
    await _plan(wire, fault)

    with pytest.raises(error):
        await wire.post(NOTES, json={"body": "x"})

    assert applied == await _notes(wire)
    assert 201 == (await wire.post(NOTES, json={"body": "y"})).status_code


@pytest.mark.parametrize(
    ("fault", "status", "applied"),
    [("5xx-html", 502, 0), ("5xx-after-apply", 502, 1)],
)
async def test_a_gateway_answers_in_html(
    wire: httpx.AsyncClient, fault: str, status: int, applied: int
) -> None:
    """The same page stands for a write that landed and for one that did not."""
    await _plan(wire, fault)

    answer = await wire.post(NOTES, json={"body": "x"})

    assert status == answer.status_code
    assert answer.text.startswith("<html>")
    assert applied == await _notes(wire)


async def test_a_body_drips(wire: httpx.AsyncClient) -> None:
    """An answer that takes longer than a caller waits was applied all the same."""
    await _plan(wire, "slow-drip", seconds=0.2)
    with pytest.raises(httpx.ReadTimeout):
        await wire.post(NOTES, json={"body": "x"}, timeout=0.02)
    await _plan(wire, "slow-drip", seconds=0.01)
    answer = await wire.post(NOTES, json={"body": "x"})

    assert (201, "x") == (answer.status_code, answer.json()["body_text"])
    assert 2 == await _notes(wire)


async def test_an_answer_may_come_late(wire: httpx.AsyncClient) -> None:
    """Latency is before the apply, and the answer is a good one."""
    await _plan(wire, "latency", seconds=0.01)

    assert 201 == (await wire.post(NOTES, json={"body": "x"})).status_code


async def test_a_write_lands_after_it_was_given_up(
    wire: httpx.AsyncClient, clock: VirtualClock
) -> None:
    """The hardest case for an already-posted check: not there yet when it looks."""
    await _plan(wire, "late-apply", seconds=30)
    with pytest.raises(httpx.RemoteProtocolError):
        await wire.post(NOTES, json={"body": "x"})

    assert 0 == await _notes(wire)
    clock.advance(29)
    assert 0 == await _notes(wire)
    clock.advance(100)
    line = (await wire.get("/sandbox/log?ticket=1")).json()[-1]
    assert ("note", "2026-03-02T09:00:50.000Z") == (line["kind"], line["at"])


async def test_statuses_are_given_out(opened: Open) -> None:
    """A 429 carries whatever wait it was told to; bodies are the vendor's."""
    api = await opened()
    await _plan(api, "429", retry_after="2.5")
    await _plan(api, "429")
    await _plan(api, "401")
    await _plan(api, "403-suspended")
    await _plan(api, "403-denied")
    await _plan(api, "400-required")

    answers = [await api.post(NOTES, json={"body": "x"}) for _ in range(6)]

    assert [429, 429, 401, 403, 403, 400] == [it.status_code for it in answers]
    assert ("2.5", b"") == (answers[0].headers["retry-after"], answers[0].content)
    assert 1 <= int(answers[1].headers["retry-after"]) <= 60
    assert "invalid_credentials" == answers[2].json()["code"]
    assert "account_suspended" == answers[3].json()["code"]
    assert "access_denied" == answers[4].json()["code"]
    assert "missing_field" == answers[5].json()["errors"][0]["code"]


async def test_without_a_socket_the_cut_is_an_exception(opened: Open) -> None:
    """In-process callers map it to whatever their transport would raise."""
    api = await opened()
    await _plan(api, "after-apply-cut")

    with pytest.raises(ConnectionCut, match="close"):
        await api.post(NOTES, json={"body": "x"})

    assert 1 == await _notes(api)


async def test_a_plan_is_used_up_in_order_and_can_be_cleared(opened: Open) -> None:
    """Each fault befalls as many calls as it was told, and only those it matches."""
    api = await opened()
    await _plan(api, "401", times=2)
    await _plan(api, "5xx-html", times=9)

    statuses = [(await api.post(NOTES, json={"body": "x"})).status_code for _ in range(3)]

    assert [401, 401, 502] == statuses
    assert 200 == (await api.get("/api/v2/tickets/1")).status_code
    assert [8] == [it["times"] for it in (await api.get("/sandbox/faults")).json()]
    await api.delete("/sandbox/faults")
    assert 201 == (await api.post(NOTES, json={"body": "x"})).status_code


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "`match` must be"),
        ({"match": "tickets", "fault": "401"}, "`match` must be"),
        ({"match": "GET /x", "fault": "flood"}, "`fault` must be one of"),
        ({"match": "GET /x", "fault": "401", "times": 0}, "`times` must be"),
        ({"match": "GET /x", "fault": "401", "seconds": -1}, "`seconds` must be"),
        ({"match": "GET /x", "fault": "401", "retry_after": []}, "`retry_after` must be"),
        ({"match": "GET /x", "fault": "401", "color": 1}, "unknown keys: color"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    opened: Open, body: dict[str, Any], words: str
) -> None:
    """A fault that never happens would let a test pass for the wrong reason."""
    answer = await (await opened()).post("/sandbox/faults", json=body)

    assert 400 == answer.status_code
    assert words in answer.json()["error"]
