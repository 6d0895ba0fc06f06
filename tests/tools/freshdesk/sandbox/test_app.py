"""Who is let in, what every answer carries, and the bodies of refusals."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

pytestmark = pytest.mark.asyncio
Open = Callable[..., Awaitable[httpx.AsyncClient]]
KEY = "a-key-of-the-sandbox"


async def test_the_key_belongs_to_the_responder(api: httpx.AsyncClient) -> None:
    """`agents/me` is how a client learns which writes are its own."""
    answer = await api.get("/api/v2/agents/me")

    assert 200 == answer.status_code
    assert 73000000103 == answer.json()["id"]
    assert "deskhand@kettle.example" == answer.json()["contact"]["email"]
    assert "latest=v2; requested=v2" == answer.headers["x-freshdesk-api-version"]
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "auth",
    [None, ("wrong", "X"), ("", "X")],
    ids=["no header", "wrong key", "empty key"],
)
async def test_another_key_is_refused_in_shape_b(
    api: httpx.AsyncClient, auth: tuple[str, str] | None
) -> None:
    """A rotated key must stop the account, so the body has to be the vendor's."""
    answer = await api.get("/api/v2/tickets/1", auth=auth)

    assert 401 == answer.status_code
    assert {
        "code": "invalid_credentials",
        "message": "You have to be logged in to perform this action.",
    } == answer.json()


async def test_the_password_may_be_anything(api: httpx.AsyncClient) -> None:
    """Clients send X, unused_with_api_key, or nothing."""
    assert 200 == (await api.get("/api/v2/tickets/1", auth=(KEY, ""))).status_code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/tickets/999", 404),
        ("GET", "/api/v2/nothing", 404),
        ("GET", "/api/v2/tickets/x", 404),
        ("DELETE", "/api/v2/tickets", 405),
        ("GET", "/api/v2/attachments/1", 405),
        ("GET", "/elsewhere", 404),
    ],
)
async def test_refusals_without_a_body(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """A client that reads every body as JSON breaks here, as it does on the service."""
    answer = await api.request(method, path)

    assert status == answer.status_code
    assert path == "/elsewhere" or answer.content == b""


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Content-Type": "application/json"}, b"{", 400, "invalid_json"),
        ({"Content-Type": "application/json"}, b"[]", 400, "invalid_json"),
    ],
    ids=["broken", "no object"],
)
async def test_bodies_that_are_no_json(
    api: httpx.AsyncClient, headers: dict[str, str], content: bytes, status: int, code: str
) -> None:
    """Broken bodies are told apart from wrong ones."""
    answer = await api.post("/api/v2/tickets/1/notes", headers=headers, content=content)

    assert (status, code) == (answer.status_code, answer.json()["code"])


async def test_what_is_no_json_at_all_is_refused_without_a_word(api: httpx.AsyncClient) -> None:
    """No sample of the vendor's shows a body, so a client must not count on one."""
    plain = {"Content-Type": "text/plain"}
    answer = await api.post("/api/v2/tickets/1/notes", headers=plain, content=b"hi")

    assert (415, b"") == (answer.status_code, answer.content)


async def test_only_json_is_on_offer(api: httpx.AsyncClient) -> None:
    """An Accept header without JSON is 406."""
    assert 406 == (await api.get("/api/v2/tickets/1", headers={"Accept": "text/html"})).status_code


async def test_a_double_slash_breaks_reading_but_not_writing(api: httpx.AsyncClient) -> None:
    """A trailing slash in the base address is the vendor's strangest trap."""
    read = await api.get("http://kettle.test//api/v2/tickets/1")
    write = await api.put("http://kettle.test//api/v2/tickets/1", json={"priority": 2})

    assert (400, "ticket") == (read.status_code, read.json()["errors"][0]["field"])
    assert 200 == write.status_code


ADMIN_ONLY = [
    "agents",
    "agents/73000000101",
    "groups",
    "canned_response_folders",
    "products",
    "business_hours",
    "sla_policies",
    "email_configs",
    "email/mailboxes",
    "admin/ticket_fields",
    "ticket-forms",
    "automations/1/rules",
]
OPEN_TO_ALL = [
    "agents/me",
    "tickets",
    "tickets/1",
    "tickets/1/conversations",
    "tickets/1/time_entries",
    "tickets/1/satisfaction_ratings",
    "tickets/1/watchers",
    "contacts",
    "contacts/73000000401",
    "companies",
    "ticket_fields",
    "contact_fields",
    "company_fields",
    "solutions/categories",
    "solutions/articles/73000000701",
    "search/solutions?term=kettle",
    'search/tickets?query="status:2"',
    "settings/helpdesk",
    "account",
    "surveys",
    "surveys/satisfaction_ratings",
    "roles",
    "time_entries",
    "scenario_automations",
    "discussions/categories",
]


@pytest.mark.parametrize("path", ADMIN_ONLY)
async def test_an_ordinary_key_is_denied_admin_calls(opened: Open, path: str) -> None:
    """The main job must work without these, so they have to be refused."""
    ordinary, admin = await opened(role="agent"), await opened(role="admin")

    refused = await ordinary.get(f"/api/v2/{path}")

    assert (403, "access_denied") == (refused.status_code, refused.json()["code"])
    assert 200 == (await admin.get(f"/api/v2/{path}")).status_code


@pytest.mark.parametrize("path", OPEN_TO_ALL)
async def test_an_ordinary_key_reads_what_agents_read(opened: Open, path: str) -> None:
    """What an agent may read must not need an administrator."""
    ordinary = await opened(role="agent")

    assert 200 == (await ordinary.get(f"/api/v2/{path}")).status_code


async def test_a_plan_may_lack_a_feature(opened: Open) -> None:
    """Surveys and the archive answer 403 `require_feature` on lower plans."""
    api = await opened(without=("surveys",))

    answer = await api.get("/api/v2/surveys")

    assert (403, "require_feature") == (answer.status_code, answer.json()["code"])


async def test_ids_do_not_fit_in_32_bits(api: httpx.AsyncClient) -> None:
    """Whoever keeps ids in a plain integer column finds out here."""
    made = await api.post("/api/v2/tickets/1/notes", json={"body": "x"})
    contact = await api.post("/api/v2/contacts", json={"name": "Ida", "email": "ida@x.example"})

    assert 2**32 < made.json()["id"]
    assert 2**32 < contact.json()["id"]
    assert 2**53 < contact.json()["org_contact_id"]
