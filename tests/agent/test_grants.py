"""Least privilege: what each lane's helpdesk is opened with, and that it cannot do more."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from agent import calls
from agent.extractive import ExtractiveDrafter
from agent.journal import MemoryJournal
from agent.model import Disposition, Outcome, Slot, Trigger, TriggerKind
from agent.policy.terms import Mode, Policy, Topic, Triaging
from agent.respond import Responder, draft_only, respond
from server.knowledge_sync import Sync
from tools.clock import StoppedClock
from tools.errors import NotGranted
from tools.freshdesk import FRESHDESK
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.http import Wire
from tools.knowledge.index import KnowledgeIndex
from tools.ledger import MemoryLedger
from tools.model import AccountId, TicketId
from tools.provider import READ_ONLY, Grant, Helpdesk, Lane, Right, Shared, share

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ACCOUNT = AccountId("acme")
ASKED = "<p>How do I return an item, and how long do I have?</p>"
NOTES = frozenset({Right.READ, Right.NOTE})


@dataclass
class Opened:
    """A demo helpdesk in this process that remembers how it was opened."""

    desk: Desk
    wire: Wire
    shared: Shared
    index: KnowledgeIndex
    clock: StoppedClock
    openings: list[tuple[Lane, Grant]] = field(default_factory=list[tuple[Lane, Grant]])

    def open(self, lane: Lane, grant: Grant) -> Helpdesk:
        """Open it, and write down how."""
        self.openings.append((lane, grant))
        return FRESHDESK.open(
            self.wire.origin, "k", account=ACCOUNT, shared=self.shared, lane=lane, grant=grant
        )

    def responder(self, mode: Mode) -> Responder:
        """Return a responder under a policy mode."""
        policy = Policy(mode=mode, portal_hosts=("larkspur.freshdesk.com",))
        return Responder(
            self.open, ExtractiveDrafter(clock=self.clock), self.index, policy, self.clock
        )

    def ask(self) -> Trigger:
        """Let a customer write."""
        message = people.Message("Returns", ASKED, "kim@example.com", "Kim")
        ticket = people.write_in(self.desk, message)
        return Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId(str(ticket.id)))


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Opened]:
    """The demo company with its help centre read."""
    chance = random.Random(5)  # noqa: S311 -- a phase, not a secret
    desk = loader.demo(clock=VirtualClock(NOW), rng=chance)
    wire = Wire.in_process(create_app(desk, api_key="k"))
    clock = StoppedClock(NOW)
    index = KnowledgeIndex.open(":memory:")
    it = Opened(desk, wire, share(wire, MemoryLedger(), clock, rng=chance), index, clock)
    await _sync(it).once()
    yield it
    index.close()
    await wire.aclose()


def _sync(it: Opened) -> Sync:
    async def rate() -> float | None:
        return None

    return Sync(
        index=it.index,
        open=lambda lane: it.open(lane, READ_ONLY),
        folder=None,
        clock=it.clock,
        rate=rate,
        primary=asyncio.Event(),
        complete=asyncio.Event(),
    )


async def test_a_note_is_written_without_the_right_to_reply(opened: Opened) -> None:
    """Under the default policy no opening exists that could reach a customer."""
    result = await respond(
        opened.ask(), by=opened.responder(Mode.NOTE), journal=MemoryJournal(), run="r1"
    )

    assert result.decision
    assert Disposition.PRIVATE_NOTE is result.decision.disposition
    assert (Lane.POST, Grant(NOTES)) in opened.openings
    assert {False} == {Right.REPLY in grant.rights for _, grant in opened.openings}


async def test_a_public_reply_is_the_only_thing_opened_with_that_right(opened: Opened) -> None:
    """The twin: where it is allowed, exactly one opening may reply, in the post lane."""
    await respond(opened.ask(), by=opened.responder(Mode.AUTO), journal=MemoryJournal(), run="r1")

    able = [(lane, grant) for lane, grant in opened.openings if Right.REPLY in grant.rights]
    assert [Lane.POST] == [lane for lane, _ in able]


async def test_triage_is_opened_for_the_fields_it_sets_and_for_no_word(opened: Opened) -> None:
    """What may set a type can write nothing, and set nothing else."""
    returns = Topic("returns", words=("return",), sets={Slot.TYPE: ("Refund",)})
    rules = Triaging((Slot.TYPE, Slot.PRIORITY, Slot.LANGUAGE))
    by = opened.responder(Mode.TRIAGE)
    by = replace(by, policy=replace(by.policy, topics=(returns,), triage=rules))

    result = await respond(opened.ask(), by=by, journal=MemoryJournal(), run="r1")

    rights = frozenset({Right.READ, Right.UPDATE})
    assert result.receipt
    assert Disposition.TRIAGE is result.receipt.disposition
    assert [(Lane.POST, Grant(rights, frozenset({"type", "tags"})))] == [
        one for one in opened.openings if one[0] is Lane.POST
    ]


async def test_a_person_who_asks_for_a_draft_gets_one_where_triage_says_nothing(
    opened: Opened,
) -> None:
    """What somebody asks for in the console is theirs to read, whatever the mode."""
    result = await draft_only(opened.ask(), by=opened.responder(Mode.TRIAGE))

    assert result.draft
    assert Outcome.ANSWER is result.draft.outcome


async def test_assist_observe_and_knowledge_hold_read_only(opened: Opened) -> None:
    """A draft on demand, an observed account and the help centre's reader cannot write."""
    await draft_only(opened.ask(), by=opened.responder(Mode.AUTO))
    await respond(
        opened.ask(), by=opened.responder(Mode.OBSERVE), journal=MemoryJournal(), run="r1"
    )

    assert {READ_ONLY} == {grant for _, grant in opened.openings}
    assert {Lane.ASSIST, Lane.LIVE, Lane.POST} <= {lane for lane, _ in opened.openings}


@pytest.mark.parametrize("lane", list(Lane))
async def test_a_read_only_opening_refuses_to_write_before_a_credit_is_spent(
    opened: Opened, lane: Lane
) -> None:
    """The key has no scopes, so the product has; refused means nothing was sent."""
    desk = opened.open(lane, READ_ONLY)
    written = len(opened.desk.log)
    for write in (
        desk.note(TicketId("1001"), "<p>x</p>"),
        desk.reply(TicketId("1001"), "<p>x</p>"),
        desk.update(TicketId("1001"), {"status": 5}),
    ):
        with pytest.raises(NotGranted):
            await write

    assert (0, written) == (desk.credits, len(opened.desk.log))


async def test_calls_that_can_be_spared_are_dropped_and_said_to_be(opened: Opened) -> None:
    """A run keeps to its own credit limit, and the agents are told what it did without."""
    by = opened.responder(Mode.NOTE)
    tight = replace(by, limits=replace(by.limits, credits=calls.essential()))
    result = await respond(opened.ask(), by=tight, journal=MemoryJournal(), run="r1")

    assert result.snapshot
    assert result.snapshot.contact is None
    assert any("spare" in what for what in result.snapshot.missing)
    assert result.usage.credits <= calls.essential()
