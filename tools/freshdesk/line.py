"""One account's calls: authenticated, within budget, judged; reads tried again, writes never."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.egress import Origin
from tools.errors import HelpdeskError, NotFound, Uncertain, Unexpected
from tools.freshdesk.failures import failure
from tools.freshdesk.limits import API
from tools.freshdesk.wire import M, many, one, parse
from tools.message import Answer, Part, Request
from tools.paging import ForeignLink, next_query
from tools.provider import Shared
from tools.retry import read_again
from tools.transport import BudgetedTransport

Query = Mapping[str, str | int]


class Key:
    """An agent's API key, kept out of every representation."""

    __slots__ = ("_header",)

    def __init__(self, secret: str) -> None:
        token = base64.b64encode(f"{secret.strip()}:X".encode()).decode("ascii")
        self._header = {"authorization": f"Basic {token}"}

    @property
    def header(self) -> dict[str, str]:
        """Return the header that proves it.

        Source: https://developers.freshdesk.com/api/#authentication
        """
        return self._header

    def __repr__(self) -> str:
        return "Key(…)"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    value: object = field(repr=False)
    more: bool


class Line:
    """The calls themselves, below the client's methods."""

    def __init__(
        self, transport: BudgetedTransport, *, origin: Origin, key: Key, shared: Shared
    ) -> None:
        self.transport = transport
        self.origin = origin
        self._key = key
        self._breaker = shared.breaker
        self._clock = shared.clock
        self._rng = shared.rng

    async def get(self, path: str, query: Query | None = None) -> Answer:
        """Read, and again when the way there failed."""
        request = Request(
            "GET",
            API + path,
            tuple((name, str(value)) for name, value in (query or {}).items()),
            self._key.header,
        )
        return await read_again(
            lambda: self._breaker.guard(lambda: self._once(request)),
            clock=self._clock,
            rng=self._rng,
        )

    async def page(self, path: str, query: Query | None = None) -> Page:
        """Read one page of a list.

        Raises:
            Unexpected: the next page is said to be on another host, or the body is no JSON.
        """
        answer = await self.get(path, query)
        try:
            after = next_query(answer.headers.get("link"), own=self.origin.url)
        except (ForeignLink, ValueError) as fault:
            raise Unexpected(f"GET {path}: {fault}") from fault
        return Page(parse(answer.body, what=f"GET {path}"), after is not None)

    async def one(self, model: type[M], path: str, query: Query | None = None) -> M:
        """Read one object."""
        what = f"GET {path}"
        return one(model, parse((await self.get(path, query)).body, what=what), what=what)

    async def many(self, model: type[M], path: str, query: Query | None = None) -> list[M]:
        """Read one page of objects."""
        return many(model, (await self.page(path, query)).value, what=f"GET {path}")

    async def every(self, model: type[M], path: str, *, most: int = 50) -> list[M]:
        """Read a list to its end, at most `most` pages. One credit per hundred."""
        found: list[M] = []
        for number in range(1, most + 1):
            page = await self.page(path, {"page": number, "per_page": 100})
            found += many(model, page.value, what=f"GET {path}")
            if not page.more:
                break
        return found

    async def write(
        self,
        model: type[M],
        method: str,
        path: str,
        body: Mapping[str, object],
        *,
        files: tuple[Part, ...] = (),
    ) -> M:
        """Write once, as JSON, or as a form where there are files.

        Raises:
            Uncertain: it may have landed.
        """
        headers = self._key.header
        request = Request(method, API + path, headers=headers, json=body)
        if files:
            request = Request(method, API + path, headers=headers, form=_form(body), files=files)
        what = f"{method} {path}"
        answer = await self._breaker.guard(lambda: self._once(request))
        try:
            return one(model, parse(answer.body, what=what), what=what)
        except Unexpected as fault:
            raise Uncertain(f"{fault}, so whether it landed must be looked for") from fault

    async def _once(self, request: Request) -> Answer:
        answer = await self.transport.send(request)
        fault: HelpdeskError | None = failure(
            answer,
            what=f"{request.method} {request.path.removeprefix(API)}",
            write=request.writes,
            now=self._clock.now().timestamp(),
        )
        if fault is not None:
            raise fault
        return answer


def _form(body: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return a body as form fields: lists repeat `name[]`, custom fields are `name[key]`.

    Source: https://developers.freshdesk.com/api/#create_ticket_with_attachment
    """
    pairs: list[tuple[str, str]] = []
    for name, value in body.items():
        if isinstance(value, list | tuple):
            pairs += [(f"{name}[]", _scalar(each)) for each in value]
        elif isinstance(value, dict):
            pairs += [(f"{name}[{key}]", _scalar(each)) for key, each in value.items()]
        elif value is not None:
            pairs.append((name, _scalar(value)))
    return tuple(pairs)


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def checked(raw: str) -> str:
    """Return an id that is safe inside a path.

    Raises:
        NotFound: this helpdesk's ids are digits, so there is nothing of that name.
    """
    if not (raw.isascii() and raw.isdigit()):
        raise NotFound(f"{raw!r} is no id of this helpdesk")
    return raw
