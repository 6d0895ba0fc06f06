"""From a mail to the pages that answer it: candidates, how well each fits, and their chances."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from tools.knowledge import fused, lexical, shelf
from tools.knowledge.article import CANNED, Hit, Page
from tools.knowledge.asks import OWN, Ask, asks
from tools.knowledge.fused import Background, Calibration
from tools.knowledge.lexical import Text
from tools.knowledge.meaning import Vector
from tools.knowledge.passages import passages
from tools.knowledge.words import guess_language, words

if TYPE_CHECKING:
    from tools.knowledge.dense import Matrix, Near

_NEAREST = 10
"""Pages of a language that are looked at for their nearness alone."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Attributes:
        mail: as it came.
        language: the customer's, "" where nobody says.
        primary: the pages' main one.
        most: pages to return.
        without: a page that is left out in every language, for measuring.
        canned: look through the canned responses, and through nothing else.
    """

    mail: str
    language: str
    primary: str
    most: int
    without: str = ""
    canned: bool = False

    @property
    def spoken(self) -> str:
        """The customer's language, told from the words where nobody says."""
        return self.language or guess_language(self.mail) or self.primary


@dataclass(frozen=True, slots=True)
class Sighted:
    """How near each page is to a mail, and what nearness is worth in this knowledge base.

    Attributes:
        own: the mail wants something looked up or done, which no page can.
    """

    near: "Near"
    calibration: Calibration
    own: bool


@dataclass(frozen=True, slots=True)
class _Rated:
    """A page with what its words say: log odds, and the passage; None where none is shared."""

    page: Page
    words: float | None
    passage: str
    cosine: float | None = None


def questions(query: Query) -> tuple[str, ...]:
    """Return the texts of a mail whose nearness is looked at."""
    langs = (query.spoken, query.primary)
    return tuple(dict.fromkeys(ask.text for ask in asks(query.mail, langs)))


def look(matrix: "Matrix", told: Mapping[str, Vector], calibration: Calibration) -> Sighted:
    """Compare a mail's vectors with every page's."""
    from tools.knowledge import dense  # noqa: PLC0415 -- numpy, so only with embeddings

    own = any(OWN.search(text) for text in told)
    return Sighted(dense.nearest(matrix, [*told.values()]), calibration, own)


def search(db: sqlite3.Connection, query: Query, sighted: Sighted | None = None) -> tuple[Hit, ...]:
    """Return the best quotable pages, best first, one language of each."""
    if query.canned and not shelf.ids(db, CANNED):
        return ()
    language, primary = query.spoken, query.primary
    rated: list[_Rated] = []
    for spoken in dict.fromkeys((language, primary)):
        asked = asks(query.mail, (spoken, language))
        pages = {page.id: page for page in shelf.candidates(db, asked, spoken, canned=query.canned)}
        if sighted is not None and spoken in sighted.calibration.languages:
            pages |= _nearest(db, sighted, spoken, but=pages)
        kept = [
            page
            for page in pages.values()
            if shelf.family_of(page.id) != query.without
            and (spoken == language or not shelf.kept_in(db, shelf.family_of(page.id), language))
        ]
        rated += _read(db, asked, kept, (spoken, language))
    if sighted is not None:
        rated = [_seen(one, sighted) for one in rated]
    return _ranked(rated, language, query.most, sighted)


def rate(db: sqlite3.Connection, query: Query, pages: Sequence[Page]) -> tuple[Hit, ...]:
    """Score pages that were fetched elsewhere, by words."""
    language, primary = query.spoken, query.primary
    rated: list[_Rated] = []
    for spoken in dict.fromkeys(page.language or primary for page in pages if page.quotable):
        asked = asks(query.mail, (spoken, language))
        same = [page for page in pages if page.quotable and (page.language or primary) == spoken]
        rated += _read(db, asked, same, (spoken, language))
    return _ranked(rated, language, query.most, None)


def _nearest(
    db: sqlite3.Connection, sighted: Sighted, language: str, *, but: Iterable[str]
) -> dict[str, Page]:
    """Return the nearest pages of a language that words did not find."""
    known = frozenset(but)
    ids = (one for one in sighted.near.best(language, _NEAREST) if one not in known)
    found = (shelf.page(db, page_id) for page_id in ids)
    return {page.id: page for page in found if page is not None and page.quotable}


def _read(
    db: sqlite3.Connection, asked: Sequence[Ask], pages: Sequence[Page], langs: tuple[str, str]
) -> list[_Rated]:
    """Return each page with what its words say; `langs`: the pages', the mail's."""
    texts = {page.id: _text(page, langs) for page in pages}
    heads = {page.id: words(page.title, langs) for page in pages}
    needed = {form for ask in asked for word in ask.words for form in word.forms}
    needed |= {form for head in heads.values() for word in head for form in word.forms}
    weights = shelf.weights(db, needed, langs[0])
    rated: list[_Rated] = []
    for page in pages:
        fit = lexical.best_fit(asked, texts[page.id], heads[page.id], weights)
        rated.append(_Rated(page, fit.rank, fit.best.text) if fit else _Rated(page, None, ""))
    return rated


@lru_cache(maxsize=512)
def _text(page: Page, langs: tuple[str, ...]) -> Text:
    return lexical.read(page.title, page.text, page.tags, langs)


def _seen(rated: _Rated, sighted: Sighted) -> _Rated:
    """Add how near a page is; its words name the passage, and where they cannot, nearness does.

    Measured: of the right pages' passages, words chose a fitting one more often than nearness did.
    """
    found = sighted.near.of(rated.page.id)
    if found is None:
        return rated
    cosine, place = found
    parts = passages(rated.page.text) if not rated.passage else ()
    passage = parts[place].text if place < len(parts) else rated.passage
    return replace(rated, cosine=cosine, passage=passage)


def _ranked(
    rated: Iterable[_Rated], language: str, most: int, sighted: Sighted | None
) -> tuple[Hit, ...]:
    """Return the best of each page's languages with its chance, best first."""
    told = [one for one in rated if one.passage]
    chance = _by_words(told)
    ranks = {one.page.id: _rank(one, chance.get(one.page.id, 0.0), sighted) for one in told}
    best: dict[str, _Rated] = {}
    for one in told:
        family = shelf.family_of(one.page.id)
        if family not in best or ranks[best[family].page.id] < ranks[one.page.id]:
            best[family] = one
    found = list(best.values())
    scores = lexical.chances([ranks[one.page.id] for one in found])
    hits = [
        _hit(one, score, chance.get(one.page.id, 0.0), sighted)
        for one, score in zip(found, scores, strict=True)
    ]
    hits.sort(key=lambda h: (-round(h.score, 3), h.page.language != language, h.page.id))
    return tuple(hits[:most])


def _by_words(rated: Iterable[_Rated]) -> dict[str, float]:
    """Return each page's chance by its words alone: one language of each, the best."""
    best: dict[str, _Rated] = {}
    for one in rated:
        family = shelf.family_of(one.page.id)
        if one.words is not None and (family not in best or (best[family].words or 0) < one.words):
            best[family] = one
    found = list(best.values())
    scores = lexical.chances([one.words or 0.0 for one in found])
    return {one.page.id: score for one, score in zip(found, scores, strict=True)}


def _rank(one: _Rated, chance: float, sighted: Sighted | None) -> float:
    """Return a page's log odds against no page at all."""
    background = _background(one, sighted)
    if one.cosine is not None and background is not None:
        return fused.rank(one.cosine, chance, background, own=sighted is not None and sighted.own)
    return one.words if one.words is not None else _NOTHING


_NOTHING = -20.0
"""Log odds of a page that neither words nor meaning speak for."""


def _background(one: _Rated, sighted: Sighted | None) -> Background | None:
    return sighted.calibration.languages.get(one.page.language) if sighted else None


def _hit(one: _Rated, score: float, chance: float, sighted: Sighted | None) -> Hit:
    measured = one.cosine is not None and _background(one, sighted) is not None
    needs = sighted.calibration.needs if sighted and measured else 0.0
    cosine = one.cosine if measured else None
    return Hit(one.page, score, one.passage, lexical=chance, dense=cosine, needs=needs)
