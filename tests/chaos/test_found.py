"""What plays found: each defect once more, by hand, so that its cause can be read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.model import Approval, run_of
from agent.policy.terms import Mode
from server import approvals
from server.store import runs, switches
from server.store.inbox import State
from server.workflow import after
from tests.chaos.theatre import ACCOUNT, ASKED, Theatre
from tools.errors import Unavailable
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.faults import Planned
from tools.message import Request


def _approve(theatre: Theatre, ticket: int) -> None:
    kept = theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))
    asked, now = Approval(kept[0].id, "somebody"), theatre.clock.now().timestamp()
    theatre.store.write_now(lambda c: approvals.take(c, theatre.product_engine, asked, now=now))


AHEAD = (0.0, 600.0, -600.0)
"""Seconds by which our clock is ahead of the helpdesk's, whose times are by its own."""


@pytest.mark.parametrize("ahead", AHEAD)
async def test_an_answer_within_the_second_of_the_question_is_seen(
    theatre: Theatre, ahead: float
) -> None:
    """I4: the helpdesk tells times to the second, so its time of change may hide an answer."""
    theatre.own.ahead = ahead
    ticket = theatre.write()
    theatre.deliver(ticket)
    looks = 0

    def before(request: Request) -> None:
        nonlocal looks
        looks += request.path.endswith(f"/tickets/{ticket}")
        if looks == 2:
            looks += 1
            made = theatre.desk.tickets[ticket].created_at
            with theatre.desk.at(made.replace(microsecond=0) + timedelta(milliseconds=900)):
                people.agent_reply(theatre.desk, theatre.desk.tickets[ticket], "<p>I will.</p>")

    theatre.wire.before = before
    await theatre.work()

    assert looks >= 3
    assert [] == theatre.said(ticket)


@pytest.mark.parametrize("ahead", AHEAD)
async def test_a_word_of_which_no_webhook_told_is_found_though_the_thread_lags(
    theatre: Theatre, ahead: float
) -> None:
    """I1: by a clock that is ahead, what was just read seems long settled."""
    theatre.own.ahead, theatre.desk.read_lag = ahead, 20.0
    ticket = theatre.write()
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    theatre.deliver(ticket)
    await theatre.work()
    theatre.clock.advance(90)
    people.agent_note(theatre.desk, theatre.desk.tickets[ticket], "<p>Seen.</p>")
    people.customer_reply(theatre.desk, theatre.desk.tickets[ticket], ASKED[1])
    theatre.clock.advance(1)
    theatre.deliver(ticket)
    theatre.clock.advance(3)
    for _ in range(5):
        await theatre.work()
        theatre.clock.advance(61)
        await sweeps.when_due()

    await theatre.work()

    assert 2 == len(theatre.said(ticket))


async def test_a_word_that_comes_while_a_lost_reply_is_sent_again_is_seen(
    theatre: Theatre,
) -> None:
    """I4 binds the second try: the thread is what is looked at last."""
    ticket = theatre.write()
    theatre.deliver(ticket)
    theatre.app.faults.planned.append(Planned("POST /tickets/*/reply", "before-apply"))
    posted = looked = 0

    def before(request: Request) -> None:
        nonlocal posted, looked
        posted += request.writes
        again = posted and request.path.endswith(f"/tickets/{ticket}")
        if again and not looked:
            looked = 1
            people.agent_reply(theatre.desk, theatre.desk.tickets[ticket], "<p>I will.</p>")

    theatre.wire.before = before
    await theatre.work()

    assert (1, 1) == (posted, looked)
    assert [] == theatre.said(ticket)


async def test_an_approval_of_what_was_just_answered_sends_nothing(theatre: Theatre) -> None:
    """I3: the thread may not show our reply yet; our own receipt does."""
    theatre.desk.read_lag = 20.0
    ticket = theatre.write()
    theatre.deliver(ticket)
    await theatre.work()

    _approve(theatre, ticket)
    await theatre.work()

    assert 1 == len(theatre.said(ticket))


@pytest.mark.parametrize("lag", [0.0, 20.0])
async def test_a_paused_run_does_not_answer_what_was_approved_meanwhile(
    theatre: Theatre, lag: float
) -> None:
    """I3: a reply that a person had sent is the answer to the turn, whether it shows yet or not."""
    theatre.desk.read_lag = lag
    ticket, now = theatre.write(), theatre.clock.now().timestamp()
    theatre.deliver(ticket)

    def pause(request: Request) -> None:
        if request.path.endswith("/conversations"):
            theatre.store.write_now(
                lambda c: switches.stop(c, "*", switches.ALL, reason="r", now=now)
            )

    theatre.wire.before = pause
    await theatre.work()
    theatre.wire.before = lambda _: None
    _approve(theatre, ticket)
    theatre.store.write_now(lambda c: switches.release(c, "*", switches.ALL))
    await theatre.work()
    await theatre.attention().look(1)
    await theatre.work()

    assert 1 == len(theatre.said(ticket))
    assert [] == theatre.unfinished()


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.NOTE])
async def test_one_delivery_may_answer_two_turns(theatre: Theatre, mode: Mode) -> None:
    """The customer writes while we look for a post; each turn has a run of its own."""
    policy = replace(theatre.responder.policy, mode=mode)
    theatre.responder = replace(theatre.responder, policy=policy)
    theatre.account = replace(theatre.account, responder=theatre.responder)
    ticket = theatre.write()
    theatre.deliver(ticket)
    theatre.app.faults.planned.append(Planned("POST /tickets/*", "after-apply-cut"))
    await theatre.work(most=1)
    said = people.customer_reply(theatre.desk, theatre.desk.tickets[ticket], ASKED[1])

    await theatre.work()

    turns = {f"{ACCOUNT}|{ticket}|#description", f"{ACCOUNT}|{ticket}|{said.id}"}
    kept = theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))
    assert turns == {one.turn for one in kept}
    assert {run_of(turn) for turn in turns} == {one.id for one in kept}
    assert [State.DONE] == [one.state for one in theatre.deliveries()]


async def test_a_delivery_may_be_tried_a_thousand_times_and_more(theatre: Theatre) -> None:
    """A wait that doubles with each try must end somewhere below infinity."""
    theatre.deliver(theatre.write())
    often = replace(theatre.deliveries()[0], attempt=5000)

    verdict = after(Unavailable("gone", retry_after=1.0), often, now=often.received_at)

    assert State.WAITING is verdict.state
    assert 0 < (verdict.wait or 0) <= 300
