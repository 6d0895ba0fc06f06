"""The table of API routes: which function answers a method and a path, and for whom."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tools.freshdesk.sandbox import validate
from tools.freshdesk.sandbox.answers import Answer, not_found, wrong_verb
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk

Handler = Callable[[Desk, Call], Answer]

PAGED = ("page", "per_page")


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table.

    Attributes:
        path: below `/api/v2`, with `{name}` for a parameter.
        admin: refused to an ordinary agent's key.
        endpoint: the sub-limit it falls under; empty: none.
        query: the parameters it knows; any other is refused with 400.
        include_credits: what each word in `include=` costs beyond the call itself.
        feature: what the plan must have; empty: nothing.
    """

    method: str
    path: str
    handler: Handler
    admin: bool = False
    endpoint: str = ""
    query: tuple[str, ...] = ()
    include_credits: int = 0
    feature: str = ""

    @property
    def name(self) -> str:
        """Return the route as `/sandbox/usage` lists it."""
        return f"{self.method} {self.path}"

    def credits(self, include: str) -> int:
        """Return what the call costs with these includes. Source: https://developers.freshdesk.com/api/#embedding."""
        words = {word for word in include.split(",") if word.strip()}
        return 1 + self.include_credits * len(words)


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Table:
    """All routes, found by walking the path once."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Build the tree."""
        self._root = _Node()
        for route in routes:
            self._plant(route)

    def _plant(self, route: Route) -> None:
        node, names = self._root, []
        for part in route.path.strip("/").split("/"):
            if part.startswith("{"):
                names.append(part[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.fixed.setdefault(part, _Node())
        node.routes[route.method] = (route, tuple(names))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and its path parameters.

        Raises:
            Refused: 404 for an unknown path, 405 for a known one with another method.
        """
        found = _walk(self._root, path.strip("/").split("/"), ())
        if found is None:
            raise not_found()
        node, values = found
        entry = node.routes.get(method)
        if entry is None:
            raise wrong_verb(sorted(node.routes))
        route, names = entry
        return route, dict(zip(names, values, strict=True))


def _walk(
    node: _Node, parts: list[str], values: tuple[str, ...]
) -> tuple[_Node, tuple[str, ...]] | None:
    if not parts:
        return (node, values) if node.routes else None
    fixed = node.fixed.get(parts[0])
    found = _walk(fixed, parts[1:], values) if fixed else None
    if found is None and node.parameter is not None:
        found = _walk(node.parameter, parts[1:], (*values, parts[0]))
    return found


def answer(route: Route, desk: Desk, call: Call) -> Answer:
    """Check the query and call the handler.

    Raises:
        Refused: whatever the handler refuses, or 400 for a stranger in the query.
    """
    validate.query(call, route.query)
    return route.handler(desk, call)
