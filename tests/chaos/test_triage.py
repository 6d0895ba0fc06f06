"""Triage on the service's own workflow and store: the update, and all that can come between."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from agent.errors import ModelUnavailable
from agent.model import Draft, Landing, Outcome, RunLimits, Slot, Snapshot
from agent.policy import Mode, Policy, Spend, Topic, Triaging
from agent.scripted import ScriptedSorter
from agent.spend import MemoryPurse, Taken
from server import views
from server.policy_diff import compared
from server.replay import replay
from server.store import audit, runs, switches
from server.store.inbox import State
from server.workflow import MODEL_TRIES
from tests.chaos.dying import Dying, Fate
from tests.chaos.memory import Killed
from tests.chaos.theatre import ACCOUNT, ASKED, Theatre
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.faults import Planned
from tools.kit.tool import Desk
from tools.message import Request

RETURNS = Topic(
    "returns",
    words=("return",),
    sets={Slot.TYPE: ("Refund",), Slot.GROUP: ("Returns & Refunds",), Slot.TAGS: ("return",)},
)
POLICY = Policy(
    Mode.TRIAGE,
    version="triage",
    topics=(RETURNS,),
    triage=Triaging(tuple(Slot), priorities=("Low", "Medium", "High"), tags=("gift",)),
)
GROUP = 73000032002
SET = ("Refund", 1, GROUP, ["return", "lang-en"])
UNSET: tuple[object, ...] = (None, 1, None, [])


def _under(theatre: Theatre, policy: Policy = POLICY, **changes: Any) -> None:
    responder = replace(theatre.responder, policy=policy, **changes)
    theatre.account = replace(theatre.account, responder=responder)


async def _sorted(theatre: Theatre, body: str = ASKED[0]) -> int:
    ticket = theatre.write(body)
    theatre.deliver(ticket)
    await theatre.work()
    return ticket


def _fields(theatre: Theatre, ticket: int) -> tuple[object, ...]:
    found = theatre.desk.tickets[ticket]
    return found.type, found.priority, found.group_id, found.tags


def _puts(theatre: Theatre) -> int:
    return sum(call[1] == "PUT" for call in theatre.wire.calls)


def _run(theatre: Theatre, ticket: int) -> runs.Run:
    return theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]


def _ends(theatre: Theatre) -> list[tuple[State, str]]:
    return [(one.state, one.reason) for one in theatre.deliveries()]


def _once(theatre: Theatre, act: Callable[[int], None], *, nth: int = 2) -> None:
    """Do something just before the ticket is looked at for the nth time."""
    looks = 0

    def before(request: Request) -> None:
        nonlocal looks
        number = request.path.rpartition("/tickets/")[2]
        if request.method == "GET" and number.isdecimal():
            looks += 1
            if looks == nth:
                act(int(number))

    theatre.wire.before = before


async def test_fields_are_set_once_and_nobody_is_told_anything(theatre: Theatre) -> None:
    """The benign twin of all that follows: what the policy says, in one update."""
    _under(theatre)
    ticket = await _sorted(theatre)
    theatre.deliver(ticket)
    await theatre.work()

    assert SET == _fields(theatre, ticket)
    assert 1 == _puts(theatre)
    assert [] == theatre.said(ticket) + theatre.said(ticket, "note")
    again = (State.SKIPPED, "answered: this turn was dealt with before")
    assert [(State.DONE, "triage"), again] == _ends(theatre)


async def test_the_record_tells_what_was_set_by_whom_and_what_was_not(theatre: Theatre) -> None:
    """An agent who wonders about a field can ask `why`; the audit names the keys."""
    chosen = {Slot.PRIORITY: ("Urgent",), Slot.TAGS: ("gift", "vip")}
    _under(theatre, sorter=ScriptedSorter(chosen))
    run = _run(theatre, await _sorted(theatre))

    told = views.why(run)
    checked = theatre.store.read_now(audit.verify)

    assert "TRIAGE" == told["disposition"] == told["receipt"]["disposition"]
    assert {"field": "type", "value": "Refund", "by": "policy"} in told["sets"]
    assert {"field": "tags", "value": "gift", "by": "scripted"} in told["sets"]
    assert ["priority", "tags"] == sorted(one["field"] for one in told["dropped"])
    assert () == checked.faults


async def test_a_429_puts_the_update_off_and_it_is_made_once(theatre: Theatre) -> None:
    """The helpdesk applied nothing, so nothing need be looked for."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "429", retry_after=30))
    ticket = await _sorted(theatre)

    assert SET == _fields(theatre, ticket)
    assert 2 == _puts(theatre)
    assert [(State.DONE, "triage")] == _ends(theatre)


@pytest.mark.parametrize("fault", ["after-apply-cut", "5xx-after-apply", "late-apply"])
async def test_an_update_that_landed_unheard_is_read_back_and_not_made_again(
    theatre: Theatre, fault: Any
) -> None:
    """The ticket itself says whether it landed."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", fault, seconds=3.0))
    ticket = await _sorted(theatre)

    proof = _run(theatre, ticket).result.receipt
    assert SET == _fields(theatre, ticket)
    assert 1 == _puts(theatre)
    assert proof
    assert Landing.ADOPTED is proof.landing


async def test_an_update_that_never_landed_is_made_again_after_the_last_look(
    theatre: Theatre,
) -> None:
    """Twice changes nothing, but only a ticket that stands as it stood is touched again."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply"))
    began = theatre.clock.now()

    ticket = await _sorted(theatre)

    assert SET == _fields(theatre, ticket)
    assert 2 == _puts(theatre)
    assert (theatre.clock.now() - began).total_seconds() >= 240


async def test_an_update_that_is_lost_time_and_again_is_held_for_a_person(
    theatre: Theatre,
) -> None:
    """Two tries and all their looks: then somebody has to see why."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply", times=9))

    ticket = await _sorted(theatre)

    assert UNSET == _fields(theatre, ticket)
    assert 2 == _puts(theatre)
    reason = "the update may or may not have landed, and was not found"
    assert [(State.HELD, reason)] == _ends(theatre)


async def test_a_model_that_stays_away_leaves_the_ticket_to_the_rules(theatre: Theatre) -> None:
    """Three tries, and then what costs nothing and needs nobody."""
    away = _Away()
    _under(theatre, sorter=away)

    ticket = await _sorted(theatre)

    assert SET == _fields(theatre, ticket)
    assert MODEL_TRIES == away.asked
    assert [(State.DONE, "triage")] == _ends(theatre)


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


async def test_tags_that_came_while_an_update_was_uncertain_stay(theatre: Theatre) -> None:
    """An update replaces tags: the second one carries what is there by then."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply"))
    _once(theatre, lambda n: _change(theatre, n, {"tags": ["vip"]}), nth=4)

    ticket = await _sorted(theatre)

    assert ("Refund", 1, GROUP, ["vip", "return", "lang-en"]) == _fields(theatre, ticket)


async def test_what_a_person_changes_while_an_update_is_uncertain_ends_it(
    theatre: Theatre,
) -> None:
    """Nobody's word is written over, on the second try either."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply"))
    _once(theatre, lambda n: _change(theatre, n, {"type": "Problem"}), nth=4)

    ticket = await _sorted(theatre)

    assert ("Problem", *UNSET[1:]) == _fields(theatre, ticket)
    assert 1 == _puts(theatre)
    reason = "somebody changed the ticket meanwhile: type"
    assert [(State.SKIPPED, reason)] == _ends(theatre)


async def test_a_person_who_undoes_what_landed_unheard_keeps_the_last_word(
    theatre: Theatre,
) -> None:
    """An update lands whole or not at all: one value of ours shows that it was there."""
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "after-apply-cut"))
    _once(theatre, lambda n: _change(theatre, n, {"type": None, "group_id": None}), nth=3)

    ticket = await _sorted(theatre)

    assert (None, 1, None, SET[3]) == _fields(theatre, ticket)
    assert 1 == _puts(theatre)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"type": "Problem"}, "type"),
        ({"priority": 4}, "priority"),
        ({"responder_id": 73000451003}, "agent"),
        ({"status": 3}, "status"),
    ],
)
async def test_a_ticket_that_a_person_takes_up_meanwhile_is_left_to_them(
    theatre: Theatre, changes: dict[str, object], named: str
) -> None:
    """I4 binds fields as it binds words: the look before the write has the say."""
    _under(theatre)
    _once(theatre, lambda n: _change(theatre, n, changes))

    await _sorted(theatre)

    assert 0 == _puts(theatre)
    assert [(State.SKIPPED, f"somebody changed the ticket meanwhile: {named}")] == _ends(theatre)


async def test_a_tag_that_comes_meanwhile_is_kept(theatre: Theatre) -> None:
    """Tags take nothing from each other, so they are merged at the last look."""
    _under(theatre)
    _once(theatre, lambda n: _change(theatre, n, {"tags": ["vip"]}))

    ticket = await _sorted(theatre)

    assert ["vip", "return", "lang-en"] == theatre.desk.tickets[ticket].tags


async def test_a_customer_who_writes_meanwhile_is_read_before_anything_is_set(
    theatre: Theatre,
) -> None:
    """What they add may make another ticket of it."""
    _under(theatre)

    def write(number: int) -> None:
        people.customer_reply(theatre.desk, theatre.desk.tickets[number], "<p>It is a gift.</p>")

    _once(theatre, write)

    ticket = await _sorted(theatre)

    shot = _run(theatre, ticket).result.snapshot
    assert shot
    assert shot.turn
    assert "It is a gift." == shot.turn.text
    assert 1 == _puts(theatre)


class _Death(Fate):
    """The process dies once, at one place."""

    def __init__(self, place: str) -> None:
        super().__init__(random.Random(1), often=0)  # noqa: S311 -- nothing is left to chance
        self.left = [place]

    def at(self, place: str) -> None:
        """Die here, if this is the place."""
        if place in self.left:
            self.left.remove(place)
            raise Killed


@pytest.mark.parametrize(
    "place",
    [
        "draft, kept",
        "fence passed",
        "intent committed",
        "sending PUT",
        "sent PUT",
        "before the receipt",
        "receipt committed",
    ],
)
async def test_a_death_around_the_update_leaves_it_made_once(theatre: Theatre, place: str) -> None:
    """Between the update and its receipt the ticket is all that knows."""
    _under(theatre)
    fate, product = _Death(place), theatre.journals
    theatre.journals = lambda run: Dying(product(run), fate, lambda _: None)
    theatre.wire.before = lambda request: fate.at(f"sending {request.method}")
    theatre.wire.after = lambda request, _: fate.at(f"sent {request.method}")

    ticket = await _sorted(theatre)

    assert [] == fate.left
    assert SET == _fields(theatre, ticket)
    assert 1 == _puts(theatre)
    assert [(State.DONE, "triage")] == _ends(theatre)


async def test_a_choice_that_was_renamed_is_refused_with_its_reason_and_known_the_next_time(
    theatre: Theatre,
) -> None:
    """Definitions are kept for a day; a refusal makes the next look a fresh one."""
    _under(theatre)
    await _sorted(theatre)
    theatre.desk.ticket_types[:] = ["Question", "Money back"]

    refused = await _sorted(theatre)
    known = await _sorted(theatre)

    state, reason = _ends(theatre)[1]
    assert State.HELD is state
    assert "the helpdesk refused to set group_id, tags, type" in reason
    assert "type: invalid_value" in reason
    assert UNSET == _fields(theatre, refused)
    assert (None, *SET[1:]) == _fields(theatre, known)
    told = views.why(_run(theatre, known))["dropped"]
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
    _under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", fault))
    ticket = await _sorted(theatre)
    before = _ends(theatre)

    theatre.deliver(ticket)
    await theatre.work()

    assert State.HELD is before[0][0]
    assert words in before[0][1]
    assert SET == _fields(theatre, ticket)


async def test_a_pause_stops_the_update_within_the_fence(theatre: Theatre) -> None:
    """Who pauses means all writing, words or not; resumed, the ticket is sorted."""
    _under(theatre)
    now = theatre.clock.now().timestamp()

    def pause(_: int) -> None:
        theatre.store.write_now(lambda c: switches.stop(c, "*", switches.ALL, reason="r", now=now))

    _once(theatre, pause)
    ticket = await _sorted(theatre)
    parked, before = _ends(theatre), _fields(theatre, ticket)
    theatre.store.write_now(lambda c: switches.release(c, "*", switches.ALL))
    await theatre.attention().look(1)
    await theatre.work()

    assert [(State.PARKED, "writing is stopped everywhere: r")] == parked
    assert UNSET == before
    assert SET == _fields(theatre, ticket)


async def test_a_policy_that_closes_a_field_before_the_write_is_heard(theatre: Theatre) -> None:
    """The file is read again before every write, and an update is one."""
    closed = replace(POLICY, version="closed", triage=Triaging((Slot.TAGS,)))
    looked: list[int] = []
    _once(theatre, looked.append)
    _under(theatre, reread=lambda: closed if looked else POLICY)

    ticket = await _sorted(theatre)

    assert UNSET == _fields(theatre, ticket)
    assert "the policy lets triage set this no more: type, group" in _ends(theatre)[0][1]


async def test_reconciliation_knows_the_change_as_our_own(theatre: Theatre) -> None:
    """A sweep that took our update for news would sort for ever."""
    _under(theatre)
    sweeps = theatre.reconciler()
    await sweeps.when_due()
    for _ in range(3):
        await _sorted(theatre)
    came = len(theatre.deliveries())

    for _ in range(3):
        theatre.clock.advance(sweeps.every)
        await sweeps.when_due()
        await theatre.work()

    assert came == len(theatre.deliveries())
    assert 3 == _puts(theatre)


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
    ("spent", "fields", "notes"), [("0", UNSET, 1), ("96", SET, 0), ("100", UNSET, 0)]
)
async def test_as_the_money_runs_out_a_note_becomes_triage_and_then_nothing(
    theatre: Theatre, spent: str, fields: tuple[object, ...], notes: int
) -> None:
    """Public, note, triage by rule, off: and the record says why it was no draft."""
    policy = replace(POLICY, mode=Mode.NOTE, spend=Spend(per_day=Decimal(100)))
    _under(theatre, policy, drafter=_Paid(), purse=_Spent(Decimal(spent)))

    ticket = await _sorted(theatre)

    assert fields == _fields(theatre, ticket)
    assert notes == len(theatre.said(ticket, "note"))
    if notes == 0:
        assert "for models is used up" in views.why(_run(theatre, ticket))["reasons"][0]


async def test_triage_is_decided_again_to_the_same_and_told_from_other_modes(
    theatre: Theatre,
) -> None:
    """Replay needs no helpdesk; and a change of mode is shown before it is made."""
    _under(theatre)
    run = _run(theatre, await _sorted(theatre))
    note, off = replace(POLICY, mode=Mode.NOTE), replace(POLICY, mode=Mode.OFF)

    again = replay(run.result, POLICY, replies=(0, 0))
    bolder = [*compared([(run, (0, 0))], POLICY, note)]
    quieter = [*compared([(run, (0, 0))], POLICY, off)]

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
    _under(theatre, replace(POLICY, triage=Triaging((Slot.TYPE,))))
    ticket = await _sorted(theatre, "<p>Hello there, what is your address?</p>")

    assert UNSET == _fields(theatre, ticket)
    assert [(State.SKIPPED, "nothing is to be set: nobody proposes anything")] == _ends(theatre)


def _change(theatre: Theatre, number: int, changes: dict[str, object]) -> None:
    people.update(theatre.desk, theatre.desk.tickets[number], changes)
