"""The search tool: the index first, the helpdesk once, and never an exception to the model."""

import pytest

from evals.still import StillHelpdesk
from tools.errors import Unavailable
from tools.kit.search_articles import SEARCH_ARTICLES, find, keywords, shown
from tools.kit.tool import Desk, GiveUp, TryAgain
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import page_of, pages_of
from tools.model import Article, ArticleId, TicketId

PAUSE = Article(
    ArticleId("1"),
    "How do I pause my subscription?",
    "<p>You can pause your subscription for up to 12 weeks.</p>",
    "https://help.example.com/1",
    "en",
    quotable=True,
)


async def desk_with(*known: Article, live: StillHelpdesk) -> Desk:
    """Return a desk whose index holds these articles."""
    index = KnowledgeIndex.open(":memory:")
    await index.replace(pages_of(known))
    return Desk(live, index, TicketId("1"), None, None, (), "en")


async def test_a_good_hit_of_the_index_costs_nothing() -> None:
    """Credits are the account's; most questions must not need one."""
    desk = await desk_with(PAUSE, live=StillHelpdesk(articles=[PAUSE]))

    hits = await find(desk, "How do I pause my subscription?")

    assert "article:1" == hits[0].page.id
    assert 0 == desk.helpdesk.credits
    assert {"article:1"} == set(desk.fetched)


async def test_an_article_written_a_minute_ago_is_found_for_one_credit() -> None:
    """The index is refreshed now and then; the helpdesk knows at once."""
    desk = await desk_with(live=StillHelpdesk(articles=[PAUSE]))

    hits = await find(desk, "How do I pause my subscription?")

    assert "article:1" == hits[0].page.id
    assert 1 == desk.helpdesk.credits


async def test_the_helpdesk_is_asked_once_a_run() -> None:
    """A model that searches again and again must not empty the account's pool."""
    desk = await desk_with(live=StillHelpdesk())

    await find(desk, "zebra crossings")
    await find(desk, "zebra crossings again")

    assert 1 == desk.helpdesk.credits


async def test_the_index_of_the_moment_gives_way_to_the_live_text() -> None:
    """An article that was corrected today must be quoted as it is today."""
    old = Article(PAUSE.id, "Pausing", "<p>Pause, old text.</p>", "u", "en", quotable=True)
    desk = await desk_with(old, live=StillHelpdesk(articles=[PAUSE]))

    await find(desk, "subscription weeks for a pause, and the zoo's opening hours please?")

    assert page_of(PAUSE) == desk.fetched["article:1"]


async def test_failures_are_told_in_words() -> None:
    """A model that sees an exception's text may repeat it to a customer."""
    broken = await desk_with(live=StillHelpdesk(broken=Unavailable("secret", retry_after=1)))

    with pytest.raises(TryAgain):
        await SEARCH_ARTICLES.run(broken, {"words": " "})
    with pytest.raises(GiveUp) as failed:
        await SEARCH_ARTICLES.run(broken, {"words": "zebra"})

    assert "secret" not in str(failed.value)


def test_keywords_hold_no_address_and_no_order_number() -> None:
    """What goes to the helpdesk's search is a topic, not a person."""
    asked = keywords("Refund of LK-204466 for ann@example.com, where is my refund?", "en")

    assert "refund" in asked
    assert not {"ann", "204466", "example"} & set(asked.split())


def test_a_long_page_is_shown_around_its_best_passage() -> None:
    """A small model has room for a part; it must be the part that answers."""
    text = "\n\n".join(f"Paragraph {n} about nothing much." for n in range(200))
    article = Article(ArticleId("2"), "Long", f"<p>{text}</p>", "u", "en", quotable=True)
    page = page_of(article)

    part = shown(page, "Paragraph 150 about nothing much.", most=400)

    assert "Paragraph 150" in part
    assert len(part) < 500
