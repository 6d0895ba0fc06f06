"""Freshdesk's search language: building a query that it will accept. Pure.

Source: https://developers.freshdesk.com/api/#filter_tickets
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tools.paging import Days

LONGEST = 512
PAGES, PER_PAGE = 10, 30
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REFUSED = frozenset({"requester_id", "company_id", "responder_id", "subject", "description"})


class BadQuery(ValueError):
    """A query the helpdesk would refuse; found before a credit was spent."""


@dataclass(frozen=True, slots=True)
class Query:
    """A condition, as text without the quotes around it.

    Attributes:
        either: it is made of alternatives, so it needs brackets beside another.
    """

    text: str
    either: bool = False

    def __and__(self, other: "Query") -> "Query":
        """Both must hold."""
        return Query(f"{_grouped(self)} AND {_grouped(other)}")

    def __or__(self, other: "Query") -> "Query":
        """Either must hold."""
        return Query(f"{self.text} OR {other.text}", either=True)


def _grouped(query: Query) -> str:
    return f"({query.text})" if query.either else query.text


def where(name: str, value: str | int | bool | None) -> Query:  # noqa: FBT001  a value, not a switch
    """Return "this field has this value"; None is empty.

    Raises:
        BadQuery: the field cannot be searched, or the value holds a quote.
    """
    _check(name)
    if value is None:
        return Query(f"{name}:null")
    if isinstance(value, bool):
        return Query(f"{name}:{str(value).lower()}")
    if isinstance(value, int):
        return Query(f"{name}:{value}")
    if "'" in value or '"' in value:
        raise BadQuery(f"a value of {name!r} holds a quote, which the search language cannot say")
    return Query(f"{name}:'{value}'")


def any_of(name: str, values: Sequence[str | int]) -> Query:
    """Return "this field has one of these values"."""
    return Query(" OR ".join(where(name, v).text for v in values), either=len(values) > 1)


def within(name: str, days: Days) -> Query:
    """Return "this date lies in this range"; both days are included."""
    _check(name)
    return Query(f"{name}:>'{_day(days.first)}' AND {name}:<'{_day(days.last)}'")


def rendered(query: Query) -> str:
    """Return the query as the parameter wants it.

    Raises:
        BadQuery: it is longer than the helpdesk takes.
    """
    text = f'"{query.text}"'
    if len(text) > LONGEST:
        raise BadQuery(f"the query has {len(text)} characters; {LONGEST} are allowed")
    return text


def _check(name: str) -> None:
    if name in _REFUSED or not _NAME.fullmatch(name):
        raise BadQuery(f"{name!r} cannot be searched; list the requester's tickets instead")


def _day(day: date) -> str:
    return day.isoformat()
