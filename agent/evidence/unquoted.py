"""Find words of a sentence that its quotes do not have: claims of its own; pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agent.model import Document
from agent.text.clauses import CLAUSE, without_lead
from agent.text.lexicon import Lexicon, lexicon, lexicons_for, rephrased
from agent.text.numerals import SPANS
from agent.text.stems import STEM, has_digit, is_known, is_light, keys_in, priced, spelled, stem
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
_SPARE = 4
"""Words that a retelling may need more than its quote."""
_WHOLE = 0.8
"""Share of a quote's very words above which a sentence is that quote: who adds, claims more."""
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
    pages = " ".join(fold(quote.page.text) for quote in quotes)
    beside = f"{said}\n{pages}"
    return _strange(folded, base, titles, books, beside) + _enlarged(
        folded, quotes, base, books, said
    )


def borrowed(part: str, quotes: list[Quote], *, language: str, said: str) -> bool:
    """Return whether a sentence has words that only the customer used, ids apart.

    Whoever writes a ticket chooses those words, so they may be an order to say them.
    """
    books = lexicons_for(language)
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    known = set().union(*(keys_in(pages, book) for book in books)) if books else set()
    spoken = set().union(*(keys_in(fold(said), book) for book in books))
    tails = _set_of_words(pages)
    folded = without_lead(rephrased(fold(part), books), books)
    owned = frozenset(_THEIRS.findall(folded))
    return any(
        word not in owned
        and stem(word) in spoken
        and not _mark(word, known, set(), tails)
        and not _common(word, books)
        for word in _named(folded, books)
    )


def _common(word: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word is one of ours: whoever writes a ticket cannot smuggle it in."""
    return is_known(word) or any(word in book.acts or word in book.polite for book in books)


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


def _enlarged(
    folded: str, quotes: list[Quote], base: str, books: tuple[Lexicon, ...], said: str
) -> list[str]:
    """Find words that were added to a quote rather than put for others of it."""
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    said = f"{pages}\n{base}"  # the base has one phrase for all that say the same
    known = set().union(*(keys_in(said, book) for book in books), priced(base))
    tails = _set_of_words(pages)
    added = {stem(word) for word in _named(folded, books) if not _mark(word, known, set(), tails)}
    added -= set(map(stem, _THEIRS.findall(folded))) & set(map(stem, words(fold(said))))
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
    spare = 0 if any(_kept_whole(piece, folded) for piece in quoted) else _SPARE
    return ["it adds words to its quote"] if len(added) - len(missing) > spare and retold else []


def _kept_whole(piece: str, folded: str) -> bool:
    """Return whether a sentence has nearly every word of a quote as it stands there."""
    theirs, mine = words(piece), set(words(folded))
    return bool(theirs) and sum(word in mine for word in theirs) >= _WHOLE * len(theirs)


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
    if _names_another(folded, shared | spoken, tails, books):
        return ["it speaks of a thing that stands in no quote"]
    clauses = CLAUSE.split(folded)
    told: list[tuple[set[str], list[float]]] = []
    total = known = 0.0
    anchored = False
    for clause in clauses:
        content = [word for word in words(clause) if not any(word in book.light for book in books)]
        supposed = any(book.found("weight.condition", clause) for book in books)
        acted = frozenset().union(*(book.acts for book in books)) if supposed else frozenset()
        named = [one for one in spelled(content, books) if not has_digit(one) and one not in acted]
        named = [word for word in named if not any(_turns(word, book.code) for book in books)]
        marks = [_mark(word, shared, spoken, tails) for word in named]
        total, known = total + len(marks), known + sum(marks)
        anchored = anchored or any(_mark(word, stated, set(), tails) for word in named)
        told.append(
            ({stem(one) for one, mark in zip(named, marks, strict=True) if mark == 1}, marks)
        )
        strange = 1.0 not in marks or sum(marks) < _LEAST_IN_CLAUSE * len(marks)
        turned = any(_turns(word, book.code) for word in content for book in books)
        if strange and (len(marks) >= _CLAUSE_WORDS or (turned and marks and 1.0 not in marks)):
            return ["part of it stands in no quote"]
        if any(mark < 1 for mark in marks) and _adds(clause, base, books):
            return ["it puts another thing to what its quote says"]
        if _narrows(clause, named, marks, books):
            return ["it narrows its quote to what does not stand there"]
        if not named and _idles(clause, base, books):
            return ["it says more than its quote"]
    if _leans(told):
        return ["part of it stands in no quote"]
    if known < _LEAST_SHARED * total or (not anchored and words(folded)):
        return ["it says more than its quote"]
    if total < _CLAUSE_WORDS and _mostly_filler(folded, base, books):
        return ["it says more than its quote"]
    return []


_THEIRS = re.compile(
    r"\b(?:your|ihre?[nmrs]?|deine?[nmrs]?|votre|vos|ton|ta|tes|sus?|tus?) ([^\W\d_]+)"
)
"""What a reply calls the reader's own: their dog is no claim of ours."""
_OF_A_THING = re.compile(
    r"\b(?:the|an?|your|our|der|die|das|den|dem|des|ein|eine|einen|einem|einer|eines|ihr|ihre|ihren"
    r"|ihrem|ihrer|unser|unsere|unseren|unserem|unserer|une?|votre|vos|notre|nos|una|su|sus"
    r"|nuestro|nuestra) ([a-z]{4,})"
)


def _names_another(
    folded: str, shared: set[str], tails: frozenset[str], books: tuple[Lexicon, ...]
) -> bool:
    """Return whether what follows an article or an owner is neither quoted nor the reader's."""
    named = [one for one in _OF_A_THING.findall(folded) if not is_light(one, books)]
    return any(
        not _mark(word, shared, set(), tails)
        for word in spelled(named, books)
        if not has_digit(word) and not any(_turns(word, book.code) for book in books)
    )


def _leans(told: list[tuple[set[str], list[float]]]) -> bool:
    """Return whether a clause has words of its own, and of its quote only what another one has."""
    return any(
        len(marks) > len(shared) > 0
        and shared <= set[str]().union(*(one for at, (one, _) in enumerate(told) if at != place))
        for place, (shared, marks) in enumerate(told)
    )


def _adds(clause: str, base: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a clause says `also` of something where its quote does not."""
    return any(
        book.found("weight.added", clause) and not book.found("weight.added", base)
        for book in books
    )


def _narrows(clause: str, named: list[str], marks: list[float], books: tuple[Lexicon, ...]) -> bool:
    """Return whether the word next to an `only` stands in no quote."""
    strange = {word for word, mark in zip(named, marks, strict=True) if not mark}
    for book in books:
        only = book.patterns.get("weight.only")
        for found in only.finditer(clause) if only and strange else ():
            beside = [one for one in words(clause[found.end() :]) if one in named]
            if not beside or beside[0] in strange:
                return True
    return False


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
        one.endswith(word) or word.endswith(one) or one.startswith(word)
        for one in tails
        if len(one) > STEM
    ):
        return 1.0
    return 0.5 if stem(word) in spoken else 0.0
