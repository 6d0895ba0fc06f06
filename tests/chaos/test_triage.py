"""Triage on the service's own workflow and store: the update, and all that can come between."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from agent.errors import ModelUnavailable
from agent.llm.spend import MemoryPurse, Taken
from agent.model import Draft, Earlier, Outcome, RunLimits, Slot, Snapshot
from agent.policy.terms import Mode, Policy, Spend, Triaging
from agent.scripted import ScriptedSorter
from server import views
from server.policy_diff import compared
from server.replay import replay
from server.store import audit, switches
from server.store.inbox import State
from server.workflow import MODEL_TRIES
from tests.chaos.sorting import POLICY, SET, UNSET, ends, fields, once, puts, run_of, sort, under
from tests.chaos.theatre import Theatre
from tools.freshdesk.sandbox.faults import Planned
from tools.kit.tool import Desk


async def test_fields_are_set_once_and_nobody_is_told_anything(theatre: Theatre) -> None:
    """The benign twin of all that follows: what the policy says, in one update."""
    under(theatre)
    ticket = await sort(theatre)
    theatre.deliver(ticket)
    await theatre.work()

    assert SET == fields(theatre, ticket)
    assert 1 == puts(theatre)
    assert [] == theatre.said(ticket) + theatre.said(ticket, "note")
    again = (State.SKIPPED, "answered: this turn was dealt with before")
    assert [(State.DONE, "triage"), again] == ends(theatre)


async def test_the_record_tells_what_was_set_by_whom_and_what_was_not(theatre: Theatre) -> None:
    """An agent who wonders about a field can ask `why`; the audit names the keys."""
    chosen = {Slot.PRIORITY: ("Urgent",), Slot.TAGS: ("gift", "vip")}
    under(theatre, sorter=ScriptedSorter(chosen))
    run = run_of(theatre, await sort(theatre))

    told = views.why(run)
    checked = theatre.store.read_now(audit.verify)

    assert "TRIAGE" == told["disposition"] == told["receipt"]["disposition"]
    assert {"field": "type", "value": "Refund", "by": "policy"} in told["sets"]
    assert {"field": "tags", "value": "gift", "by": "scripted"} in told["sets"]
    assert ["priority", "tags"] == sorted(one["field"] for one in told["dropped"])
    assert () == checked.faults


async def test_a_model_that_stays_away_leaves_the_ticket_to_the_rules(theatre: Theatre) -> None:
    """Three tries, and then what costs nothing and needs nobody."""
    away = _Away()
    under(theatre, sorter=away)

    ticket = await sort(theatre)

    assert SET == fields(theatre, ticket)
    assert MODEL_TRIES == away.asked
    assert [(State.DONE, "triage")] == ends(theatre)


@dataclass
class _Away:
    """A sorter whose model does not answer; implements `Drafter`."""

    name: str = "away"
    prompt: str = "triage_ticket@v1"
    asked: int = 0

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Do not answer."""
        del snapshot, desk, policy, limits
        self.asked += 1
        raise ModelUnavailable("away: the endpoint timed out", retry_after=1.0)


async def test_a_choice_that_was_renamed_is_refused_with_its_reason_and_known_the_next_time(
    theatre: Theatre,
) -> None:
    """Definitions are kept for a day; a refusal makes the next look a fresh one."""
    under(theatre)
    await sort(theatre)
    theatre.desk.ticket_types[:] = ["Question", "Money back"]

    refused = await sort(theatre)
    known = await sort(theatre)

    state, reason = ends(theatre)[1]
    assert State.HELD is state
    assert "the helpdesk refused to set group_id, tags, type" in reason
    assert "type: invalid_value" in reason
    assert UNSET == fields(theatre, refused)
    assert (None, *SET[1:]) == fields(theatre, known)
    told = views.why(run_of(theatre, known))["dropped"]
    assert ["'Refund' is no choice of the account; it has 'Question', 'Money back'"] == [
        one["reason"] for one in told
    ]


@pytest.mark.parametrize(
    ("fault", "words"), [("403-denied", "403 access_denied"), ("400-required", "missing_field")]
)
async def test_what_the_key_or_the_form_does_not_let_us_set_is_said_and_can_be_tried_again(
    theatre: Theatre, fault: Any, words: str
) -> None:
    """A visible reason, no crash; once it is mended the ticket is sorted after all."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", fault))
    ticket = await sort(theatre)
    before = ends(theatre)

    theatre.deliver(ticket)
    await theatre.work()

    assert State.HELD is before[0][0]
    assert words in before[0][1]
    assert SET == fields(theatre, ticket)


async def test_a_pause_stops_the_update_within_the_fence(theatre: Theatre) -> None:
    """Who pauses means all writing, words or not; resumed, the ticket is sorted."""
    under(theatre)
    now = theatre.clock.now().timestamp()

    def pause(_: int) -> None:
        theatre.store.write_now(lambda c: switches.stop(c, "*", switches.ALL, reason="r", now=now))

    once(theatre, pause)
    ticket = await sort(theatre)
    parked, before = ends(theatre), fields(theatre, ticket)
    theatre.store.write_now(lambda c: switches.release(c, "*", switches.ALL))
    await theatre.attention().look(1)
    await theatre.work()

    assert [(State.PARKED, "writing is stopped everywhere: r")] == parked
    assert UNSET == before
    assert SET == fields(theatre, ticket)


async def test_a_policy_that_closes_a_field_before_the_write_is_heard(theatre: Theatre) -> None:
    """The file is read again before every write, and an update is one."""
    closed = replace(POLICY, version="closed", triage=Triaging((Slot.TAGS,)))
    looked: list[int] = []
    once(theatre, looked.append)
    under(theatre, reread=lambda: closed if looked else POLICY)

    ticket = await sort(theatre)

    assert UNSET == fields(theatre, ticket)
    assert "the policy lets triage set this no more: type, group" in ends(theatre)[0][1]


async def test_reconciliation_knows_the_change_as_our_own(theatre: Theatre) -> None:
    """A sweep that took our update for news would sort for ever."""
    under(theatre)
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    for _ in range(3):
        await sort(theatre)
    came = len(theatre.deliveries())

    for _ in range(3):
        theatre.clock.advance(sweeps.every)
        await sweeps.when_due()
        await theatre.work()

    assert came == len(theatre.deliveries())
    assert 3 == puts(theatre)


@dataclass(frozen=True)
class _Paid:
    """A drafter that is kept to the day's money, and finds nothing; implements `Drafter`."""

    name: str = "paid"
    prompt: str = "draft_reply@v1"

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Find nothing."""
        del snapshot, desk, policy, limits
        return Draft(Outcome.NO_ANSWER, "en", reason="No page answers it.", drafter=self.name)


class _Spent(MemoryPurse):
    """A purse whose day has cost so much already; no run adds to it."""

    async def settle(self, taken: Taken, used: Decimal) -> None:
        """Count nothing."""


@pytest.mark.parametrize(
    ("spent", "shown", "notes"), [("0", UNSET, 1), ("96", SET, 0), ("100", UNSET, 0)]
)
async def test_as_the_money_runs_out_a_note_becomes_triage_and_then_nothing(
    theatre: Theatre, spent: str, shown: tuple[object, ...], notes: int
) -> None:
    """Public, note, triage by rule, off: and the record says why it was no draft."""
    policy = replace(POLICY, mode=Mode.NOTE, spend=Spend(per_day=Decimal(100)))
    under(theatre, policy, drafter=_Paid(), purse=_Spent(Decimal(spent)))

    ticket = await sort(theatre)

    assert shown == fields(theatre, ticket)
    assert notes == len(theatre.said(ticket, "note"))
    if notes == 0:
        assert "for models is used up" in views.why(run_of(theatre, ticket))["reasons"][0]


async def test_triage_is_decided_again_to_the_same_and_told_from_other_modes(
    theatre: Theatre,
) -> None:
    """Replay needs no helpdesk; and a change of mode is shown before it is made."""
    under(theatre)
    run = run_of(theatre, await sort(theatre))
    note, off = replace(POLICY, mode=Mode.NOTE), replace(POLICY, mode=Mode.OFF)

    again = replay(run.result, POLICY, earlier=Earlier())
    bolder = [*compared([(run, Earlier())], POLICY, note)]
    quieter = [*compared([(run, Earlier())], POLICY, off)]

    assert again
    assert () == again.differences
    assert [("TRIAGE (triage)", "would be drafted (note)", "public")] == [
        (one.before, one.after, one.toward) for one in bolder
    ]
    assert [("TRIAGE (triage)", "SKIP (off)", "cautious")] == [
        (one.before, one.after, one.toward) for one in quieter
    ]


async def test_where_nothing_is_to_be_set_nothing_is_written(theatre: Theatre) -> None:
    """A ticket without a topic costs its reading, and says why it stayed as it is."""
    under(theatre, replace(POLICY, triage=Triaging((Slot.TYPE,))))
    ticket = await sort(theatre, "<p>Hello there, what is your address?</p>")

    assert UNSET == fields(theatre, ticket)
    assert [(State.SKIPPED, "nothing is to be set: nobody proposes anything")] == ends(theatre)
