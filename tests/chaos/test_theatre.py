"""Waiting work comes back, and nothing is called that should not be."""

import asyncio
import itertools
import re
from collections.abc import Callable

import pytest

from server.store import inbox, switches
from server.store.db import Connection
from server.store.inbox import State
from server.workflow import POISON, SUSPECT, Workflow
from tests.chaos.memory import Killed
from tests.chaos.theatre import ASKED, KEY, Theatre
from tools.freshdesk.sandbox import people
from tools.message import Request


async def test_the_benign_twin_is_answered_in_public(theatre: Theatre) -> None:
    """Every test here that asserts the absence of a public reply rests on this one."""
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()

    assert 1 == len(theatre.said(ticket))
    assert [State.DONE] == [one.state for one in theatre.deliveries()]


async def test_paused_work_is_parked_without_a_call_and_goes_on_when_resumed(
    theatre: Theatre,
) -> None:
    """Who pauses means *not now*, not *never*."""
    now = theatre.clock.now().timestamp()
    theatre.store.write_now(lambda c: switches.stop(c, "*", switches.ALL, reason="r", now=now))
    ticket = theatre.write()
    theatre.deliver(ticket)
    await theatre.work()
    parked = [(one.state, one.reason) for one in theatre.deliveries()]
    calls = len(theatre.wire.calls)

    theatre.store.write_now(lambda c: switches.release(c, "*", switches.ALL))
    await theatre.attention().look(1)
    await theatre.work()

    assert [(State.PARKED, "writing is stopped everywhere: r")] == parked
    assert 0 == calls
    assert 1 == len(theatre.said(ticket))
    assert [State.DONE] == [one.state for one in theatre.deliveries()]


async def test_a_pause_in_the_middle_of_a_run_stops_the_write_and_parks_it(
    theatre: Theatre,
) -> None:
    """The switch is read inside the fence: it acts on the very next write."""
    ticket = theatre.write()
    theatre.deliver(ticket)

    def pause(request: Request) -> None:
        if request.path.endswith("/conversations"):
            theatre.wire.before = lambda _: None
            now = theatre.clock.now().timestamp()
            theatre.store.write_now(
                lambda c: switches.stop(c, "*", switches.ALL, reason="r", now=now)
            )

    theatre.wire.before = pause
    await theatre.work()

    assert [] == theatre.said(ticket) + theatre.said(ticket, "note")
    assert [State.PARKED] == [one.state for one in theatre.deliveries()]


async def test_a_kill_switch_makes_a_note_of_a_public_reply(theatre: Theatre) -> None:
    """The agents still get the draft when the public is not to hear from us."""
    now = theatre.clock.now().timestamp()
    theatre.store.write_now(lambda c: switches.stop(c, "*", switches.PUBLIC, reason="r", now=now))
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()

    assert (0, 1) == (len(theatre.said(ticket)), len(theatre.said(ticket, "note")))


async def test_a_revoked_key_costs_two_calls_at_most_and_parks_everything(
    theatre: Theatre,
) -> None:
    """A locked-out key must not be knocked with, and its tickets must not be lost."""
    tickets = [theatre.write(email=f"kim{n}@example.com") for n in range(6)]
    for ticket in tickets:
        theatre.deliver(ticket)
    theatre.key = "revoked"
    await theatre.work()
    refused = len([1 for call in theatre.wire.calls if call[3] == 401])
    parked = {one.state for one in theatre.deliveries()}

    theatre.key = KEY
    theatre.restart()
    await theatre.attention().look(0)
    await theatre.work()

    assert 1 <= refused <= 3
    assert {State.PARKED} == parked
    assert [1] * 6 == [len(theatre.said(ticket)) for ticket in tickets]


async def test_work_that_kills_the_process_again_and_again_is_dead_and_says_so(
    theatre: Theatre,
) -> None:
    """One poisonous ticket must not take every other one with it, nor vanish."""
    poison, fine = theatre.write(), theatre.write(email="fine@example.com")
    for ticket in (poison, fine):
        theatre.deliver(ticket)

    def die(request: Request) -> None:
        if request.path.endswith(f"/tickets/{poison}"):
            raise Killed

    theatre.wire.before = die
    deaths = await theatre.work()

    ends = {str(one.ticket_id): (one.state, one.reason) for one in theatre.deliveries()}
    assert POISON == deaths
    told = f"its work ended the process {POISON} times, {POISON - SUSPECT} of them alone"
    assert (State.DEAD, told) == ends[str(poison)]
    assert State.DONE is ends[str(fine)][0]


@pytest.mark.parametrize(("deaths", "apart"), [(SUSPECT - 1, False), (SUSPECT, True)])
async def test_work_a_process_died_with_runs_alone_so_that_no_neighbour_is_blamed(
    theatre: Theatre, deaths: int, *, apart: bool
) -> None:
    """Kills at random hit bystanders too; only what was alone at the time can be at fault."""
    tickets = [theatre.write(email=f"kim{n}@example.com") for n in range(3)]
    numbers = [theatre.deliver(ticket) for ticket in tickets]
    for number in numbers:
        for _ in range(deaths):
            theatre.store.write_now(_dies_of(number))
    theatre.clock.advance(60)
    workflow, order = theatre.workflow(), list[str]()

    def look(request: Request) -> None:
        found = re.search(r"/tickets/(\d+)", request.path)
        if found:
            order.append(found[1])

    theatre.wire.before = look
    await asyncio.gather(*(_with_engine(theatre, workflow) for _ in numbers))

    runs = [ticket for ticket, _ in itertools.groupby(order)]
    assert {State.DONE} == {one.state for one in theatre.deliveries()}
    assert apart is (len(runs) == len(tickets))


async def _with_engine(theatre: Theatre, workflow: Workflow) -> None:
    queued = theatre.engine.next()
    assert queued is not None
    queued.state = "running"
    await theatre.engine.run(queued, workflow.handle)


async def test_work_of_which_the_engine_has_nothing_left_begins_again(theatre: Theatre) -> None:
    """An engine that gave up on a database that was away leaves no silent delivery behind."""
    ticket = theatre.write()
    number = theatre.deliver(ticket)
    queued = theatre.engine.next()
    assert queued is not None
    queued.state = "done"
    theatre.store.write_now(lambda c: inbox.begin(c, number, 0, run="r1"))
    theatre.clock.advance(120)

    await theatre.attention().look(0)
    await theatre.work()

    assert 1 == len(theatre.said(ticket))


async def test_what_webhooks_missed_is_found_within_two_sweeps(theatre: Theatre) -> None:
    """Three hours down and every third webhook dropped: every customer is answered all the same."""
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    tickets = []
    for n in range(40):
        theatre.clock.advance(270)
        tickets.append(theatre.write(email=f"kim{n}@example.com"))
    for ticket in tickets[20:]:
        if theatre.chance.random() > 0.3:
            theatre.deliver(ticket)
            await theatre.work()
    for _ in range(2):
        theatre.clock.advance(sweeps.every)
        await sweeps.when_due()
        await theatre.work()

    assert [1] * 40 == [len(theatre.said(ticket)) for ticket in tickets]
    assert [] == theatre.unfinished()


async def test_a_sweep_finds_nothing_in_what_we_wrote_ourselves(theatre: Theatre) -> None:
    """Our own note changes its ticket; taking that for news would never end."""
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    for n in range(5):
        theatre.deliver(theatre.write(email=f"kim{n}@example.com"))
    await theatre.work()
    came = len(theatre.deliveries())

    for _ in range(3):
        theatre.clock.advance(sweeps.every)
        await sweeps.when_due()

    assert came == len(theatre.deliveries())


async def test_a_word_that_hides_behind_our_own_post_is_found(theatre: Theatre) -> None:
    """It came while our answer was on its way, and no webhook told: the list shows only ours."""
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    ticket = theatre.write()
    theatre.deliver(ticket)

    def between(request: Request) -> None:
        if request.writes:
            theatre.wire.before = lambda _: None
            people.customer_reply(theatre.desk, theatre.desk.tickets[ticket], ASKED[1])

    theatre.wire.before = between
    await theatre.work()
    for _ in range(3):
        theatre.clock.advance(sweeps.every)
        await sweeps.when_due()
        await theatre.work()

    assert 2 == len(theatre.said(ticket))


async def test_an_idle_hour_of_sweeps_costs_little(theatre: Theatre) -> None:
    """On the smallest plan, fifty calls a minute, looking for nothing takes three in a hundred."""
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    before = len(theatre.wire.calls)

    for _ in range(720):
        theatre.clock.advance(5)
        await sweeps.when_due()

    assert len(theatre.wire.calls) - before <= 0.03 * 50 * 60


async def test_a_dry_run_finds_and_delivers_nothing(theatre: Theatre) -> None:
    """An operator must be able to look before a hundred tickets are answered."""
    began = theatre.clock.now()
    ticket = theatre.write()
    theatre.clock.advance(60)

    swept = await theatre.reconciler().sweep(began, dry=True)

    assert (str(ticket),) == swept.missed
    assert [] == theatre.deliveries()


def _dies_of(number: int) -> Callable[[Connection], object]:
    return lambda connection: inbox.begin(connection, number, 0, run="r1")
