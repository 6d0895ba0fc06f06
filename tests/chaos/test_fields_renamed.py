"""Custom fields that people rename and remove while the service is at work, or since its policy."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
import pytest_asyncio

from agent.extractive import ExtractiveDrafter
from agent.model import Approval, Disposition, Draft, RunLimits, Snapshot
from agent.policy.terms import Mode, Policy
from server import approvals
from server.engine import Engine
from server.store import inbox, runs
from server.store.inbox import State
from tests.chaos.test_canned_runs import Shop
from tests.chaos.theatre import ASKED, Theatre
from tools.fields import Privacy
from tools.kit.tool import Desk as View
from tools.knowledge.index import KnowledgeIndex

NAME, LABEL = "cf_product_line_297457", "Product line"
FILLED = (
    f"<p>You can return an item of the line {{{{ticket.{NAME}}}}} within 30 days of its delivery."
    " Send it back with the label from the parcel.</p>"
)
PUBLIC = {LABEL: Privacy.PUBLIC}
Act = Callable[[], None]


@dataclass
class Meanwhile:
    """The extractive drafter; people do something while it is at work."""

    act: Act
    seen: list[Snapshot]
    name: str = "meanwhile"
    prompt: str = ""

    async def draft(
        self, snapshot: Snapshot, *, desk: View, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft as ever."""
        self.seen.append(snapshot)
        self.act()
        return await ExtractiveDrafter().draft(snapshot, desk=desk, policy=policy, limits=limits)


@dataclass
class Office:
    """A shop whose reply names a field, and the people who change that field."""

    shop: Shop
    ticket: int = 0

    @property
    def field(self) -> dict[str, Any]:
        """The field's definition at the helpdesk."""
        return next(one for one in self.shop.theatre.desk.ticket_fields if one["name"] == NAME)

    @property
    def values(self) -> dict[str, Any]:
        """The ticket's own values."""
        return self.shop.theatre.desk.tickets[self.ticket].custom_fields

    def rename(self) -> None:
        """Give the field another label; its API name stays, as it does at the helpdesk."""
        self.field["label"] = "Range"

    def remove(self) -> None:
        """Delete the field, with every ticket's value."""
        self.shop.theatre.desk.ticket_fields.remove(self.field)
        self.values.pop(NAME)

    def rename_choice(self) -> None:
        """Call the ticket's choice otherwise; the ticket follows."""
        self.field["choices"] = ["Glade"]
        self.values[NAME] = "Glade"

    def lose_choice(self) -> None:
        """Call the choice otherwise; the ticket keeps the old one."""
        self.field["choices"] = ["Glade"]

    def fill_another(self) -> None:
        """Fill in a field that was empty."""
        self.values["cf_sn_1"] = "S-1"

    async def answer(
        self,
        named: dict[str, Privacy],
        *,
        before: Act = lambda: None,
        during: Act = lambda: None,
    ) -> tuple[runs.Run, Snapshot]:
        """Return a run, and what its drafter saw, with things done before and during it."""
        play = self.shop.theatre
        self.ticket = play.write(ASKED[0])
        self.values[NAME] = "Rill"
        before()
        policy = replace(play.responder.policy, canned=("*",), canned_only=True, fields=named)
        drafter = Meanwhile(during, [])
        by = replace(play.responder, policy=policy, knowledge=self.shop.index, drafter=drafter)
        play.account = replace(play.account, responder=by)
        play.deliver(self.ticket)
        await play.work()
        found = play.store.read_now(lambda c: runs.of_ticket(c, play.account.id, str(self.ticket)))
        return found[0], drafter.seen[-1]

    async def propose(self) -> runs.Run:
        """Return a run whose reply, which names the field, is only proposed in a note."""
        play = self.shop.theatre
        by = replace(play.responder, policy=replace(play.responder.policy, mode=Mode.NOTE))
        play.responder = by
        return (await self.answer(PUBLIC))[0]

    async def approve(self, run: runs.Run, text: str = "") -> tuple[State, str]:
        """Let a person approve a run, perhaps in other words; return how that ended."""
        play = self.shop.theatre
        policy = replace(play.account.responder.policy, canned_only=not text)
        responder = replace(play.account.responder, policy=policy)
        play.account = replace(play.account, responder=responder)
        now, engine = play.clock.now().timestamp(), cast("Engine", play.engine)
        asked = Approval(run.id, "kim", text)
        number = play.store.write_now(lambda c: approvals.take(c, engine, asked, now=now))
        await play.work()
        found = play.store.read_now(lambda c: inbox.find(c, number))
        assert found is not None
        return found.state, found.reason

    def sent(self) -> list[str]:
        """Return what the customer was sent."""
        return self.shop.theatre.said(self.ticket, "reply")

    def disposition(self, run: runs.Run) -> Disposition:
        """Return how a run ended."""
        assert run.result.receipt
        return run.result.receipt.disposition


@pytest_asyncio.fixture
async def office(theatre: Theatre) -> AsyncIterator[Office]:
    """A company whose one canned response names a field that the policy calls public."""
    shop = Shop(theatre, KnowledgeIndex.open(":memory:"))
    theatre.desk.settings["canned_responses"].clear()
    shop.response(FILLED)
    made = Office(shop)
    made.field["choices"] = ["Rill", "Brook"]
    await shop.read()
    yield made
    shop.index.close()


async def test_a_field_that_stays_is_named_to_the_customer(office: Office) -> None:
    """The benign twin: whatever is held below would have gone out."""
    run, _ = await office.answer(PUBLIC)

    assert Disposition.PUBLIC_REPLY is office.disposition(run)
    assert "of the line Rill within 30 days" in office.shop.replies(run)[0]


@pytest.mark.parametrize("act", ["rename", "fill_another"])
async def test_a_new_label_or_another_field_takes_no_reply_back(office: Office, act: str) -> None:
    """A field is known by its API name, and on an empty one nothing rested."""
    run, _ = await office.answer(PUBLIC, during=getattr(office, act))

    assert 1 == len(office.shop.replies(run))


@pytest.mark.parametrize("act", ["remove", "rename_choice"])
async def test_a_value_that_goes_while_the_draft_is_made_holds_the_reply(
    office: Office, act: str
) -> None:
    """A reply that names what the ticket holds no more rests on nothing; people read why."""
    run, _ = await office.answer(PUBLIC, during=getattr(office, act))

    assert Disposition.PRIVATE_NOTE is office.disposition(run)
    assert [] == office.shop.replies(run)
    note = office.shop.theatre.said(office.ticket, "note")[0]
    assert "changed or gone since it was read" in note
    assert LABEL in note


@pytest.mark.parametrize("act", ["rename", "remove", "lose_choice"])
async def test_what_the_policy_calls_public_and_is_so_no_more_is_named_to_nobody(
    office: Office, act: str
) -> None:
    """The owner allowed one field under one name; another is not theirs to be guessed."""
    run, _ = await office.answer(PUBLIC, before=getattr(office, act))

    assert [] == office.shop.replies(run)
    assert 1 == len(office.shop.theatre.said(office.ticket, "note"))
    assert office.disposition(run) in {Disposition.PRIVATE_NOTE, Disposition.HANDOFF}


async def test_a_field_called_secret_by_its_label_is_seen_by_no_drafter(office: Office) -> None:
    """A policy is written by people, and people know labels."""
    _, seen = await office.answer({LABEL: Privacy.SECRET})
    _, open_ = await office.answer({})

    assert () == seen.fields
    assert ["Rill"] == [one.value for one in open_.fields]


async def test_a_secret_field_under_a_new_name_stays_secret_and_people_are_told(
    office: Office,
) -> None:
    """Which field it is now nobody can say, so none is shown that the policy does not name."""
    run, seen = await office.answer({LABEL: Privacy.SECRET}, before=office.rename)

    assert () == seen.fields
    assert any(LABEL in one and "correct the policy" in one for one in seen.missing)
    assert LABEL in office.shop.theatre.said(office.ticket, "note")[0]
    assert [] == office.shop.replies(run)


@pytest.mark.parametrize("act", ["rename", "fill_another"])
async def test_an_approved_reply_is_sent_whatever_the_field_is_called_by_then(
    office: Office, act: str
) -> None:
    """The benign twin: the value it names is the ticket's still."""
    run = await office.propose()
    before = office.sent()
    getattr(office, act)()

    state, _ = await office.approve(run)

    assert [] == before
    assert State.DONE is state
    assert "of the line Rill within 30 days" in office.sent()[0]


@pytest.mark.parametrize("act", ["remove", "rename_choice"])
async def test_an_approved_reply_that_names_a_value_that_is_gone_is_not_sent(
    office: Office, act: str
) -> None:
    """Hours may lie between a note and the button; who pressed it may say it otherwise."""
    run = await office.propose()
    getattr(office, act)()

    state, reason = await office.approve(run)
    before = office.sent()
    again, _ = await office.approve(run, "You can return it within 30 days.")

    assert State.SKIPPED is state
    assert f"changed or gone since it was read: {LABEL!r}" in reason
    assert [] == before
    assert State.DONE is again
    assert ["<p>You can return it within 30 days.</p>"] == office.sent()
