"""Our clock is set hours ahead or back, at any call: nothing is lost, and nothing is said twice."""

import itertools
from dataclasses import replace
from typing import Any, cast

import pytest

from agent.journal import Journal
from agent.model import Intent
from server.store.inbox import State
from tests.chaos.house import Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tests.server.front_door import quiet
from tools.freshdesk.sandbox.faults import Name, Planned
from tools.message import Request
from tools.model import AccountId, TicketId

HOUR = 3600.0
JUMPS = (-6 * HOUR, HOUR, 49 * HOUR)
CALLS = (1, 4, 6, 7)
"""Of a run: its first look, the thread, the look before the write, and the write."""
FAULTS: tuple[Name | None, ...] = (None, "after-apply-cut", "429")
SOON = 15 * 60.0
"""Seconds, by everybody else's clocks, in which the customer has the answer all the same."""


async def _play(theatre: Theatre, *, jump: float, before: int, fault: Name | None) -> int:
    """Answer some, then let the clock be set at a call of a run; return the run's ticket."""
    for number in range(2):
        theatre.deliver(theatre.write(email=f"kim{number}@example.com"))
    await theatre.work()
    ticket = theatre.write(email="lou@example.com")
    if fault is not None:
        match = f"POST /tickets/{ticket}/reply"
        theatre.app.faults.planned.append(Planned(match, fault, retry_after=2))
    calls = itertools.count(1)

    def set_it(_: Request) -> None:
        if next(calls) == before:
            theatre.own.ahead = jump

    theatre.wire.before = set_it
    theatre.deliver(ticket)
    with quiet():
        await theatre.work()
    return ticket


def _theatre(props: Props) -> Theatre:
    setting = Setting(ACCOUNT, props.shelf(NAMES[0]), auto(), plan="growth")
    return Theatre(props, 1, setting)


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump / HOUR:+.0f} h")
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_clock_that_is_set_costs_no_answer_and_doubles_none(
    props: Props, jump: float, fault: Name | None
) -> None:
    """A machine whose time server was wrong must neither be silent for hours nor repeat itself."""
    for before in CALLS:
        theatre = _theatre(props)
        began = theatre.clock.now().timestamp()
        ticket = await _play(theatre, jump=jump, before=before, fault=fault)
        later = theatre.write(email="moe@example.com")
        theatre.deliver(later)
        with quiet():
            await theatre.work()
        await theatre.close()

        assert (1, 1) == (len(theatre.said(ticket)), len(theatre.said(later))), f"at call {before}"
        assert {State.DONE} == {one.state for one in theatre.deliveries()}
        assert theatre.clock.now().timestamp() - began < SOON, f"at call {before}"


async def test_what_waits_for_a_clock_that_was_set_back_says_so_and_is_answered_once(
    props: Props,
) -> None:
    """A reply that never landed is looked for until the clock has caught up, and says so."""
    theatre = _theatre(props)
    ticket = theatre.write()
    planned = Planned(f"POST /tickets/{ticket}/reply", "before-apply")
    theatre.app.faults.planned.append(planned)
    theatre.wire.lost = lambda _: setattr(theatre.own, "ahead", -HOUR)
    theatre.deliver(ticket)
    now = theatre.clock.now().timestamp()
    with quiet():
        await theatre.work(until=now)
        (waiting,) = theatre.deliveries()
        looks = len(theatre.wire.calls)
        await theatre.work()
    await theatre.close()

    assert (State.WAITING, True) == (waiting.state, bool(waiting.reason))
    assert 1 == len(theatre.said(ticket))
    assert len(theatre.wire.calls) - looks < HOUR / 60


class ByOurClock:
    """A journal that dates intents by our clock alone: the mutant that believes it."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the ticket's intent that has no receipt yet."""
        found = await self._inner.open_intent(account, ticket_id)
        return found and replace(found, since=found.at)


async def test_without_the_helpdesks_own_time_a_landed_reply_is_sent_again(props: Props) -> None:
    """An hour ahead, our clock says that what we find was there before we wrote."""
    theatre = _theatre(props)
    theatre.journals = lambda run: cast("Journal", ByOurClock(theatre.journal(run)))

    ticket = await _play(theatre, jump=HOUR, before=4, fault="after-apply-cut")
    await theatre.close()

    assert len(theatre.said(ticket)) > 1
