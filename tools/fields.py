"""Ticket fields by their labels: lookup, hydration, checking a write, drift, privacy. Pure.

The API name of a field is looked up and never derived from its label: old names lack `cf_`, and
some carry suffixes. Source: https://developers.freshdesk.com/api/#ticket-fields
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tools.model import Choice, FieldKind, FieldValue, TicketField


class Privacy(StrEnum):
    """Who may see a field's value."""

    PUBLIC = "public"
    """The customer may: it can be in a prompt and in an answer."""
    INTERNAL = "internal"
    """A prompt may hold it, marked as not to be repeated."""
    SECRET = "secret"  # noqa: S105
    """It never enters a prompt."""


class NoSuchField(ValueError):
    """A label or name that the account does not have, or has more than once."""


class BadValue(ValueError):
    """A value that the field would refuse; found before a credit was spent."""


def find(fields: Iterable[TicketField], label: str) -> TicketField:
    """Return the field of that label or, failing that, of that API name.

    Raises:
        NoSuchField: there is none, or the label is given to more than one.
    """
    known = tuple(fields)
    wanted = _fold(label)
    found = [field for field in known if _fold(field.label) == wanted]
    if not found:
        found = [field for field in known if field.name == label.strip()]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(repr(field.name) for field in found)
        raise NoSuchField(f"{label!r} is the label of {len(found)} fields; name one of {names}")
    labels = ", ".join(sorted(repr(field.label) for field in known if field.custom)[:20])
    raise NoSuchField(f"the account has no field {label!r}; its own are {labels or 'none'}")


def unknown_names(fields: Iterable[TicketField], custom: Mapping[str, object]) -> frozenset[str]:
    """Return the custom names of a ticket that no definition explains: a sign of stale ones."""
    known = {name for field in fields for name in (field.name, *field.levels)}
    return frozenset(custom) - known


def hydrate(
    fields: Sequence[TicketField],
    custom: Mapping[str, object],
    *,
    privacy: Mapping[str, Privacy] | None = None,
) -> tuple[FieldValue, ...]:
    """Return a ticket's raw custom values with labels and types, empty ones left out.

    Args:
        fields: the account's definitions, in the order in which people see them.
        custom: API name to raw value; a name without a definition is left out.
        privacy: by API name or label; secret fields are left out. What it does not name is kept,
            unless it calls something secret that the account does not have (`lost_secrets`): that
            field may be any of those, under a new name.
    """
    named = privacy or {}
    unnamed = Privacy.SECRET if lost_secrets(fields, named) else None
    values = (
        _value(field, custom)
        for field in fields
        if field.custom
        and (privacy_of(field.name, field.label, named) or unnamed) is not Privacy.SECRET
    )
    return tuple(value for value in values if value is not None)


def privacy_of(name: str, label: str, named: Mapping[str, Privacy]) -> Privacy | None:
    """Return who may see a field, the strictest of what is said of its API name and its label.

    None where nothing is said of either.
    """
    own = {_fold(name), _fold(label)}
    found = {kind for key, kind in named.items() if _fold(key) in own}
    strictest = (Privacy.SECRET, Privacy.INTERNAL, Privacy.PUBLIC)
    return next((kind for kind in strictest if kind in found), None)


def lost_secrets(fields: Iterable[TicketField], named: Mapping[str, Privacy]) -> tuple[str, ...]:
    """Return what is called secret and is no field any more, by API name or label."""
    known = {_fold(told) for field in fields for told in (field.name, field.label)}
    return tuple(
        key for key, kind in named.items() if kind is Privacy.SECRET and _fold(key) not in known
    )


def _value(field: TicketField, custom: Mapping[str, object]) -> FieldValue | None:
    raw = custom.get(field.name)
    if field.kind is FieldKind.NESTED:
        levels = (custom.get(name) for name in (field.name, *field.levels))
        path = [str(level) for level in levels if level not in (None, "")]
        return FieldValue(field.name, field.label, field.kind, " / ".join(path)) if path else None
    value = _typed(field.kind, raw)
    if value is None:
        return None
    return FieldValue(field.name, field.label, field.kind, value, listed=_listed_in(field, value))


def _listed_in(field: TicketField, value: object) -> bool:
    """Whether a value is one of its field's choices, where the field has any."""
    known = {told for choice in field.choices for told in (choice.value, choice.label)}
    return field.kind is not FieldKind.DROPDOWN or value in known


def _typed(kind: FieldKind, raw: object) -> str | int | float | bool | None:
    if raw is None or raw in ("", [], {}):
        return None
    match kind:
        case FieldKind.CHECKBOX:
            return raw if isinstance(raw, bool) else _fold(str(raw)) in {"true", "1", "yes"}
        case FieldKind.NUMBER | FieldKind.DECIMAL:
            return _number(raw, whole=kind is FieldKind.NUMBER)
        case FieldKind.DATE:
            return str(raw)[:10]
        case _:
            return ", ".join(map(str, raw)) if isinstance(raw, list) else str(raw)


def _number(raw: object, *, whole: bool) -> str | int | float:
    """Return a number, or the text as it is when it is none: nothing is lost."""
    try:
        value = float(str(raw))
    except ValueError:
        return str(raw)
    if not math.isfinite(value):
        return str(raw)
    return int(str(raw).split(".")[0]) if whole and value.is_integer() else value


def to_write(fields: Sequence[TicketField], wanted: Mapping[str, object]) -> dict[str, object]:
    """Return values given by label as API names and values that the helpdesk will accept.

    A nested field takes its path, as a list or as `A / B / C`.

    Raises:
        NoSuchField: a label the account does not have.
        BadValue: a value its field would refuse; the message lists some of the choices.
    """
    checked: dict[str, object] = {}
    for label, value in wanted.items():
        field = find(fields, label)
        checked.update(_checked(field, value))
    return checked


def _checked(field: TicketField, value: object) -> dict[str, object]:
    if field.kind is FieldKind.NESTED and value is not None:
        return _checked_path(field, value)
    return {field.name: None if value is None else _checked_value(field, value)}


def _checked_value(field: TicketField, value: object) -> object:
    match field.kind:
        case FieldKind.CHECKBOX:
            if isinstance(value, bool):
                return value
        case FieldKind.NUMBER:
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        case FieldKind.DECIMAL:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return value
        case FieldKind.DATE:
            return _checked_date(field, value)
        case FieldKind.DROPDOWN:
            return _chosen(field.label, field.choices, value).value
        case _:
            if isinstance(value, str):
                return value
    raise BadValue(f"{field.label!r} holds a {field.kind.value}, not {type(value).__name__}")


def _checked_date(field: TicketField, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as fault:
        raise BadValue(f"{field.label!r} holds a date, written YYYY-MM-DD") from fault


def _checked_path(field: TicketField, value: object) -> dict[str, object]:
    steps = value if isinstance(value, list | tuple) else str(value).split(" / ")
    names, choices = (field.name, *field.levels), field.choices
    if not 1 <= len(steps) <= len(names):
        raise BadValue(f"{field.label!r} has {len(names)} levels, not {len(steps)}")
    checked: dict[str, object] = dict.fromkeys(names)
    for name, step in zip(names, steps, strict=False):
        chosen = _chosen(field.label, choices, step)
        checked[name], choices = chosen.value, chosen.below
    return checked


def _chosen(label: str, choices: Sequence[Choice], value: object) -> Choice:
    for choice in choices:
        if value in (choice.value, choice.label) or _fold(str(value)) == _fold(choice.label):
            return choice
    some = ", ".join(repr(choice.label) for choice in choices[:12])
    raise BadValue(f"{label!r} has no choice {value!r}; it has {some or 'none'}")


class Change(StrEnum):
    """What happened to a field between two looks."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    TYPE_CHANGED = "type changed"
    NEW_CHOICE = "new choice"
    LOST_CHOICE = "lost choice"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between two sets of definitions.

    Attributes:
        name: API name.
        detail: what it was and is, in words.
    """

    change: Change
    name: str
    detail: str


def drift(before: Iterable[TicketField], after: Iterable[TicketField]) -> tuple[Drift, ...]:
    """Return how the definitions differ, in the order of the older ones."""
    old, new = {f.name: f for f in before}, {f.name: f for f in after}
    changes = [
        Drift(Change.REMOVED, name, f"{field.label!r} is gone")
        if name not in new
        else _compared(field, new[name])
        for name, field in old.items()
    ]
    added = [Drift(Change.ADDED, n, f"{f.label!r} is new") for n, f in new.items() if n not in old]
    return tuple(d for found in changes for d in _listed(found)) + tuple(added)


def _listed(found: Drift | list[Drift]) -> list[Drift]:
    return [found] if isinstance(found, Drift) else found


def _compared(old: TicketField, new: TicketField) -> list[Drift]:
    found = []
    if old.label != new.label:
        found.append(Drift(Change.RENAMED, old.name, f"{old.label!r} is called {new.label!r}"))
    if old.kind is not new.kind or old.levels != new.levels:
        found.append(Drift(Change.TYPE_CHANGED, old.name, f"{old.kind.value} to {new.kind.value}"))
    had, has = set(_paths(old.choices)), set(_paths(new.choices))
    found += [Drift(Change.NEW_CHOICE, old.name, repr(path)) for path in sorted(has - had)]
    found += [Drift(Change.LOST_CHOICE, old.name, repr(path)) for path in sorted(had - has)]
    return found


def _paths(choices: Iterable[Choice], above: str = "") -> Iterable[str]:
    for choice in choices:
        path = f"{above} / {choice.label}" if above else choice.label
        yield path
        yield from _paths(choice.below, path)


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
