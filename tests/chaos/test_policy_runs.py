"""Policies, switches and money on the service's own workflow and store."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from agent.model import Disposition, Earlier
from agent.policy.terms import Mode, People, Policy, Spend, Topic
from server.policy_diff import Change, compared
from server.replay import replay
from server.store import runs, switches
from server.store.inbox import State
from tests.chaos.theatre import ACCOUNT, Theatre
from tools.freshdesk.sandbox.faults import Planned

RETURNS = Topic("returns", words=("return",))


def _under(theatre: Theatre, policy: Policy, reread: Callable[[], Policy] | None = None) -> None:
    responder = replace(theatre.responder, policy=policy, reread=reread)
    theatre.account = replace(theatre.account, responder=responder)


async def _answered(theatre: Theatre, body: str | None = None) -> runs.Run:
    ticket = theatre.write(body) if body else theatre.write()
    theatre.deliver(ticket)
    await theatre.work()
    return theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("topic:other", ["reply"]),
        ("topic:returns", ["note"]),
        ("model:extractive", ["note"]),
        ("model:another", ["reply"]),
        ("public", ["note"]),
        ("all", []),
    ],
)
async def test_a_switch_stops_what_it_names_and_nothing_else(
    theatre: Theatre, level: str, kinds: list[str]
) -> None:
    """A bad week of one topic or model is no reason to silence the rest."""
    _under(theatre, replace(theatre.responder.policy, topics=(RETURNS,)))
    now = theatre.clock.now().timestamp()
    theatre.store.write_now(lambda c: switches.stop(c, "*", level, reason="r", now=now))
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()

    assert kinds == [k for k in ("reply", "note") for _ in theatre.said(ticket, k)]


async def test_a_switch_of_another_account_stops_nothing_here(theatre: Theatre) -> None:
    """I7 holds for switches as well."""
    now = theatre.clock.now().timestamp()
    stop = ("else", "topic:other")
    theatre.store.write_now(lambda c: switches.stop(c, *stop, reason="r", now=now))

    run = await _answered(theatre)

    assert run.result.decision
    assert Disposition.PUBLIC_REPLY is run.result.decision.disposition


@pytest.mark.parametrize(("mode", "replies"), [(Mode.AUTO, 1), (Mode.NOTE, 0)])
async def test_a_lost_reply_is_sent_again_only_if_it_still_may_go_out(
    theatre: Theatre, mode: Mode, replies: int
) -> None:
    """Minutes pass between the two tries: the second asks all that the first one asked."""
    bold = theatre.responder.policy
    later = replace(bold, mode=mode, version="later")
    theatre.app.faults.planned.append(Planned("POST /tickets/*/reply", "before-apply"))
    _under(theatre, bold, lambda: bold if theatre.app.faults.planned else later)
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()

    assert replies == len(theatre.said(ticket))
    wanted = State.DONE if replies else State.HELD
    assert [wanted] == [one.state for one in theatre.deliveries()]


@pytest.mark.parametrize(
    "changes",
    [
        {"topics": (RETURNS,), "human": People(topics=("returns",))},
        {"topics": (RETURNS,), "mode": Mode.ONE_CLICK},
        {"spend": Spend(per_day=Decimal(5))},
        {"canned_only": True},
    ],
    ids=["people", "one-click", "money", "canned"],
)
async def test_a_run_under_any_policy_is_decided_again_to_the_same(
    theatre: Theatre, changes: dict[str, object]
) -> None:
    """The record holds all that the gates asked for: the hour, the switches, the money."""
    policy = replace(theatre.responder.policy, **changes)  # type: ignore[arg-type]  # by name
    _under(theatre, policy)
    run = await _answered(theatre)
    earlier = theatre.store.read_now(lambda c: runs.before(c, run))

    found = replay(run.result, policy, earlier=earlier)

    assert found
    assert () == found.differences
    assert found.before == found.after


async def test_a_run_that_a_switch_held_is_decided_again_to_the_same(theatre: Theatre) -> None:
    """The switch may be gone by now; the record says that it was on."""
    now = theatre.clock.now().timestamp()
    theatre.store.write_now(lambda c: switches.stop(c, "*", "public", reason="r", now=now))
    run = await _answered(theatre)
    theatre.store.write_now(lambda c: switches.release(c, "*", "public"))

    found = replay(run.result, theatre.responder.policy, earlier=Earlier())

    assert found
    assert () == found.differences


HUMAN = "<p>I want to speak to a person, please.</p>"
PRESS = "<p>A press enquiry: how do I return an item, and how long do I have?</p>"


def _changes(kept: list[runs.Run], old: Policy, new: Policy) -> list[tuple[str, str, str]]:
    found: list[Change] = [*compared([(one, Earlier()) for one in kept], old, new)]
    return [(one.before, one.after, one.toward) for one in found]


async def test_what_a_change_would_do_is_told_from_kept_runs(theatre: Theatre) -> None:
    """Before a mode is made bolder somebody can see whom it would have answered."""
    auto = theatre.responder.policy
    note = replace(auto, mode=Mode.NOTE)
    kept = [await _answered(theatre), await _answered(theatre, HUMAN)]

    assert [("PRIVATE_NOTE (note)", "PUBLIC_REPLY (auto)", "public")] == _changes(kept, note, auto)
    assert [("PUBLIC_REPLY (auto)", "PRIVATE_NOTE (note)", "cautious")] == _changes(
        kept, auto, note
    )
    assert [] == _changes(kept, auto, replace(auto, signature="Bye"))


async def test_what_nobody_drafted_is_said_to_be_unknown(theatre: Theatre) -> None:
    """A ticket that a rule gave to a person has no draft; what one would have said nobody knows."""
    open_all = theatre.responder.policy
    closed = replace(open_all, human_topics=("press enquiry",))
    _under(theatre, closed)
    kept = [await _answered(theatre, PRESS)]

    assert [("HANDOFF (auto)", "would be drafted (auto)", "unknown")] == _changes(
        kept, closed, open_all
    )
    assert [("HANDOFF (auto)", "would be drafted (note)", "public")] == _changes(
        kept, closed, replace(open_all, mode=Mode.NOTE)
    )
    assert [("HANDOFF (auto)", "SKIP (off)", "cautious")] == _changes(
        kept, closed, replace(open_all, mode=Mode.OFF)
    )
