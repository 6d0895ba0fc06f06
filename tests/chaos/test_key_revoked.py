"""R9: a key that is revoked in mid-run is not knocked with, and costs no ticket its answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from server.attention import CREDENTIAL
from server.reconcile import Reconciler
from server.store.inbox import State
from tests.chaos import crowd
from tests.chaos.crowd import Crowd
from tests.chaos.house import Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tests.server.front_door import quiet
from tools.breaker import Breaker
from tools.freshdesk.client import open_freshdesk
from tools.freshdesk.sandbox.app import create_app
from tools.http import Wire
from tools.ledger import MemoryLedger
from tools.message import Answer, Request
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Right, share

MOST = 2
"""Calls in the hour after the first 401."""
HOUR = 3600.0
FIRST, LATER = 16, 12
"""Tickets under way when the key is revoked, and tickets that come within the hour after it."""
CALLS = 9
"""Before each of so many calls of a run the key is revoked once; the last is behind its end."""
NEW = "the-new-key"


def _renewed(theatre: Theatre) -> Wire:
    """Return the way to the same helpdesk once its owner has made a new key."""
    return Wire.in_process(create_app(theatre.desk, api_key=NEW), base=theatre.wire.wire.origin.url)


@pytest.mark.parametrize("before", range(1, CALLS + 1))
async def test_revoked_before_any_call_it_parks_and_resumes_with_the_new_key(
    props: Props, before: int
) -> None:
    """Whether it was reading, looking once more or posting: nothing is lost, and nothing twice."""
    theatre = Theatre(props, 1, Setting(ACCOUNT, props.shelf(NAMES[0]), auto()))
    tickets = [theatre.write(email=f"kim{n}@example.com") for n in range(3)]
    for ticket in tickets:
        theatre.deliver(ticket)
    left = iter(range(before))

    def revoke(_: Request) -> None:
        if next(left, None) == before - 1:
            theatre.wire.wire = _renewed(theatre)

    theatre.wire.before = revoke
    await theatre.work()
    refused = [status for _, _, _, status in theatre.wire.calls if status == 401]
    parked = [one for one in theatre.deliveries() if one.state is State.PARKED]

    theatre.key = NEW
    theatre.restart()
    await theatre.attention().look(0)
    await theatre.work()
    await theatre.close()

    assert 1 <= len(refused) <= 1 + MOST
    assert parked
    assert all("the account needs attention" in one.reason for one in parked)
    assert {State.DONE} == {one.state for one in theatre.deliveries()}
    assert [1] * 3 == [len(theatre.said(ticket)) for ticket in tickets]


async def test_a_key_that_is_good_again_is_found_out_without_a_restart(theatre: Theatre) -> None:
    """A suspension that was lifted must not need anybody who knows how to restart us."""
    good = theatre.wire.wire
    theatre.wire.wire = _renewed(theatre)
    ticket = theatre.write()
    theatre.deliver(ticket)
    await theatre.work()
    parked = [one.state for one in theatre.deliveries()]
    theatre.wire.wire = good

    watching = theatre.attention()
    for turn in range(1, CREDENTIAL + 1):
        theatre.clock.advance(3.0)
        await watching.look(turn)
    await theatre.work()

    assert [State.PARKED] == parked
    assert 1 == len(theatre.said(ticket))


class Owner:
    """Makes a new key while sixteen runs are under way, and so revokes the one we hold."""

    def __init__(self, on: Crowd) -> None:
        self._wire, self._desk = on.company.wire, on.company.house.desk
        self._wire.instead = self._perhaps_now

    def _perhaps_now(self, _: Request) -> Answer | None:
        if len(self._wire.answered) > 2 * FIRST:
            renewed = create_app(self._desk, api_key=NEW)
            self._wire.inner = Wire.in_process(renewed, base=self._wire.origin.url)
            self._wire.instead = lambda _: None
        return None

    def calls_after(self) -> int:
        """Return how many calls left after the first refusal had come."""
        first = min(at for at, answer in self._wire.answered if answer.status == 401)
        return len([at for at, _ in self._wire.sent if at > first])


@contextlib.asynccontextmanager
async def _loops(on: Crowd) -> AsyncIterator[None]:
    """Run what a serving process runs beside its work."""

    async def rate() -> float:
        return 700 / 60

    house = on.company.house
    sweeps = Reconciler(
        on.store,
        on.product_engine,
        house.id,
        open=lambda: house.open(Lane.RECONCILE, READ_ONLY),
        rate=rate,
        clock=on.clock,
    )
    both = [asyncio.create_task(one.forever()) for one in (on.attention(), sweeps)]
    try:
        yield
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _hour(props: Props, spoil: Callable[[Crowd], None]) -> tuple[Crowd, Owner, list[int]]:
    """Let the key be revoked with sixteen runs under way; return what an hour comes to."""
    on = Crowd(props, props.shelf(NAMES[0]), auto())
    spoil(on)
    owner, tickets = Owner(on), list[int]()
    house = on.company.house
    async with _loops(on):
        for n in range(FIRST + LATER):
            ticket = house.write(email=f"kim{n}@example.com")
            tickets.append(ticket)
            assert 202 == await on.hook(on.company, ticket)
            if n >= FIRST - 1:
                await on.work(seconds=HOUR / LATER)
                await on.clock.sleep(HOUR / LATER)
    return on, owner, tickets


async def _with_a_new_key(on: Crowd) -> None:
    """Restart with the new key, and work."""
    on.company.house.key = NEW
    on.company.house.restart()
    await on.attention().look(0)
    await on.work(seconds=HOUR)


def _play(
    props: Props, spoil: Callable[[Crowd], None] = lambda _: None
) -> tuple[Crowd, int, list[int], set[State]]:
    """Return the crowd, the calls within the hour, the tickets, and their states after it."""

    async def play() -> tuple[Crowd, int, list[int], set[State]]:
        on, owner, tickets = await _hour(props, spoil)
        calls, states = owner.calls_after(), {one.state for one in on.deliveries()}
        await _with_a_new_key(on)
        return on, calls, tickets, states

    with quiet():
        return crowd.run(play)


def test_with_sixteen_runs_under_way_a_revoked_key_is_left_alone_for_an_hour(props: Props) -> None:
    """A locked-out key must not be knocked with, whoever wants to: runs, sweeps or probes."""
    on, calls, tickets, states = _play(props)

    assert calls <= MOST
    assert {State.PARKED} == states
    assert {State.DONE} == {one.state for one in on.deliveries()}
    assert [1] * (FIRST + LATER) == [len(on.company.house.said(ticket)) for ticket in tickets]


def _knocking(on: Crowd) -> None:
    """Take the circuit away: the mutant that tries a refused key again and again."""
    house, wire = on.company.house, on.company.wire
    shared = replace(
        share(wire, MemoryLedger(), on.clock), breaker=Breaker(on.clock, rest=0.0, refused=0.0)
    )
    grant = Grant(frozenset(Right))

    def opened(lane: Lane, _: Helpdesk) -> Helpdesk:
        return open_freshdesk(
            wire.origin, house.key, account=house.id, shared=shared, lane=lane, grant=grant
        )

    house.opening = opened


def test_without_the_circuit_a_revoked_key_is_knocked_with(props: Props) -> None:
    """Counting calls shows something only where there can be more."""
    _, calls, _, _ = _play(props, _knocking)

    assert calls > 10 * MOST
