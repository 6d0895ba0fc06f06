"""One ticket, as it is viewed, created, changed and thrown away."""

from typing import Any

import httpx
import pytest

from tools.freshdesk.sandbox.desk import Desk

pytestmark = pytest.mark.asyncio


def _codes(answer: httpx.Response) -> dict[str, str]:
    return {it["field"]: it["code"] for it in answer.json()["errors"]}


async def test_a_view_embeds_the_oldest_ten_and_no_more(api: httpx.AsyncClient, desk: Desk) -> None:
    """Whoever looks for the newest message in the embed answers the wrong one."""
    for number in range(12):
        await api.post(f"/sandbox/tickets/{1}/customer-reply", json={"body": f"word {number}"})

    shown = (
        await api.get("/api/v2/tickets/1?include=conversations,requester,company,stats")
    ).json()

    assert [it.id for it in desk.threads[1][:10]] == [it["id"] for it in shown["conversations"]]
    assert 15 == len(desk.threads[1])
    assert "cleo@fern.example" == shown["requester"]["email"]
    assert {"id": 73000000301, "name": "Fern Ltd"} == shown["company"]
    assert 8 == len(shown["stats"])


async def test_details_refuse_a_page_size(api: httpx.AsyncClient) -> None:
    """A client that adds `per_page` everywhere is stopped."""
    answer = await api.get("/api/v2/tickets/1?per_page=100")

    assert (400, {"per_page": "invalid_field"}) == (answer.status_code, _codes(answer))


async def test_an_unknown_include_is_refused(api: httpx.AsyncClient) -> None:
    """The message lists what is possible."""
    answer = await api.get("/api/v2/tickets/1?include=everything")

    assert (400, {"include": "invalid_value"}) == (answer.status_code, _codes(answer))


async def test_a_creation_answers_201_with_its_address(api: httpx.AsyncClient) -> None:
    """Defaults are the vendor's; due times are not computed yet."""
    answer = await api.post(
        "/api/v2/tickets", json={"subject": "Hi", "description": "plain", "email": "n@new.example"}
    )
    made = answer.json()

    assert 201 == answer.status_code
    assert f"http://kettle.test/api/v2/tickets/{made['id']}" == answer.headers["location"]
    assert (2, 1, 2) == (made["status"], made["priority"], made["source"])
    assert ("<div>plain</div>", "plain") == (made["description"], made["description_text"])
    assert made["due_by"] is None
    assert (await api.get(f"/api/v2/tickets/{made['id']}")).json()["due_by"]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({"subject": "x"}, {"requester_id": "missing_field"}),
        ({"email": "nobody"}, {"email": "invalid_value"}),
        ({"email": "a@b.co", "colour": 1}, {"colour": "invalid_field"}),
        ({"email": "a@b.co", "created_at": "2020-01-01"}, {"created_at": "invalid_field"}),
        ({"email": "a@b.co", "status": "open"}, {"status": "datatype_mismatch"}),
        ({"email": "a@b.co", "status": 99}, {"status": "invalid_value"}),
        ({"email": "a@b.co", "priority": 5}, {"priority": "invalid_value"}),
        ({"email": "a@b.co", "type": "Riddle"}, {"type": "invalid_value"}),
        ({"email": "a@b.co", "tags": "x"}, {"tags": "datatype_mismatch"}),
        ({"email": "a@b.co", "custom_fields": None}, {"custom_fields": "datatype_mismatch"}),
        ({"email": "a@b.co", "group_id": 7}, {"group_id": "invalid_value"}),
        ({"email": "a@b.co", "attachments": []}, {"attachments": "datatype_mismatch"}),
        ({"phone": "+1"}, {"name": "missing_field"}),
        (
            {"email": "a@b.co", "custom_fields": {"cf_x": 1}},
            {"custom_fields.cf_x": "invalid_field"},
        ),
        (
            {"email": "a@b.co", "custom_fields": {"cf_pieces_297457": "3"}},
            {"custom_fields.cf_pieces_297457": "datatype_mismatch"},
        ),
        (
            {"email": "a@b.co", "custom_fields": {"category": "Cups"}},
            {"custom_fields.category": "invalid_value"},
        ),
        (
            {"email": "a@b.co", "custom_fields": {"cf_country": "France", "cf_state": "Berlin"}},
            {"custom_fields.cf_state": "invalid_value"},
        ),
    ],
)
async def test_a_wrong_body_is_refused_in_shape_a(
    api: httpx.AsyncClient, body: dict[str, Any], codes: dict[str, str]
) -> None:
    """Every fault is named with the vendor's code, so that a client can be taught."""
    answer = await api.post("/api/v2/tickets", json=body)

    assert 400 == answer.status_code
    assert "Validation failed" == answer.json()["description"]
    assert codes == _codes(answer)


async def test_a_change_sends_only_what_changed(api: httpx.AsyncClient) -> None:
    """Sending the whole object back, or the copies, is refused."""
    whole = (await api.get("/api/v2/tickets/1")).json()

    assert 400 == (await api.put("/api/v2/tickets/1", json=whole)).status_code
    answer = await api.put("/api/v2/tickets/1", json={"cc_emails": ["a@b.co"]})
    assert {"cc_emails": "invalid_field"} == _codes(answer)
    assert 400 == (await api.put("/api/v2/tickets/1", json={})).status_code


async def test_an_assignee_outside_the_group_disappears(api: httpx.AsyncClient) -> None:
    """It is answered with 200, so a client must read what it got."""
    answer = await api.put("/api/v2/tickets/1", json={"responder_id": 73000000101})

    assert (200, None) == (answer.status_code, answer.json()["responder_id"])


async def test_spam_and_trash_cannot_be_written(api: httpx.AsyncClient) -> None:
    """405 tells a responder that there is nothing to answer."""
    assert (await api.get("/api/v2/tickets/3")).json()["spam"]
    await api.delete("/api/v2/tickets/4")

    for ticket in (3, 4):
        for method, path in (("PUT", ""), ("POST", "/reply"), ("POST", "/notes"), ("DELETE", "")):
            answer = await api.request(
                method, f"/api/v2/tickets/{ticket}{path}", json={"body": "x"}
            )
            assert (405, b"") == (answer.status_code, answer.content)


async def test_a_ticket_in_the_trash_is_denied_until_restored(api: httpx.AsyncClient) -> None:
    """By id it answers 403, not 404; only restoring brings it back."""
    assert 204 == (await api.delete("/api/v2/tickets/1")).status_code
    assert 403 == (await api.get("/api/v2/tickets/1")).status_code
    assert [1] == [it["id"] for it in (await api.get("/api/v2/tickets?filter=deleted")).json()]
    assert 204 == (await api.put("/api/v2/tickets/1/restore")).status_code
    assert "deleted" not in (await api.get("/api/v2/tickets/1")).json()
    assert 404 == (await api.put("/api/v2/tickets/1/restore")).status_code


async def test_a_form_needs_its_own_spelling(api: httpx.AsyncClient) -> None:
    """Lists and custom fields have brackets; files are parts; a file sent as text is refused."""
    good = await api.post(
        "/api/v2/tickets",
        data={
            "email": "cleo@fern.example",
            "priority": "2",
            "custom_fields[cf_pieces_297457]": "4",
            "tags[]": "a",
        },
        files={"attachments[]": ("a.txt", b"hello", "text/plain")},
    )
    bad = await api.post(
        "/api/v2/tickets/1/notes", data={"body": "x", "attachments[]": ""}, files={"x": ("", b"")}
    )

    assert 201 == good.status_code
    assert (4, ["a"]) == (good.json()["custom_fields"]["cf_pieces_297457"], good.json()["tags"])
    assert ("a.txt", 5) == tuple(good.json()["attachments"][0][key] for key in ("name", "size"))
    assert 400 == bad.status_code


async def test_extras_answer_as_documented(api: httpx.AsyncClient) -> None:
    """Watchers, summary, associations, outbound mail, bulk jobs and merging."""
    config = (await api.get("/api/v2/email_configs")).json()[0]["id"]
    mail = {"subject": "Hi", "email": "max@blau.example", "email_config_id": config}
    sent = await api.post("/api/v2/tickets/outbound_email", json=mail)
    assert (201, 5, 10) == (sent.status_code, sent.json()["status"], sent.json()["source"])
    fixed = await api.put(f"/api/v2/tickets/{sent.json()['id']}", json={"subject": "Ho"})
    assert {"subject": "invalid_field"} == _codes(fixed)

    assert 204 == (await api.post("/api/v2/tickets/1/watch")).status_code
    assert {"watcher_ids": [73000000103]} == (await api.get("/api/v2/tickets/1/watchers")).json()
    assert [1] == [it["id"] for it in (await api.get("/api/v2/tickets?filter=watching")).json()]
    assert 204 == (await api.put("/api/v2/tickets/1/unwatch")).status_code

    assert 404 == (await api.get("/api/v2/tickets/1/summary")).status_code
    assert 200 == (await api.put("/api/v2/tickets/1/summary", json={"body": "S"})).status_code
    assert 204 == (await api.delete("/api/v2/tickets/1/summary")).status_code
    assert [] == (await api.get("/api/v2/tickets/1/associated_tickets")).json()
    assert 404 == (await api.get("/api/v2/tickets/1/prime_association")).status_code

    action = {"ids": [1, 3], "properties": {"priority": 4}, "reply": {"body": "All at once"}}
    job = await api.post("/api/v2/tickets/bulk_update", json={"bulk_action": action})
    done = (await api.get(f"/api/v2/jobs/{job.json()['job_id']}")).json()
    assert [True, False] == [it["success"] for it in done["data"]]

    merged = await api.put("/api/v2/tickets/merge", json={"primary_id": 1, "ticket_ids": [4]})
    assert (204, 5) == (merged.status_code, (await api.get("/api/v2/tickets/4")).json()["status"])


async def test_the_archive_is_another_place(api: httpx.AsyncClient) -> None:
    """Tickets idle for months leave the ordinary address."""
    await api.post("/sandbox/tickets/1/archive")

    assert 404 == (await api.get("/api/v2/tickets/1")).status_code
    assert 200 == (await api.get("/api/v2/tickets/archived/1")).status_code
    assert 3 == len((await api.get("/api/v2/tickets/archived/1/conversations")).json())
