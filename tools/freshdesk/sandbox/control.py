"""The `/sandbox/...` routes: act as people, break things, read what really happened."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tools.freshdesk.sandbox import control_desk, faults
from tools.freshdesk.sandbox.allowance import Allowance
from tools.freshdesk.sandbox.asked import Asked, Unclear
from tools.freshdesk.sandbox.automations import Automations, Manners
from tools.freshdesk.sandbox.clock import VirtualClock, maybe_stamp, stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.faults import Faults
from tools.freshdesk.sandbox.people import Impossible
from tools.freshdesk.sandbox.records import Json, LogEntry


@dataclass(frozen=True, slots=True)
class Parts:
    """What the control routes act on.

    Attributes:
        catch_up: applies late writes that are due.
    """

    desk: Desk
    allowance: Allowance
    automations: Automations
    faults: Faults
    catch_up: Callable[[], None]


Act = Callable[[Parts, Asked], Json | list[Json]]


def routes(parts: Parts) -> list[Route]:
    """Return the control routes. They ask for no key: they stand for the world, not for the API."""
    table: list[tuple[str, str, Act]] = [
        ("GET", "/sandbox/log", log),
        ("GET", "/sandbox/usage", usage),
        ("GET", "/sandbox/faults", list_faults),
        ("POST", "/sandbox/faults", add_fault),
        ("DELETE", "/sandbox/faults", clear_faults),
        ("GET", "/sandbox/webhooks", webhooks),
        ("POST", "/sandbox/webhooks", set_webhooks),
        ("POST", "/sandbox/neighbour", neighbour),
        ("GET", "/sandbox/clock", show_clock),
        ("POST", "/sandbox/clock", advance),
        ("POST", "/sandbox/lag", lag),
        *((method, path, _on_desk(act)) for method, path, act in control_desk.ACTS),
    ]
    return [Route(path, _endpoint(parts, act), methods=[method]) for method, path, act in table]


def _on_desk(act: Callable[[Desk, Asked], Json]) -> Act:
    return lambda parts, asked: act(parts.desk, asked)


def _endpoint(parts: Parts, act: Act) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        parts.catch_up()
        try:
            asked = await _read(request)
            return JSONResponse(act(parts, asked))
        except (Unclear, Impossible) as fault:
            return JSONResponse({"error": str(fault)}, 400)
        except LookupError as fault:
            return JSONResponse({"error": str(fault.args[0])}, 404)

    return endpoint


async def _read(request: Request) -> Asked:
    raw = await request.body()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise Unclear("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Unclear("the body must be a JSON object")
    return Asked(body, dict(request.path_params), dict(request.query_params))


def log(parts: Parts, asked: Asked) -> list[Json]:
    """Show the truth log, oldest first; `?ticket=` keeps one ticket's lines."""
    wanted = asked.query.get("ticket")
    if wanted is not None and not wanted.isdecimal():
        raise Unclear("`ticket` must be a ticket's number")
    return [
        _line(entry) for entry in parts.desk.log if wanted is None or entry.ticket_id == int(wanted)
    ]


def _line(entry: LogEntry) -> Json:
    return {
        "at": entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kind": entry.kind,
        "ticket_id": entry.ticket_id,
        "user_id": entry.user_id,
        "private": entry.private,
        "incoming": entry.incoming,
        "body": entry.body,
        "via": entry.via,
        "id": entry.id,
    }


def usage(parts: Parts, asked: Asked) -> Json:
    """Show credits by minute and endpoint, refusals, and what other apps took."""
    asked.only()
    return parts.allowance.usage(parts.desk.now())


def list_faults(parts: Parts, asked: Asked) -> list[Json]:
    """Show the faults still planned."""
    asked.only()
    return [entry.as_json() for entry in parts.faults.planned]


def add_fault(parts: Parts, asked: Asked) -> Json:
    """Plan a fault behind those already planned."""
    try:
        planned = faults.read(asked.body)
    except ValueError as fault:
        raise Unclear(str(fault)) from fault
    parts.faults.planned.append(planned)
    return planned.as_json()


def clear_faults(parts: Parts, asked: Asked) -> Json:
    """Forget all planned faults; late writes already accepted are still applied."""
    asked.only()
    parts.faults.planned.clear()
    return {"faults": []}


def set_webhooks(parts: Parts, asked: Asked) -> Json:
    """Set how the rule misbehaves from here on; what is left out returns to good manners."""
    asked.only("drop", "duplicate", "delay_seconds", "garble", "omit_secret")
    parts.automations.manners = Manners(
        drop=_every(asked, "drop"),
        duplicate=_count(asked, "duplicate"),
        delay_seconds=asked.number("delay_seconds") or 0.0,
        garble=asked.flag("garble") or False,
        omit_secret=asked.flag("omit_secret") or False,
    )
    return _manners(parts)


def _every(asked: Asked, name: str) -> int:
    # `drop: true` loses them all until told otherwise; a number loses so many.
    return _ALL if asked.body.get(name) is True else _count(asked, name)


def _count(asked: Asked, name: str) -> int:
    return (
        int(asked.body[name]) if isinstance(asked.body.get(name), bool) else asked.whole(name) or 0
    )


_ALL = 1_000_000_000


def _manners(parts: Parts) -> Json:
    manners = parts.automations.manners
    return {
        "drop": manners.drop,
        "duplicate": manners.duplicate,
        "delay_seconds": manners.delay_seconds,
        "garble": manners.garble,
        "omit_secret": manners.omit_secret,
    }


def webhooks(parts: Parts, asked: Asked) -> Json:
    """Show the rule's manners and every delivery it tried."""
    asked.only()
    tried = [
        {
            "at": stamp(it.at),
            "ticket_id": it.ticket_id,
            "triggered_event": it.trigger,
            "status": it.status,
            "attempt": it.number,
        }
        for it in parts.automations.attempts
    ]
    return {**_manners(parts), "attempts": tried}


def neighbour(parts: Parts, asked: Asked) -> Json:
    """Let another app spend so many calls a minute of the same pool."""
    asked.only("calls_per_minute")
    rate = asked.number("calls_per_minute", required=True) or 0.0
    parts.allowance.neighbour(rate, now=parts.desk.now())
    return {"calls_per_minute": rate}


def show_clock(parts: Parts, asked: Asked) -> Json:
    """Show the desk's moment."""
    asked.only()
    return {"now": stamp(parts.desk.now()), "virtual": isinstance(parts.desk.clock, VirtualClock)}


def advance(parts: Parts, asked: Asked) -> Json:
    """Move a virtual clock forward."""
    asked.only("advance_seconds")
    seconds = asked.number("advance_seconds", required=True) or 0.0
    if not isinstance(parts.desk.clock, VirtualClock):
        raise Unclear("this sandbox runs on the machine's clock; start it with --virtual-clock")
    moment = parts.desk.clock.advance(seconds)
    parts.catch_up()
    return {"now": maybe_stamp(moment)}


def lag(parts: Parts, asked: Asked) -> Json:
    """Set how long a conversation stays unreadable, and how far the search index is behind."""
    asked.only("seconds", "search_seconds")
    if "seconds" in asked.body:
        parts.desk.read_lag = asked.number("seconds") or 0.0
    if "search_seconds" in asked.body:
        parts.desk.index_lag = asked.number("search_seconds") or 0.0
    return {"seconds": parts.desk.read_lag, "search_seconds": parts.desk.index_lag}
