"""Take a delivery in: right secret? keep it as it came, answer 202, call nobody."""

import asyncio
from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from agent.model import TriggerKind
from server.admission import Admits, Owner
from server.errors import Unready
from server.store import inbox
from server.store.db import Connection, Database
from server.store.inbox import Arrival
from server.work import Starts, Work
from tools.clock import Clock
from tools.provider import Unreadable

SECRET = "X-Deskhand-Secret"  # noqa: S105 -- the header's name
MOST = 256 * 1024
"""Bytes of a body we take."""
_MOST_DIGITS = 9
"""Of a declared length; a number of thousands of digits cannot even be read."""
READ_WITHIN = 10.0
"""Seconds a sender may take to send its body."""
STORE_WITHIN = 10.0
"""Seconds a sender waits for the commit: a database that is locked is waited for longer than any
helpdesk waits for us. What is committed after that is kept, and its copy does no harm."""
COME_BACK = 30
"""Seconds in Retry-After when we cannot store."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Intake:
    """What the route needs, from `request.app.state.intake`.

    Attributes:
        patience: seconds until a sender whose body is not stored yet is told to come back.
    """

    accounts: Admits
    database: Database
    engine: Starts
    clock: Clock
    patience: float = STORE_WITHIN


class _TooLarge(Exception):
    pass


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
        kept = intake.database.write_together(lambda c: keep(c, arrival, intake.engine))
        number = await asyncio.wait_for(kept, timeout=intake.patience)
    except (Unready, TimeoutError) as fault:
        error = str(fault) or "the database is busy"
        log.error("delivery not stored", account=account, error=error)
        refused = {"Retry-After": str(COME_BACK)}
        return Response("It cannot be stored right now.\n", 503, refused, "text/plain")
    log.info("delivery", delivery=number, account=account, ticket=arrival.ticket_id)
    return Response(f'{{"delivery": {number}}}\n', 202, media_type="application/json")


def _refuse_large(request: Request) -> None:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > _MOST_DIGITS or int(declared) > MOST):
        raise _TooLarge


async def _body(request: Request) -> bytes:
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MOST:
            raise _TooLarge
    return bytes(taken)


def _understand(owner: Owner, body: bytes, content_type: str, clock: Clock) -> Arrival:
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


def keep(connection: Connection, arrival: Arrival, engine: Starts) -> int:
    """Keep a delivery and start its run, in one transaction; return its number."""
    number = inbox.add(connection, arrival)
    if arrival.ticket_id is not None:
        work = Work(number, 0, f"{arrival.account}|{arrival.ticket_id}")
        engine.enqueue(connection, work, delay=arrival.due_at - arrival.received_at)
    return number
