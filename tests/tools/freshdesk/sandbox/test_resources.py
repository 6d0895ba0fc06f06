"""Contacts, companies, staff, fields, the help centre: statuses and full shapes."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.asyncio
V2 = "/api/v2"


async def test_a_taken_address_is_a_conflict(api: httpx.AsyncClient) -> None:
    """409 names the person who has it; an agent's address counts too."""
    answer = await api.post(f"{V2}/contacts", json={"name": "Twin", "email": "CLEO@fern.example"})
    agent = await api.post(f"{V2}/contacts", json={"name": "Bo", "email": "bo@kettle.example"})

    assert 409 == answer.status_code == agent.status_code
    assert {
        "field": "email",
        "message": "It should be a unique value",
        "code": "duplicate_value",
        "additional_info": {"user_id": 73000000401},
    } == answer.json()["errors"][0]


async def test_deleted_contacts_cannot_be_changed(api: httpx.AsyncClient) -> None:
    """405, and the object says so only when it is true."""
    path = f"{V2}/contacts/73000000402"
    assert 204 == (await api.delete(path)).status_code
    assert 405 == (await api.put(path, json={"name": "X"})).status_code
    assert (await api.get(path)).json()["deleted"]
    assert 204 == (await api.put(f"{path}/restore")).status_code
    assert "deleted" not in (await api.get(path)).json()
    assert 405 == (await api.delete(f"{path}/hard_delete")).status_code
    assert 204 == (await api.delete(f"{path}/hard_delete?force=true")).status_code


async def test_contacts_are_filtered_and_merged(api: httpx.AsyncClient) -> None:
    """The list knows few filters; merging moves the tickets."""
    found = (await api.get(f"{V2}/contacts?company_id=73000000301")).json()
    merge = {"primary_contact_id": 73000000401, "secondary_contact_ids": [73000000402]}
    assert 204 == (await api.post(f"{V2}/contacts/merge", json=merge)).status_code

    assert ["Cleo Stone"] == [it["name"] for it in found]
    assert ["max@blau.example"] == (await api.get(f"{V2}/contacts/73000000401")).json()[
        "other_emails"
    ]
    assert 73000000401 == (await api.get(f"{V2}/tickets/4")).json()["requester_id"]
    assert 400 == (await api.get(f"{V2}/contacts?state=odd")).status_code


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("contacts", {"email": "x@y.co"}, "name"),
        ("contacts", {"name": "x"}, "email"),
        ("contacts", {"name": "x", "email": "x@y.co", "company_id": 1}, "company_id"),
        ("contacts", {"name": "x", "email": "x@y.co", "colour": 1}, "colour"),
        ("companies", {}, "name"),
        ("companies", {"name": "x", "domains": "x.co"}, "domains"),
        ("solutions/categories", {}, "name"),
        ("tickets/1/time_entries", {"time_spent": "long"}, "time_spent"),
        ("tickets/1/satisfaction_ratings", {"ratings": {}}, "ratings.default_question"),
        ("canned_responses", {}, "title"),
        ("admin/ticket_fields", {"label": "x", "type": "odd"}, "type"),
        ("agents", {"email": "x@y.co"}, "ticket_scope"),
        ("groups", {}, "name"),
    ],
)
async def test_a_wrong_object_is_refused(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    """Every family answers in shape A."""
    answer = await api.post(f"{V2}/{path}", json=body)

    assert 400 == answer.status_code
    assert field == answer.json()["errors"][0]["field"]


CREATIONS: list[tuple[str, dict[str, Any]]] = [
    ("contacts", {"name": "Ida", "email": "ida@x.example"}),
    ("companies", {"name": "Moss"}),
    ("agents", {"email": "new@kettle.example", "ticket_scope": 1}),
    ("groups", {"name": "Night shift"}),
    ("solutions/categories", {"name": "News"}),
    ("tickets/1/time_entries", {"time_spent": "01:30"}),
    ("canned_response_folders", {"name": "More"}),
    ("admin/ticket_fields", {"label": "Shop no.", "type": "custom_text"}),
    ("automations/1/rules", {"name": "Hook", "actions": [{"field_name": "trigger_webhook"}]}),
    ("discussions/categories", {"name": "Forum"}),
    ("contact_fields", {"label": "Hat", "type": "custom_text"}),
    ("contacts/export", {"fields": {"default_fields": ["name"]}}),
]


@pytest.mark.parametrize(("path", "body"), CREATIONS, ids=[path for path, _ in CREATIONS])
async def test_creations_answer_201_changes_200_deletions_204(
    api: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    """Clients test for these numbers exactly, and follow the address."""
    made = await api.post(f"{V2}/{path}", json=body)
    where = made.headers["location"]

    assert 201 == made.status_code
    assert made.json()["id"]
    changed = await api.put(
        where, json={key: value for key, value in body.items() if key == "name"}
    )
    assert changed.status_code in {200, 404, 405}
    if changed.status_code == 200:
        assert made.json()["created_at"]
        assert (await api.delete(where)).status_code in {204, 405}


async def test_staff_shapes_differ_between_list_and_view(api: httpx.AsyncClient) -> None:
    """Groups, roles and skills of an agent, members of a group: only in the single view."""
    listed = (await api.get(f"{V2}/agents")).json()[1]
    viewed = (await api.get(f"{V2}/agents/73000000102")).json()
    group = (await api.get(f"{V2}/groups")).json()[0]

    assert not {"group_ids", "role_ids", "skill_ids"} & set(listed)
    assert [73000000201] == viewed["group_ids"]
    assert "agent_ids" not in group


async def test_fields_speak_two_dialects(api: httpx.AsyncClient) -> None:
    """Choices are a list, an object of labels, an object of numbers, or a tree."""
    fields = {it["name"]: it for it in (await api.get(f"{V2}/ticket_fields")).json()}
    admin = (await api.get(f"{V2}/admin/ticket_fields/73000000504")).json()
    listed = (await api.get(f"{V2}/admin/ticket_fields")).json()

    assert ["Kettles", "Pots"] == fields["category"]["choices"]
    assert ["Open", "Being Processed"] == fields["status"]["choices"]["2"]
    assert 1 == fields["source"]["choices"]["Email"]
    assert ["cf_state", "cf_city"] == [
        it["name"] for it in fields["cf_country"]["nested_ticket_fields"]
    ]
    assert "Berlin" == admin["choices"][0]["choices"][0]["value"]
    assert not any("choices" in it for it in listed)


async def test_a_new_field_gets_a_name_that_no_label_predicts(api: httpx.AsyncClient) -> None:
    """Two fields of one label: the second has a suffix, so names must be looked up."""
    field = {
        "label": "Bank",
        "type": "custom_dropdown",
        "choices": [{"value": "A"}, {"value": "B"}],
    }
    first = (await api.post(f"{V2}/admin/ticket_fields", json=field)).json()
    second = (await api.post(f"{V2}/admin/ticket_fields", json=field)).json()

    assert "cf_bank" == first["name"]
    assert second["name"].startswith("cf_bank")
    assert first["name"] != second["name"]
    good = {"custom_fields": {second["name"]: "B"}}
    assert 200 == (await api.put(f"{V2}/tickets/1", json=good)).status_code
    assert 204 == (await api.delete(f"{V2}/admin/ticket_fields/{first['id']}")).status_code


async def test_the_help_centre_speaks_languages(api: httpx.AsyncClient) -> None:
    """A translation has an address of its own; a missing one is 404."""
    path = f"{V2}/solutions/articles/73000000701"

    german, french = await api.get(f"{path}/de"), await api.get(f"{path}/fr")
    unknown = await api.get(f"{path}/xx")

    assert ("Entkalken", "Mit Essig.") == tuple(
        german.json()[key] for key in ("title", "description_text")
    )
    assert 404 == french.status_code == unknown.status_code
    assert "Using it" == (await api.get(path)).json()["hierarchy"][0]["data"]["name"]


async def test_business_hours_are_as_live_answers_have_them(api: httpx.AsyncClient) -> None:
    """The reference prints another key and another way to write the time."""
    hours = (await api.get(f"{V2}/business_hours")).json()[0]

    assert "8:00 am" == hours["working_hours"]["monday"]["start_time"]
    assert "sunday" not in hours["working_hours"]


async def test_timers_are_toggled(api: httpx.AsyncClient) -> None:
    """Stopping a timer adds the time that it ran."""
    made = (await api.post(f"{V2}/tickets/1/time_entries", json={})).json()
    await api.post("/sandbox/clock", json={"advance_seconds": 5400})
    stopped = (await api.put(f"{V2}/time_entries/{made['id']}/toggle_timer")).json()

    assert made["timer_running"]
    assert ("01:30", 5400, False) == tuple(
        stopped[key] for key in ("time_spent", "time_spent_in_seconds", "timer_running")
    )


async def test_canned_responses_keep_their_placeholders(api: httpx.AsyncClient) -> None:
    """They are stored unrendered: nobody may send them as they are."""
    folder = (await api.get(f"{V2}/canned_response_folders")).json()[0]
    found = (await api.get(f"{V2}/canned_response_folders/{folder['id']}/responses")).json()

    assert "<p>See {{ticket.url}}</p>" == found[0]["content_html"]


async def test_sections_and_exports_answer(api: httpx.AsyncClient) -> None:
    """Rare calls that typed clients have methods for."""
    sections = f"{V2}/admin/ticket_fields/73000000502/sections"
    made = await api.post(sections, json={"label": "More", "choice_ids": [1]})
    path = f"{sections}/{made.json()['id']}"
    export = (await api.post(f"{V2}/contacts/export", json={"fields": {}})).json()

    assert 201 == made.status_code
    assert 200 == (await api.put(path, json={"label": "Less"})).status_code
    assert ["Less"] == [it["label"] for it in (await api.get(sections)).json()]
    assert 204 == (await api.delete(path)).status_code
    assert "completed" == (await api.get(f"{V2}/contacts/export/{export['id']}")).json()["status"]
    assert [] == (await api.get(f"{V2}/contacts/imports")).json()
