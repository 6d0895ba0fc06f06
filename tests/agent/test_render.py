"""What we post holds our tags, our links and nothing else that acts."""

import re

import pytest

from agent import render
from agent.decide import decide
from agent.inspection import withhold
from agent.model import Disposition, Draft, Finding, Outcome, Paragraph, Result, Sentence, Usage
from agent.policy.terms import Mode, Policy
from tests.agent.desk_of_paper import cite, draft, page, shot

PAGE = page("Lamps can be returned within 30 days.", title="Returns & <refunds>")
POLICY = Policy(
    mode=Mode.AUTO,
    version="abc123",
    portal_hosts=("help.larkspur.example.com",),
    signature="Larkspur\nCustomer Care",
    disclosure="Written by software.",
)
GOOD = draft("Hello,", Sentence(PAGE.text, cite(PAGE)), pages=(PAGE,))
TAGS = {"p", "ul", "ol", "li", "b", "i", "a", "br", "blockquote", "hr", "h4", "code"}


def result(proposed: Draft = GOOD, found: tuple[Finding, ...] = ()) -> Result:
    """Return a decided run."""
    asked = shot()
    return Result(
        asked,
        draft=proposed,
        decision=decide(asked, proposed, found, POLICY),
        usage=Usage(credits=3),
    )


@pytest.mark.parametrize(
    "disposition", [Disposition.PUBLIC_REPLY, Disposition.PRIVATE_NOTE, Disposition.HANDOFF]
)
def test_only_a_few_plain_tags_are_used(disposition: Disposition) -> None:
    """The helpdesk's editor keeps these and drops the rest."""
    html = render.body(result(), disposition, POLICY, run="r-1")

    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= TAGS


def test_a_reply_holds_words_sources_signature_and_disclosure() -> None:
    """What the customer reads, and nothing about how it was made."""
    html = render.body(result(), Disposition.PUBLIC_REPLY, POLICY, run="r-1")

    assert "<p>Hello, Lamps can be returned within 30 days.</p>" in html
    assert 'href="https://help.larkspur.example.com/a/1"' in html
    assert "Returns &amp; &lt;refunds&gt;" in html
    assert "Larkspur<br>Customer Care" in html
    assert "Written by software." in html
    assert "r-1" not in html


def test_a_note_tells_its_evidence_and_its_cost() -> None:
    """A person checks a draft by its receipt."""
    html = render.body(result(), Disposition.PRIVATE_NOTE, POLICY, run="r-1")

    for part in ("Proposed reply", "Sources", "documented", "3 credits", "abc123", "r-1"):
        assert part in html


def test_the_drafters_text_stays_text() -> None:
    """Markup from a model is shown, not obeyed; links off the list are cut out."""
    proposed = draft("<img src=x onerror=alert(1)> \u202eevil\u202c https://evil.example/x now")
    html = render.body(result(proposed), Disposition.PRIVATE_NOTE, POLICY, run="r-1")

    assert "<img" not in html
    assert "\u202e" not in html
    assert "evil.example" not in html
    assert "[link removed]" in html


def test_a_withheld_draft_shows_none_of_its_words() -> None:
    """Not in the text, not in the summary, not in the reason."""
    proposed = draft("The code is 4711.")
    proposed = type(proposed)(
        Outcome.ANSWER, "en", proposed.paragraphs, reason="code 4711", summary="4711"
    )
    html = render.body(
        result(proposed, (withhold("internal_note", "it leaks"),)),
        Disposition.HANDOFF,
        POLICY,
        run="r-1",
    )

    assert "4711" not in html
    assert "it leaks" in html


def test_a_handoff_says_why_what_and_where() -> None:
    """Never silence: a person needs a reason and a place to start."""
    proposed = draft(outcome=Outcome.HUMAN)
    proposed = type(proposed)(
        Outcome.HUMAN, "en", (), reason="They ask for a person.", summary="A broken lamp."
    )
    html = render.body(result(proposed), Disposition.HANDOFF, POLICY, run="r-1")

    for part in ("They ask for a person.", "A broken lamp.", "status Open"):
        assert part in html


def test_a_list_is_a_list() -> None:
    """Steps are read as steps."""
    proposed = type(GOOD)(
        Outcome.ANSWER, "en", (Paragraph((Sentence("One."), Sentence("Two.")), items=True),)
    )

    assert "<ul><li>One.</li><li>Two.</li></ul>" in render.reply(proposed, POLICY)


def test_a_skip_has_no_body() -> None:
    """Nothing is posted, so nothing is rendered."""
    with pytest.raises(ValueError, match="posts nothing"):
        render.body(result(), Disposition.SKIP, POLICY, run="r-1")
