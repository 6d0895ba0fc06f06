"""Find pages of one run that state different things of the same matter; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.model import Document
from agent.text import numerals, values
from agent.text.lexicon import Lexicon, lexicons_for
from agent.text.stems import has_digit, stem
from agent.text.words import fold, pieces, plain, words

_LEAST = 2
"""Words of weight that two statements of the same matter share."""
_ALIKE = 0.5
"""Of the longer statement's words of weight, those that the shorter one has as well."""
_SAME = 0.8
"""Of all words of weight, those that a statement and its denial share."""
_COMPARED = frozenset(["number", "date", "time", "weekday", "month"])
_MONEY = frozenset(["euro", "dollar", "pound", "franc", "cent"])


@dataclass(frozen=True, slots=True)
class _Stated:
    """One sentence of a page: what it is about, and the values it gives.

    Attributes:
        about: stems of its words of weight.
        values: by what may stand in another's place: two lengths of time, two sums of money.
    """

    about: frozenset[str]
    values: dict[str, tuple[values.Value, ...]]
    denied: bool
    row: bool


def disputing(quote: str, page: Document, shelf: Iterable[Document]) -> tuple[str, ...]:
    """Return the ids of the pages that state another value, or the opposite, of a quote's matter.

    Two statements are of the same matter where one has hardly a word of weight that the other has
    not; where each names what the other does not, they are of two matters.

    Args:
        quote: whole sentences of a page.
        page: the one it stands in.
        shelf: all that may be quoted in this run.
    """
    others = [one for one in shelf if one.id != page.id and one.text != page.text]
    mine = [_stated(piece, page.language) for piece in _pieces(quote)] if others else []
    return tuple(
        other.id
        for other in others
        if any(_disagree(one, two) for one in mine for two in _statements(other))
    )


def _disagree(one: _Stated, other: _Stated) -> bool:
    if (one.row or other.row) and one.about != other.about:
        return False  # a row says so little that a word more is another thing
    shared = len(one.about & other.about)
    longer = max(len(one.about), len(other.about))
    if shared < min(_LEAST, longer) or not shared:
        return False
    if (one.about <= other.about or other.about <= one.about) and shared >= _ALIKE * longer:
        return _differ(one, other) or (shared >= _SAME * longer and one.denied != other.denied)
    return False


def _differ(one: _Stated, other: _Stated) -> bool:
    """Return whether both give a value of one sort, and not a single one of them is the same."""
    return any(
        not any(values.holds(value, other.values[sort]) for value in given)
        for sort, given in one.values.items()
        if sort in other.values
    )


@lru_cache(maxsize=512)
def _statements(page: Document) -> tuple[_Stated, ...]:
    return tuple(_stated(piece, page.language) for piece in _pieces(page.text))


def _pieces(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from pieces(fold(plain(line)))


@lru_cache(maxsize=4096)
def _stated(folded: str, language: str) -> _Stated:
    books = lexicons_for(language)
    found: dict[str, tuple[values.Value, ...]] = {}
    for one in values.find(folded):
        if one.kind in _COMPARED:
            sort = _sort(one)
            found[sort] = (*found.get(sort, ()), one)
    about = frozenset(stem(word) for word in words(folded) if not _counts(word, books))
    return _Stated(
        about, found, any(book.found("weight.negation", folded) for book in books), "|" in folded
    )


def _sort(value: values.Value) -> str:
    if value.unit in numerals.SPANS:
        return "span"
    if value.unit in _MONEY:
        return "money"
    return "date" if value.kind == "month" else f"{value.kind} {value.unit}"


def _counts(word: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word is filler, or belongs to a value rather than to the matter."""
    return (
        has_digit(word)
        or any(word in book.filler for book in books)
        or word in numerals.units()
        or word in numerals.months()
        or word in numerals.weekdays()
        or word in numerals.number_words()
        or any(book.found("weight.negation", word) for book in books)
    )
