"""The drafter without a model: quotes word for word, or hands over."""

import pytest

from agent.extractive import ExtractiveDrafter
from agent.model import Draft, Outcome, RunLimits
from evals.drafting import ArticleData, Case, play
from tools.errors import Unavailable

PAUSE = ArticleData(
    id="1",
    language="en",
    title="How do I pause my subscription?",
    html="<p>You can pause for up to 12 weeks. Nothing is charged meanwhile.</p>"
    "<h2>Steps</h2><p>Do this:</p><ul><li>Open My plan.</li><li>Tap Pause.</li></ul>",
)
FEES = ArticleData(
    id="2",
    language="en",
    title="What does shipping cost in each country?",
    html="<p>Prices differ.</p><table><tr><th>Country</th><th>Cost</th></tr>"
    "<tr><td>France</td><td>8 euros</td></tr><tr><td>Norway</td><td>14 euros</td></tr></table>",
)
PAUSE_DE = ArticleData(
    id="1",
    language="de",
    title="Wie pausiere ich mein Abo?",
    html="<p>Sie können bis zu 12 Wochen pausieren.</p>",
)


def case(
    body: str, *articles: ArticleData, subject: str = "Question", language: str = "en"
) -> Case:
    """Return a ticket with pages in reach."""
    return Case(
        id="1", why="", language=language, subject=subject, html=body, answer=None,
        articles=articles,
    )  # fmt: skip


def quoted(draft: Draft) -> list[str]:
    """Return the sentences that cite something."""
    said = [one for part in draft.paragraphs for one in part.sentences]
    return [one.text for one in said if one.evidence]


async def test_an_answer_is_quoted_with_its_evidence() -> None:
    """A customer gets our words, and an agent sees where they stand."""
    draft = await play(case("How do I pause my subscription?", PAUSE, FEES), ExtractiveDrafter())

    evidence = [e for part in draft.paragraphs for s in part.sentences for e in s.evidence]
    document = draft.documents[0]
    assert Outcome.ANSWER is draft.outcome
    assert all(one.quote in document.text for one in evidence)
    assert {(document.id, document.digest)} == {(one.source, one.digest) for one in evidence}
    assert 0 == draft.usage.credits


async def test_what_is_not_in_the_pages_is_handed_over_with_its_reason() -> None:
    """An agent who is handed a ticket wants to know why."""
    draft = await play(case("Do you sell drones?", PAUSE, FEES), ExtractiveDrafter())

    assert Outcome.NO_ANSWER is draft.outcome
    assert () == draft.paragraphs
    assert draft.reason


async def test_no_page_at_all_is_handed_over() -> None:
    """A help centre may be empty on the first day."""
    draft = await play(case("How do I pause my subscription?"), ExtractiveDrafter())

    assert Outcome.NO_ANSWER is draft.outcome


async def test_a_page_the_index_lacks_is_found_for_one_credit() -> None:
    """An article written a minute ago answers the ticket that made somebody write it."""
    asked = case("How do I pause my subscription?", PAUSE, subject="Pause my subscription")

    draft = await play(asked, ExtractiveDrafter(), indexed=False)

    assert Outcome.ANSWER is draft.outcome
    assert 1 == draft.usage.credits


async def test_a_helpdesk_in_trouble_leaves_the_index() -> None:
    """Search is a convenience; its failure must not lose the answer or the ticket."""
    down = Unavailable("down", retry_after=1.0)

    draft = await play(case("Do you sell drones?", PAUSE), ExtractiveDrafter(), broken=down)

    assert Outcome.NO_ANSWER is draft.outcome
    assert draft.missing


async def test_without_credits_the_helpdesk_is_not_asked() -> None:
    """A run's limit is a limit, also for a search that would help."""
    draft = await play(
        case("Do you sell drones?", PAUSE), ExtractiveDrafter(), limits=RunLimits(credits=0)
    )

    assert 0 == draft.usage.credits


async def test_a_table_row_is_said_with_its_columns() -> None:
    """A cell alone says nothing, and the other rows are not asked for."""
    asked = case("What does shipping cost to Norway?", FEES, PAUSE, subject="Shipping cost Norway")

    draft = await play(asked, ExtractiveDrafter(threshold=0.3))

    assert "Norway; Cost: 14 euros" in quoted(draft)
    assert "8 euros" not in draft.text


async def test_two_questions_get_two_answers() -> None:
    """People ask twice in one mail; half an answer brings a second mail."""
    mail = "<p>How do I pause my subscription?</p><p>What does shipping cost in each country?</p>"

    draft = await play(
        case(mail, PAUSE, FEES, subject=""), ExtractiveDrafter(threshold=0.3, second=0.3)
    )

    sources = {e.source for p in draft.paragraphs for s in p.sentences for e in s.evidence}
    assert {"article:1", "article:2"} == sources


@pytest.mark.parametrize(
    ("articles", "language"),
    [((PAUSE, PAUSE_DE), "de"), ((PAUSE,), "en")],
    ids=["page in German", "page in English alone"],
)
async def test_the_frame_speaks_the_pages_language(
    articles: tuple[ArticleData, ...], language: str
) -> None:
    """A German greeting above an English quotation reads like a machine's mistake."""
    asked = case("Wie pausiere ich mein Abo? Subscription pause", *articles, language="de")

    draft = await play(asked, ExtractiveDrafter(threshold=0.2))

    assert language == draft.language
    assert ("Guten Tag," if language == "de" else "Hello,") == draft.paragraphs[0].sentences[0].text


RETURN = ArticleData(
    id="3",
    language="en",
    title="How do I return an item, and how long do I have?",
    html="<p>You can return every item within 30 days of its delivery. Choose Return.</p>",
)
REFUND = ArticleData(
    id="4",
    language="en",
    title="When do I get my refund for an item?",
    html="<p>We refund the item within 5 days of the return.</p>",
)
CHANGE = ArticleData(
    id="5",
    language="en",
    title="Can I change an item of my order?",
    html="<p>An item can be changed until it is packed.</p>",
)


async def test_a_short_question_that_is_the_pages_title_needs_no_person() -> None:
    """It scores low for being short; a page that leaves no word of it over is the right one."""
    asked = case("How do I return an item?", RETURN, REFUND, CHANGE, subject="Return")
    draft = await play(asked, ExtractiveDrafter())

    assert Outcome.ANSWER is draft.outcome
    assert not draft.doubt


async def test_a_short_question_with_something_left_over_is_not_sent_alone() -> None:
    """What the page does not speak of may be what the customer wants to know."""
    asked = case("How do I return an item after 45 days?", RETURN, REFUND, CHANGE, subject="Return")
    draft = await play(asked, ExtractiveDrafter())

    assert Outcome.ANSWER is draft.outcome
    assert "fits 0.89 of the 0.90 to send it alone" in draft.doubt
