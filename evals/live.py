"""Record read-only traffic of a real account, scrubbed, and say where the sandbox differs."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self

from evals.recorder import recording
from evals.scrub import OWN, Scrubber
from evals.shape import Shapes, load
from evals.tape import Cassette, Tapes
from evals.traffic import CASSETTES, MEND
from tools.clock import SystemClock
from tools.egress import Origin
from tools.errors import BudgetExhausted, Forbidden, NotFound, RateLimited, Retryable
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import FreshdeskClient, open_freshdesk
from tools.http import Wires
from tools.ledger import MemoryLedger
from tools.model import AccountId, TicketId
from tools.provider import READ_ONLY, Lane, share

OF_ACCOUNT = (
    "Recorded from a real account, read-only and scrubbed: keys, types and nulls are the vendor's, "
    "every text, name, address, number and moment was replaced."
)
_A_TICKET = 8
"""Credits a ticket may take: view 1, stats 2, thread 3, contact and company 1 each."""
_WINDOW = timedelta(days=30)
_SEARCHED = "help"
_OK = 200
_STRANGE = re.compile(r"@(?![\w.-]+\.example\b)[\w-]+\.[\w.-]+")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is read.

    Attributes:
        credits: it may take at most.
    """

    name: str
    credits: int
    act: Callable[[], Awaitable[object]]


def quoted(tickets: int) -> int:
    """Return the credits that a recording takes at most."""
    return sum(credit for _, credit in _FIXED) + tickets * _A_TICKET


_FIXED = (
    ("who the key belongs to", 1),
    ("ticket fields", 1),
    ("groups", 1),
    ("settings", 1),
    ("a page of changed tickets", 1),
    ("a search of the help centre, and one article", 3),
    ("business hours", 1),
    ("support addresses", 1),
    ("ratings", 1),
)


def recorded(account: str, key: str, *, tickets: int, into: Path, tell: Tell) -> tuple[str, ...]:
    """Record an account by its domain, and return in what the sandbox differs from it.

    Raises:
        tools.errors.HelpdeskError: the account cannot be read; nothing is kept.
        ValueError: the domain is none of Freshdesk's, or somebody would be seen in what is kept.
    """
    origin = FRESHDESK.address(account)
    spent = asyncio.run(record(origin, key, tickets=tickets, into=into, tell=tell))
    tell(f"{spent} credits were used.")
    _nobody_in(into, key, origin)
    return differences(into)


def _nobody_in(folder: Path, key: str, origin: Origin) -> None:
    """Look once more through what was written; what shows anything is removed, and said."""
    for file in sorted(folder.glob("*.json")):
        text = file.read_text("utf-8")
        found = [
            what for what, word in (("the key", key), ("the account", origin.host)) if word in text
        ]
        found += [] if not _STRANGE.search(text) else ["an address"]
        if found:
            file.unlink()
            raise ValueError(f"{file} held {' and '.join(found)} and was removed; report this")


async def record(origin: Origin, key: str, *, tickets: int, into: Path, tell: Tell) -> int:
    """Read an account and keep its traffic; return the credits that took.

    Args:
        origin: where it is.
        key: an agent's; never kept.
        tickets: how many of the newest are read whole.
        into: a folder; what is in it is replaced.
        tell: is given a line for each step.

    Raises:
        tools.errors.HelpdeskError: the account cannot be read; nothing is kept.
    """
    mend = f"deskhand evals record --live {origin.host}"
    async with _client(origin, key) as desk:
        with recording(into, of=OF_ACCOUNT, mend=mend, scrub=Scrubber()):
            await _read(desk, tickets, tell)
        return desk.credits


async def _read(desk: FreshdeskClient, tickets: int, tell: Tell) -> None:
    progress, found = _Progress(desk, quoted(tickets), tell), list[TicketId]()
    acts = (
        desk.probe, desk.fields, desk.groups, desk.office.settings, lambda: _newest(desk, found),
        lambda: _article(desk), desk.office.business_hours, desk.office.mailboxes,
        lambda: desk.office.ratings(since=progress.clock.now() - timedelta(days=1)),
    )  # fmt: skip
    for known, act in zip(_FIXED, acts, strict=True):
        await progress.take(Step(*known, act))
    chosen = found[:tickets]
    for number, ticket in enumerate(chosen, start=1):
        name = f"ticket {number} of {len(chosen)}"
        await progress.take(Step(name, _A_TICKET, _whole(desk, ticket)))


def _whole(desk: FreshdeskClient, ticket: TicketId) -> Callable[[], Awaitable[object]]:
    async def act() -> None:
        await desk.ticket_with_people(ticket)
        await desk.closed_at(ticket)
        await desk.thread(ticket, most_calls=3)

    return act


async def _newest(desk: FreshdeskClient, found: list[TicketId]) -> None:
    since = SystemClock().now() - _WINDOW
    async for one in desk.changes(since):
        found.append(one.id)
        if len(found) >= 100:  # noqa: PLR2004 -- one page, one credit
            break
    found.reverse()


async def _article(desk: FreshdeskClient) -> None:
    for one in (await desk.search_articles(_SEARCHED))[:1]:
        await desk.article(one.id)


class _Progress:
    """Takes one step after the other, within the account's pool, and says how far it is."""

    def __init__(self, desk: FreshdeskClient, whole: int, tell: Tell) -> None:
        self.clock = SystemClock()
        self._desk = desk
        self._whole = whole
        self._tell = tell
        self._began = self.clock.steady()
        self._done = 0

    async def take(self, step: Step) -> None:
        """Take it, waiting where the account asks to; what the key may not see is left out."""
        what = "read"
        while True:
            try:
                await step.act()
            except (Forbidden, NotFound) as fault:
                if not self._done:
                    raise
                what = f"left out ({type(fault).__name__})"
            except Retryable as fault:
                if not isinstance(fault, BudgetExhausted | RateLimited):
                    raise
                self._tell(f"the account asks to wait {fault.retry_after:.0f} s")
                await self.clock.sleep(fault.retry_after)
                continue
            break
        self._done += step.credits
        gone = self.clock.steady() - self._began
        left = gone * self._whole / self._done - gone
        self._tell(
            f"{self._done / self._whole:4.0%}  {step.name}: {what}; {self._desk.credits} credits, "
            f"about {left:.0f} s left"
        )


@asynccontextmanager
async def _client(origin: Origin, key: str) -> AsyncIterator[FreshdeskClient]:
    wires = Wires()
    shared = share(wires.to(origin), MemoryLedger(), SystemClock())
    try:
        yield open_freshdesk(
            origin, key, account=AccountId("live"), shared=shared, lane=Lane.BACKFILL,
            grant=READ_ONLY,
        )  # fmt: skip
    finally:
        await wires.aclose()


def differences(account: Path, *, sandbox: Path = CASSETTES) -> tuple[str, ...]:
    """Return in what the account's answers differ from the shape files and from the sandbox's.

    Raises:
        ValueError: a cassette cannot be read.
    """
    real = Tapes(account, mend="deskhand evals record --live ACCOUNT").load()
    ours = Tapes(sandbox, mend=MEND).load()
    return (*_against_shapes(real, load()), *_against_sandbox(real, ours))


def _against_shapes(real: Iterable[Cassette], shapes: Shapes) -> Iterator[str]:
    told: Counter[str] = Counter()
    for tape in real:
        for one in tape.exchanges:
            headers = {"x-request-id": "00000000", **one.answer.headers}
            told.update(shapes.faults(tape.endpoint, one.answer.status, headers, one.answer.body))
    for fault, count in told.items():
        yield f"not as evals/shapes has it: {fault}" + (f" ({count} times)" if count > 1 else "")


def _against_sandbox(real: Sequence[Cassette], ours: Sequence[Cassette]) -> Iterator[str]:
    """Yield keys that one of them always has and the other never; the shapes allow both."""
    mine = {tape.endpoint: _Keys.of(tape) for tape in ours}
    for tape in real:
        theirs, known = _Keys.of(tape), mine.get(tape.endpoint, _Keys())
        for key in known.always(theirs):
            yield f"{tape.endpoint}: the sandbox always has {key}, the account never"
        for key in theirs.always(known):
            yield f"{tape.endpoint}: the account always has {key}, the sandbox never"


@dataclass(slots=True)
class _Keys:
    """How often an endpoint's objects came, and each of their keys, by place."""

    objects: Counter[str] = field(default_factory=Counter[str])
    keys: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, tape: Cassette) -> Self:
        """Count the keys in an endpoint's good answers, those the account made up left out."""
        counted = cls()
        for one in tape.exchanges:
            if one.answer.status == _OK and one.answer.body:
                counted._walk(json.loads(one.answer.body), "")
        return counted

    def always(self, other: "_Keys") -> list[str]:
        """Return the keys that all objects here have and none of the other's."""
        both = self.objects.keys() & other.objects.keys()
        return sorted(
            key
            for key, count in self.keys.items()
            if key.rpartition(".")[0] in both
            and count == self.objects[key.rpartition(".")[0]]
            and not other.keys[key]
        )

    def _walk(self, value: object, at: str) -> None:
        if isinstance(value, list):
            for one in value:
                self._walk(one, at)
        elif isinstance(value, dict):
            self.objects[at] += 1
            for name, one in value.items():
                place = f"{at}.{name}"
                self.keys[place] += 1
                if name not in OWN:
                    self._walk(one, place)
