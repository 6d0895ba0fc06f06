"""A person approves a proposed reply: it is sent once, after one more look, or not at all."""

from dataclasses import replace
from typing import cast

import pytest

from agent.model import Approval, Earlier
from agent.policy.terms import Mode, Policy
from server import approvals, replay
from server.approvals import Refused
from server.engine import Engine
from server.store import inbox, runs, switches
from server.store.inbox import State
from tests.chaos.memory import Killed
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.faults import Planned
from tools.message import Answer, Request

OWN_WORDS = "Hello,\n\nyou may return it within 30 days.\n\nKim"


def _under(theatre: Theatre, policy: Policy) -> None:
    theatre.responder = replace(theatre.responder, policy=policy)
    theatre.account = replace(theatre.account, responder=theatre.responder)


@pytest.fixture
def proposing(theatre: Theatre) -> Theatre:
    """A theatre in which replies are only proposed, in notes."""
    _under(theatre, replace(theatre.responder.policy, mode=Mode.NOTE))
    return theatre


async def _proposed(theatre: Theatre) -> tuple[int, str]:
    ticket = theatre.write()
    theatre.deliver(ticket)
    await theatre.work()
    kept = theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))
    return ticket, kept[0].id


def _approve(theatre: Theatre, run: str, text: str = "", *, by: str = "kim") -> int:
    now, engine = theatre.clock.now().timestamp(), cast("Engine", theatre.engine)
    asked = Approval(run, by, text)
    return theatre.store.write_now(lambda c: approvals.take(c, engine, asked, now=now))


def _end(theatre: Theatre, number: int) -> tuple[State, str]:
    found = theatre.store.read_now(lambda c: inbox.find(c, number))
    assert found is not None
    return found.state, found.reason


async def test_what_a_person_approved_is_sent_once_however_often_they_say_so(
    proposing: Theatre,
) -> None:
    """Two people may press the button; the customer reads one reply."""
    ticket, run = await _proposed(proposing)
    before = proposing.said(ticket)

    first, second = _approve(proposing, run), _approve(proposing, run)
    await proposing.work()

    assert [] == before
    assert 1 == len(proposing.said(ticket))
    ends = {_end(proposing, number)[0] for number in (first, second)}
    assert {State.DONE, State.SKIPPED} == ends


async def test_other_words_are_sent_as_text(proposing: Theatre) -> None:
    """Who edits a reply writes words, never markup."""
    ticket, run = await _proposed(proposing)

    _approve(proposing, run, OWN_WORDS + "\n\n1 < 2 & more")
    await proposing.work()

    (said,) = proposing.said(ticket)
    assert "<p>you may return it within 30 days.</p>" in said
    assert "1 &lt; 2 &amp; more" in said


@pytest.mark.parametrize("who", ["customer", "agent", "closed", "spam"])
async def test_what_happened_since_stops_it(proposing: Theatre, who: str) -> None:
    """An approval is for the ticket as it was; whatever is newer needs another look."""
    ticket, run = await _proposed(proposing)
    desk = proposing.desk
    match who:
        case "customer":
            people.customer_reply(desk, desk.tickets[ticket], "<p>Never mind, I found it.</p>")
        case "agent":
            people.agent_reply(desk, desk.tickets[ticket], "<p>We have spoken by phone.</p>")
        case "closed":
            people.update(desk, desk.tickets[ticket], {"status": 5})
        case _:
            people.update(desk, desk.tickets[ticket], {"spam": True})
    count = len(proposing.said(ticket))

    number = _approve(proposing, run)
    await proposing.work()

    assert count == len(proposing.said(ticket))
    assert State.SKIPPED is _end(proposing, number)[0]


async def test_while_public_replies_are_stopped_it_waits_and_goes_on(proposing: Theatre) -> None:
    """The kill switch binds people's approvals, too; none of them is lost."""
    ticket, run = await _proposed(proposing)
    now = proposing.clock.now().timestamp()
    proposing.store.write_now(lambda c: switches.stop(c, "*", switches.PUBLIC, reason="r", now=now))
    number = _approve(proposing, run)
    await proposing.work()
    stopped = (len(proposing.said(ticket)), _end(proposing, number)[0])

    proposing.store.write_now(lambda c: switches.release(c, "*", switches.PUBLIC))
    await proposing.attention().look(1)
    await proposing.work()

    assert (0, State.PARKED) == stopped
    assert 1 == len(proposing.said(ticket))


async def test_a_death_between_the_reply_and_its_receipt_does_not_double_it(
    proposing: Theatre,
) -> None:
    """The same intent, look and adoption as for every other write."""
    ticket, run = await _proposed(proposing)
    died: list[str] = []

    def die(request: Request, _: Answer) -> None:
        if request.path.endswith("/reply") and not died:
            died.append(request.path)
            raise Killed

    proposing.wire.after = die
    number = _approve(proposing, run)
    deaths = await proposing.work()

    assert 1 == deaths
    assert 1 == len(proposing.said(ticket))
    assert (State.DONE, "public_reply") == _end(proposing, number)


async def test_a_held_reply_is_told_in_the_ticket_and_ended_by_an_approval(
    theatre: Theatre,
) -> None:
    """Agents look into the ticket, not into our queue; and what they decided is no longer held."""
    _under(theatre, replace(theatre.responder.policy, resend_lost=False))
    theatre.app.faults.planned.append(Planned("POST /tickets/*/reply", "before-apply"))
    ticket, run = await _proposed(theatre)
    (note,) = theatre.said(ticket, "note")
    held = [one.state for one in theatre.deliveries()]

    number = _approve(theatre, run)
    await theatre.work()

    assert [State.HELD] == held
    assert f"deskhand approve {run}" in note
    assert 1 == len(theatre.said(ticket))
    first = theatre.deliveries()[0]
    assert (State.DONE, f"sent by delivery {number}, approved by kim") == (
        first.state,
        first.reason,
    )


async def test_a_held_reply_that_landed_late_is_not_sent_again(theatre: Theatre) -> None:
    """The helpdesk may show a reply only after we stopped looking."""
    _under(theatre, replace(theatre.responder.policy, resend_lost=False))
    theatre.app.faults.planned.append(
        Planned("POST /tickets/*/reply", "late-apply", seconds=2000.0)
    )
    ticket, run = await _proposed(theatre)
    theatre.clock.advance(3600.0)

    number = _approve(theatre, run)
    await theatre.work()

    assert 1 == len(theatre.said(ticket))
    assert (State.SKIPPED, "a reply of ours is there already") == _end(theatre, number)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dear [Name], all is well.", "placeholder"),
        ("All is <b>well</b>.", "markup"),
        ("See https://evil.example/login for it.", "foreign_link"),
        ("The key is sk-proj-Zx8Yq2Wm4Nt6Rb1Vc3Kd5Jf7Hg9Ls0Pa.", "leaked_secret"),
    ],
)
async def test_words_that_must_not_go_out_are_handed_back(
    proposing: Theatre, text: str, told: str
) -> None:
    """A person may know better what is true, but not send a secret or a strange link by mistake."""
    ticket, run = await _proposed(proposing)

    number = _approve(proposing, run, text)
    await proposing.work()

    assert [] == proposing.said(ticket)
    state, reason = _end(proposing, number)
    assert State.HELD is state
    assert told in reason


async def test_a_policy_that_is_off_sends_nothing(proposing: Theatre) -> None:
    """Off means off, whoever asks."""
    ticket, run = await _proposed(proposing)
    _under(proposing, replace(auto("larkspur.freshdesk.com"), mode=Mode.OFF))

    _approve(proposing, run)
    await proposing.work()

    assert [] == proposing.said(ticket)


async def test_an_approval_that_cannot_be_taken_says_why(proposing: Theatre) -> None:
    """A mistyped run must not look as if something had been sent."""
    _, run = await _proposed(proposing)

    with pytest.raises(Refused, match="no run 'rnothing'"):
        _approve(proposing, "rnothing")
    with pytest.raises(Refused, match="who approves"):
        _approve(proposing, run, by=" ")


async def test_a_webhook_is_not_folded_into_an_approval(proposing: Theatre) -> None:
    """Folding is for bursts of one customer; an approval answers no newer word."""
    ticket, run = await _proposed(proposing)
    more = "<p>And how do I reset my password?</p>"
    people.customer_reply(proposing.desk, proposing.desk.tickets[ticket], more)
    proposing.deliver(ticket)
    _approve(proposing, run)

    await proposing.work()

    assert 2 == len(proposing.said(ticket, "note"))


async def test_an_approved_run_replays_to_the_same_decision(proposing: Theatre) -> None:
    """Who decided belongs to the record as much as what was decided."""
    ticket, run = await _proposed(proposing)
    _approve(proposing, run)
    await proposing.work()
    kept = proposing.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))
    approved = next(one for one in kept if one.result.approval)

    found = replay.replay(approved.result, proposing.responder.policy, earlier=Earlier())

    assert found is not None
    assert () == found.differences
    assert approved.result.decision is not None
    assert ("approved by kim",) == approved.result.decision.reasons
