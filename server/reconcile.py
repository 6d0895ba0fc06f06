"""Find what webhooks missed: read the tickets that changed, oldest change first, and compare.

The helpdesk tries a webhook four times within 95 minutes and then drops it, and one that it
throttled for a day, too; so everything it changed is looked at once more, some seconds later.
Most of it was seen: a run notes how far it has read a ticket, our own write included.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import structlog

from agent.model import TriggerKind
from agent.post import rank
from server.engine import Engine, Work
from server.store import cursors, inbox
from server.store.cursors import SETTLED, Seen
from server.store.db import Connection, Database
from server.store.inbox import Arrival
from tools.clock import Clock
from tools.errors import HelpdeskError, NotFound, Retryable
from tools.model import AccountId, Ticket, TicketId
from tools.provider import Helpdesk

EVERY = 60.0
"""Seconds between two sweeps at least."""
PART = 0.015
"""Of the account's pool that sweeps may take: a small plan, or a long sweep, is swept later."""
OVERLAP = timedelta(minutes=5)
"""Looked at again each time: a list may lag behind what it lists."""
FRESH = timedelta(seconds=15)
"""A change younger than this is left to its webhook until the next sweep."""
AGAIN = 600.0
"""Seconds after which a sweep whose process died is due once more."""
LOOK = 5.0
"""Seconds between two looks whether a sweep is due."""
PAGE = 100
"""Tickets after which progress is noted."""

log = structlog.get_logger()


class Standing(Enum):
    """What a change is to us."""

    KNOWN = auto()
    OURS = auto()
    """It is our own write, or was read at once; something may hide behind it."""
    NEWS = auto()


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to.

    Attributes:
        looked: how many changed tickets were looked at.
        missed: those of which nothing was known, now delivered unless it was a dry run.
    """

    looked: int
    missed: tuple[TicketId, ...]
    credits: int


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Sweeps one account.

    Attributes:
        open: opens it read-only in the lane of reconciliation.
        rate: the account's pool in credits a second, or None while unknown.
        every: seconds between two sweeps at least.
    """

    database: Database
    engine: Engine
    account: AccountId
    open: Callable[[], Helpdesk]
    rate: Callable[[], Awaitable[float | None]]
    clock: Clock
    every: float = EVERY
    _young: dict[tuple[TicketId, datetime], float] = field(
        default_factory=dict[tuple[TicketId, datetime], float], repr=False
    )

    async def forever(self) -> None:
        """Sweep whenever it is due, in one process at a time."""
        while True:
            await self.when_due()
            await self.clock.sleep(min(LOOK, self.every))

    async def when_due(self) -> Swept | None:
        """Sweep if a sweep is due, and set the time of the next one."""
        now = self._now()
        begins = now + await self._ahead()
        cursor = await self.database.write(
            lambda c: cursors.claim(c, self.account, now=now, again=AGAIN, begins=begins)
        )
        if cursor is None:
            return None
        swept, wait = None, self.every
        try:
            swept = await self.sweep(datetime.fromtimestamp(cursor.upto, UTC) - OVERLAP)
            wait = await self._pause(swept.credits)
        except Retryable as fault:
            wait = max(self.every, fault.retry_after)
            log.info("sweep put off", account=self.account, error=str(fault))
        except HelpdeskError as fault:
            log.warning("not swept", account=self.account, error=str(fault))
        ended = self._now()
        await self.database.write(
            lambda c: cursors.finish(c, self.account, now=ended, due=ended + wait)
        )
        return swept

    async def _ahead(self) -> float:
        """Return how far the helpdesk's clock is ahead of ours, where a first sweep begins by it.

        One credit, once in an account's life; 0 where the helpdesk does not say.
        """
        if await self.database.read(lambda c: cursors.of(c, self.account)) is not None:
            return 0.0
        try:
            return (await self.open().probe()).clock_skew or 0.0
        except HelpdeskError as fault:
            log.info("its clock is not known yet", account=self.account, error=str(fault))
            return 0.0

    async def sweep(self, since: datetime, *, dry: bool = False) -> Swept:
        """Look at everything that changed since then; deliver what was missed.

        Args:
            since: by the helpdesk's clock.
            dry: find, and deliver nothing.
        """
        desk = self.open()
        looked, missed = 0, list[TicketId]()
        async for some in _in_pages(desk.changes(since)):
            ripe = self._ripe(some)
            looked += len(ripe)
            found = await self._compare(ripe, desk, dry=dry)
            missed.extend(found)
            log.debug("sweep", account=self.account, looked=looked, missed=len(missed))
        if missed:
            log.warning("webhooks missed tickets", account=self.account, tickets=len(missed))
        return Swept(looked, tuple(missed), desk.credits)

    def _ripe(self, some: list[Ticket]) -> list[Ticket]:
        """Return the changes that are old enough, by the helpdesk's clock or since we saw them.

        One that does not tell its time would otherwise, with our clock behind its own, put every
        change off until ours has caught up.
        """
        steady = self.clock.steady()
        ripe = []
        for one in some:
            if one.updated_at > self._told_at(one) - FRESH:
                first = self._young.setdefault((one.id, one.updated_at), steady)
                if steady - first < FRESH.total_seconds():
                    continue
            ripe.append(one)
        for change in [c for c, first in self._young.items() if steady - first > AGAIN]:
            del self._young[change]
        return ripe

    async def _compare(self, some: list[Ticket], desk: Helpdesk, *, dry: bool) -> list[TicketId]:
        """Deliver what is news, once each; note what turned out to be our own doing."""
        now, hidden = self._now(), await self._hidden(some, desk)

        def compare(connection: Connection) -> list[TicketId]:
            missed = []
            for one in some:
                if one.id in hidden or self._standing(connection, one) is Standing.NEWS:
                    missed.append(one.id)
                elif not dry and self._standing(connection, one) is Standing.OURS:
                    read = Seen(one.updated_at.timestamp())
                    cursors.saw(connection, self.account, one.id, read)
            if dry or not some:
                return missed
            for ticket in missed:
                self._deliver(connection, ticket, now=now)
            upto = max(one.updated_at for one in some).timestamp()
            cursors.advance(
                connection, self.account, upto=upto, looked=len(some), missed=len(missed)
            )
            return missed

        act = self.database.read if dry else self.database.write
        return await act(compare)

    async def _hidden(self, some: list[Ticket], desk: Helpdesk) -> frozenset[TicketId]:
        """Return tickets on which a customer's word hides behind our own write: one credit each.

        The list tells only the newest change; a word that came while our post was on its way is
        covered by it.
        """
        found = []
        for one in some:
            if not await self._is_ours(one):
                continue
            read = await self._seen(one.id)
            try:
                thread = await desk.thread_after(one.id, read.position)
            except NotFound:
                continue
            fresh = [c for c in thread.conversations if rank(c.id) > rank(read.newest)]
            if any(each.from_customer for each in fresh):
                found.append(one.id)
        return frozenset(found)

    async def _seen(self, ticket: TicketId) -> Seen:
        return await self.database.read(lambda c: cursors.seen_of(c, self.account, ticket))

    async def _is_ours(self, ticket: Ticket) -> bool:
        stands = await self.database.read(lambda c: self._standing(c, ticket))
        return stands is Standing.OURS

    def _standing(self, connection: Connection, ticket: Ticket) -> Standing:
        """Return what a change is to us, by what the list shows of it."""
        changed = ticket.updated_at.timestamp()
        read = cursors.seen_of(connection, self.account, ticket.id)
        if read.upto >= changed or inbox.is_awaited(connection, self.account, ticket.id):
            return Standing.KNOWN
        if read.own < changed:
            return Standing.NEWS
        settled = changed < self._told_at(ticket).timestamp() - SETTLED
        return Standing.OURS if settled else Standing.KNOWN

    def _told_at(self, ticket: Ticket) -> datetime:
        """Return when we were told of it, by the clock that its times are by."""
        return ticket.told_at or self.clock.now()

    def _deliver(self, connection: Connection, ticket: TicketId, *, now: float) -> None:
        body = f'{{"ticket_id": "{ticket}"}}'.encode()
        arrival = Arrival(
            self.account,
            ticket,
            TriggerKind.RECONCILE,
            body,
            "application/json",
            "reconcile",
            now,
            now,
        )
        number = inbox.add(connection, arrival)
        self.engine.enqueue(connection, Work(number, 0, f"{self.account}|{ticket}"))

    async def _pause(self, spent: int) -> float:
        """Return the seconds until the next sweep, so that sweeps stay a small part."""
        rate = await self.rate()
        return self.every if not rate else max(self.every, spent / (PART * rate))

    def _now(self) -> float:
        return self.clock.now().timestamp()


async def _in_pages(tickets: AsyncIterator[Ticket]) -> AsyncIterator[list[Ticket]]:
    some: list[Ticket] = []
    async for one in tickets:
        some.append(one)
        if len(some) >= PAGE:
            yield some
            some = []
    if some:
        yield some
