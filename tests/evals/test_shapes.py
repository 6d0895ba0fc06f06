"""The sandbox, held to what is known of the vendor, by files written without looking at it."""

import base64
import json
import random
import re
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from evals import shape
from evals.files import BadCase
from evals.shape import Shapes, load
from evals.tape import Asked, Tapes, endpoint_of
from evals.traffic import CASSETTES, MEND
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.faults import Planned
from tools.freshdesk.sandbox.routes import routes
from tools.freshdesk.sandbox.routing import Route
from tools.http import Wire
from tools.message import Answer, Request

KEY = "shape-key"
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)
ROUTES = routes()


@dataclass
class Account:
    """The demo company's desk behind HTTP, in this process."""

    desk: Desk
    app: SandboxApp
    wire: Wire

    async def ask(
        self,
        method: str,
        path: str,
        *,
        key: str = KEY,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> Answer:
        """Send one request as a client would."""
        token = base64.b64encode(f"{key}:X".encode()).decode()
        sent = {"authorization": f"Basic {token}", **(headers or {})}
        asked = tuple((query or {}).items())
        return await self.wire.send(Request(method, f"/api/v2{path}", asked, sent, json))

    async def faults(self, route: str, path: str, **more: Any) -> tuple[str, ...]:
        """Return in what the sandbox's answer differs from the vendor's."""
        method = route.partition(" ")[0]
        answer = await self.ask(method, path, **more)
        return load().faults(route, answer.status, answer.headers, answer.body)

    def path(self, route: Route) -> str:
        """Return a route's path with ids that exist, where the desk has such a thing."""
        desk, path = self.desk, route.path
        ids: dict[str, Collection[int]] = {
               "tickets": desk.tickets, "contacts": desk.contacts, "companies": desk.companies,
               "agents": desk.agents, "groups": desk.groups, "categories": desk.categories,
               "folders": desk.folders, "articles": desk.articles,
               "canned_response_folders": desk.settings["canned_folders"]}  # fmt: skip
        for noun, things in ids.items():
            if things:
                path = path.replace(f"/{noun}/{{id}}", f"/{noun}/{min(things)}")
        path = path.replace("{lang}", "de").replace("{type}", "1")
        return re.sub(r"\{\w+\}", "1", path)


def _opened(**terms: object) -> Account:
    chance = random.Random(3)  # noqa: S311  a fixed draw
    desk = loader.demo(clock=VirtualClock(START), rng=chance)
    people.survey(desk, desk.tickets[min(desk.tickets)], 103, "Quick.")
    app = create_app(desk, **{"api_key": KEY, "role": "admin", **terms})  # type: ignore[arg-type]
    return Account(desk, app, Wire.in_process(app))


@pytest_asyncio.fixture
async def account() -> AsyncIterator[Account]:
    """Yield an administrator's account."""
    made = _opened()
    yield made
    await made.wire.aclose()


async def test_whatever_is_read_looks_as_the_vendor_prints_it(account: Account) -> None:
    """A client that works with a wrong stand-in fails at the first real account."""
    told: list[str] = []
    asked = [route for route in ROUTES if route.name in load().calls and route.method == "GET"]
    assert len(asked) >= 25
    for route in asked:
        search = {"/search/tickets": {"query": '"status:2"'}, "/search/solutions": {"term": "pump"}}
        query = search.get(route.path, {})
        told += await account.faults(route.name, account.path(route), query=query)

    assert told == []


async def test_every_ticket_of_the_demo_company_looks_so(account: Account) -> None:
    """Each way in and each status prints other keys; one ticket alone would prove one of them."""
    told: list[str] = []
    ids = [number for number, it in account.desk.tickets.items() if not it.deleted]
    assert len(ids) > 50
    for number in ids:
        path, query = f"/tickets/{number}", {"include": "requester,company,stats,conversations"}
        told += await account.faults("GET /tickets/{id}", path, query=query)
        told += await account.faults("GET /tickets/{id}/conversations", f"{path}/conversations")
    for include in ("requester", "stats", "description"):
        told += await account.faults("GET /tickets", "/tickets", query={"include": include})

    assert told == []


async def test_what_is_written_is_answered_so(account: Account) -> None:
    """Writes answer with other keys than lists; one model for both would lose a post's proof."""
    number = min(n for n, it in account.desk.tickets.items() if not it.deleted and not it.spam)
    body = {"body": "<p>Hello.</p>"}
    opened = {"subject": "A", "description": "<p>B</p>", "email": "new@example.com", "status": 2,
              "priority": 1}  # fmt: skip
    told = [
        *await account.faults("POST /tickets/{id}/reply", f"/tickets/{number}/reply", json=body),
        *await account.faults("POST /tickets/{id}/notes", f"/tickets/{number}/notes", json=body),
        *await account.faults("PUT /tickets/{id}", f"/tickets/{number}", json={"priority": 2}),
        *await account.faults("POST /tickets", "/tickets", json=opened),
    ]

    assert told == []


async def test_every_endpoint_refuses_as_the_vendor_does() -> None:
    """Our classifier of failures reads bodies: a body only the sandbox sends would mislead it."""
    account, told, statuses = _opened(role="agent"), list[str](), dict[str, int]()
    for route in ROUTES:
        path = account.path(route)
        told += await account.faults(route.name, path, key="wrong")
        statuses[route.name] = (await account.ask(route.method, path, key="wrong")).status
        if route.admin:
            told += await account.faults(route.name, path)
            statuses[route.name] += (await account.ask(route.method, path)).status
        if "per_page" in route.query and not route.admin:
            told += await account.faults(route.name, path, query={"per_page": "101"})
        account.app.faults.planned.append(Planned("* *", "429", 1))
        limited = await account.ask(route.method, path)
        assert (429, b"") == (limited.status, limited.body)
        assert limited.headers["retry-after"].isdecimal()
    await account.wire.aclose()

    assert told == []
    assert statuses == {it.name: 401 + 403 * it.admin for it in ROUTES}


async def test_what_does_not_exist_is_answered_with_nothing(account: Account) -> None:
    """Clients that read each body as JSON died of the vendor's empty 404."""
    known = [route for route in ROUTES if route.method == "GET" and "{id}" in route.path]
    told: list[str] = []
    for route in known:
        path = re.sub(r"\{(id|field)\}", "999999999999", account.path(route).replace("/1", "/{id}"))
        path = re.sub(r"/\d{4,}", "/999999999999", path).replace("{lang}", "de")
        told += await account.faults(route.name, path)

    assert told == []


async def test_rare_refusals_look_so(account: Account) -> None:
    """What happens once a year is met first by the customer of whoever tested only the usual."""
    ticket, text = f"/tickets/{min(account.desk.tickets)}", {"content-type": "text/plain"}
    taken = {"name": "Again", "email": next(iter(account.desk.contacts.values())).email}
    wrong = {"body": "<p>Hi</p>", "private": True}
    told = [
        *await account.faults("POST /tickets/{id}/reply", f"{ticket}/reply", json=wrong),
        *await account.faults("PUT /tickets/{id}", ticket, json={"priority": 9}),
        *await account.faults("PUT /tickets/{id}", ticket, json={"status": 2}, headers=text),
        *await account.faults("POST /contacts", "/contacts", json=taken),
        *await account.faults("DELETE /agents/me", "/agents/me"),
        *await account.faults("GET /tickets", "/tickets", headers={"accept": "text/html"}),
        *await account.faults("GET /tickets", "/tickets", query={"page": "301"}),
    ]

    assert told == []


def test_what_we_recorded_is_of_these_shapes_too() -> None:
    """A cassette that the shape files refuse would let our client learn from a mistake."""
    told: list[str] = []
    for tape in Tapes(CASSETTES, mend=MEND).load():
        for one in tape.exchanges:
            headers = {"x-request-id": "00000000", **one.answer.headers}
            told += load().faults(tape.endpoint, one.answer.status, headers, one.answer.body)
        assert endpoint_of(tape.exchanges[0].asked) == tape.endpoint
        assert tape.endpoint in load().calls

    assert told == []


def _settings(**changes: object) -> bytes:
    """Return an answer as it should be, with something changed or, by `...`, left out."""
    right = {"primary_language": "en", "supported_languages": [], "portal_languages": []}
    changed = {name: value for name, value in {**right, **changes}.items() if value is not ...}
    return json.dumps(changed).encode()


HEADERS = {
    "X-Freshdesk-Api-Version": "latest=v2; requested=v2",
    "X-Request-Id": "01234567",
    "X-RateLimit-Total": "50.0",
    "X-RateLimit-Remaining": "49",
    "X-RateLimit-Used-CurrentRequest": "1",
}


@pytest.mark.parametrize(
    ("call", "status", "headers", "body", "told"),
    [
        ("GET /settings/helpdesk", 200, {}, _settings(portal_languages=...),
         "portal_languages is missing from settings (D REF)"),
        ("GET /settings/helpdesk", 200, {}, _settings(primary_language=1),
         "the body.primary_language is int, it should be str"),
        ("GET /settings/helpdesk", 200, {}, _settings(primary_language=None),
         "is null, which settings never has"),
        ("GET /settings/helpdesk", 200, {}, _settings(mood=1),
         "the body.mood: no settings has this key"),
        ("GET /groups", 200, {}, b"{}", "the body is dict, it should be a list"),
        ("GET /groups", 200, {"X-RateLimit-Total": "many"}, b"[]", "the header x-ratelimit-total"),
        ("GET /groups", 200, {"Retry-After": "9"}, b"[]", "retry-after comes with [429] alone"),
        ("GET /groups", 201, {"Location": "http://127.0.0.1/api/v2/groups/1"}, b"[]",
         "it answers [200]"),
        ("GET /groups", 403, {}, b"", "the body is empty"),
        ("GET /groups", 403, {}, b'{"code": "no_way", "message": "no"}', "no code is 'no_way'"),
        ("GET /groups", 404, {}, b'{"code": "access_denied", "message": "no"}', "should be empty"),
        ("GET /groups", 418, {}, b"", "knows no such status"),
    ],
    ids=["missing", "type", "null", "extra", "list", "header", "header's status", "status",
         "empty error", "code", "error's body", "teapot"],
)  # fmt: skip
def test_every_kind_of_difference_is_found(
    call: str, status: int, headers: dict[str, str], body: bytes, told: str
) -> None:
    """A contract that finds nothing looks just like one that is kept."""
    found = load().faults(call, status, HEADERS | headers, body)

    assert len(found) == 1
    assert told in found[0]


def test_each_key_says_how_sure_it_is_and_from_where() -> None:
    """A shape without its source cannot be mended by whoever meets a real account."""
    shapes: Shapes = load()

    keys = [known for keys in shapes.objects.values() for known in keys.values()]
    assert len(keys) > 300
    assert all(known.tag in shape.TAGS for known in keys)
    assert all(known.source for known in keys if known.tag in "DFLIV")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: str D REF", "name: str", r"people\.yaml:\d+: .*'type TAG source'"),
        ("name: str D REF", "name: text D REF", "no kind 'text'"),
        ("name: str D REF", "name: str Q REF", "'type TAG source'"),
    ],
    ids=["no tag", "no such type", "no such tag"],
)
def test_a_spoilt_shape_file_names_its_line_and_the_mend(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    """A line that is passed over would hold nothing to anything, in silence."""
    for file in shape.SHAPES.glob("*.yaml"):
        text = file.read_text("utf-8")
        (tmp_path / file.name).write_text(text.replace(old, new) if "people" in file.name else text)

    with pytest.raises(BadCase, match=told):
        load(tmp_path)


def test_ids_and_languages_are_left_out_of_an_endpoints_name() -> None:
    """Two tickets are one endpoint, or each would want a cassette of its own."""
    asked = Asked("GET", "/api/v2/solutions/folders/73000000611/articles/de", "", "", "")

    assert endpoint_of(asked) == "GET /solutions/folders/{id}/articles/{lang}"
