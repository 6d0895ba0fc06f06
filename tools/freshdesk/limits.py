"""What Freshdesk charges and allows: plans, sub-limits, credits, rights, rate headers. Pure.

Source: https://developers.freshdesk.com/api/#ratelimit
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tools.budget import Allowance, Ask, Heard
from tools.message import Request
from tools.provider import Right
from tools.transport import Need

CREATE, UPDATE, LIST, CONTACTS = "ticket_create", "ticket_update", "ticket_list", "contact_list"

API = "/api/v2"
_TICKET = re.compile(rf"{API}/tickets/(\d+)")
_REPLY = re.compile(rf"{API}/tickets/\d+/reply")
_NOTE = re.compile(rf"{API}/tickets/\d+/notes")
_READABLE = re.compile(rf"{API}/[a-z0-9_\-/]+", re.IGNORECASE)

_MINUTE, _HOUR = 60.0, 3600.0
_LONGEST_HOLD = 86_400.0
_MOST_CREDITS = 100
_LARGEST_TOTAL = 1_000_000


def _plan(plan: str, total: int, *, create: int, tickets: int) -> Allowance:
    classes = {CREATE: create, UPDATE: create, LIST: tickets, CONTACTS: tickets}
    return Allowance(plan, total, _MINUTE, classes)


PLANS: tuple[Allowance, ...] = (
    _plan("trial", 50, create=20, tickets=5),  # its sub-limits are not stated: Growth's parts
    _plan("growth", 200, create=80, tickets=20),
    _plan("pro", 400, create=160, tickets=100),
    _plan("enterprise", 700, create=280, tickets=200),
    _plan("bought-1000", 1000, create=400, tickets=300),
    _plan("bought-2000", 2000, create=800, tickets=400),
)
_HOURLY = {3000: "older, by the hour", 5000: "older, by the hour"}


def allowance(total: int, *, hold: float = 0.0) -> Allowance:
    """Return what a reported total means.

    Args:
        total: credits in a window.
        hold: seconds that a 429 asked for; more than a minute means that the window is an hour.
    """
    if total in _HOURLY or hold > _MINUTE:
        return Allowance(_HOURLY.get(total, "by the hour"), total, _HOUR)
    for plan in PLANS:
        if plan.total == total:
            return plan
    below = [plan for plan in PLANS if plan.total < total]
    return _scaled(below[-1] if below else PLANS[0], total)


def _scaled(plan: Allowance, total: int) -> Allowance:
    """Return an unknown total with the sub-limits of the plan below it; in scale at the ends."""
    part = total / plan.total if total < PLANS[0].total or total > PLANS[-1].total else 1.0
    classes = {kind: max(1, math.floor(limit * part)) for kind, limit in plan.classes.items()}
    return Allowance("", total, _MINUTE, classes if total else dict.fromkeys(classes, 0))


def price(method: str, path: str, query: Mapping[str, str]) -> tuple[str, int]:
    """Return the endpoint class and the credits of a request.

    One credit; a ticket view one more for each include, a ticket list two more.
    """
    includes = len([part for part in query.get("include", "").split(",") if part])
    bare = path.rstrip("/")
    if _TICKET.fullmatch(bare):
        return (UPDATE, 1) if method == "PUT" else ("", 1 + includes)
    if bare == f"{API}/tickets":
        return (CREATE, 1) if method == "POST" else (LIST, 1 + 2 * includes)
    if bare == f"{API}/contacts" and method == "GET":
        return CONTACTS, 1
    return "", 1


def need(request: Request) -> Need:
    """Return the right that a request needs; a path we do not know needs more than anyone has."""
    body = request.json or {}
    if request.method == "GET":
        return Need(Right.READ if _READABLE.fullmatch(request.path) else None)
    if request.method == "POST" and _REPLY.fullmatch(request.path):
        return Need(Right.REPLY)
    if request.method == "POST" and _NOTE.fullmatch(request.path):
        seen = _is_false(body.get("private", True)) or _is_false(dict(request.form).get("private"))
        return Need(Right.REPLY if seen else Right.NOTE)
    if request.method == "POST" and request.path == f"{API}/tickets":
        return Need(Right.CREATE)
    if request.method == "PUT" and _TICKET.fullmatch(request.path):
        return Need(Right.UPDATE, _changed(body))
    return Need(None)


def _is_false(value: object) -> bool:
    return value is False or str(value).lower() == "false"


def _changed(body: Mapping[str, object]) -> frozenset[str]:
    custom = body.get("custom_fields")
    names = {name for name in body if name != "custom_fields"}
    return frozenset(names | (set(custom) if isinstance(custom, dict) else set()))


@dataclass(frozen=True, slots=True)
class FreshdeskRules:
    """Freshdesk's rules as the transport asks for them.

    Attributes:
        assume: what is granted until the first answer says.
    """

    assume: Allowance = PLANS[0]

    def ask(self, request: Request, *, lane: int) -> Ask:
        """Return the cost of a request."""
        kind, credit = price(request.method, request.path, dict(request.query))
        return Ask(lane, kind, credit)

    def need(self, request: Request) -> Need:
        """Return the right that the request needs."""
        return need(request)

    def heard(self, headers: Mapping[str, str]) -> Heard:
        """Return what the rate headers say."""
        return heard(headers)

    def hold(self, headers: Mapping[str, str], *, now: float) -> float:
        """Return the seconds that a 429 tells everybody to wait."""
        return retry_after(headers, now=now)


def heard(headers: Mapping[str, str]) -> Heard:
    """Return what the rate headers say; absent and rubbish ones say nothing.

    Values can be decimals such as `50.0`; names come in more than one spelling.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    total = _whole(lower.get("x-ratelimit-total"), most=_LARGEST_TOTAL)
    remaining = _whole(lower.get("x-ratelimit-remaining"), most=_LARGEST_TOTAL)
    used = _whole(lower.get("x-ratelimit-used-currentrequest"), most=_MOST_CREDITS)
    hold = _seconds(lower.get("retry-after")) or 0.0
    granted = None if total is None else allowance(total, hold=hold)
    return Heard(granted, remaining, used)


def plan(name: str) -> Allowance:
    """Return a plan by its name, as an owner states it.

    Raises:
        ValueError: there is no such plan; the message lists them.
    """
    for known in PLANS:
        if known.plan == name.strip().lower():
            return replace(known)
    raise ValueError(f"no plan {name!r}; known are {', '.join(p.plan for p in PLANS)}")


def retry_after(headers: Mapping[str, str], *, now: float) -> float:
    """Return the seconds a 429 asks for; a minute where it does not say or says rubbish.

    Args:
        headers: names in any case.
        now: wall time, seconds; for the rare answer that gives a date.
    """
    text = {name.lower(): value for name, value in headers.items()}.get("retry-after")
    told = _seconds(text)
    if told is None and text is not None:
        told = _until(text, now)
    return _MINUTE if told is None else min(told, _LONGEST_HOLD)


def _seconds(text: str | None) -> float | None:
    try:
        value = float((text or "").strip())
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    left = aware.timestamp() - datetime.fromtimestamp(now, UTC).timestamp()
    return left if left > 0 else None


def _whole(text: str | None, *, most: int) -> int | None:
    value = _seconds(text)
    return math.floor(value) if value is not None and value <= most else None
