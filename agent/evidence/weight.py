"""Weigh a sentence against its quotes: the words that turn a meaning must survive; pure."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections import Counter
from collections.abc import Collection, Iterable

from agent.evidence import aligned, bound, unquoted
from agent.evidence.unquoted import Quote
from agent.text import tables
from agent.text.clauses import BREAK, CLAUSE, SCOPE, clauses, misled, unfolded, without_lead
from agent.text.lexicon import Lexicon, lexicons_for, rephrased
from agent.text.stems import STEM, keys_in, opposed, priced, stem
from agent.text.words import fold, pieces, words

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
    "often": "it says how often, its quote does not",
    "paid": "it says that it costs, its quote does not",
    "ours": "it says that we pay, its quote does not",
}
_LOST = {
    "negation": "a negation of its quote is lost",
    "only": "a restriction of its quote is lost",
    "exception": "an exception of its quote is lost",
    "most": "a limit of its quote is lost",
    "least": "a limit of its quote is lost",
    "often": "how often is lost",
    "choice": "what its quote calls possible is said as certain",
}
_ENDS = ("", ".", "!", "?", ":", "\n")
_NEGATING = ("un", "in", "im", "non", "dis", "ir", "il", "mis", "nicht", "des", "de")
_ALIGNED = 0.45
_RELATIVE = re.compile(
    r"\b(?:who|die|der|qui|que|quienes)(?: (?!should|must|have|need|may|are|will|doivent|deben|mussen|sollen)[^,.;\s]+){1,6}"
)
"""Of whom a rule speaks."""
_OWN = 0.6
_TURNING = ("negation", "only", "exception")
_AS_GOOD = {"most": "upper", "least": "lower", "choice": "leave"}
"""Words that say as much as those of a key: `within 5 days` and `in at most 5 days`."""


def faults(part: str, quotes: list[Quote], *, language: str, said: str) -> list[str]:
    """Return what a sentence says that its quotes do not, in words; [] when it holds.

    Args:
        part: one sentence of the reply.
        quotes: what it cites.
        language: of the reply.
        said: the customer's own words; they excuse a name for a thing, never a rule.
    """
    books = lexicons_for(language)
    whole = rephrased(fold(part), books)
    folded = without_lead(whole, books)
    base = "\n".join(
        part
        for quote in quotes
        for piece in pieces(rephrased(fold(quote.text), books))
        for part in (piece, *unfolded(piece)[1:])
    )
    wide = "\n".join([base, *(fold(one) for quote in quotes for one in quote.cells)])
    if misled(whole[: len(whole) - len(folded)], folded, books):
        return ["its yes or no does not fit what follows"]
    if any(fold(part) == fold(tables.spoken(one.page.text, one.text)) for one in quotes):
        return []
    if folded.strip(" .!:") in base:
        return _cut(folded, base, books)
    if not _weighs(language, books):
        return ["its language has no rules here, so only a quote word for word can hold"]
    titles = " ".join(fold(quote.page.title) for quote in quotes)
    found = _added(folded, f"{wide}\n{titles}", books, said, [quote.page.text for quote in quotes])
    found += _lost(folded, base, books, said=said)
    found += _turned(folded, base, books)
    found += unquoted.faults(folded, quotes, wide, books, said)
    pages = " ".join(fold(f"{quote.page.title} {quote.page.text}") for quote in quotes)
    found += aligned.faults(folded, wide, books, said=said, pages=pages)
    found += bound.faults(folded, wide, books)
    return list(dict.fromkeys(found))


def _weighs(language: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether the words that turn a meaning are known in a language."""
    weighed = any("weight.negation" in book.patterns for book in books)
    return weighed and (not language or any(book.code == language[:2].lower() for book in books))


def _cut(folded: str, base: str, books: tuple[Lexicon, ...]) -> list[str]:
    """Judge a sentence that stands in its quote word for word: nothing weighty may be cut off."""
    bare = folded.strip(" .!:")
    if not bare:
        return ["it says nothing"]
    before, _, after = base.partition(bare)
    if before.rstrip(" ")[-1:] in _ENDS and after.lstrip(" ")[:1] in _ENDS:
        return []
    ends = f"{BREAK.split(before)[-1]} . {BREAK.split(after)[0]}"
    found = [_LOST[key] for book in books for key in _TURNING if book.found(f"weight.{key}", ends)]
    return found or _lost(folded, base, books, only=_TURNING)


def _added(
    folded: str, base: str, books: Iterable[Lexicon], said: str, pages: list[str]
) -> list[str]:
    found = []
    for book in books:
        for key, fault in _ADDED.items():
            mine = book.patterns.get(f"weight.{key}")
            told = _unhedged(folded, base, book) if key == "often" else folded
            if mine is None or not mine.search(told):
                continue
            if mine.search(base):
                if key == "negation" and _denies(folded, base, mine, book):
                    found.append(fault)
                continue
            if key in _AS_GOOD and book.found(f"weight.{_AS_GOOD[key]}", base):
                continue
            if key == "condition" and _known_condition(folded, base, book, said):
                continue
            if key == "sure" and any(mine.search(fold(one)) for one in pages):
                continue
            if key == "duty" and not book.found("weight.leave", base):
                continue
            found.append(fault)
    return found


def _unhedged(folded: str, base: str, book: Lexicon) -> str:
    """Return a sentence without its `usually`, which claims less, unless its quote denies."""
    hedge = book.patterns.get("weight.hedge")
    if hedge is None or book.found("weight.negation", base):
        return folded
    return hedge.sub(" ", folded)


def _denies(folded: str, base: str, negation: re.Pattern[str], book: Lexicon) -> bool:
    """Return whether a clause is denied whose like the quote affirms, and none of its like denied."""
    quoted = [(keys_in(one, book), bool(negation.search(one))) for one in clauses(base)]
    for clause in CLAUSE.split(folded):
        if not negation.search(clause):
            continue
        mine = keys_in(clause, book)
        alike = [denied for theirs, denied in quoted if theirs and _retells(mine, theirs)]
        if alike and not any(alike):
            return True
    return False


def _known_condition(folded: str, base: str, book: Lexicon, said: str) -> bool:
    """Return whether a condition only takes up what the customer or the quote has said."""
    spoken = keys_in(fold(said), book) | keys_in(base, book)
    after = book.patterns["weight.condition"].split(folded, maxsplit=1)[-1]
    clause = CLAUSE.split(after, maxsplit=1)[0]
    told = keys_in(clause, book)
    if told <= spoken:
        return True
    return bool(told & spoken) and told <= spoken.union(map(stem, book.acts))


def _lost(
    folded: str,
    base: str,
    books: Iterable[Lexicon],
    *,
    only: tuple[str, ...] = (),
    said: str = "",
) -> list[str]:
    found = []
    for book in books:
        mine = keys_in(folded, book)
        for piece in pieces(base):
            theirs = keys_in(piece, book)
            if not _retells(mine, theirs):
                continue
            for key, fault in _LOST.items():
                if only and key not in only:
                    continue
                here = book.patterns.get(f"weight.{key}")
                aside = book.patterns.get("aside") if key == "negation" else None
                told = aside.sub(" ", piece) if aside else piece
                if here is None or not here.search(told) or here.search(folded):
                    continue
                if key == "negation" and _said_so(piece, here, said, book):
                    continue
                if key in _AS_GOOD and book.found(f"weight.{_AS_GOOD[key]}", folded):
                    continue
                if _concerns(told, here, mine, book, key):
                    found.append(fault)
    return found


def _said_so(piece: str, negation: re.Pattern[str], said: str, book: Lexicon) -> bool:
    """Return whether the quote denies only what the customer denied: of those who cannot come."""
    spoken = fold(said)
    of_whom = [
        one[found.end() :]
        for one in _RELATIVE.findall(piece)
        if (found := negation.search(one)) is not None
    ]
    if not of_whom or len(of_whom) != len(negation.findall(piece)):
        return False
    known = keys_in(spoken, book)
    return negation.search(spoken) is not None and all(
        keys_in(one, book) <= known for one in of_whom
    )


def _retells(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Return whether a sentence takes up most of a quote's words, or most of its own from it."""
    shared = len(mine & theirs)
    return bool(theirs) and (
        shared >= _ALIGNED * len(theirs) or (shared > 1 and shared >= _OWN * len(mine))
    )


def _concerns(
    piece: str, weight: re.Pattern[str], mine: frozenset[str], book: Lexicon, key: str
) -> bool:
    """Return whether a weighty word bears on what is repeated.

    A clause that opens with a restriction or an exception bears on the whole sentence; one that
    holds it further on only on itself. A negation bears on the whole list that follows it.
    """
    opens = key in {"only", "exception"}
    money = priced(piece)
    for clause in CLAUSE.split(piece):
        found = weight.search(clause)
        if found is None:
            continue
        theirs = keys_in(clause, book) - money
        if not theirs or (opens and not keys_in(clause[: found.start()], book)):
            return True
        if len(mine & theirs) >= _ALIGNED * len(theirs):
            return True
    scopes = SCOPE.split(piece) if key == "negation" else []
    return any(_retells(mine, keys_in(one, book)) for one in scopes if weight.search(one))


def _turned(folded: str, base: str, books: Iterable[Lexicon]) -> list[str]:
    """Find words that say the opposite of the quote's."""
    mine, theirs = Counter(map(stem, words(folded))), Counter(map(stem, words(base)))
    for book in books:
        for pair in opposed(book.code):
            for one, other in (pair, pair[::-1]):
                if mine[one] > theirs[one] and theirs[other] > mine[other]:
                    return ["a word of it says the opposite of its quote"]
    said, quoted = Counter(words(folded)), Counter(words(base))
    for word in said - quoted:
        if len(word) >= STEM - 1 and _negated(word, quoted - said):
            return ["a word of it says the opposite of its quote"]
    return []


def _negated(word: str, lost: Collection[str]) -> bool:
    opened = {word.removeprefix(one) for one in _NEGATING if word.startswith(one)}
    return any(len(one) >= STEM - 1 and one in lost for one in opened) or any(
        one + word in lost for one in _NEGATING
    )
