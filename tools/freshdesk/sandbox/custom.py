"""Values of custom fields, checked against the account's definitions."""

from collections.abc import Iterable, Iterator
from typing import Any

from tools.freshdesk.sandbox import clock
from tools.freshdesk.sandbox.answers import Fault, invalid_field, invalid_value, missing, one_of
from tools.freshdesk.sandbox.records import Json

_PREFIX = "custom_fields."
_TYPES = {
    "custom_text": "String",
    "custom_paragraph": "String",
    "custom_dropdown": "String",
    "nested_field": "String",
    "custom_date": "String",
    "custom_number": "Integer",
    "custom_decimal": "Number",
    "custom_checkbox": "Boolean",
}


def names(definitions: Iterable[Json]) -> list[str]:
    """Return the API names of all custom fields, the lower levels of nested ones included."""
    return [
        name
        for it in definitions
        for name in (it["name"], *(level["name"] for level in _levels(it)))
    ]


def read(definitions: list[Json], given: Json, *, form: bool) -> tuple[Json, list[Fault]]:
    """Return the values as they will be stored, and what is wrong with them.

    A key is never derived from a label: unknown ones are refused.
    Wording of the refusals: https://github.com/Aaronontheweb/freshdesk-cli/issues/113
    """
    known = {it["name"]: it for it in definitions}
    lower = {level["name"]: it for it in definitions for level in _levels(it)}
    clean: Json = {}
    faults: list[Fault] = []
    for name, value in given.items():
        definition = known.get(name) or lower.get(name)
        if definition is None:
            faults.append(invalid_field(_PREFIX + name))
            continue
        clean[name] = _from_form(value, definition["type"]) if form else value
        fault = _fault(name, clean[name], definition)
        if fault is not None:
            faults.append(fault)
    faults += [fault for it in definitions for fault in _nested_faults(it, clean)]
    return clean, faults


def lacking(definitions: Iterable[Json], values: Json, flag: str) -> list[Fault]:
    """Return a fault for each empty field that the flag (`required_for_closure`…) demands."""
    return [
        missing(_PREFIX + it["name"])
        for it in definitions
        if it.get(flag) and values.get(it["name"]) in (None, "", False)
    ]


def _levels(definition: Json) -> list[Json]:
    return definition.get("nested_ticket_fields") or []


def _from_form(value: Any, kind: str) -> Any:  # noqa: ANN401 - whatever the caller wrote
    if not isinstance(value, str):
        return value
    if kind == "custom_number" and value.lstrip("-").isdecimal():
        return int(value)
    if kind == "custom_checkbox" and value in {"true", "false"}:
        return value == "true"
    if kind == "custom_decimal":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _fault(name: str, value: object, definition: Json) -> Fault | None:
    kind = definition["type"]
    if value is None:
        return None
    if not _fits(value, kind):
        wanted = _TYPES.get(kind, "String")
        message = f"Value set is of type {type(value).__name__}.It should be a/an {wanted}"
        return Fault(_PREFIX + name, message, "datatype_mismatch")
    if kind == "custom_dropdown" and value not in definition["choices"]:
        return one_of(_PREFIX + name, definition["choices"])
    if kind == "custom_date" and not _is_date(str(value)):
        return invalid_value(_PREFIX + name, "It should be in the 'YYYY-MM-DD' format")
    return None


def _fits(value: object, kind: str) -> bool:
    match kind:
        case "custom_number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "custom_decimal":
            return isinstance(value, int | float | str) and not isinstance(value, bool)
        case "custom_checkbox":
            return isinstance(value, bool)
        case _ if kind in _TYPES:
            return isinstance(value, str)
        case _:
            return True


def _is_date(text: str) -> bool:
    try:
        clock.read(text)
    except ValueError:
        return False
    return True


def _nested_faults(definition: Json, values: Json) -> Iterator[Fault]:
    if definition["type"] != "nested_field":
        return
    choices: Any = definition["choices"]
    for name in (definition["name"], *(level["name"] for level in _levels(definition))):
        value = values.get(name)
        if value is None:
            return
        if value not in choices:
            yield one_of(_PREFIX + name, choices)
            return
        choices = choices[value] if isinstance(choices, dict) else ()
