"""The control routes: people at the desk, and the truth about what happened."""

from typing import Any

import httpx
import pytest

from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.desk import Desk

pytestmark = pytest.mark.asyncio


async def _log(api: httpx.AsyncClient, ticket: int) -> list[tuple[str, str]]:
    log = (await api.get(f"/sandbox/log?ticket={ticket}")).json()
    return [(it["kind"], it["via"]) for it in log]


async def test_control_needs_no_key(api: httpx.AsyncClient) -> None:
    """It stands for the world, not for the API."""
    assert 200 == (await api.get("/sandbox/log", auth=None)).status_code


async def test_a_stranger_who_writes_becomes_a_contact(api: httpx.AsyncClient) -> None:
    """A ticket arrives as mail does, with its custom fields."""
    body = {
        "subject": "Hi",
        "description": "Help",
        "email": "zoe.park@fern.example",
        "custom_fields": {"cf_order": "K-7"},
    }
    made = (await api.post("/sandbox/tickets", json=body)).json()["id"]

    shown = (await api.get(f"/api/v2/tickets/{made}?include=requester,company")).json()
    assert ("Zoe Park", "Fern Ltd") == (shown["requester"]["name"], shown["company"]["name"])
    assert (1, 2, "K-7") == (shown["source"], shown["status"], shown["custom_fields"]["cf_order"])
    assert [("ticket", "sandbox")] == await _log(api, made)


async def test_a_customers_answer_reopens(api: httpx.AsyncClient) -> None:
    """Somebody in copy answers under his own name."""
    await api.post("/sandbox/tickets/2/customer-reply", json={"body": "Still!"})
    await api.post(
        "/sandbox/tickets/2/customer-reply", json={"body": "Me too", "email": "pal@blau.example"}
    )

    shown = (await api.get("/api/v2/tickets/2?include=conversations,stats")).json()
    assert 2 == shown["status"]
    assert shown["stats"]["reopened_at"]
    first, second = shown["conversations"]
    assert first["incoming"]
    assert 73000000402 == first["user_id"]
    assert second["user_id"] not in {None, 73000000402}


async def test_colleagues_act(api: httpx.AsyncClient) -> None:
    """A human reply, a note and a change, each with its kind in the log."""
    await api.post("/sandbox/tickets/1/agent-reply", json={"body": "On it"})
    await api.post("/sandbox/tickets/1/agent-note", json={"body": "Mine"})
    changes = {"status": 3, "responder_id": 73000000102}
    await api.post("/sandbox/tickets/1/update", json=changes)
    await api.post("/api/v2/tickets/1/reply", json={"body": "x"})
    await api.post("/api/v2/tickets/1/notes", json={"body": "x"})

    assert [
        ("agent_reply", "sandbox"),
        ("agent_note", "sandbox"),
        ("update", "sandbox"),
        ("reply", "api"),
        ("note", "api"),
    ] == await _log(api, 1)
    log = (await api.get("/sandbox/log?ticket=1")).json()
    assert {
        "at",
        "kind",
        "ticket_id",
        "user_id",
        "private",
        "incoming",
        "body",
        "via",
        "id",
    } == set(log[0])
    assert 73000000102 == log[0]["user_id"]
    assert '{"responder_id": 73000000102, "status": 3}' == log[2]["body"]


async def test_a_merge_closes_with_a_note(api: httpx.AsyncClient) -> None:
    """The note names the target, which is all an API client gets to see of a merge."""
    await api.post("/sandbox/tickets/4/update", json={"merged_into": 1})

    shown = (await api.get("/sandbox/tickets/4")).json()
    assert (5, 1) == (shown["status"], shown["merged_into"])
    assert "merged into ticket 1" in shown["conversations"][-1]["body"]


async def test_freddy_takes_a_ticket(api: httpx.AsyncClient) -> None:
    """The assignee is in no agent list, and the status is one only the fields tell of."""
    await api.post("/sandbox/tickets/1/freddy", json={})

    shown = (await api.get("/api/v2/tickets/1")).json()
    fields = (await api.get("/api/v2/ticket_fields?type=default_status")).json()
    assert 404 == (await api.get(f"/api/v2/agents/{shown['responder_id']}")).status_code
    assert "Assigned to AI Agent" == fields[0]["choices"][str(shown["status"])][0]


async def test_a_survey_answer_does_not_reopen(api: httpx.AsyncClient) -> None:
    """It looks like a customer's message: incoming, source 6, category 7, no addressee."""
    await api.post("/sandbox/tickets/2/survey", json={"rating": 103, "feedback": "Fine"})

    shown = (await api.get("/api/v2/tickets/2?include=conversations,stats")).json()
    said = shown["conversations"][0]
    assert 5 == shown["status"]
    assert (True, 6, 7, None) == (
        said["incoming"],
        said["source"],
        said["category"],
        said["to_emails"],
    )
    assert shown["stats"]["requester_responded_at"]
    ratings = (await api.get("/api/v2/tickets/2/satisfaction_ratings")).json()
    assert {"default_question": 103} == ratings[0]["ratings"]


async def test_the_help_centre_grows_and_shrinks(api: httpx.AsyncClient) -> None:
    """A published article is found at once; an unpublished one is a draft."""
    made = await api.post(
        "/sandbox/articles", json={"title": "Lids", "description": "<p>Round</p>"}
    )
    path = f"articles/{made.json()['id']}"

    folder = (await api.get(f"/api/v2/solutions/{path}")).json()["folder_id"]
    assert 1 == (await api.get(f"/api/v2/solutions/folders/{folder}")).json()["visibility"]
    await api.post(f"/sandbox/{path}", json={"status": 1})
    assert 1 == (await api.get(f"/api/v2/solutions/{path}")).json()["status"]
    await api.request("DELETE", f"/sandbox/{path}")
    assert 404 == (await api.get(f"/api/v2/solutions/{path}")).status_code
    kinds = [it["kind"] for it in (await api.get("/sandbox/log")).json()]
    assert ["article"] * 3 == kinds


async def test_the_clock_moves(api: httpx.AsyncClient) -> None:
    """Only a virtual one does."""
    moved = await api.post("/sandbox/clock", json={"advance_seconds": 90})

    assert {"now": "2026-03-02T09:01:50Z"} == moved.json()


async def test_a_real_clock_does_not_move(real_desk: Desk) -> None:
    """The answer says how to get one that does."""
    transport = httpx.ASGITransport(app=create_app(real_desk, api_key="k"))
    async with httpx.AsyncClient(transport=transport, base_url="http://kettle.test") as api:
        answer = await api.post("/sandbox/clock", json={"advance_seconds": 90})

    assert 400 == answer.status_code
    assert "--virtual-clock" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("tickets", {"subject": "x", "description": "x"}, "`email` is missing"),
        ("tickets", {"subject": 1, "description": "x", "email": "a@b.co"}, "`subject` must be"),
        ("tickets", {"subject": "x", "description": "x", "email": "a"}, "not an address"),
        (
            "tickets",
            {"subject": "x", "description": "x", "email": "a@b.co", "custom_fields": {"n": 1}},
            "no custom field n",
        ),
        (
            "tickets",
            {"subject": "x", "description": "x", "email": "a@b.co", "source": 99},
            "`source` must be one of",
        ),
        ("tickets", {"subjekt": "x"}, "unknown keys: subjekt"),
        ("tickets/1/customer-reply", {}, "`body` is missing"),
        ("tickets/1/customer-reply", {"body": "x", "auto_response": "yes"}, "true or false"),
        ("tickets/1/update", {"state": 2}, "unknown keys: state"),
        ("tickets/1/update", {"status": 44}, "no status 44"),
        ("tickets/1/update", {"responder_id": 1}, "no agent 1"),
        ("tickets/1/update", {"merged_into": 1}, "no other ticket 1"),
        ("tickets/1/survey", {"rating": 7}, "rating must be one of"),
        ("neighbour", {}, "`calls_per_minute` is missing"),
        ("neighbour", {"calls_per_minute": -1}, "must not be negative"),
        ("clock", {"advance_seconds": "x"}, "must be a number"),
        ("webhooks", {"drop": "all"}, "`drop` must be"),
    ],
)
async def test_a_wrong_control_body_is_told_why(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], words: str
) -> None:
    """Whoever drives the sandbox by hand reads the reason, not a traceback."""
    answer = await api.post(f"/sandbox/{path}", json=body)

    assert 400 == answer.status_code
    assert words in answer.json()["error"]


@pytest.mark.parametrize("path", ["tickets/77/agent-note", "tickets/x/agent-note", "articles/7"])
async def test_an_unknown_id_is_not_found(api: httpx.AsyncClient, path: str) -> None:
    """404 with a sentence."""
    answer = await api.post(f"/sandbox/{path}", json={"body": "x"} if "note" in path else {})

    assert 404 == answer.status_code
    assert "there is no" in answer.json()["error"]


async def test_a_body_that_is_no_object_is_refused(api: httpx.AsyncClient) -> None:
    """Both spellings of nonsense."""
    broken = await api.post("/sandbox/tickets", content=b"{")
    listed = await api.post("/sandbox/tickets", json=[])

    assert "the body is not JSON" == broken.json()["error"]
    assert "the body must be a JSON object" == listed.json()["error"]
