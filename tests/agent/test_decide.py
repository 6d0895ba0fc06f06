"""The most cautious of policy, findings and gates decides."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from agent.decide import decide
from agent.inspection import note_at_most, withhold
from agent.llm.spend import NAME, told
from agent.model import Decision, Disposition, Earlier, Outcome, Sentence, Snapshot
from agent.policy.file import read
from agent.policy.gates import GATES
from agent.policy.terms import Mode, Policy
from tests.agent.desk_of_paper import AGENT, NOW, cite, draft, page, said, shot, ticket
from tools.model import Author, PersonId, Thread

OPEN = Policy(mode=Mode.AUTO)
PAGE = page("Lamps can be returned within 30 days.")
GOOD = draft(Sentence(PAGE.text, cite(PAGE)), pages=(PAGE,))


def test_a_documented_answer_goes_out_where_every_gate_holds() -> None:
    """The benign twin of all the tests below."""
    decision = decide(shot(), GOOD, (), OPEN)

    assert Disposition.PUBLIC_REPLY is decision.disposition
    assert all(gate.passed for gate in decision.gates)


HELD: dict[str, Snapshot] = {
    "the requester is unknown": shot(contact=False),
    "a copied person wrote": shot(
        ticket(), said(5, "<p>Me too?</p>", author_id=PersonId("502"))
    ),
    "a person has joined": shot(
        ticket(), said(2, "<p>Hi</p>", by=Author.AGENT), said(5, "<p>Thanks, and pumps?</p>")
    ),
    "a person owns the ticket": shot(ticket(responder_id=AGENT)),
}  # fmt: skip


@pytest.mark.parametrize("snapshot", HELD.values(), ids=HELD)
def test_a_ticket_that_is_not_the_requesters_alone_gets_a_note(snapshot: Snapshot) -> None:
    """A reply to the wrong reader cannot be taken back."""
    assert Disposition.PRIVATE_NOTE is decide(snapshot, GOOD, (), OPEN).disposition


def test_an_assigned_ticket_may_be_answered_where_the_policy_says_so() -> None:
    """Some accounts assign every ticket on arrival."""
    policy = replace(OPEN, answer_assigned=True)
    decision = decide(shot(ticket(responder_id=AGENT)), GOOD, (), policy)

    assert Disposition.PUBLIC_REPLY is decision.disposition


CELL = read(
    b"""
mode = "auto"
disclosure = "From a machine."
[topics.returns]
words = ["return"]
[human]
groups = ["Key accounts"]
[spend]
per_day = 10
""",
    where="p.toml",
)
TIMED = read(
    b'mode = "auto"\nwhen = "inside"\n[hours]\nzone = "UTC"\nmon-fri = ["09:00-17:00"]\n', where="p"
)
LATE = NOW + timedelta(hours=9)
ONE_GATE: dict[str, Decision] = {
    "policy": decide(shot(), GOOD, (), Policy()),
    "topic": decide(replace(shot(), group="Key accounts"), GOOD, (), CELL),
    "hours": decide(shot(), GOOD, (), TIMED, now=LATE),
    "outcome": decide(shot(), replace(GOOD, outcome=Outcome.CLARIFY), (), OPEN),
    "documented": decide(shot(), draft("It just works."), (), OPEN),
    "fit": decide(shot(), replace(GOOD, doubt="the page hardly fits"), (), OPEN),
    "findings": decide(shot(), GOOD, (note_at_most("a", "b"),), OPEN),
    "requester": decide(shot(contact=False), GOOD, (), OPEN),
    "takeover": decide(shot(ticket(responder_id=AGENT)), GOOD, (), OPEN),
    "whole": decide(replace(shot(), thread=Thread((), seen=9, omitted=9)), GOOD, (), OPEN),
    "ticket_cap": decide(shot(), GOOD, (), OPEN, earlier=Earlier(here=2)),
    "requester_cap": decide(shot(), GOOD, (), OPEN, earlier=Earlier(theirs=5)),
    "same_words": decide(shot(), GOOD, (), OPEN, earlier=Earlier(alike=100)),
    "running": decide(shot(), GOOD, (), OPEN, stopped="kill switch"),
    "spend": decide(shot(), GOOD, (), CELL, spent=Decimal(8)),
    "eval_gate": decide(shot(), GOOD, (), OPEN, gate_passed=False),
    "sent_policy": decide(shot(), GOOD, (), replace(OPEN, fault="line 3: mode = 'on'")),
}


@pytest.mark.parametrize("name", ONE_GATE)
def test_each_gate_alone_keeps_a_reply_in(name: str) -> None:
    """Nothing else holds this reply: were the gate gone, a customer would have it."""
    decision = ONE_GATE[name]

    assert [name] == [gate.name for gate in decision.gates if not gate.passed]
    assert Disposition.PRIVATE_NOTE is decision.disposition
    assert name == "findings" or any(one.startswith(f"{name}: ") for one in decision.reasons)


def test_every_gate_has_its_case_above() -> None:
    """A gate that nobody can show to hold something is no protection."""
    assert set(ONE_GATE) == {gate.name for gate in ONE_GATE["policy"].gates}
    assert len(GATES) == len(ONE_GATE)


@pytest.mark.parametrize("name", ["hours", "topic", "spend"])
def test_the_twin_of_each_case_goes_out(name: str) -> None:
    """The same policies let the same answer go where their own condition is met."""
    twins = {
        "hours": decide(shot(), GOOD, (), TIMED, now=NOW),
        "topic": decide(replace(shot(), group="Returns"), GOOD, (), CELL),
        "spend": decide(shot(), GOOD, (), CELL, spent=Decimal("7.99")),
    }

    assert Disposition.PUBLIC_REPLY is twins[name].disposition


def test_one_click_is_a_note_that_says_it_waits_for_a_person() -> None:
    """The mode is kept with the decision, so that a console can offer the button."""
    decision = decide(shot(), GOOD, (), replace(OPEN, mode=Mode.ONE_CLICK))

    assert (Disposition.PRIVATE_NOTE, "one-click") == (decision.disposition, decision.mode)
    assert any("a person approves it first" in told for told in decision.reasons)


def test_a_policy_that_changed_its_mind_holds_what_was_decided_before() -> None:
    """The look before the write asks the policy as it is then, and says what changed."""
    before = decide(shot(), GOOD, (), OPEN)
    changed = replace(OPEN, version="v2")
    still = decide(shot(), GOOD, (), changed, before=before)
    no_more = decide(shot(), GOOD, (), replace(changed, mode=Mode.NOTE), before=before)

    assert Disposition.PUBLIC_REPLY is still.disposition
    assert {"policy", "sent_policy"} == {one.name for one in no_more.gates if not one.passed}


@pytest.mark.parametrize(
    ("spent", "by", "wanted"),
    [
        (Decimal("7.99"), GOOD.drafter, Disposition.PUBLIC_REPLY),
        (Decimal(8), GOOD.drafter, Disposition.PRIVATE_NOTE),
        (Decimal("9.5"), NAME, Disposition.HANDOFF),
        (Decimal(10), NAME, Disposition.SKIP),
    ],
    ids=["full", "note", "triage", "off"],
)
def test_money_that_runs_out_takes_one_thing_after_the_other(
    spent: Decimal, by: str, wanted: Disposition
) -> None:
    """Public, then note, then triage only, then nothing: each step says so."""
    undrafted = replace(GOOD, outcome=Outcome.HUMAN, drafter=NAME, reason=told(spent, Decimal(10)))
    decision = decide(shot(), undrafted if by == NAME else GOOD, (), CELL, spent=spent)

    assert wanted is decision.disposition
    assert wanted is Disposition.PUBLIC_REPLY or any("used up" in one for one in decision.reasons)


def test_the_gravest_finding_decides() -> None:
    """A guard can only make it more cautious."""
    note, grave = note_at_most("a", "b"), withhold("c", "d")

    assert Disposition.PRIVATE_NOTE is decide(shot(), GOOD, (note,), OPEN).disposition
    assert Disposition.HANDOFF is decide(shot(), GOOD, (note, grave), OPEN).disposition


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        (Outcome.CLARIFY, Disposition.PRIVATE_NOTE),
        (Outcome.FOR_AGENT, Disposition.HANDOFF),
        (Outcome.NO_ANSWER, Disposition.HANDOFF),
        (Outcome.HUMAN, Disposition.HANDOFF),
    ],
)
def test_what_is_no_answer_never_goes_out(outcome: Outcome, wanted: Disposition) -> None:
    """A handoff is a note, never silence."""
    assert wanted is decide(shot(), replace(GOOD, outcome=outcome), (), OPEN).disposition


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.OBSERVE])
def test_off_and_observe_post_nothing(mode: Mode) -> None:
    """Switched off means off, whatever the draft."""
    decision = decide(shot(), GOOD, (), Policy(mode=mode))

    assert Disposition.SKIP is decision.disposition
    assert (mode.value,) == decision.reasons
