"""Tell a sentence that only takes part in the reader's own matter, which no page can have said.

`I am sorry that your battery loses power` states nothing about us: it gives back what the reader
told, in a fixed frame. What it may not do is state a rule in that frame, so it has to speak of the
reader and never of us, hold no value, promise, limit or condition, and no words of the pages that
the reader has not used. Pure.
"""

import re

from agent.text import values
from agent.text.lexicon import Lexicon, lexicons_for
from agent.text.stems import is_known, keys_in, stem
from agent.text.words import fold, words

_LONGEST = 18
"""Words of a sentence."""
_NAMED = 9
"""Words that name the reader's matter: congratulations on your new car."""
_PARTED = re.compile(r"[,;:()]|(?<= )-(?= )")
_NEW = 2
"""Words of weight that neither the reader nor a page has."""
_CLAIMING = (
    *("only", "exception", "condition", "universal", "inclusive", "free", "sure"),
    *("most", "least", "duty", "often", "paid", "ours", "leave", "choice"),
)
_PROMISING = ("refund", "compensation", "replacement", "cancellation", "done", "word")


def takes_part(text: str, *, language: str, said: str, known: frozenset[str]) -> bool:
    """Return whether a sentence only gives the reader's own matter back, with thanks or regret.

    Args:
        text: one sentence of the reply.
        language: of the reply.
        said: the reader's own words.
        known: stems of the words that the pages have.
    """
    folded = fold(text).strip(" -:,.!;")
    if not 0 < len(words(folded)) <= _LONGEST or values.find(text):
        return False
    return any(
        _only_echoes(folded, fold(said), known, book)
        or _only_names(folded, fold(said), known, book)
        for book in lexicons_for(language)
    )


def _only_names(folded: str, said: str, known: frozenset[str], book: Lexicon) -> bool:
    """Return whether a sentence thanks, regrets or wishes, and then only names the matter.

    Without a verb it states nothing. A word that the reader brought in must be one of the pages,
    and hardly any may be neither theirs nor ours.
    """
    nominal = book.patterns.get("nominal")
    opened = nominal.match(folded) if nominal else None
    if opened is None:
        return False
    named = folded[opened.end() :]
    if len(words(named)) > _NAMED or _PARTED.search(named) or book.found("finite", named):
        return False
    if _claims(named, "", book):
        return False
    ours = known.union(map(stem, book.light | book.courtesy | book.polite))
    strange = {stem(one) for one in words(named) if not is_known(one)} - ours
    return len(strange) <= 1 and strange.isdisjoint(keys_in(said, book))


def _only_echoes(folded: str, said: str, known: frozenset[str], book: Lexicon) -> bool:
    frame = book.patterns.get("sympathy")
    opened = frame.match(folded) if frame else None
    if opened is None:
        return False
    told = folded[opened.end() :]
    if book.found("us", told) or _claims(told, said, book):
        return False
    named = [word for word in words(told) if word not in book.light and word not in book.courtesy]
    spoken = keys_in(said, book)
    strange = {one for one in map(stem, named) if one not in spoken}
    echoed = len(set(map(stem, named)) - strange)
    if strange and not book.found("reader", told):
        return False
    return echoed > 0 and len(strange) <= _NEW and strange.isdisjoint(known)


def _claims(told: str, said: str, book: Lexicon) -> bool:
    """Return whether it turns or limits anything, or denies what the reader has not denied."""
    if any(book.found(f"weight.{key}", told) for key in _CLAIMING):
        return True
    if any(book.found(f"promise.{key}", told) for key in _PROMISING):
        return True
    return book.found("weight.negation", told) and not book.found("weight.negation", said)
