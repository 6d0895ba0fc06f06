"""Find words of a sentence that its quotes do not have: claims of its own; pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agent.model import Document
from agent.text.clauses import CLAUSE, without_lead
from agent.text.lexicon import Lexicon, lexicon, lexicons_for
from agent.text.numerals import SPANS
from agent.text.stems import STEM, has_digit, is_light, keys_in, priced, spelled, stem
from agent.text.tables import BAR
from agent.text.words import fold, pieces, words

TURNING = (
    *("negation", "only", "exception", "condition", "universal", "inclusive"),
    *("free", "sure", "now", "most", "least", "duty", "often", "paid"),
)
"""Sections of a language file whose words turn a meaning."""
_ID = re.compile(r"[\w-]*\d[\w-]*")
_LEAST_SHARED = 0.5
_LEAST_IN_CLAUSE = 0.5
_CLAUSE_WORDS = 2
_KEPT = 0.5
"""Share of a quote's words above which a sentence says the same thing again."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote, taken with the sentence it was cut from, and its page.

    Attributes:
        cells: what a table's row says, each cell with its column's head.
    """

    text: str
    page: Document
    cells: tuple[str, ...] = ()


def faults(
    folded: str, quotes: list[Quote], base: str, books: tuple[Lexicon, ...], said: str
) -> list[str]:
    """Return what a sentence says in words that are not its quotes'; [] when nothing.

    Args:
        folded: the sentence.
        quotes: what it cites.
        base: the same, folded, a line each.
        books: of the reply's language.
        said: the customer's own words; they excuse a name for a thing.
    """
    titles = " ".join(fold(quote.page.title) for quote in quotes)
    return _strange(folded, base, titles, books, said) + _enlarged(folded, quotes, base, books)


def borrowed(part: str, quotes: list[Quote], *, language: str, said: str) -> bool:
    """Return whether a sentence has words that only the customer used, ids apart.

    Whoever writes a ticket chooses those words, so they may be an order to say them.
    """
    books = lexicons_for(language)
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    known = set().union(*(keys_in(pages, book) for book in books)) if books else set()
    spoken = set().union(*(keys_in(fold(said), book) for book in books))
    tails = _set_of_words(pages)
    return any(
        stem(word) in spoken and not _mark(word, known, set(), tails)
        for word in _named(without_lead(fold(part), books), books)
    )


def turns(part: str, *, language: str) -> bool:
    """Return whether a sentence has a word that could turn a meaning, or make a promise."""
    folded = fold(part)
    return any(
        book.found(key, folded)
        for book in lexicons_for(language)
        for key in (*(f"weight.{one}" for one in TURNING), "promise.marks", "promise.done")
    )


def _named(folded: str, books: tuple[Lexicon, ...]) -> list[str]:
    """Return the words that name something: no filler, number, id, or word that turns a meaning."""
    bare = words(_ID.sub(" ", folded))
    found = [word for word in spelled(list(bare), books) if not has_digit(word)]
    return [
        word
        for word in found
        if not is_light(word, books) and not any(_turns(word, book.code) for book in books)
    ]


@lru_cache(maxsize=4096)
def _turns(word: str, code: str) -> bool:
    """Return whether a word by itself turns a meaning."""
    return any(lexicon(code).found(f"weight.{key}", word) for key in TURNING)


@lru_cache(maxsize=256)
def _set_of_words(folded: str) -> frozenset[str]:
    return frozenset(words(folded))


def _enlarged(folded: str, quotes: list[Quote], base: str, books: tuple[Lexicon, ...]) -> list[str]:
    """Find words that were added to a quote rather than put for others of it."""
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    said = f"{pages}\n{base}"  # the base has one phrase for all that say the same
    known = set().union(*(keys_in(said, book) for book in books), priced(base))
    tails = _set_of_words(pages)
    added = {stem(word) for word in _named(folded, books) if not _mark(word, known, set(), tails)}
    if not added:
        return []
    mine = set().union(*(keys_in(folded, book) for book in books))
    quoted = pieces(base)
    retold = [
        theirs
        for piece in [one for one in quoted if BAR not in one] or quoted
        if len(mine & (theirs := _keys(piece, books))) > _KEPT * len(theirs)
    ]
    missing = set[str]().union(*retold) - mine
    if retold and any(_timed(book.code) & missing for book in books):
        return ["it puts another word for a length of time of its quote"]
    return ["it adds words to its quote"] if retold and len(added) > len(missing) else []


@lru_cache(maxsize=32)
def _timed(code: str) -> frozenset[str]:
    """Return stems of a language's words for lengths of time."""
    return frozenset(stem(word) for word, unit in lexicon(code).units.items() if unit in SPANS)


def _keys(piece: str, books: tuple[Lexicon, ...]) -> frozenset[str]:
    return frozenset[str]().union(*(keys_in(piece, book) for book in books))


def _strange(
    folded: str, base: str, titles: str, books: tuple[Lexicon, ...], said: str
) -> list[str]:
    """Find claims in words that the quote does not have; a title alone bears out nothing."""
    stated = set().union(*(keys_in(base, book) for book in books), priced(base))
    shared = stated.union(*(keys_in(titles, book) for book in books))
    spoken = set().union(*(keys_in(fold(said), book) for book in books))
    tails = _set_of_words(f"{base} {titles}")
    clauses = CLAUSE.split(folded)
    total = known = 0.0
    anchored = False
    for clause in clauses:
        content = [word for word in words(clause) if not any(word in book.light for book in books)]
        supposed = any(book.found("weight.condition", clause) for book in books)
        acted = frozenset().union(*(book.acts for book in books)) if supposed else frozenset()
        named = [one for one in spelled(content, books) if not has_digit(one) and one not in acted]
        marks = [_mark(word, shared, spoken, tails) for word in named]
        total, known = total + len(marks), known + sum(marks)
        bare = [word for word in named if not any(_turns(word, book.code) for book in books)]
        anchored = anchored or any(_mark(word, stated, set(), tails) for word in bare)
        if len(marks) >= _CLAUSE_WORDS and sum(marks) <= _LEAST_IN_CLAUSE * len(marks):
            return ["part of it stands in no quote"]
        if 0.0 in marks and any(book.found("weight.only", clause) for book in books):
            return ["it narrows its quote to what does not stand there"]
        if not named and _idles(clause, base, books):
            return ["it says more than its quote"]
    if known < _LEAST_SHARED * total or (not anchored and words(folded)):
        return ["it says more than its quote"]
    if total < _CLAUSE_WORDS and _mostly_filler(folded, base, books):
        return ["it says more than its quote"]
    return []


def _idles(clause: str, base: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a clause of filler alone says something: filler can promise, too."""
    theirs = {stem(word) for word in words(base)}
    glue = [word for word in words(clause) if not any(word in book.stop for book in books)]
    strange = [word for word in glue if not has_digit(word) and stem(word) not in theirs]
    return len(glue) == len(strange) >= _CLAUSE_WORDS


def _mostly_filler(folded: str, base: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a sentence of hardly a word of weight says most of it in other filler."""
    theirs = {stem(word) for word in words(base)}
    filler = [word for word in words(folded) if not any(word in book.stop for book in books)]
    strange = [word for word in filler if not has_digit(word) and stem(word) not in theirs]
    return 2 * len(strange) >= len(filler) > 1


def _mark(word: str, shared: set[str], spoken: set[str], tails: frozenset[str]) -> float:
    if stem(word) in shared:
        return 1.0
    if len(word) > STEM and any(
        one.endswith(word) or word.endswith(one) for one in tails if len(one) > STEM
    ):
        return 1.0
    return 0.5 if stem(word) in spoken else 0.0
