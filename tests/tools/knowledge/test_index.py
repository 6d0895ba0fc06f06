"""The index: what is found, in which language, and what is never shown."""

from pathlib import Path

import pytest

from tools.errors import Unavailable
from tools.knowledge.article import Page
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import digest


def page(
    name: str, title: str, text: str, *, language: str = "en", quotable: bool = True, url: str = "u"
) -> Page:
    """Return a page of the tests."""
    suffix = "" if language == "en" else f"@{language}"
    return Page(
        f"article:{name}{suffix}", title, text, url, language, quotable, digest(text), tags=()
    )


RETURNS = page(
    "1",
    "How do I return an item?",
    "You can return any item within 30 days.\n\nHow it works\n\nDo this:\n- Open My orders.\n"
    "- Print the label.\n\nFees\n\nCountry | Fee\nFrance | 0 euros\nNorway | 12 euros",
)
PAUSE = page("2", "How do I pause my subscription?", "You can pause for up to 12 weeks.")
LABEL_DE = page(
    "3", "Wo finde ich das Rücksendeetikett?", "Das Etikett drucken Sie im Konto.", language="de"
)
RETURNS_DE = page(
    "1", "Wie sende ich einen Artikel zurück?", "Sie haben 30 Tage Zeit.", language="de"
)


async def index_of(*pages: Page) -> KnowledgeIndex:
    """Return an index in memory that holds these pages."""
    index = KnowledgeIndex.open(":memory:")
    await index.replace(pages)
    return index


async def test_an_empty_index_finds_nothing() -> None:
    """A new installation must hand over, not crash."""
    index = await index_of()

    assert () == await index.search("How do I return an item?")
    assert 0 == await index.size()


async def test_a_single_page_is_found_with_its_passage() -> None:
    """One page is a knowledge base too; rare words cannot be told from common ones in it."""
    index = await index_of(PAUSE)

    hit = (await index.search("how can I pause my subscription?"))[0]

    assert ("article:2", "You can pause for up to 12 weeks.") == (hit.page.id, hit.passage)


async def _effort(count: int) -> tuple[int, int]:
    """Return the statements that build an index of so many pages, and those of one more page."""
    index = KnowledgeIndex.open(":memory:")
    said = list[str]()
    await index.work(lambda db: db.set_trace_callback(said.append))
    pages = [page(str(n), f"How do I use lamp {n}?", f"Press knob {n}.") for n in range(count)]
    await index.replace(pages)
    built = len(said)
    await index.replace([*pages, page("more", PAUSE.title, PAUSE.text)])
    await index.work(lambda db: db.set_trace_callback(None))
    index.close()
    return built, len(said) - built


async def test_a_page_costs_the_same_in_a_large_knowledge_base_as_in_a_small_one() -> None:
    """A help centre of 20,000 pages is read in seconds, and one page more costs one page."""
    small, one = await _effort(10)
    large, same = await _effort(1_000)

    assert large <= small * 100
    assert same <= one * 2


async def test_a_replacement_writes_only_what_differs() -> None:
    """A sync of thousands of pages every hour must not rebuild them."""
    index = await index_of(RETURNS, PAUSE)
    moved = page("2", PAUSE.title, PAUSE.text, url="elsewhere")

    changes = await index.replace([RETURNS, moved, LABEL_DE])

    assert (1, 1, 0, 1) == (changes.added, changes.changed, changes.removed, changes.same)


async def test_a_page_that_is_gone_is_not_found() -> None:
    """A withdrawn page must not be quoted to anybody."""
    index = await index_of(RETURNS, PAUSE)
    await index.replace([RETURNS])

    assert None is await index.page("article:2")
    assert "article:2" not in {hit.page.id for hit in await index.search("pause subscription")}


async def test_a_page_that_is_not_quotable_is_never_a_hit() -> None:
    """Internal pages and drafts sit in the same help centre."""
    secret = page("9", "Goodwill limits", "Agents may grant goodwill credit.", quotable=False)
    index = await index_of(secret)

    assert () == await index.search("What are the goodwill limits?")
    assert secret == await index.page("article:9")


async def test_the_customers_language_comes_first_and_the_primary_one_stands_in() -> None:
    """A German customer reads the German page; the English one is better than none."""
    index = await index_of(RETURNS, RETURNS_DE, PAUSE)

    german = await index.search("Wie sende ich einen Artikel zurück?", language="de")
    lacking = await index.search("Wie kann ich mein Abo pausieren?", language="de")

    assert "article:1@de" == german[0].page.id
    assert "article:2" == lacking[0].page.id


@pytest.mark.parametrize(
    "mail",
    ["Wo ist das Etikett?", "Rücksendeetiketten", "Ich brauche ein Rücksende-Etikett"],
    ids=["part of a compound", "inflected", "hyphenated"],
)
async def test_a_compound_is_found_by_its_parts(mail: str) -> None:
    """German writes in one word what a customer asks for in two."""
    index = await index_of(RETURNS_DE, LABEL_DE)

    assert "article:3@de" == (await index.search(mail, language="de"))[0].page.id


async def test_a_list_is_quoted_with_its_lead_in_and_a_row_alone() -> None:
    """Half a list or a whole table of fees does not answer a question."""
    index = await index_of(RETURNS)

    listed = (await index.search("Where do I print the label for My orders?"))[0]
    row = (await index.search("What is the fee for Norway?"))[0]

    assert "Do this:\n- Open My orders.\n- Print the label." == listed.passage
    assert "Norway | 12 euros" == row.passage


async def test_a_long_mail_is_searched_by_its_question() -> None:
    """Greetings, stories and signatures must not drown the one sentence that asks."""
    chatter = "I bought it for my mother and she was so happy about the colour. " * 12
    mail = f"Dear team,\n\n{chatter}\n\nHow do I pause my subscription?\n\nKind regards\nUlla"
    index = await index_of(RETURNS, PAUSE)

    assert "article:2" == (await index.search(mail))[0].page.id


@pytest.mark.parametrize("mail", ['" OR *', "NEAR(a b)", "title:x AND -", "(((", "\0", "¿?", ""])
async def test_search_syntax_in_a_mail_is_only_text(mail: str) -> None:
    """Customers write what they like; the search engine's own language must stay out of reach."""
    index = await index_of(RETURNS)

    assert isinstance(await index.search(mail), tuple)


async def test_scores_are_chances_and_rivals_share_them() -> None:
    """A threshold only means something if scores of different mails can be compared."""
    index = await index_of(RETURNS, PAUSE, RETURNS_DE)

    scores = [hit.score for hit in await index.search("How do I return an item?")]

    assert all(0 <= score <= 1 for score in scores)
    assert sum(scores) <= 1


async def test_fetched_pages_are_rated_like_stored_ones() -> None:
    """A page the helpdesk's own search found must meet the same threshold."""
    index = await index_of(RETURNS, PAUSE)

    stored = (await index.search("How do I return an item?"))[0]
    rated = (await index.rate("How do I return an item?", [RETURNS, PAUSE]))[0]

    assert stored == rated


async def test_two_openings_of_one_file_see_each_others_pages(tmp_path: Path) -> None:
    """The web process searches while the worker brings pages in."""
    one, two = (KnowledgeIndex.open(tmp_path / "kb.sqlite") for _ in range(2))

    await one.replace([PAUSE])

    assert 1 == await two.size()
    one.close()
    two.close()


async def test_an_index_of_another_edition_is_emptied_and_filled_again(tmp_path: Path) -> None:
    """Stored forms of an older version would silently find nothing."""
    path = tmp_path / "kb.sqlite"
    old = KnowledgeIndex.open(path)
    await old.replace([PAUSE])
    old._db.execute("UPDATE meta SET value='older' WHERE key='edition'")  # noqa: SLF001
    old.close()

    again = KnowledgeIndex.open(path)

    assert 0 == await again.size()
    assert 1 == (await again.replace([PAUSE])).added
    again.close()


async def test_thousands_of_pages_are_searched_and_the_right_one_is_found() -> None:
    """Retrieval must not lean on a small help centre."""
    many = [page(str(n), f"Topic {n} of the manual", f"Part number {n}.") for n in range(10, 2000)]
    index = await index_of(*many, PAUSE)

    assert "article:2" == (await index.search("How do I pause my subscription?"))[0].page.id


async def test_a_file_that_cannot_be_used_is_waited_for() -> None:
    """A full disk passes; a fault of ours would end the customer's delivery for good."""
    index = await index_of(RETURNS)
    await index.work(lambda db: db.execute("DROP TABLE pages"))

    with pytest.raises(Unavailable, match="the knowledge index cannot be used"):
        await index.search("How do I return an item?")
