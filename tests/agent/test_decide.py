"""The most cautious of policy, findings and gates decides."""

from dataclasses import replace

import pytest

from agent.decide import decide
from agent.inspection import note_at_most, withhold
from agent.model import Disposition, Outcome, Sentence, Snapshot
from agent.policy import Mode, Policy
from tests.agent.desk_of_paper import AGENT, cite, draft, page, said, shot, ticket
from tools.model import Author, PersonId

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


@pytest.mark.parametrize(
    "held",
    [
        decide(shot(), GOOD, (), Policy()),
        decide(shot(), GOOD, (), OPEN, replies=(2, 0)),
        decide(shot(), GOOD, (), OPEN, replies=(0, 5)),
        decide(shot(), GOOD, (), OPEN, stopped="kill switch"),
        decide(shot(), GOOD, (), OPEN, gate_passed=False),
        decide(shot(), draft("It just works."), (), OPEN),
    ],
    ids=["policy", "ticket cap", "requester cap", "kill switch", "eval gate", "undocumented"],
)
def test_one_gate_is_enough_to_keep_a_reply_in(held: object) -> None:
    """Public needs all of them."""
    assert Disposition.PRIVATE_NOTE is getattr(held, "disposition", None)
    assert getattr(held, "reasons", ())


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
