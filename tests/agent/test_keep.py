"""A promise goes out only after the thing was done that keeps it."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from agent import approve, canned, keep
from agent.errors import Deferred
from agent.extractive import document
from agent.journal import MemoryJournal
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Endpoint
from agent.model import (
    Action,
    Approval,
    Disposition,
    Draft,
    Outcome,
    Paragraph,
    Result,
    RunLimits,
    Sentence,
    Snapshot,
)
from agent.policy.terms import Cell, Commitment, Mode, Policy
from agent.respond import Responder, respond
from agent.sandbox.app import app as model_app
from tests.agent.desk_of_paper import cite, draft, shot
from tests.agent.test_at_send import index
from tests.agent.test_grants import Opened
from tests.chaos.house import company
from tests.chaos.theatre import START
from tools.clock import StoppedClock
from tools.errors import Retryable
from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.app import SandboxApp, create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.faults import Planned
from tools.freshdesk.sandbox.serve import serving
from tools.http import Wire
from tools.kit.tool import Desk
from tools.knowledge.index import KnowledgeIndex
from tools.ledger import MemoryLedger
from tools.model import TicketId
from tools.provider import Grant, Lane, Right, share

__all__ = ["index"]

WORDED = "A colleague will call you back within one working day."
GROUP = "73000032003"
CALL = Commitment((WORDED,), tag="callback", group=GROUP, due_hours=24)


@dataclass
class Promising:
    """A drafter that says a promise as the policy worded it; implements `Drafter`."""

    words: str = WORDED
    name: str = "promising"
    prompt: str = ""

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Cite the policy's own page, which the run handed over."""
        del snapshot, policy, limits
        pages = tuple(document(page) for page in desk.fetched.values())
        said = tuple(Sentence(self.words, cite(one)) for one in pages[:1]) or (
            Sentence(self.words),
        )
        return Draft(Outcome.ANSWER, "en", (Paragraph(said),), documents=pages)


@dataclass
class Room:
    """A helpdesk, and a responder that may promise."""

    opened: Opened
    app: SandboxApp
    journal: MemoryJournal

    def responder(self, policy: Policy, words: str = WORDED) -> Responder:
        """Return a responder whose drafts promise a call."""
        by = self.opened.responder(Mode.AUTO)
        return replace(by, policy=policy, drafter=Promising(words))

    async def run(self, by: Responder) -> tuple[Result, list[tuple[str, dict[str, Any]]]]:
        """Answer a customer; return how it ended, and what was done on the ticket in order."""
        trigger = self.opened.ask()
        self.opened.desk.tickets[int(trigger.ticket_id)].tags.append("vip")
        result = await respond(trigger, by=by, journal=self.journal, run="r1")
        return result, self.done(trigger.ticket_id)

    def done(self, ticket: TicketId) -> list[tuple[str, dict[str, Any]]]:
        """Return what our key did on a ticket, by the desk's own log."""
        return [
            (str(entry.kind), json.loads(entry.body) if entry.kind == "update" else {})
            for entry in self.opened.desk.log
            if str(entry.ticket_id) == ticket and entry.via == "api"
        ]


@pytest_asyncio.fixture
async def room(index: KnowledgeIndex) -> AsyncIterator[Room]:
    """The demo company."""
    chance = random.Random(5)  # noqa: S311 -- a phase, not a secret
    desk = loader.load(company(), clock=VirtualClock(START), rng=chance)
    app, clock = create_app(desk, api_key="k", role="admin"), StoppedClock(START)
    wire = Wire.in_process(app)
    shared = share(wire, MemoryLedger(), clock, rng=chance)
    yield Room(Opened(desk, wire, shared, index, clock), app, MemoryJournal())
    await wire.aclose()


def _policy(*commitments: Commitment) -> Policy:
    return Policy(Mode.AUTO, commitments=commitments, portal_hosts=("larkspur.freshdesk.com",))


async def test_the_promise_leaves_after_tag_group_and_due_date_are_set(room: Room) -> None:
    """The customer reads it when somebody is already told to keep it; other tags stay."""
    result, done = await room.run(room.responder(_policy(CALL)))

    assert ["update", "reply"] == [kind for kind, _ in done]
    due = START + timedelta(hours=24)
    assert {
        "tags": ["vip", "callback"],
        "group_id": int(GROUP),
        "due_by": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
    } == done[0][1]
    assert result.decision
    assert 1 == len(result.decision.actions)


async def test_the_right_to_update_covers_what_is_promised_and_nothing_else(room: Room) -> None:
    """A promise of a tag opens no door to the group."""
    await room.run(room.responder(_policy(replace(CALL, group="", due_hours=None))))

    granted = {g.fields for _, g in room.opened.openings if Right.UPDATE in g.rights}
    assert {frozenset({"tags"})} == granted


HELD = {
    "no-promise": _policy(),
    "other-words": _policy(replace(CALL, says=("We will call you.",))),
    "unknown-group": _policy(replace(CALL, group="No such group")),
}


@pytest.mark.parametrize("policy", HELD.values(), ids=HELD)
async def test_without_its_action_the_promise_stays_in(room: Room, policy: Policy) -> None:
    """An allowed sentence whose action cannot be done is a promise nobody keeps."""
    result, done = await room.run(room.responder(policy))

    assert ["note"] == [kind for kind, _ in done]
    assert result.receipt
    assert Disposition.PRIVATE_NOTE is result.receipt.disposition


async def test_a_refused_action_keeps_the_promise_in_and_is_told(room: Room) -> None:
    """The helpdesk may have rules of its own, such as a due date for open tickets only."""
    room.opened.clock.advance(-48 * 3600)
    result, done = await room.run(room.responder(_policy(replace(CALL, due_hours=1, group=""))))

    assert ["note"] == [kind for kind, _ in done]
    assert result.receipt
    assert ["promise"] == [one.name for one in result.receipt.gates]
    assert "refused to set due_by, tags" in result.receipt.reason


@pytest.mark.parametrize("fault", ["after-apply-cut", "5xx-html", "before-apply"])
async def test_an_action_that_fails_on_the_way_is_done_before_anything_is_said(
    room: Room, fault: str
) -> None:
    """To set the same twice changes nothing, so it is tried again and the reply waits."""
    trigger = room.opened.ask()
    room.app.faults.planned.append(Planned("PUT /tickets/*", fault))  # type: ignore[arg-type]
    by = room.responder(_policy(CALL))

    with pytest.raises((Deferred, Retryable)):
        await respond(trigger, by=by, journal=room.journal, run="r1")
    said_by_then = [kind for kind, _ in room.done(trigger.ticket_id) if kind == "reply"]
    room.opened.clock.advance(30)
    await respond(trigger, by=by, journal=room.journal, run="r1")

    assert [] == said_by_then
    kinds = [kind for kind, _ in room.done(trigger.ticket_id)]
    assert ("update", "reply") == (kinds[-2], kinds[-1])
    assert 1 == kinds.count("reply")


async def test_a_group_that_cannot_be_read_just_now_does_not_cost_the_reply(room: Room) -> None:
    """Being asked to wait says nothing of the group: the promise waits with its action."""
    room.app.faults.planned.append(Planned("GET /groups*", "429"))
    desk = room.opened.open(Lane.POST, Grant(frozenset({Right.READ})))

    with pytest.raises(Retryable):
        await keep.changes((Action(group="Device Support"),), TicketId("1"), desk=desk)
    room.opened.clock.advance(60)

    made = await keep.changes((Action(group="Device Support"),), TicketId("1"), desk=desk)
    assert {"group_id": int(GROUP)} == made


async def test_a_group_under_a_new_name_is_not_taken_for_another(room: Room) -> None:
    """Between the policy and the reply somebody renamed it: nobody would keep the promise."""
    number = int(GROUP)
    groups = room.opened.desk.groups
    groups[number] = replace(groups[number], name="Gadgets")

    result, done = await room.run(room.responder(_policy(replace(CALL, group="Device Support"))))

    assert ["note"] == [kind for kind, _ in done]
    assert result.receipt
    assert "knows no group 'Device Support'" in result.receipt.reason


async def test_a_model_is_shown_what_it_may_promise(room: Room) -> None:
    """A sentence nobody offered would never be said in just these words."""
    seen: list[dict[str, object]] = []
    async with serving(model_app(seen=seen)) as url:
        model = Endpoint("quotes-first-page", f"{url}/v1", "none")
        by = replace(room.responder(_policy(CALL)), drafter=ModelDrafter(model))
        await room.run(by)

    assert WORDED in str(seen[-1]["messages"])


@pytest.mark.parametrize(
    ("policy", "wanted", "kept"),
    [
        (_policy(CALL), Disposition.PUBLIC_REPLY, ("callback",)),
        (replace(_policy(), mode=Mode.NOTE), Disposition.PUBLIC_REPLY, ()),
        (
            replace(_policy(CALL), cells=(Cell(Mode.OFF, channels=("Email",)),)),
            Disposition.HANDOFF,
            (),
        ),
    ],
    ids=["promise", "no-promise", "cell-off"],
)
def test_what_a_person_approves_is_kept_as_well_and_off_is_off(
    policy: Policy, wanted: Disposition, kept: tuple[str, ...]
) -> None:
    """A person may overrule what the machine doubts, but not what the owner switched off."""
    decision = approve.decide(shot(), draft(WORDED), policy, Approval("r1", "kim"))

    assert wanted is decision.disposition
    assert kept == tuple(action.tag for action in decision.actions)


CANNED = """Hello {{ticket.requester.firstname}},

Lamps can be returned within 30 days.

Kind regards"""


@dataclass
class Choosing:
    """A drafter that chooses a canned response and says it in words of its own."""

    name: str = "choosing"
    prompt: str = ""

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Cite the response, and promise more than it says."""
        del limits
        page = canned.page("7", "Returns", CANNED, snapshot=snapshot, policy=policy)
        assert page
        desk.fetched[page.id] = page
        chosen = document(page)
        said = Sentence("You have a whole year!", cite(chosen, "Lamps can be returned"))
        return Draft(Outcome.ANSWER, "en", (Paragraph((said,)),), documents=(chosen,))


@pytest.mark.parametrize(("locked", "kind"), [(True, "reply"), (False, "note")])
async def test_in_the_locked_mode_the_customer_reads_the_response_itself(
    room: Room, *, locked: bool, kind: str
) -> None:
    """The model chose well and would have worded it badly: the choice is all that is taken."""
    policy = replace(_policy(), canned_only=locked, canned=("Returns",))
    by = replace(room.responder(policy), drafter=Choosing())

    _, done = await room.run(by)

    body = room.opened.desk.log[-1].body
    assert [kind] == [each for each, _ in done]
    assert ("whole year" in body) is not locked
    assert ("Hello Kim," in body) is locked
