"""Find help-centre pages: the local index first, the helpdesk's own search where it has none."""

from collections.abc import Mapping
from dataclasses import replace

from tools.errors import HelpdeskError
from tools.kit.tool import Argument, Desk, GiveUp, Tool, TryAgain
from tools.knowledge.article import Hit, Page
from tools.knowledge.pages import pages_of
from tools.knowledge.words import words as content_words

GOOD = 0.5
"""A hit below this is as likely wrong as right, so the helpdesk's own search is asked too."""
_LIVE_WORDS = 6
_SHOWN = 3
_SHOWN_CHARS = 1_500


async def find(desk: Desk, mail: str, *, most: int = 4) -> tuple[Hit, ...]:
    """Return pages for a mail, best first, and note them as fetched. Zero credits, or one.

    Raises:
        HelpdeskError: the index had nothing good and the helpdesk's search failed.
    """
    hits = await indexed(desk, mail, most=most)
    if (not hits or hits[0].score < GOOD) and desk.live_searches > 0:
        hits = await _live(desk, mail, hits, most=most)
    for hit in hits:
        desk.fetched[hit.page.id] = hit.page
    return hits


async def indexed(desk: Desk, mail: str, *, most: int = 4) -> tuple[Hit, ...]:
    """Return the index's pages for a mail, best first. Zero credits."""
    return await desk.knowledge.search(
        mail, language=desk.language, most=most, meaning=desk.meaning
    )


async def _live(desk: Desk, mail: str, hits: tuple[Hit, ...], *, most: int) -> tuple[Hit, ...]:
    terms = keywords(mail, desk.language)
    if not terms:
        return hits
    desk.live_searches -= 1
    found = pages_of(await desk.helpdesk.search_articles(terms))
    fresh = [page for page in found if page.quotable]
    rated = await desk.knowledge.rate(mail, fresh, language=desk.language, most=most)
    best = {hit.page.id: hit for hit in hits}
    best |= {hit.page.id: _live_or_known(hit, best.get(hit.page.id)) for hit in rated}
    return tuple(sorted(best.values(), key=lambda hit: -hit.score)[:most])


def _live_or_known(live: Hit, known: Hit | None) -> Hit:
    """Return the live page; where its text is the index's, what is known of its meaning stays."""
    if known is None or known.dense is None or known.page.digest != live.page.digest:
        return live
    return replace(known, page=live.page)


def keywords(mail: str, language: str) -> str:
    """Return the few words worth asking the helpdesk's search for: no names of people, no ids."""
    counts: dict[str, int] = {}
    for word in content_words(mail, (language or "en",)):
        counts[word.folded] = counts.get(word.folded, 0) + (2 if len(word.forms) > 1 else 1)
    ranked = sorted(counts, key=lambda word: (-counts[word], -len(word)))
    return " ".join(ranked[:_LIVE_WORDS])


def shown(page: Page, passage: str, *, most: int = _SHOWN_CHARS) -> str:
    """Return what a model sees of a page: its id, its title, and its text or the best part."""
    return f"[{page.id}] {page.title}\n{part(page, passage, most=most)}"


def part(page: Page, passage: str, *, most: int) -> str:
    """Return the page's text, or as much of it as fits, around the passage."""
    text = page.text
    if len(text) <= most:
        return text
    at = max(text.find(passage), 0)
    start = max(0, min(at - most // 4, len(text) - most))
    line = text.find("\n", start, at)
    start = line + 1 if start and line >= 0 else start
    text = text[start : start + most]
    return (text.rsplit("\n", 1)[0] or text).strip()


async def _run(desk: Desk, arguments: Mapping[str, str]) -> str:
    words = arguments.get("words", "").strip()
    if not words:
        raise TryAgain("Give `words`: what the customer wants to know, in a few words.")
    try:
        hits = await find(desk, words)
    except HelpdeskError as error:
        raise GiveUp("The help centre cannot be searched at the moment.") from error
    if not hits:
        raise GiveUp("No help-centre page has these words.")
    return "\n\n".join(shown(hit.page, hit.passage) for hit in hits[:_SHOWN])


SEARCH_ARTICLES = Tool(
    name="search_articles",
    purpose="Find help-centre pages that a customer may be told of.",
    arguments=(Argument("words", "What to look for, in a few words, in the customer's language."),),
    credits=1,
    run=_run,
)
