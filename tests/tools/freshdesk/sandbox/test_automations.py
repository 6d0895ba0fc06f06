"""The rules that call a webhook, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.automations import Webhook
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import serving

pytestmark = pytest.mark.asyncio
KEY = "a-key-of-the-sandbox"
TICKET = {"subject": "Hi", "description": "Help", "email": "cleo@fern.example"}


@dataclass
class Receiver:
    """Who is called: keeps what came, and answers what it is told to."""

    bodies: list[bytes] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    status: int = 202

    async def take(self, request: Request) -> Response:
        """Keep one delivery."""
        self.bodies.append(await request.body())
        self.secrets.append(request.headers.get("X-Deskhand-Secret"))
        return Response(status_code=self.status)

    def events(self) -> list[tuple[str, str]]:
        """Return the ticket and the event of every delivery."""
        inner = [json.loads(body)["freshdesk_webhook"] for body in self.bodies]
        return [(it["ticket_id"], it["triggered_event"]) for it in inner]


@dataclass
class World:
    """A sandbox that knows a receiver."""

    app: SandboxApp
    api: httpx.AsyncClient
    receiver: Receiver

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await self.app.automations.settle()


@pytest_asyncio.fixture
async def world(desk: Desk) -> AsyncIterator[World]:
    """Return a sandbox whose rules call a receiver on the loopback."""
    receiver = Receiver()
    hook = Starlette(routes=[Route("/hooks/a", receiver.take, methods=["POST"])])
    async with serving(hook) as url:
        app = create_app(desk, api_key=KEY, webhook=Webhook(f"{url}/hooks/a", "s3cret"))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://kettle.test", auth=(KEY, "X")
        ) as api:
            yield World(app, api, receiver)
        await app.automations.close()


async def test_a_creation_and_a_customers_reply_call_the_hook(world: World) -> None:
    """Values are text, the event is pseudo-JSON, the secret is in the custom header."""
    made = (await world.api.post("/sandbox/tickets", json=TICKET)).json()["id"]
    await world.settled()
    await world.api.post(f"/sandbox/tickets/{made}/customer-reply", json={"body": "And?"})
    await world.settled()

    ticket = str(made)
    assert [
        (ticket, "{ticket_action:created}"),
        (ticket, "{reply_sent:sent}"),
    ] == world.receiver.events()
    assert ["s3cret", "s3cret"] == world.receiver.secrets
    assert "Open" == json.loads(world.receiver.bodies[0])["freshdesk_webhook"]["ticket_status"]


async def test_what_agents_do_calls_nobody(world: World) -> None:
    """The rule's performer is the requester: our own notes must not wake us."""
    await world.api.post("/api/v2/tickets/1/notes", json={"body": "x"})
    await world.api.post("/api/v2/tickets/1/reply", json={"body": "x"})
    await world.api.post("/sandbox/tickets/1/agent-reply", json={"body": "x"})
    await world.api.post("/sandbox/tickets/1/update", json={"status": 3})
    await world.settled()

    assert [] == world.receiver.events()


async def test_tickets_made_through_the_api_call_the_hook(world: World) -> None:
    """The creation rule does not ask who created it."""
    await world.api.post("/api/v2/tickets", json={"email": "a@b.co", "subject": "x"})
    await world.settled()

    assert 1 == len(world.receiver.events())


async def test_a_failing_receiver_is_tried_again_up_the_ladder(
    world: World, clock: VirtualClock
) -> None:
    """After 5, 35 and 95 minutes, on the desk's clock; then never again."""
    world.receiver.status = 500
    await world.api.post("/sandbox/tickets", json=TICKET)
    counts = []
    for minutes in (0, 4, 1, 29, 1, 59, 1, 600):
        clock.advance(minutes * 60)
        await asyncio.sleep(0)
        await world.settled()
        counts.append(len(world.receiver.bodies))

    assert [1, 1, 2, 2, 3, 3, 4, 4] == counts


async def test_a_recovered_receiver_is_left_alone(world: World, clock: VirtualClock) -> None:
    """One good answer ends the ladder."""
    world.receiver.status = 503
    await world.api.post("/sandbox/tickets", json=TICKET)
    await world.settled()
    world.receiver.status = 200
    for _ in range(4):
        clock.advance(3600)
        await asyncio.sleep(0)
        await world.settled()

    assert 2 == len(world.receiver.bodies)
    tried = (await world.api.get("/sandbox/webhooks")).json()["attempts"]
    assert [503, 200] == [it["status"] for it in tried]


@pytest.mark.parametrize(
    ("manners", "check"),
    [
        ({"drop": 1}, lambda it: it.bodies == []),
        ({"drop": True}, lambda it: it.bodies == []),
        ({"duplicate": 2}, lambda it: len(it.events()) == 3 and len(set(it.events())) == 1),
        ({"omit_secret": True}, lambda it: it.secrets == [None]),
    ],
    ids=["drop one", "drop all", "duplicate", "no secret"],
)
async def test_the_rule_misbehaves(
    world: World, manners: dict[str, object], check: Callable[[Receiver], bool]
) -> None:
    """Lost, repeated and unsigned deliveries are all part of the vendor's promise."""
    await world.api.post("/sandbox/webhooks", json=manners)
    await world.api.post("/sandbox/tickets", json=TICKET)
    await world.settled()

    assert check(world.receiver)


async def test_a_garbled_body_is_no_json(world: World) -> None:
    """A quote in a subject ends the template's text early."""
    await world.api.post("/sandbox/webhooks", json={"garble": True})
    await world.api.post("/sandbox/tickets", json=TICKET)
    await world.settled()

    with pytest.raises(ValueError, match="delimiter"):
        json.loads(world.receiver.bodies[0])


async def test_a_late_delivery_waits_for_the_clock(world: World, clock: VirtualClock) -> None:
    """Ninety-five minutes late is still within the vendor's ladder."""
    await world.api.post("/sandbox/webhooks", json={"delay_seconds": 5700})
    await world.api.post("/sandbox/tickets", json=TICKET)
    await asyncio.sleep(0)
    await world.settled()
    assert [] == world.receiver.bodies

    clock.advance(5700)
    await asyncio.sleep(0)
    await world.settled()
    assert 1 == len(world.receiver.bodies)


async def test_a_delivery_costs_a_credit(world: World) -> None:
    """Webhooks are charged to the same pool as calls."""
    await world.api.post("/sandbox/tickets", json=TICKET)
    await world.settled()

    usage = (await world.api.get("/sandbox/usage")).json()
    assert {"webhook": {"calls": 1, "credits": 1, "refused": 0}} == usage["minutes"][0]["endpoints"]


async def test_an_unpayable_delivery_waits_for_the_next_window(
    desk: Desk, clock: VirtualClock
) -> None:
    """With the pool empty the webhook is postponed, not lost."""
    receiver = Receiver()
    hook = Starlette(routes=[Route("/", receiver.take, methods=["POST"])])
    async with serving(hook) as url:
        app = create_app(desk, api_key=KEY, plan="trial", webhook=Webhook(url, "s"))
        app.allowance.neighbour(1_000_000, now=clock.now() - timedelta(minutes=1))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://kettle.test"
        ) as api:
            await api.post("/sandbox/tickets", json=TICKET)
            await asyncio.sleep(0)
            await app.automations.settle()
            assert [] == receiver.bodies
            app.allowance.neighbour(0, now=clock.now())
            clock.advance(60)
            await asyncio.sleep(0)
            await app.automations.settle()
            assert 1 == len(receiver.bodies)
        await app.automations.close()


async def test_nobody_listening_is_a_failure_to_retry(desk: Desk) -> None:
    """A receiver that is down is noted without an answer, and nothing is left behind on closing."""
    app = create_app(desk, api_key=KEY, webhook=Webhook("http://127.0.0.1:9/", "s"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://kettle.test"
    ) as api:
        await api.post("/sandbox/tickets", json=TICKET)
        await app.automations.settle()
    await app.automations.close()

    assert [None] == [it.status for it in app.automations.attempts]
    assert 1 == len(asyncio.all_tasks())
