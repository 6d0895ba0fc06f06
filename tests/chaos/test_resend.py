"""A public reply that never landed: held for a person, or sent again where the owner says so."""

from dataclasses import replace

import pytest

from server.store import switches
from server.store.inbox import State
from tests.chaos.theatre import Theatre
from tools.freshdesk.sandbox.faults import Planned


async def _cut_off(theatre: Theatre, *, resend: bool) -> int:
    policy = replace(theatre.responder.policy, resend_lost=resend)
    responder = replace(theatre.responder, policy=policy)
    theatre.account = replace(theatre.account, responder=responder)
    theatre.app.faults.planned.append(Planned("POST /tickets/*/reply", "before-apply"))
    ticket = theatre.write()
    theatre.deliver(ticket)
    return ticket


@pytest.mark.parametrize(
    ("resend", "replies", "state"), [(False, 0, State.HELD), (True, 1, State.DONE)]
)
async def test_a_reply_that_never_landed_waits_for_a_person_unless_the_owner_chose(
    theatre: Theatre, *, resend: bool, replies: int, state: State
) -> None:
    """A missing reply can be mended and a doubled one not; but it must never vanish unseen."""
    ticket = await _cut_off(theatre, resend=resend)

    await theatre.work()

    assert replies == len(theatre.said(ticket))
    assert [state] == [one.state for one in theatre.deliveries()]


async def test_nothing_is_sent_again_while_writing_is_stopped(theatre: Theatre) -> None:
    """I5 binds the second try, too."""
    ticket = await _cut_off(theatre, resend=True)
    now = theatre.clock.now().timestamp()
    await theatre.work(until=now + 200)
    theatre.store.write_now(lambda c: switches.stop(c, "*", switches.ALL, reason="r", now=now))

    await theatre.work()

    assert [] == theatre.said(ticket)
    assert [State.PARKED] == [one.state for one in theatre.deliveries()]
