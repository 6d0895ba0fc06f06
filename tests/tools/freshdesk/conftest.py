"""A small company's desk, its sandbox in this process, and openings of it on one stopped clock."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from tools.clock import StoppedClock
from tools.freshdesk.client import FreshdeskClient, open_freshdesk
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.faults import Planned
from tools.freshdesk.sandbox.loader import load
from tools.http import Wire
from tools.ledger import MemoryLedger
from tools.model import AccountId
from tools.provider import Grant, Lane, Right, Shared, share

KEY = "k3y-of-the-agent"
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)
EVERYTHING = Grant(frozenset(Right), frozenset({"status", "cf_order", "tags", "category"}))

Document = dict[str, Any]


class DeskClock:
    """The sandbox's view of our clock."""

    def __init__(self, ours: StoppedClock) -> None:
        self._ours = ours

    def now(self) -> datetime:
        """Return the present moment."""
        return self._ours.now()

    async def wait_until(self, moment: datetime) -> None:
        """Move on to that moment."""
        self._ours.advance(max(0.0, (moment - self._ours.now()).total_seconds()))


@dataclass
class Account:
    """A sandbox and what its openings share."""

    app: SandboxApp
    desk: Desk
    clock: StoppedClock
    wire: Wire
    shared: Shared

    def open(
        self, lane: Lane = Lane.LIVE, grant: Grant = EVERYTHING, key: str = KEY
    ) -> FreshdeskClient:
        """Open the account once more."""
        return open_freshdesk(
            self.wire.origin,
            key,
            account=AccountId("kettle"),
            shared=self.shared,
            lane=lane,
            grant=grant,
        )

    def fault(self, match: str, fault: str, times: int = 1, **more: Any) -> None:
        """Let the next fitting calls go wrong."""
        self.app.faults.planned.append(Planned(match, fault, times, **more))  # type: ignore[arg-type]


def said(kind: str, body: str, age: str, **more: object) -> Document:
    """Return one conversation of a seed."""
    return {"kind": kind, "body": body, "age": age, **more}


@pytest.fixture
def document() -> Document:
    """Return a company with one of each thing these tests speak about."""
    return {
        "account": {"name": "Kettle", "domain": "kettle.freshdesk.com", "primary_language": "en",
                    "supported_languages": ["de"]},
        "agents": [
            {"id": 73000000101, "name": "Ada", "email": "ada@kettle.example", "role": "admin"},
            {"id": 73000000102, "name": "Bo", "email": "bo@kettle.example", "role": "agent"},
            {"id": 73000000103, "name": "Deskhand", "email": "d@kettle.example",
             "role": "responder"},
        ],
        "groups": [{"id": 73000000201, "name": "Billing", "agents": ["bo@kettle.example"]}],
        "companies": [{"id": 73000000301, "name": "Fern Ltd", "domains": ["fern.example"]}],
        "contacts": [
            {"id": 73000000401, "name": "Cleo Stone", "email": "cleo@fern.example",
             "company": "Fern Ltd", "language": "de"},
        ],
        "ticket_types": ["Question"],
        "ticket_fields": [
            {"id": 73000000501, "name": "cf_order", "label": "Order number",
             "type": "custom_text"},
            {"id": 73000000502, "name": "category", "label": "Product line",
             "type": "custom_dropdown", "choices": ["Kettles", "Pots"]},
        ],
        "canned_responses": [
            {"folder": "General", "title": "Thanks", "content_html": "<p>See</p>"}
        ],
        "solutions": [
            {"category": "Using it", "folders": [
                {"name": "Care", "visibility": 1, "articles": [
                    {"id": 73000000701, "title": "How to descale a kettle",
                     "description": "<p>Use vinegar.</p>",
                     "translations": {"de": {"title": "Entkalken", "description": "<p>Essig</p>"}}},
                    {"id": 73000000702, "title": "Draft about kettle lids",
                     "description": "<p>Soon.</p>", "status": 1},
                ]},
                {"name": "Staff only", "visibility": 3, "articles": [
                    {"id": 73000000703, "title": "Refund limits for a kettle",
                     "description": "<p>50 EUR</p>"}]},
            ]}
        ],
        "tickets": [
            {"id": 1, "subject": "My kettle leaks", "description": "<p>Since Monday.</p>",
             "from": "cleo@fern.example", "age": "3d4h", "group": "Billing",
             "custom_fields": {"cf_order": "K-1", "category": "Kettles"},
             "conversations": [
                 said("reply", "<p>Since when?</p>", "3d", **{"from": "bo@kettle.example"}),
                 said("customer", "<p>Monday!</p>", "2d"),
                 said("note", "<p>Third case.</p>", "1d"),
             ]},
            {"id": 2, "subject": "Refund?", "description": "<p>Waiting.</p>", "age": "40d",
             "from": "max@blau.example", "status": 5, "source": 2},
            {"id": 4, "subject": "Chat", "description": "<p>Hello?</p>", "age": "2h",
             "from": "max@blau.example", "source": 7},
        ],
    }  # fmt: skip


@pytest.fixture
def clock() -> StoppedClock:
    """Return the one clock of sandbox and client."""
    return StoppedClock(START)


Accounts = Callable[..., Account]


@pytest_asyncio.fixture
async def accounts(document: Document, clock: StoppedClock) -> AsyncIterator[Accounts]:
    """Return a way to make a sandbox account on terms of the test's choosing."""
    made: list[Wire] = []

    def make(ledger: MemoryLedger | None = None, **terms: Any) -> Account:
        rng = random.Random(3)  # noqa: S311  a fixed draw
        desk = load(document, clock=DeskClock(clock), rng=rng)
        app = create_app(desk, **{"api_key": KEY, "role": "admin", **terms})
        wire = Wire.in_process(app)
        made.append(wire)
        shared = share(wire, ledger or MemoryLedger(), clock, rng=rng)
        return Account(app, desk, clock, wire, shared)

    yield make
    for wire in made:
        await wire.aclose()


@pytest_asyncio.fixture
async def account(accounts: Accounts) -> Account:
    """Return an administrator's account on the Growth plan."""
    return accounts(plan="growth")
