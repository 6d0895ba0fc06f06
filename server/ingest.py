"""Take a delivery in: right secret? keep it as it came, answer 202, call nobody."""

import asyncio
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from agent.model import TriggerKind
from server.accounts import Account, Accounts
from server.engine import Engine, Work
from server.errors import Unready
from server.store import inbox
from server.store.db import Connection, Database
from server.store.inbox import Arrival
from tools.clock import Clock
from tools.provider import Unreadable

SECRET = "X-Deskhand-Secret"  # noqa: S105 -- the header's name
MOST = 256 * 1024
"""Bytes of a body we take."""
READ_WITHIN = 10.0
"""Seconds a sender may take to send its body."""
COME_BACK = 30
"""Seconds in Retry-After when we cannot store."""

router = APIRouter()
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Intake:
    """What the route needs, from `request.app.state.intake`."""

    accounts: Accounts
    database: Database
    engine: Engine
    clock: Clock


class _TooLarge(Exception):
    pass


@router.post("/hooks/{account}", status_code=202)
async def take(account: str, request: Request) -> Response:
    """Keep a webhook's body and start its run in one commit.

    202 only after that commit; 401 for a wrong secret or an unknown account, with the same
    bytes; 413 above 256 KiB; 503 with Retry-After where it cannot be stored.
    """
    intake: Intake = request.app.state.intake
    try:
        _refuse_large(request)
        owner = intake.accounts.admits(account, request.headers.get(SECRET, ""))
        if owner is None:
            return Response("The secret is missing or wrong.\n", 401, media_type="text/plain")
        body = await asyncio.wait_for(_body(request), timeout=READ_WITHIN)
    except _TooLarge:
        return Response("The body is larger than 256 KiB.\n", 413, media_type="text/plain")
    except TimeoutError:
        return Response("The body did not arrive in time.\n", 408, media_type="text/plain")
    except ClientDisconnect:
        return Response(status_code=400)
    arrival = _understand(owner, body, request.headers.get("content-type", ""), intake.clock)
    try:
        number = await intake.database.write_together(lambda c: _keep(c, arrival, intake.engine))
    except Unready as fault:
        log.error("delivery not stored", account=account, error=str(fault))
        refused = {"Retry-After": str(COME_BACK)}
        return Response("It cannot be stored right now.\n", 503, refused, "text/plain")
    log.info("delivery", delivery=number, account=account, ticket=arrival.ticket_id)
    return Response(f'{{"delivery": {number}}}\n', 202, media_type="application/json")


def _refuse_large(request: Request) -> None:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MOST:
        raise _TooLarge


async def _body(request: Request) -> bytes:
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MOST:
            raise _TooLarge
    return bytes(taken)


def _understand(owner: Account, body: bytes, content_type: str, clock: Clock) -> Arrival:
    now = clock.now().timestamp()
    try:
        hook = owner.provider.read_hook(body, content_type)
    except Unreadable as fault:
        return Arrival(
            owner.id, None, TriggerKind.WEBHOOK, body, content_type, "", now, now, str(fault)
        )
    due = now + owner.quiet_seconds
    return Arrival(
        owner.id, hook.ticket_id, TriggerKind.WEBHOOK, body, content_type, hook.event, now, due
    )


def _keep(connection: Connection, arrival: Arrival, engine: Engine) -> int:
    number = inbox.add(connection, arrival)
    if arrival.ticket_id is not None:
        work = Work(number, 0, f"{arrival.account}|{arrival.ticket_id}")
        engine.enqueue(connection, work, delay=arrival.due_at - arrival.received_at)
    return number
