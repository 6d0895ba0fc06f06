"""Threads, replies and notes."""

import httpx
import pytest

from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk

pytestmark = pytest.mark.asyncio

REPLY = "/api/v2/tickets/1/reply"
NOTES = "/api/v2/tickets/1/notes"


async def test_a_thread_is_ascending_thirty_at_a_time(api: httpx.AsyncClient, desk: Desk) -> None:
    """The newest message of a long thread is on the last page."""
    for _ in range(40):
        await api.post(NOTES, json={"body": "x"})

    first = (await api.get("/api/v2/tickets/1/conversations")).json()
    whole = (await api.get("/api/v2/tickets/1/conversations?per_page=100")).json()

    assert (30, 43) == (len(first), len(whole))
    assert [it.id for it in desk.threads[1]] == [it["id"] for it in whole]


async def test_a_conversation_shows_undocumented_keys(api: httpx.AsyncClient) -> None:
    """Strict models break on these, so they must be there."""
    shown = (await api.get("/api/v2/tickets/1/conversations")).json()

    assert {"category", "auto_response", "automation_id", "email_failure_count"} <= set(shown[0])
    assert [3, 1, 2] == [it["category"] for it in shown]
    assert [False, True, False] == [it["incoming"] for it in shown]
    assert [0, 0, 2] == [it["source"] for it in shown]


async def test_odd_senders_occur(api: httpx.AsyncClient) -> None:
    """A sender may be a number, an author null."""
    await api.post(
        "/sandbox/tickets/1/customer-reply", json={"body": "Away", "auto_response": True}
    )
    for _ in range(5):
        await api.post(REPLY, json={"body": "x"})

    shown = (await api.get("/api/v2/tickets/1/conversations")).json()

    assert {str, int} <= {type(it["from_email"]) for it in shown if it["from_email"]}
    assert [None] == [it["user_id"] for it in shown if it["auto_response"]]


async def test_a_reply_is_public_and_answers_in_its_own_shape(
    api: httpx.AsyncClient, desk: Desk
) -> None:
    """The answer to a reply has `replied_to` and no `private`."""
    answer = await api.post(REPLY, json={"body": "<p>Hello</p>", "cc_emails": ["a@b.co"]})
    shown = answer.json()

    assert 201 == answer.status_code
    assert ["cleo@fern.example"] == shown["replied_to"]
    assert not {"private", "incoming", "source"} & set(shown)
    assert 73000000103 == shown["user_id"]
    assert not desk.conversations[shown["id"]].private


async def test_a_note_is_private_unless_said_otherwise(api: httpx.AsyncClient) -> None:
    """Forgetting the flag must be the safe mistake."""
    quiet = (await api.post(NOTES, json={"body": "x", "notify_emails": ["a@b.co"]})).json()
    loud = (await api.post(NOTES, json={"body": "x", "private": False})).json()

    assert (True, False) == (quiet["private"], loud["private"])
    assert ["a@b.co"] == quiet["notified_to"]
    assert "replied_to" not in quiet


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (REPLY, {"body": "x", "private": True}, "private"),
        (REPLY, {}, "body"),
        (REPLY, {"body": ""}, "body"),
        (REPLY, {"body": 7}, "body"),
        (REPLY, {"body": "x", "from_email": "no@where.example"}, "from_email"),
        (REPLY, {"body": "x", "cc_emails": "a@b.co"}, "cc_emails"),
        (REPLY, {"body": "x", "cc_emails": ["nobody"]}, "cc_emails"),
        (REPLY, {"body": "x", "user_id": 5}, "user_id"),
        (NOTES, {"body": "x", "private": "true"}, "private"),
        (NOTES, {"body": "x", "created_at": "2020-01-01"}, "created_at"),
        ("/api/v2/tickets/4/reply", {"body": "x"}, "structured_body"),
        ("/api/v2/tickets/4/notes", {"body": "x", "private": False}, "structured_body"),
    ],
)
async def test_a_write_is_refused(
    api: httpx.AsyncClient, path: str, body: dict[str, object], field: str
) -> None:
    """Nothing may land on the ticket when the call was wrong."""
    before = len((await api.get("/sandbox/log")).json())

    answer = await api.post(path, json=body)

    assert 400 == answer.status_code
    assert [field] == [it["field"] for it in answer.json()["errors"]]
    assert before == len((await api.get("/sandbox/log")).json())


async def test_chat_takes_blocks(api: httpx.AsyncClient) -> None:
    """Web chat wants structured bodies; a private note may still be HTML."""
    blocks = {"body_contents": [{"type": "text", "data": {"content": "Hello there"}}]}

    said = await api.post("/api/v2/tickets/4/reply", json={"structured_body": blocks})

    assert (201, "Hello there") == (said.status_code, said.json()["body_text"])
    assert 201 == (await api.post("/api/v2/tickets/4/notes", json={"body": "x"})).status_code


async def test_nobody_speaks_as_another_agent(api: httpx.AsyncClient) -> None:
    """Not even an administrator; a contact's name is accepted."""
    other = await api.post(NOTES, json={"body": "x", "user_id": 73000000102})
    contact = await api.post(NOTES, json={"body": "x", "user_id": 73000000401, "incoming": True})

    assert (403, "invalid_user") == (other.status_code, other.json()["code"])
    assert (201, True) == (contact.status_code, contact.json()["incoming"])


async def test_a_public_answer_stops_the_response_clock(api: httpx.AsyncClient, desk: Desk) -> None:
    """A private note leaves it running, and both move `updated_at`."""
    before = desk.tickets[4].updated_at
    await api.post("/api/v2/tickets/4/notes", json={"body": "x"})
    noted = (await api.get("/api/v2/tickets/4?include=stats")).json()
    blocks = {"body_contents": [{"type": "text", "data": {"content": "x"}}]}
    await api.post("/api/v2/tickets/4/reply", json={"structured_body": blocks})
    replied = (await api.get("/api/v2/tickets/4?include=stats")).json()

    assert noted["stats"]["first_responded_at"] is None
    assert replied["stats"]["first_responded_at"]
    assert before < desk.tickets[4].updated_at
    assert 2 == replied["status"]


async def test_bodies_are_stored_as_the_vendor_stores_them(api: httpx.AsyncClient) -> None:
    """Text is wrapped, inline images vanish, line breaks flatten."""
    text = (await api.post(NOTES, json={"body": "a < b\nc"})).json()
    image = (
        await api.post(NOTES, json={"body": '<p>x<img src="data:image/png;base64,A">y</p>'})
    ).json()

    assert ("<div>a &lt; b\nc</div>", "a < b c") == (text["body"], text["body_text"])
    assert "<p>xy</p>" == image["body"]


async def test_notes_can_be_edited_and_replies_cannot(api: httpx.AsyncClient) -> None:
    """What went out by mail cannot be taken back."""
    note = (await api.post(NOTES, json={"body": "x"})).json()["id"]
    reply = (await api.post(REPLY, json={"body": "x"})).json()["id"]

    assert 200 == (await api.put(f"/api/v2/conversations/{note}", json={"body": "y"})).status_code
    assert 405 == (await api.put(f"/api/v2/conversations/{reply}", json={"body": "y"})).status_code
    assert 204 == (await api.delete(f"/api/v2/conversations/{note}")).status_code
    assert 404 == (await api.delete(f"/api/v2/conversations/{note}")).status_code


async def test_files_hang_on_notes_up_to_twenty_megabytes(api: httpx.AsyncClient) -> None:
    """The bound counts what hung on the ticket before."""
    good = await api.post(
        NOTES,
        data={"body": "x", "private": "false"},
        files=[("attachments[]", ("a.bin", b"x" * 1000))],
    )
    big = await api.post(
        NOTES, data={"body": "x"}, files=[("attachments[]", ("b.bin", b"x" * 20 * 1024 * 1024))]
    )

    assert (201, False) == (good.status_code, good.json()["private"])
    assert 400 == big.status_code
    file = good.json()["attachments"][0]["id"]
    assert 204 == (await api.delete(f"/api/v2/attachments/{file}")).status_code


async def test_a_forward_is_private(api: httpx.AsyncClient) -> None:
    """It must never be read as something the customer saw."""
    await api.post("/api/v2/tickets/1/forward", json={"to_emails": ["x@y.example"], "body": "See"})
    await api.post(
        "/api/v2/tickets/1/reply_to_forward", json={"to_emails": ["x@y.example"], "body": "So"}
    )

    shown = (await api.get("/api/v2/tickets/1/conversations")).json()[-2:]

    assert [(True, 8, 2), (True, 2, 6)] == [
        (it["private"], it["source"], it["category"]) for it in shown
    ]


async def test_a_write_can_be_read_back_only_after_a_while(
    api: httpx.AsyncClient, clock: VirtualClock
) -> None:
    """An already-posted check that looks too early finds nothing."""
    await api.post("/sandbox/lag", json={"seconds": 8})
    made = (await api.post(NOTES, json={"body": "x"})).json()["id"]

    async def seen() -> bool:
        thread = (await api.get("/api/v2/tickets/1/conversations")).json()
        return made in [it["id"] for it in thread]

    assert not await seen()
    clock.advance(8)
    assert await seen()
