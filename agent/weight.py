"""Weigh a sentence against its quotes: the words that turn a meaning must survive; pure."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from agent.lexicon import Lexicon, lexicons_for
from agent.model import Document
from agent.stems import STEM, has_digit, is_light, keys_in, spelled, stem
from agent.words import fold, sentences, words

_ADDED = {
    "negation": "it denies what its quote does not deny",
    "only": "it narrows its quote",
    "exception": "it makes an exception that its quote does not make",
    "condition": "it makes a condition that its quote does not make",
    "universal": "it widens its quote to all",
    "inclusive": "it adds to its quote",
    "free": "it says free of charge, its quote does not",
    "sure": "it assures what its quote does not assure",
    "now": "it says at once, its quote does not",
    "most": "it sets a limit that its quote does not set",
    "least": "it sets a limit that its quote does not set",
    "duty": "it demands what its quote does not demand",
}
_LOST = {
    "negation": "a negation of its quote is lost",
    "only": "a restriction of its quote is lost",
    "exception": "an exception of its quote is lost",
    "most": "a limit of its quote is lost",
    "least": "a limit of its quote is lost",
    "choice": "what its quote calls possible is said as certain",
}
_CLAUSE = re.compile(
    r"[,;:()\-](?= )|(?<= )(?:and|or|but|so|und|oder|aber|et|ou|mais|y|o|pero|sowie|which|die|qui|que)(?= )"
)
_NEGATING = ("un", "in", "im", "non", "dis", "ir", "il", "mis", "nicht", "des", "de")
_ID = re.compile(r"[\w-]*\d[\w-]*")
_LEAST_SHARED = 0.5
_LEAST_IN_CLAUSE = 0.5
_CLAUSE_WORDS = 2
_KEPT = 0.5
"""Share of a quote's words above which a sentence says the same thing again."""
_NEAR = 0.72
"""Share of equal words above which a sentence is a quote that somebody touched."""
_ALIGNED = 0.45
_OWN = 0.6


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote, taken with the sentence it was cut from, and its page."""

    text: str
    page: Document


def faults(part: str, quotes: list[Quote], *, language: str, said: str) -> list[str]:
    """Return what a sentence says that its quotes do not, in words; [] when it holds.

    Args:
        part: one sentence of the reply.
        quotes: what it cites.
        language: of the reply.
        said: the customer's own words; they excuse a name for a thing, never a rule.
    """
    folded = fold(part)
    base = " . ".join(fold(quote.text) for quote in quotes)
    if folded.strip(" .!:") in base:
        return _cut(folded, quotes, language)
    books = lexicons_for(language)
    titles = " ".join(fold(quote.page.title) for quote in quotes)
    found = _added(folded, f"{base} . {titles}", books, said)
    found += _lost(folded, base, books)
    found += _turned(folded, base, books)
    found += _strange(folded, f"{base} {titles}", books, said)
    found += _touched(folded, base, books, said)
    found += _enlarged(folded, quotes, books)
    return list(dict.fromkeys(found))


def borrowed(part: str, quotes: list[Quote], *, language: str, said: str) -> bool:
    """Return whether a sentence has words that only the customer used, ids apart.

    Whoever writes a ticket chooses those words, so they may be an order to say them.
    """
    books = lexicons_for(language)
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    known = set().union(*(keys_in(pages, book) for book in books)) if books else set()
    spoken = set().union(*(keys_in(fold(said), book) for book in books))
    tails = frozenset(words(pages))
    return any(
        stem(word) in spoken and not _mark(word, known, set(), tails)
        for word in _named(fold(part), books)
    )


def _named(folded: str, books: tuple[Lexicon, ...]) -> list[str]:
    """Return the words that name something: no filler, number, id, or word that turns a meaning."""
    bare = words(_ID.sub(" ", folded))
    found = [word for word in spelled(list(bare), books) if not word.isdigit()]
    return [
        word
        for word in found
        if not is_light(word, books)
        and not any(book.found(f"weight.{key}", word) for book in books for key in _ADDED)
    ]


def _enlarged(folded: str, quotes: list[Quote], books: tuple[Lexicon, ...]) -> list[str]:
    """Find words that were added to a quote rather than put for others of it."""
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    known = set().union(*(keys_in(pages, book) for book in books))
    tails = frozenset(words(pages))
    added = {stem(word) for word in _named(folded, books) if not _mark(word, known, set(), tails)}
    if not added:
        return []
    mine = set().union(*(keys_in(folded, book) for book in books))
    base = " . ".join(fold(quote.text) for quote in quotes)
    for piece in sentences(base):
        theirs = set().union(*(keys_in(piece, book) for book in books))
        if len(mine & theirs) > _KEPT * len(theirs) and len(added) > len(theirs - mine):
            return ["it adds words to its quote"]
    return []


def _cut(folded: str, quotes: list[Quote], language: str) -> list[str]:
    """Judge a sentence that stands in its quote word for word: nothing weighty may be cut off."""
    bare = folded.strip(" .!:")
    whole = " . ".join(fold(quote.text) for quote in quotes)
    if re.search(rf"(?:^|[.!?:] ){re.escape(bare)}(?:$|[ .!?:]*(?:$|[.!?:]))", whole):
        return []
    return _lost(folded, whole, lexicons_for(language), only=("negation", "only", "exception"))


def _added(folded: str, base: str, books: Iterable[Lexicon], said: str) -> list[str]:
    found = []
    for book in books:
        for key, fault in _ADDED.items():
            mine = book.patterns.get(f"weight.{key}")
            if mine is None or not mine.search(folded) or mine.search(base):
                continue
            if key == "condition" and _known_condition(folded, base, book, said):
                continue
            found.append(fault)
    return found


def _known_condition(folded: str, base: str, book: Lexicon, said: str) -> bool:
    """Return whether a condition only takes up what the customer or the quote has said."""
    spoken = keys_in(fold(said), book) | keys_in(base, book)
    after = book.patterns["weight.condition"].split(folded, maxsplit=1)[-1]
    clause = _CLAUSE.split(after, maxsplit=1)[0]
    return keys_in(clause, book) <= spoken


def _lost(
    folded: str, base: str, books: Iterable[Lexicon], *, only: tuple[str, ...] = ()
) -> list[str]:
    found = []
    for book in books:
        mine = keys_in(folded, book)
        for piece in sentences(base):
            theirs = keys_in(piece, book)
            if not _retells(mine, theirs):
                continue
            for key, fault in _LOST.items():
                if only and key not in only:
                    continue
                here = book.patterns.get(f"weight.{key}")
                if here is None or not here.search(piece) or here.search(folded):
                    continue
                if _concerns(piece, here, mine, book):
                    found.append(fault)
    return found


def _retells(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Return whether a sentence takes up most of a quote's words, or most of its own from it."""
    shared = len(mine & theirs)
    return bool(theirs) and (
        shared >= _ALIGNED * len(theirs) or (shared > 1 and shared >= _OWN * len(mine))
    )


def _concerns(piece: str, weight: re.Pattern[str], mine: frozenset[str], book: Lexicon) -> bool:
    """Return whether a weighty word bears on what is repeated.

    A clause that opens with it bears on the whole sentence; one that holds it further on only
    on itself.
    """
    for clause in _CLAUSE.split(piece):
        found = weight.search(clause)
        if found is None:
            continue
        theirs = keys_in(clause, book)
        if len(words(clause[: found.start()])) <= 1 or not theirs:
            return True
        if len(mine & theirs) >= _ALIGNED * len(theirs):
            return True
    return False


def _turned(folded: str, base: str, books: Iterable[Lexicon]) -> list[str]:
    """Find words that say the opposite of the quote's."""
    mine, theirs = set(words(folded)), set(words(base))
    for book in books:
        for pair in book.opposites:
            for one, other in (pair, pair[::-1]):
                if one in mine and one not in theirs and other in theirs and other not in mine:
                    return ["a word of it says the opposite of its quote"]
    for word in mine - theirs:
        if len(word) >= STEM - 1 and _negated(word, theirs):
            return ["a word of it says the opposite of its quote"]
    return []


def _negated(word: str, theirs: set[str]) -> bool:
    opened = {word.removeprefix(one) for one in _NEGATING if word.startswith(one)}
    return any(len(one) >= STEM - 1 and one in theirs for one in opened) or any(
        one + word in theirs for one in _NEGATING
    )


def _strange(folded: str, base: str, books: tuple[Lexicon, ...], said: str) -> list[str]:
    """Find claims in words that the quote does not have."""
    shared = set().union(*(keys_in(base, book) for book in books))
    spoken = set().union(*(keys_in(fold(said), book) for book in books))
    tails = frozenset(words(base))
    clauses = _CLAUSE.split(folded)
    total = known = 0.0
    anchored = False
    for clause in clauses:
        content = [word for word in words(clause) if not any(word in book.light for book in books)]
        named = [word for word in spelled(content, books) if not word.isdigit()]
        marks = [_mark(word, shared, spoken, tails) for word in named]
        total, known = total + len(marks), known + sum(marks)
        anchored = anchored or 1.0 in marks
        if len(marks) >= _CLAUSE_WORDS and sum(marks) <= _LEAST_IN_CLAUSE * len(marks):
            return ["part of it stands in no quote"]
    if known < _LEAST_SHARED * total or (not anchored and words(folded)):
        return ["it says more than its quote"]
    if total < _CLAUSE_WORDS and _mostly_filler(folded, base, books):
        return ["it says more than its quote"]
    return []


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


def _touched(folded: str, base: str, books: tuple[Lexicon, ...], said: str) -> list[str]:
    """Find the words that were changed in a sentence that otherwise is its quote."""
    mine = list(words(folded))
    spoken = set(words(fold(said)))
    for piece in sentences(base):
        theirs = list(words(piece))
        if abs(len(mine) - len(theirs)) > 0.5 * len(mine):
            continue
        match = SequenceMatcher(None, mine, theirs, autojunk=False)
        if match.real_quick_ratio() < _NEAR or match.quick_ratio() < _NEAR or match.ratio() < _NEAR:
            continue
        if _changes(mine, theirs, books, spoken):
            return ["a word of its quote was exchanged"]
    return []


def _changes(
    mine: list[str], theirs: list[str], books: tuple[Lexicon, ...], spoken: set[str]
) -> bool:
    """Return whether words were exchanged, not only moved."""
    ours, quoted = Counter(spelled(mine, books)), Counter(spelled(theirs, books))
    gone, came = list((quoted - ours).elements()), list((ours - quoted).elements())
    named = [word for word in came if not (len(word) >= STEM and word in spoken)]
    if sorted(filter(has_digit, gone)) != sorted(filter(has_digit, named)):
        return True
    if _denied(mine, books) != _denied(theirs, books) or not _same_weight(gone, came, books):
        return True
    lost = {stem(word) for word in gone if not is_light(word, books)}
    new = {stem(word) for word in came if not is_light(word, books) and word not in spoken}
    known = {stem(word) for word in theirs}
    return bool(lost) and bool(new) and not lost & new and not new <= known


def _denied(found: list[str], books: tuple[Lexicon, ...]) -> set[str]:
    """Return which words are denied: the first one of weight after each negation."""
    denied = set()
    for place, word in enumerate(found):
        if any(book.found("weight.negation", word) for book in books):
            after = (one for one in found[place + 1 :] if not is_light(one, books))
            denied.add(stem(next(after, "")))
    return denied


_WEIGHTY = ("negation", "only", "exception", "most", "least")


def _same_weight(gone: list[str], came: list[str], books: tuple[Lexicon, ...]) -> bool:
    one, other = " ".join(gone), " ".join(came)
    return all(
        book.found(f"weight.{key}", one) == book.found(f"weight.{key}", other)
        for book in books
        for key in _WEIGHTY
    )
