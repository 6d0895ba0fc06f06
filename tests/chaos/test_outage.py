"""R13: webhooks that were dropped, and three hours of outage: everything is found, for little."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest

from server.fields_watch import FieldsWatch
from server.knowledge_sync import Sync
from server.reconcile import FRESH, Reconciler
from server.store import cursors
from tests.chaos import crowd
from tests.chaos.crowd import Crowd
from tests.chaos.house import ASKED, Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tests.server.front_door import quiet
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.allowance import Plan
from tools.knowledge.index import KnowledgeIndex
from tools.ledger import Key, MemoryLedger
from tools.model import Ticket
from tools.provider import READ_ONLY, Helpdesk, Lane

DOWN = 3 * 3600.0
HOUR = 3600.0
DROPPED = 0.3
A_MINUTE: dict[Plan, int] = {"trial": 50, "growth": 200, "pro": 400, "enterprise": 700}
"""Calls that each plan grants in a minute."""
TICKETS: dict[Plan, int] = {"trial": 15, "growth": 100, "pro": 300, "enterprise": 700}
"""That come within the outage: about what fits such a plan."""
IDLE = 0.03
LATE = FRESH.total_seconds() + 5
"""Seconds a change is left to its webhook, and until the next look whether a sweep is due."""


@dataclass
class Outage:
    """A service that is down for three hours, and what its sweeps find afterwards.

    Attributes:
        changed: when each ticket last changed while nobody told us, unix seconds.
        found: when its delivery was there.
        interval: the longest time between two sweeps.
    """

    theatre: Theatre
    sweeps: Reconciler
    changed: dict[int, float] = field(default_factory=dict[int, float])
    found: dict[int, float] = field(default_factory=dict[int, float])
    interval: float = 0.0

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.theatre.clock.now().timestamp()

    async def sweep(self) -> None:
        """Sweep if it is due, and note what was found."""
        await self.sweeps.when_due()
        cursor = self.theatre.store.read_now(lambda c: cursors.of(c, ACCOUNT))
        assert cursor is not None
        self.interval = max(self.interval, cursor.due_at - self.now)
        for one in self.theatre.deliveries():
            self.found.setdefault(int(one.ticket_id or 0), self.now)

    def late(self, since: float) -> list[int]:
        """Return tickets that were found later than two intervals after they could be, or never."""
        most = 2 * self.interval + LATE
        return [
            ticket
            for ticket, changed in self.changed.items()
            if self.found.get(ticket, float("inf")) - max(changed, since) > most
        ]


def _outage(props: Props, plan: Plan) -> Outage:
    theatre = Theatre(props, 1, Setting(ACCOUNT, props.shelf(NAMES[0]), auto(), plan=plan))

    async def rate() -> float:
        return A_MINUTE[plan] / 60

    sweeps = Reconciler(
        theatre.store,
        theatre.product_engine,
        ACCOUNT,
        open=lambda: theatre.house.open(Lane.RECONCILE, READ_ONLY),
        rate=rate,
        clock=theatre.own,
    )
    return Outage(theatre, sweeps)


async def _three_hours_down(on: Outage, tickets: int) -> float:
    """Let customers write all the time, a third of them twice; return when we are back."""
    await on.sweep()
    for number in range(tickets):
        on.theatre.clock.advance(DOWN / tickets)
        ticket = on.theatre.write(email=f"kim{number}@example.com")
        if number % 3 == 2:
            ticket -= 2
            people.customer_reply(on.theatre.desk, on.theatre.desk.tickets[ticket], ASKED[1])
        on.changed[ticket] = on.now
        on.changed.setdefault(on.theatre.desk.tickets[max(on.theatre.desk.tickets)].id, on.now)
    on.theatre.restart()
    return on.now


@pytest.mark.parametrize("plan", TICKETS)
async def test_everything_that_came_while_we_were_down_is_found_within_two_sweeps(
    props: Props, plan: Plan
) -> None:
    """The helpdesk tries a webhook for 95 minutes; what came before that nobody tells us."""
    on = _outage(props, plan)
    with quiet():
        back = await _three_hours_down(on, TICKETS[plan])
        while on.now < back + 2 * max(on.sweeps.every, on.interval) + LATE:
            await on.sweep()
            on.theatre.clock.advance(5)
    await on.theatre.close()

    assert len(on.changed) == TICKETS[plan]
    assert [] == on.late(back)


async def test_dropped_webhooks_are_made_up_for_and_answered_once(props: Props) -> None:
    """On the smallest plan, after the outage: every third webhook never comes."""
    on = _outage(props, "trial")
    theatre, missed = on.theatre, 0
    with quiet():
        back = await _three_hours_down(on, TICKETS["trial"])
        for number in range(15):
            ticket = theatre.write(email=f"lou{number}@example.com")
            on.changed[ticket] = on.now
            if theatre.chance.random() < DROPPED:
                missed += 1
            else:
                theatre.deliver(ticket)
            for _ in range(10):
                await on.sweep()
                await theatre.work(until=on.now)
                theatre.clock.advance(12)
        await theatre.work()
    await theatre.close()

    assert missed > 2
    assert [] == on.late(back)
    assert {1} == {len(theatre.said(ticket)) for ticket in on.changed}
    assert [] == theatre.unfinished()


class Shortsighted:
    """A helpdesk that lists the last hour alone: the mutant that keeps no cursor."""

    def __init__(self, inner: Helpdesk, since: Callable[[], datetime]) -> None:
        self._inner, self._since = inner, since

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def changes(self, since: datetime) -> AsyncIterator[Ticket]:
        """Yield tickets updated since then, or a little later."""
        return self._inner.changes(max(since, self._since()))


async def test_without_a_cursor_an_outage_loses_tickets(props: Props) -> None:
    """A sweep that begins where the process begins must be seen to miss what came before."""
    on = _outage(props, "growth")
    started = on.theatre.clock.now()

    def opening(_: Lane, desk: Helpdesk) -> Helpdesk:
        return cast("Helpdesk", Shortsighted(desk, lambda: started))

    on.theatre.house.opening = opening
    with quiet():
        back = await _three_hours_down(on, TICKETS["growth"])
        started = on.theatre.clock.now()
        await on.sweep()
    await on.theatre.close()

    assert len(on.late(back)) > TICKETS["growth"] / 2


async def test_a_clock_that_is_behind_puts_no_find_off(props: Props) -> None:
    """Every change looks as if it were to come; it must not be waited for until then."""
    on = _outage(props, "growth")
    await on.sweep()
    on.theatre.own.ahead = -HOUR
    ticket = on.theatre.write()
    on.changed[ticket] = on.now
    with quiet():
        while on.now < on.changed[ticket] + 2 * on.sweeps.every + LATE:
            on.theatre.clock.advance(5)
            await on.sweep()
    await on.theatre.close()

    assert ticket in on.found


@pytest.mark.parametrize("plan", ["trial"])
def test_an_idle_hour_costs_three_parts_in_a_hundred(props: Props, plan: Plan) -> None:
    """All that calls when nothing happens: sweeps, the help centre read anew, fields looked at.

    On larger plans the same calls are a smaller part.
    """

    async def play() -> int:
        ledger = MemoryLedger()
        on = Crowd(props, props.shelf(NAMES[0]), auto(), plan=plan, ledger=ledger)
        house, wire = on.company.house, on.company.wire
        index = KnowledgeIndex.open(":memory:")

        async def rate() -> float | None:
            key, now = Key("freshdesk", wire.origin.url), on.clock.now().timestamp()
            known = await ledger.standing(key, now=now)
            return known.allowance.total / known.allowance.window if known else None

        loops = (
            Reconciler(
                on.store,
                on.product_engine,
                house.id,
                open=lambda: house.open(Lane.RECONCILE, READ_ONLY),
                rate=rate,
                clock=on.clock,
            ),
            Sync(
                index=index,
                open=lambda lane: house.open(lane, READ_ONLY),
                folder=None,
                clock=on.clock,
                rate=rate,
                primary=asyncio.Event(),
                complete=asyncio.Event(),
            ),
            FieldsWatch(on.store, house.id, lambda: house.open(Lane.BACKFILL, READ_ONLY), on.clock),
        )
        running = [asyncio.create_task(loop.forever()) for loop in loops]
        await on.clock.sleep(HOUR)  # reading everything for the first time is not idle
        before = len(wire.sent)
        await on.clock.sleep(HOUR)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        index.close()
        return len(wire.sent) - before

    with quiet():
        calls = crowd.run(play)

    assert 0 < calls <= IDLE * A_MINUTE[plan] * 60
