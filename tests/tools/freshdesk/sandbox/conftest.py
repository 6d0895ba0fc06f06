"""A small company's desk on a stopped clock, and clients with and without a socket."""

# ruff: noqa: S311 - seeds, not secrets

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.clock import RealClock, VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import serving

KEY = "a-key-of-the-sandbox"
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)

Open = Callable[..., Awaitable[httpx.AsyncClient]]
Served = Callable[[SandboxApp], AbstractContextManager[str]]


@pytest.fixture
def document() -> dict[str, Any]:
    """Return a seed with one of everything that the tests speak about."""
    return {
        "account": {
            "name": "Kettle & Co",
            "domain": "kettle.freshdesk.com",
            "primary_language": "en",
            "supported_languages": ["de", "fr"],
        },
        "agents": [
            {
                "id": 73000000101,
                "name": "Ada Admin",
                "email": "ada@kettle.example",
                "role": "admin",
            },
            {"id": 73000000102, "name": "Bo Agent", "email": "bo@kettle.example", "role": "agent"},
            {
                "id": 73000000103,
                "name": "Deskhand",
                "email": "deskhand@kettle.example",
                "role": "responder",
            },
        ],
        "groups": [
            {"id": 73000000201, "name": "Billing", "agents": ["bo@kettle.example"]},
            {"id": 73000000202, "name": "Returns", "agents": ["deskhand@kettle.example"]},
        ],
        "companies": [{"id": 73000000301, "name": "Fern Ltd", "domains": ["fern.example"]}],
        "contacts": [
            {
                "id": 73000000401,
                "name": "Cleo Stone",
                "email": "cleo@fern.example",
                "company": "Fern Ltd",
            },
            {
                "id": 73000000402,
                "name": "Max Blau",
                "email": "max@blau.example",
                "language": "de",
                "phone": "+49 1",
            },
        ],
        "ticket_types": ["Question", "Refund"],
        "ticket_fields": [
            {
                "id": 73000000501,
                "name": "cf_order",
                "label": "Order number",
                "type": "custom_text",
            },
            {
                "id": 73000000502,
                "name": "category",
                "label": "Product line",
                "type": "custom_dropdown",
                "choices": ["Kettles", "Pots"],
            },
            {
                "id": 73000000503,
                "name": "cf_pieces_297457",
                "label": "Pieces",
                "type": "custom_number",
            },
            {
                "id": 73000000504,
                "name": "cf_country",
                "label": "Country",
                "type": "nested_field",
                "choices": {"Germany": {"Berlin": ["Mitte"]}, "France": {"Paris": []}},
                "nested_ticket_fields": [
                    {"id": 1, "name": "cf_state", "label": "State", "level": 2},
                    {"id": 2, "name": "cf_city", "label": "City", "level": 3},
                ],
            },
        ],
        "products": [{"id": 73000000601, "name": "Kettle One", "description": "It boils"}],
        "canned_responses": [
            {"folder": "General", "title": "Thanks", "content_html": "<p>See {{ticket.url}}</p>"}
        ],
        "solutions": [
            {
                "category": "Using it",
                "folders": [
                    {
                        "name": "Care",
                        "visibility": 1,
                        "articles": [
                            {
                                "id": 73000000701,
                                "title": "How to descale a kettle",
                                "description": "<p>Use <b>vinegar</b>, then rinse twice.</p>",
                                "tags": ["descale"],
                                "translations": {
                                    "de": {"title": "Entkalken", "description": "<p>Mit Essig.</p>"}
                                },
                            },
                            {
                                "id": 73000000702,
                                "title": "Draft about kettle lids",
                                "description": "<p>Soon.</p>",
                                "status": 1,
                            },
                        ],
                    },
                    {
                        "name": "Staff only",
                        "visibility": 3,
                        "articles": [
                            {"title": "Refund limits", "description": "<p>Up to 50 EUR.</p>"}
                        ],
                    },
                ],
            }
        ],
        "tickets": [
            {
                "id": 1,
                "subject": "My kettle leaks",
                "description": "<p>It leaks since Monday.</p>",
                "from": "cleo@fern.example",
                "age": "3d4h",
                "status": 2,
                "type": "Question",
                "group": "Billing",
                "custom_fields": {"cf_order": "K-1", "category": "Kettles"},
                "tags": ["leak"],
                "practice": "answerable",
                "conversations": [
                    {
                        "kind": "reply",
                        "from": "bo@kettle.example",
                        "age": "3d",
                        "body": "<p>Since when?</p>",
                    },
                    {"kind": "customer", "age": "2d", "body": "<p>Monday!</p>"},
                    {"kind": "note", "age": "1d", "body": "<p>Third case this week.</p>"},
                ],
            },
            {
                "id": 2,
                "subject": "Where is my refund?",
                "description": "<p>Waiting.</p>",
                "from": "max@blau.example",
                "age": "40d",
                "status": 5,
                "source": 2,
                "priority": 4,
                "type": "Refund",
            },
            {
                "id": 3,
                "subject": "WIN A PRIZE",
                "description": "<p>Click.</p>",
                "from": "spam@bad.example",
                "age": "1d",
                "spam": True,
            },
            {
                "id": 4,
                "subject": "Chat with us",
                "description": "<p>Hello?</p>",
                "from": "max@blau.example",
                "age": "2h",
                "source": 7,
            },
        ],
    }


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock that stands at a Monday morning."""
    return VirtualClock(START)


@pytest.fixture
def desk(document: dict[str, Any], clock: VirtualClock) -> Desk:
    """Return the small company's desk."""
    return loader.load(document, clock=clock, rng=Random(3))


@pytest_asyncio.fixture
async def opened(desk: Desk) -> AsyncIterator[Open]:
    """Return a way to open the desk, without a socket, on terms of the test's choosing."""
    clients: list[httpx.AsyncClient] = []

    async def open_with(**terms: Any) -> httpx.AsyncClient:
        app = create_app(desk, **{"api_key": KEY, "role": "admin", **terms})
        clients.append(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),
                base_url="http://kettle.test",
                auth=(KEY, "X"),
            )
        )
        return clients[-1]

    yield open_with
    for client in clients:
        await client.aclose()


@pytest_asyncio.fixture
async def api(opened: Open) -> httpx.AsyncClient:
    """Return a client with an administrator's key and no limits."""
    return await opened()


@contextmanager
def in_a_thread(app: SandboxApp) -> Iterator[str]:
    """Serve the app in a thread of its own, for clients that block."""
    loop = asyncio.new_event_loop()
    ready: list[str] = []
    started, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with serving(app) as url:
            ready.append(url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def served() -> Served:
    """Return a way to serve an app over a real socket to a client that blocks."""
    return in_a_thread


@pytest.fixture
def real_desk(document: dict[str, Any]) -> Desk:
    """Return the small company's desk on the machine's clock."""
    return loader.load(document, clock=RealClock(), rng=Random(3))
