"""What may stand behind a key of a policy file: one reader a kind of value, each with its fix."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from agent.policy.hours import DAY, DAYS, Span
from tools.fields import Privacy

Kind = TypeVar("Kind", bound=StrEnum)


class Unfit(ValueError):
    """A value of the wrong shape; the message is the fix."""


def one_of(kind: type[Kind]) -> Callable[[object], Kind]:
    """Return a reader of one of a few words."""

    def read(value: object) -> Kind:
        if isinstance(value, str) and value in set(kind):
            return kind(value)
        raise Unfit("use one of " + ", ".join(repr(one.value) for one in kind))

    return read


def count(value: object) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unfit("use a whole number, 0 or more")
    return value


def money(value: object) -> Decimal:
    """Read an amount in the price table's currency."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfit("use a number, such as 5.00, in the currency of the price table")
    amount = Decimal(str(value))
    if not amount.is_finite() or amount < 0:
        raise Unfit("use a number, 0 or more")
    return amount


def text(value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise Unfit('use text in quotes, such as "…"')
    return value


def name(value: object) -> str:
    """Read a text that names something."""
    if not isinstance(value, str) or not value.strip():
        raise Unfit('use a name in quotes, as the helpdesk spells it, such as "…"')
    return value.strip()


def switch(value: object) -> bool:
    """Read yes or no."""
    if not isinstance(value, bool):
        raise Unfit("use true or false")
    return value


def texts(value: object) -> tuple[str, ...]:
    """Read a list of texts that say something, each once."""
    listed = isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
    if not listed or not isinstance(value, list):
        raise Unfit('use a list of texts, such as ["…", "…"]')
    twice = next((one for at, one in enumerate(value) if one in value[:at]), None)
    if twice is not None:
        raise Unfit(f"{twice!r} stands in it twice; leave one out")
    return tuple(value)


def tag(value: object) -> str:
    """Read a tag: Freshdesk takes no longer ones, and no commas."""
    told = text(value)
    if not told.strip() or "," in told or len(told) > _LONGEST_TAG:
        raise Unfit(f"use a tag of 1 to {_LONGEST_TAG} characters without a comma")
    return told


def tags(value: object) -> tuple[str, ...]:
    """Read tags."""
    return tuple(tag(one) for one in texts(value))


def several(kind: type[Kind]) -> Callable[[object], tuple[Kind, ...]]:
    """Return a reader of a list of some words out of a few."""
    one = one_of(kind)

    def read(value: object) -> tuple[Kind, ...]:
        return tuple(one(each) for each in texts(value))

    return read


def hosts(value: object) -> tuple[str, ...]:
    """Read host names."""
    found = texts(value)
    if not all(_HOST.fullmatch(host) for host in found):
        raise Unfit('use bare host names, such as ["help.example.com"]')
    return tuple(host.lower() for host in found)


def mailboxes(value: object) -> tuple[str, ...]:
    """Read addresses of mailboxes."""
    found = texts(value)
    if not all(_MAILBOX.fullmatch(one) for one in found):
        raise Unfit('use bare addresses, such as ["press@example.com"]')
    return tuple(one.lower() for one in found)


def languages(value: object) -> tuple[str, ...]:
    """Read language codes."""
    found = texts(value)
    if not all(is_language(one) for one in found):
        raise Unfit('use two-letter codes in small letters, such as ["en", "de"]')
    return found


def is_language(code: str) -> bool:
    """Whether this is how a language is named here."""
    return re.fullmatch(r"[a-z]{2}", code) is not None


def privacy(value: object) -> Mapping[str, Privacy]:
    """Read who may see which custom field."""
    allowed = ", ".join(repr(one.value) for one in Privacy)
    if not isinstance(value, dict):
        raise Unfit(f'use a table, such as fields = {{"Credit rating" = "secret"}}, of {allowed}')
    try:
        return {str(name): Privacy(str(kind)) for name, kind in value.items()}
    except ValueError:
        raise Unfit(f"each field is one of {allowed}") from None


def zone(value: object) -> str:
    """Read a time zone."""
    name = text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ", such as 'Europe/Berlin'"
        if not known:
            hint = ", and this machine has no time zone data: install tzdata"
        raise Unfit(f"use the IANA name of a time zone{hint}") from None
    return name


def days(key: str) -> tuple[int, ...] | None:
    """Return the days of the week that a key such as `mon-fri` names, Monday 0; None if none."""
    first, _, last = key.partition("-")
    if first not in DAYS or (last and last not in DAYS):
        return None
    start, end = DAYS.index(first), DAYS.index(last or first)
    return tuple(range(start, end + 1)) if start <= end else None


def spans(value: object) -> tuple[Span, ...]:
    """Read opening hours of a day."""
    found = tuple(sorted(_span(one) for one in texts(value)))
    for one, following in pairwise(found):
        if following.start < one.end:
            raise Unfit(f"{one} and {following} overlap; write them as one")
    return found


def holidays(value: object) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    """Read days off: of one year, and of every year."""
    if not isinstance(value, list):
        raise Unfit('use a list of days, such as [2026-12-25, "01-01"]')
    once, yearly = set[date](), set[tuple[int, int]]()
    for one in value:
        found = _YEARLY.fullmatch(one) if isinstance(one, str) else None
        if found is not None:
            leap = _day(f"2024-{one}")
            yearly.add((leap.month, leap.day))
        else:
            once.add(one if _is_date(one) else _day(one))
    return frozenset(once), frozenset(yearly)


def _is_date(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        fix = f'{value!s} is no day; write 2026-12-25, or "12-25" for every year'
        raise Unfit(fix) from None


def _span(value: str) -> Span:
    found = _SPAN.fullmatch(value.strip())
    if found is None:
        raise Unfit(f'{value!r}: write "09:00-17:00", by the clock of the zone, up to "24:00"')
    start, end = (60 * int(found[at]) + int(found[at + 1]) for at in (1, 3))
    if start >= DAY or end > DAY or start == end:
        raise Unfit(f'{value!r}: an hour is 00:00 to 23:59, the end of a day "24:00"')
    return Span(start, end if end > start else end + DAY)


def shown(value: object) -> str:
    """Return a value as an error shows it."""
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(shown(one) for one in value) + "]"
    return repr(value)


_LONGEST_TAG = 32
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9][A-Za-z0-9-]*")
_MAILBOX = re.compile(r"[^\s<>@,;]+@[A-Za-z0-9.-]+")
_SPAN = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")
_YEARLY = re.compile(r"\d{2}-\d{2}")
