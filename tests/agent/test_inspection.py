"""What guards look at is put side by side once, and no text stands on the wrong side."""

from dataclasses import replace

from agent.inspection import grams, inspect, note_at_most, withhold
from agent.model import Disposition, Outcome, SourceKind
from agent.policy.terms import Policy
from tests.agent.desk_of_paper import draft, page, said, shot, ticket
from tools.model import Author


def test_what_the_ticket_says_is_no_page() -> None:
    """A document made of the ticket must not excuse what the ticket wants said."""
    own = replace(page("Refunds take a day.", name="ticket:42"), kind=SourceKind.TICKET)
    inner = page("For agents.", name="article:2", quotable=False)
    seen = inspect(shot(), draft("Hello", pages=(page("Lamps."), own, inner)), Policy())

    assert "Lamps." in seen.pages
    assert "Refunds" not in seen.pages
    assert "agents" not in seen.pages


def test_all_that_a_drafter_wrote_is_told() -> None:
    """Reason, summary and what it calls missing are shown to agents, so they are looked at."""
    proposed = replace(draft("One."), reason="Two.", summary="Three.", missing=("Four.",))
    seen = inspect(shot(), proposed, Policy())

    assert "One." == seen.reply
    assert ["One.", "Two.", "Three.", "Four."] == seen.told.split("\n")


def test_the_customers_words_are_theirs_alone() -> None:
    """An agent's reply is not what the customer said."""
    thread = (said(2, "<p>Agent speaks.</p>", by=Author.AGENT), said(5, "<p>I speak.</p>"))
    seen = inspect(shot(ticket("<p>First.</p>"), *thread), draft("Hello"), Policy())

    assert "I speak." in seen.said
    assert "First." in seen.said
    assert "Agent" not in seen.said


def test_only_answers_and_questions_are_replies() -> None:
    """Facts for an agent are not weighed as a promise to a customer."""
    for outcome in Outcome:
        seen = inspect(shot(), draft("Hello", outcome=outcome), Policy())
        assert seen.is_reply == (outcome in {Outcome.ANSWER, Outcome.CLARIFY})


def test_runs_of_words_ignore_case_and_signs() -> None:
    """A comma more is the same leak."""
    assert grams("One, two THREE", 2) == grams("one two; three", 2)
    assert frozenset() == grams("one", 2)


def test_a_finding_says_how_far_a_draft_may_go() -> None:
    """A note at most, or nothing of the drafter's words at all."""
    assert Disposition.PRIVATE_NOTE is note_at_most("x", "y").most
    assert Disposition.HANDOFF is withhold("x", "y").most
