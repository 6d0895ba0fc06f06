"""A control request, read with sentences for what is wrong in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")


class Unclear(ValueError):
    """The body is not what the route asks for; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The body, path parameters and query of a control request."""

    body: Mapping[str, Any]
    path: Mapping[str, str]
    query: Mapping[str, str]

    def only(self, *allowed: str) -> None:
        """Refuse keys that the route does not know.

        Raises:
            Unclear: naming them.
        """
        strangers = sorted(set(self.body) - set(allowed))
        if strangers:
            known = f"; known are {', '.join(allowed)}" if allowed else ""
            raise Unclear(f"unknown keys: {', '.join(strangers)}{known}")

    def text(self, name: str, *, required: bool = False) -> str | None:
        """Return a text, None if it was not given."""
        return self._get(name, str, "text", required=required)

    def words(self, name: str) -> str:
        """Return a text that must be given."""
        return self.text(name, required=True) or ""

    def flag(self, name: str) -> bool | None:
        """Return true or false, None if it was not given."""
        return self._get(name, bool, "true or false", required=False)

    def whole(self, name: str, *, required: bool = False) -> int | None:
        """Return a whole number, None if it was not given."""
        return self._get(name, int, "a whole number", required=required)

    def number(self, name: str, *, required: bool = False) -> float | None:
        """Return a number of at least zero, None if it was not given."""
        value = self.body.get(name)
        found = self._get(
            name, int if isinstance(value, int) else float, "a number", required=required
        )
        if found is not None and found < 0:
            raise Unclear(f"`{name}` must not be negative")
        return found

    def _get(self, name: str, kind: type[Value], called: str, *, required: bool) -> Value | None:
        value = self.body.get(name)
        if value is None:
            if required:
                raise Unclear(f"`{name}` is missing: it must be {called}")
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Unclear(f"`{name}` must be {called}")
        return value
