"""Lay a sentence beside its quote: the words that were exchanged in it; pure."""

from collections import Counter
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from agent.text.lexicon import Lexicon, lexicon
from agent.text.stems import STEM, has_digit, is_light, opposed, priced, spelled, stem
from agent.text.words import fold, pieces, words

_NEAR = 0.72
"""Share of equal words above which a sentence is a quote that somebody touched."""
_WEIGHTY = ("negation", "only", "exception", "most", "least")
_TURNING = (*_WEIGHTY, "condition", "universal", "inclusive", "free", "duty", "choice")
_ROOT = 4
"""Letters that two forms of a word share."""
_RUN = 2
"""Words in a row from which on a phrase was put in."""
_DOING = frozenset(
    [
        *("you", "we", "to", "be", "been", "is", "are", "was", "were", "have", "sie", "wir", "zu"),
        *("vous", "nous", "avez", "avons", "est", "sont", "etre", "usted", "se", "ha", "han"),
    ]
)
"""What stands before a word of doing: `the card that you paid with`."""
_NEWS = 2
"""Words that no page has, from which on a sentence says something of its own."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a comparison of two lists of words knows besides them.

    Attributes:
        spoken: the customer's own words; they excuse a name for a thing.
        known: stems of the pages cited.
        money: stems of price words, where the quote names a sum.
        others: stems of the other sentences cited.
    """

    books: tuple[Lexicon, ...]
    spoken: frozenset[str]
    known: frozenset[str]
    money: frozenset[str]
    others: frozenset[str] = frozenset()


def faults(
    folded: str, wide: str, books: tuple[Lexicon, ...], *, said: str, pages: str
) -> list[str]:
    """Return what was exchanged or moved in a sentence, in words; [] when nothing was.

    Args:
        folded: the sentence.
        wide: its quotes, folded, a line each, and what rows of tables say cell by cell.
        books: of the reply's language.
        said: the customer's own words; they excuse a name for a thing.
        pages: the whole pages cited, folded.
    """
    known = frozenset(stem(word) for word in words(pages))
    beside = _Beside(books, frozenset(words(fold(said))), known, priced(wide))
    if _touched(folded, wide, beside):
        return ["a word of its quote was exchanged"]
    if _inserted(folded, wide, beside):
        return ["it puts words of its own into its quote"]
    return []


def _touched(folded: str, base: str, beside: _Beside) -> bool:
    """Return whether words were changed in a sentence that otherwise is one of its quotes."""
    mine = list(words(folded))
    quoted = [list(words(piece)) for piece in pieces(base)]
    near = [(place, theirs) for place, piece in enumerate(quoted) if (theirs := _near(mine, piece))]
    if not near:
        return False
    place, theirs = max(near, key=lambda one: _alike(mine, one[1]))
    others = frozenset(stem(word) for at, one in enumerate(quoted) if at != place for word in one)
    beside = replace(beside, others=others)
    moved = list((Counter(mine) & (Counter(quoted[place]) - Counter(theirs))).elements())
    bent = [word for word in moved if _faces(word, theirs, beside.books)]
    return _changes(mine, theirs + [word for word in moved if word not in bent], beside)


def _inserted(folded: str, base: str, beside: _Beside) -> bool:
    """Return whether words of weight stand together that no page has, or one ends the sentence."""
    quoted = {stem(word) for word in words(base)}
    joined = [word for word in words(base) if len(word) > STEM]
    found = spelled(list(words(folded)), beside.books)
    run, before, done = 0, "", False
    for word in found:
        part = len(word) > STEM and any(one.endswith(word) or word.endswith(one) for one in joined)
        if part or (stem(word) in quoted and not is_light(word, beside.books)):
            run = 0
        elif not has_digit(word) and _new(word, beside):
            run += 1
        if run >= _RUN:
            return True
        done = word in found[-1:] and before in _DOING
        before = word
    return run > 0 and not done


def _new(word: str, beside: _Beside) -> bool:
    known = stem(word) in beside.known | beside.money or word in beside.spoken
    acted = any(word in book.acts for book in beside.books)
    return not known and not acted and _names(word, beside.books)


def _faces(word: str, theirs: list[str], books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word's opposite is there: then its place in the sentence is not free."""
    there, here = set(map(stem, theirs)), stem(word)
    pairs = (pair for book in books for pair in opposed(book.code) if here in pair)
    return any(one in there for pair in pairs for one in pair if one != here)


def _alike(mine: list[str], theirs: list[str]) -> float:
    """Return the share of words that two lists have in common, in whatever order."""
    both = Counter(map(stem, mine)) & Counter(map(stem, theirs))
    return 2 * both.total() / (len(mine) + len(theirs))


def _near(mine: list[str], piece: list[str]) -> list[str]:
    """Return the stretch of a quote that a sentence retells nearly word for word, or []."""
    stems = list(map(stem, mine))
    match = SequenceMatcher(None, stems, list(map(stem, piece)), autojunk=False)
    theirs = _window(match, len(mine), piece)
    if not theirs or abs(len(mine) - len(theirs)) > 0.5 * len(mine):
        return []
    match.set_seq2(list(map(stem, theirs)))
    ratios = (match.real_quick_ratio, match.quick_ratio, match.ratio)
    return theirs if all(ratio() >= _NEAR for ratio in ratios) else []


def _window(match: SequenceMatcher[str], length: int, piece: list[str]) -> list[str]:
    """Return the stretch of a quote that a sentence of this length covers."""
    blocks = [one for one in match.get_matching_blocks() if one.size]
    if not blocks:
        return []
    first, last = blocks[0], blocks[-1]
    begin = max(0, first.b - first.a)
    return piece[begin : last.b + length - last.a]


def _changes(mine: list[str], theirs: list[str], beside: _Beside) -> bool:
    """Return whether words were exchanged or added, not only moved or put together."""
    books = beside.books
    gone, came = _apart(theirs, mine, books), _apart(mine, theirs, books)
    if (
        came
        and set(map(stem, came)) <= beside.others
        and not any(_weighty(word, books) or not is_light(word, books) for word in gone)
    ):
        return False
    if any(has_digit(word) and word not in beside.spoken for word in came):
        return True
    if _denies_another(mine, theirs, books) or not _same_weight(gone, came, books):
        return True
    if _turned(gone, came, books):
        return True
    lost = {stem(word) for word in gone if _names(word, books) and not _is_role(word, books)}
    put = {stem(word) for word in came if _names(word, books) and word not in beside.spoken}
    put -= beside.money
    lost -= beside.money
    if put and any(book.found("weight.free", " ".join(gone)) for book in books):
        return True
    return len(put - beside.known) >= _NEWS or (bool(lost) and bool(put))


def _apart(here: list[str], there: list[str], books: tuple[Lexicon, ...]) -> list[str]:
    """Return the words of one list that the other has not, in any form, as often."""
    same, rest = Counter(spelled(there, books)), list[str]()
    for word in spelled(here, books):
        if same[word] > 0:
            same[word] -= 1
        else:
            rest.append(word)
    left = Counter(stem(word)[:_ROOT] for word in same.elements())
    found = []
    for word in rest:
        root = stem(word)[:_ROOT]
        if left[root] > 0:
            left[root] -= 1
        else:
            found.append(word)
    return found


def _is_role(word: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a quote's word is whom it speaks of: a reply says *you* for it."""
    return any(word in book.roles for book in books)


def _names(word: str, books: tuple[Lexicon, ...]) -> bool:
    return not is_light(word, books) and not _weighty(word, books)


def _weighty(word: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word turns a meaning; the rules for such words judge it."""
    return any(_turns(word, book.code) for book in books)


@lru_cache(maxsize=4096)
def _turns(word: str, code: str) -> bool:
    return any(lexicon(code).found(f"weight.{key}", word) for key in _TURNING)


def _turned(gone: list[str], came: list[str], books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word was put in the place of its opposite, or us in the place of you."""
    lost, put = set(map(stem, gone)), set(map(stem, came))
    if any(
        (one in lost and other in put) or (other in lost and one in put)
        for book in books
        for one, other in opposed(book.code)
    ):
        return True
    sides = {pair for book in books for pair in book.sides}
    return len(gone) == len(came) == 1 and not sides.isdisjoint(
        {(gone[0], came[0]), (came[0], gone[0])}
    )


def _denies_another(mine: list[str], theirs: list[str], books: tuple[Lexicon, ...]) -> bool:
    """Return whether what one of the two denies first, the other has and does not deny."""
    ours, quoted = _denied(mine, books), _denied(theirs, books)
    return any(
        one in {stem(word) for word in there} and one not in wide
        for first, there, wide in ((ours[0], theirs, quoted[1]), (quoted[0], mine, ours[1]))
        for one in first
    )


def _denied(found: list[str], books: tuple[Lexicon, ...]) -> tuple[set[str], set[str]]:
    """Return the first word of weight after each negation, and all of them after it."""
    first, wide = set[str](), set[str]()
    for place, word in enumerate(found):
        if any(book.found("weight.negation", word) for book in books):
            after = [stem(one) for one in found[place + 1 :] if not is_light(one, books)]
            first.update(after[:1])
            wide.update(after)
    return first, wide


def _same_weight(gone: list[str], came: list[str], books: tuple[Lexicon, ...]) -> bool:
    one, other = " ".join(gone), " ".join(came)
    return all(
        book.found(f"weight.{key}", one) == book.found(f"weight.{key}", other)
        for book in books
        for key in _WEIGHTY
    )
