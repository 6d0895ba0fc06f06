"""The checks of a body and a query before anything is applied, told in Freshdesk's shape A."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tools.freshdesk.sandbox import clock
from tools.freshdesk.sandbox.answers import (
    Fault,
    Refused,
    invalid_field,
    invalid_value,
    missing,
    one_of,
    validation,
)
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.records import Json

Sort = Literal[
    "text",
    "number",
    "decimal",
    "flag",
    "object",
    "texts",
    "numbers",
    "objects",
    "email",
    "emails",
    "time",
    "date",
]

_NAMES: dict[Sort, str] = {
    "text": "String",
    "number": "Positive Integer",
    "decimal": "Number",
    "flag": "Boolean",
    "object": "key/value pair",
    "texts": "Array",
    "numbers": "Array",
    "objects": "Array",
    "email": "String",
    "emails": "Array",
    "time": "String",
    "date": "String",
}
_EMAIL = re.compile(r"^(?:[^<>@]*<)?[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+>?$")
MAX_TEXT = 255


@dataclass(frozen=True, slots=True)
class Rule:
    """What one key may hold.

    Attributes:
        null: None is accepted and clears the value.
        choices: the values possible, asked for at each call; None: any.
        longest: most characters of a text.
    """

    sort: Sort
    null: bool = False
    choices: Callable[[], Iterable[object]] | None = None
    longest: int | None = None


Rules = Mapping[str, Rule]


def is_email(text: str) -> bool:
    """Say whether the text looks like an address, bare or as `Name <address>`."""
    return _EMAIL.match(text) is not None


def body(call: Call, rules: Rules, *, required: Iterable[str] = ()) -> Json:
    """Return the body with form texts turned into what their rules ask for.

    Raises:
        Refused: 400 in shape A, naming every fault at once.
    """
    faults: list[Fault] = []
    clean: Json = {}
    for name, value in call.body.items():
        rule = rules.get(name)
        if rule is None:
            faults.append(_stranger(name, value))
            continue
        settled = _from_form(value, rule.sort) if call.form else value
        fault = _fault(name, settled, rule)
        if fault is None:
            clean[name] = settled
        else:
            faults.append(fault)
    faults += [missing(name) for name in required if name not in call.body]
    if faults:
        raise validation(faults)
    return clean


def _stranger(name: str, value: object) -> Fault:
    if name in {"attachments", "attachments[]"}:
        # Files travel as multipart only: https://github.com/sjkingo/python-freshdesk/issues/81.
        sort = type(value).__name__
        return Fault(
            "attachments",
            f"Value set is of type {sort}.It should be a/an Array",
            "datatype_mismatch",
        )
    return invalid_field(name)


def _from_form(value: Any, sort: Sort) -> Any:  # noqa: ANN401 - a form holds whatever the caller wrote
    if isinstance(value, list) and sort == "numbers":
        return [int(item) if str(item).isdecimal() else item for item in value]
    if not isinstance(value, str):
        return value
    if sort == "number" and value.lstrip("-").isdecimal():
        return int(value)
    if sort == "flag" and value in {"true", "false"}:
        return value == "true"
    if sort in {"texts", "emails"}:
        return [value]
    return value


def _fault(name: str, value: object, rule: Rule) -> Fault | None:
    if value is None and rule.null:
        return None
    if not _fits(value, rule.sort):
        return _mismatch(name, value, rule.sort)
    if rule.sort == "email" and not is_email(str(value)):
        return invalid_value(name, "It should be in the 'valid email address' format")
    if (
        rule.sort == "emails"
        and isinstance(value, list)
        and not all(is_email(item) for item in value)
    ):
        return invalid_value(
            name, "It should contain elements that are in the 'valid email address' format"
        )
    if rule.sort in {"time", "date"} and not _is_time(str(value)):
        return invalid_value(name, "It should be in the combined date and time ISO8601 format")
    if rule.longest is not None and isinstance(value, str) and len(value) > rule.longest:
        return invalid_value(
            name, f"Has {len(value)} characters, it can have maximum of {rule.longest} characters"
        )
    if rule.choices is not None:
        choices = list(rule.choices())
        return None if value in choices else one_of(name, choices)
    return None


def _fits(value: object, sort: Sort) -> bool:
    match sort:
        case "text" | "email" | "time" | "date":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "decimal":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "texts" | "emails":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "numbers":
            return isinstance(value, list) and all(
                isinstance(item, int) and not isinstance(item, bool) for item in value
            )
        case "objects":
            return isinstance(value, list)


def _mismatch(name: str, value: object, sort: Sort) -> Fault:
    names = {
        "str": "String",
        "int": "Integer",
        "bool": "Boolean",
        "list": "Array",
        "dict": "key/value pair",
        "NoneType": "Null",
        "float": "Float",
    }
    given = names.get(type(value).__name__, "Unknown")
    return Fault(
        name, f"Value set is of type {given}.It should be a/an {_NAMES[sort]}", "datatype_mismatch"
    )


def _is_time(text: str) -> bool:
    try:
        clock.read(text)
    except ValueError:
        return False
    return True


def query(call: Call, allowed: Iterable[str]) -> None:
    """Refuse query parameters that the address does not know, `per_page` on a detail for one.

    Raises:
        Refused: 400 with `invalid_field` for each stranger.
    """
    strangers = sorted(set(call.query) - set(allowed))
    if strangers:
        raise validation([invalid_field(name) for name in strangers])


def bodiless(call: Call) -> None:
    """Refuse a body where there must be none.

    Raises:
        Refused: 400, code `no_content_required`.
    """
    if call.body:
        from_body = Fault("base", "No content is required for this request", "no_content_required")
        raise validation([from_body])


def includes(call: Call, allowed: Iterable[str]) -> set[str]:
    """Return what `include=` asks for.

    Raises:
        Refused: 400 for an unknown word.
    """
    asked = {word.strip() for word in call.query.get("include", "").split(",") if word.strip()}
    choices = list(allowed)
    if "include" in call.query and (not asked or asked - set(choices)):
        raise validation([one_of("include", choices)])
    return asked


def number(call: Call, name: str) -> int | None:
    """Return a query parameter as a number, None when it was not given.

    Raises:
        Refused: 400 when it is no number.
    """
    text = call.query.get(name)
    if not text:  # clients send `agent_id=` for "any"
        return None
    if not text.isdecimal():
        raise validation(
            [
                Fault(
                    name,
                    "Value set is of type String.It should be a/an Positive Integer",
                    "datatype_mismatch",
                )
            ]
        )
    return int(text)


__all__ = [
    "MAX_TEXT",
    "Refused",
    "Rule",
    "Rules",
    "bodiless",
    "body",
    "includes",
    "is_email",
    "number",
    "query",
]
