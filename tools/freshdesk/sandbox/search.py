"""The query language of `/search/...`: read it, refuse what is wrong, match documents.

Source: https://developers.freshdesk.com/api/#filter_tickets
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from tools.freshdesk.sandbox.answers import Fault, invalid_field, invalid_value, validation
from tools.freshdesk.sandbox.index import Document
from tools.freshdesk.sandbox.records import Json

Sort = Literal["number", "text", "flag", "date"]
Fields = Mapping[str, Sort]
Value = int | float | str | bool | date | None

LONGEST = 512
_MISSHAPEN = "Given query is not in the correct format"
_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<word>AND|OR)(?=[\s(])|(?P<field>[A-Za-z_][\w.]*)(?P<operator>:[<>]?)"
    r"(?P<value>'(?:[^'\\]|\\.)*'|null|true|false|-?\d+(?:\.\d+)?))"
)

TICKETS: Fields = {
    "agent_id": "number",
    "group_id": "number",
    "priority": "number",
    "status": "number",
    "tag": "text",
    "type": "text",
    "due_by": "date",
    "fr_due_by": "date",
    "created_at": "date",
    "updated_at": "date",
}
CONTACTS: Fields = {
    "active": "flag",
    "company_id": "number",
    "email": "text",
    "mobile": "text",
    "phone": "text",
    "language": "text",
    "tag": "text",
    "time_zone": "text",
    "twitter_id": "text",
    "unique_external_id": "text",
    "created_at": "date",
    "updated_at": "date",
}
COMPANIES: Fields = {"domain": "text", "created_at": "date", "updated_at": "date"}
_CUSTOM: dict[str, Sort] = {
    "custom_text": "text",
    "custom_dropdown": "text",
    "nested_field": "text",
    "custom_number": "number",
    "custom_checkbox": "flag",
    "custom_date": "date",
}


def fields(standard: Fields, definitions: list[Json]) -> Fields:
    """Return what may be searched: the standard fields and the searchable kinds of custom ones."""
    own = {it["name"]: _CUSTOM[it["type"]] for it in definitions if it["type"] in _CUSTOM}
    # A field made recently is asked for by kind instead of name.
    kinds: dict[str, Sort] = {
        "custom_string": "text",
        "custom_number": "number",
        "custom_checkbox": "flag",
    }
    return {**standard, **own, **(kinds if definitions else {})}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One `field:value`."""

    field: str
    operator: str
    value: Value

    def matches(self, document: Document) -> bool:
        """Say whether the document has such a value; `:>` and `:<` include it."""
        if self.field == "custom_string":
            return self.value in document.values()
        found = document.get(self.field)
        if self.value is None:
            return found in (None, [], "")
        if isinstance(found, list):
            return self.value in found
        if found is None:
            return False
        return _compare(_settled(found, self.value), self.operator, self.value)


def _settled(found: object, value: Value) -> object:
    if isinstance(value, date):
        moment = (
            found
            if isinstance(found, datetime)
            else datetime.fromisoformat(str(found)).replace(tzinfo=UTC)
        )
        return moment.astimezone(UTC).date()
    return found


def _compare(found: object, operator: str, value: Value) -> bool:
    if operator == ":":
        return (
            found.casefold() == value.casefold()
            if isinstance(found, str) and isinstance(value, str)
            else found == value
        )
    if isinstance(found, date) and isinstance(value, date):
        return found >= value if operator == ":>" else found <= value
    if isinstance(found, int | float) and isinstance(value, int | float):
        return found >= value if operator == ":>" else found <= value
    return False


@dataclass(frozen=True, slots=True)
class Both:
    """All parts must match."""

    parts: tuple["Query", ...]

    def matches(self, document: Document) -> bool:
        """Say whether all do."""
        return all(part.matches(document) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """One part must match."""

    parts: tuple["Query", ...]

    def matches(self, document: Document) -> bool:
        """Say whether one does."""
        return any(part.matches(document) for part in self.parts)


Query = Comparison | Both | Either


def read(text: str, known: Fields) -> Query:
    """Return the query that the text, quotes included, spells.

    Raises:
        Refused: 400 for missing quotes, too long a text, an unknown field, or bad grammar.
    """
    if len(text) > LONGEST:
        message = f"Has {len(text)} characters, it can have maximum of {LONGEST} characters"
        raise validation([invalid_value("query", message)])
    if len(text) <= len('""') or not (text.startswith('"') and text.endswith('"')):
        raise validation([invalid_value("query", _MISSHAPEN)])
    tokens = _tokens(text[1:-1])
    query = _either(tokens, known)
    if tokens:
        raise validation([invalid_value("query", _MISSHAPEN)])
    return query


def _tokens(text: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    at = 0
    rest = text.rstrip()
    while at < len(rest):
        match = _TOKEN.match(rest, at)
        if match is None:
            raise validation([invalid_value("query", _MISSHAPEN)])
        found.append(match)
        at = match.end()
    found.reverse()  # the next one is the last: taken with pop
    return found


def _either(tokens: list[re.Match[str]], known: Fields) -> Query:
    parts = [_both(tokens, known)]
    while tokens and tokens[-1]["word"] == "OR":
        tokens.pop()
        parts.append(_both(tokens, known))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _both(tokens: list[re.Match[str]], known: Fields) -> Query:
    parts = [_single(tokens, known)]
    while tokens and tokens[-1]["word"] == "AND":
        tokens.pop()
        parts.append(_single(tokens, known))
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def _single(tokens: list[re.Match[str]], known: Fields) -> Query:
    token = tokens.pop() if tokens else None
    if token is not None and token["bracket"] == "(":
        inner = _either(tokens, known)
        if not tokens or tokens.pop()["bracket"] != ")":
            raise validation([invalid_value("query", _MISSHAPEN)])
        return inner
    if token is None or token["field"] is None:
        raise validation([invalid_value("query", _MISSHAPEN)])
    name = token["field"]
    if name not in known:
        raise validation([invalid_field(name)])
    return Comparison(name, token["operator"], _value(name, token["value"], known[name]))


def _value(name: str, text: str, sort: Sort) -> Value:
    if text == "null":
        return None
    inner = re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith("'") else None
    match sort:
        case "date" if inner is not None:
            return _date(name, inner)
        case "text" if inner is not None:
            return inner
        case "flag" if text in {"true", "false"}:
            return text == "true"
        case "number" if inner is None and text not in {"true", "false"}:
            return float(text) if "." in text else int(text)
        case _:
            kinds = {
                "number": "Positive Integer",
                "text": "String",
                "flag": "Boolean",
                "date": "Date",
            }
            raise validation([Fault(name, f"It should be a/an {kinds[sort]}", "datatype_mismatch")])


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise validation([invalid_value(name, "It should be in the 'YYYY-MM-DD' format")]) from None
