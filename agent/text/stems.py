"""What words have in common with their other forms, and which of them carry no claim; pure."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from agent.text.lexicon import Lexicon, lexicons, lexicons_for
from agent.text.words import fold, words

STEM = 5
"""Characters that two forms of a word share."""
_PARTICIPLE = re.compile(
    r"^(ab|an|auf|aus|bei|durch|ein|fest|her|hin|los|mit|nach|um|vor|weg|weiter|zuruck|zusammen|zu)?(?:ge|zu)(?=[a-z]{4})"
)
"""German puts `ge` or `zu` into a verb: gebucht, abgebucht, abzubuchen."""
_MONEY = re.compile(r"[€$£]|\b(?:euros?|dollars?|cents?|chf|eur|usd|gbp)\b")
_Y = re.compile(r"(?<=[a-z]{3})y$")
_PAST = re.compile(r"(?:er|en)(?:ed|ings?|s)$")
"""Ends of `entered` and `orders`, whose first form loses an end as well."""
_ENDINGS = re.compile(
    r"(?:ings?|(?<=.{4})ents?|ed|es|en|er|em|ez|ons|(?<=.{5})(?:ado|ada|ido|ida)|e|s|n)$"
)


def has_digit(word: str) -> bool:
    """Return whether a word is a number, or an id."""
    return any(char.isdigit() for char in word)


def is_light(word: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word is filler in any of the languages."""
    return any(word in book.light for book in books)


def spelled(found: list[str], books: tuple[Lexicon, ...]) -> list[str]:
    """Return words with number words as digits."""
    return [_digits(word, books) for word in found]


def _digits(word: str, books: tuple[Lexicon, ...]) -> str:
    value = next((book.numbers[word] for book in books if word in book.numbers), None)
    return word if value is None else f"{value:g}"


@lru_cache(maxsize=2048)
def _content_keys(folded: str, code: str) -> frozenset[str]:
    book = lexicons_for(code)[0]
    return frozenset(stem(word) for word in words(folded) if word not in book.light)


def keys(text: str) -> frozenset[str]:
    """Return what the words of weight in a text have in common with their other forms."""
    folded = fold(text)
    light = frozenset().union(*(book.light for book in lexicons()[:1]))
    return frozenset(stem(word) for word in words(folded) if word not in light)


def keys_in(folded: str, book: Lexicon) -> frozenset[str]:
    """Return `keys` of a folded text, by one language's filler."""
    return _content_keys(folded, book.code)


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Return what a word has in common with its other forms."""
    root = _root(word)
    return _same().get(root) or _same().get(root[:STEM], root[:STEM])


def is_known(word: str) -> bool:
    """Return whether a word is one of those that we know others for."""
    return _root(word) in _same()


def _root(word: str) -> str:
    bare = word.split("'", maxsplit=1)[-1] if "'" in word[:3] else word.split("'", maxsplit=1)[0]
    bare, parted = _PARTICIPLE.subn(r"\1", bare)
    if parted and bare.endswith("t"):
        bare = bare[:-1]
    short = _ENDINGS.sub("", bare)
    if _PAST.search(bare):
        short = _ENDINGS.sub("", short)
    short = _Y.sub("i", short)
    return short if len(short) > 2 else bare  # noqa: PLR2004


@lru_cache(maxsize=32)
def opposed(code: str) -> frozenset[tuple[str, str]]:
    """Return the stems of a language's words that mean the opposite of each other."""
    pairs = lexicons_for(code)[0].opposites
    return frozenset((stem(one), stem(other)) for one, other in pairs)


def priced(folded: str) -> frozenset[str]:
    """Return the stem of price words where a text names a sum of money: `€29` is a price."""
    return _prices() if _MONEY.search(folded) else frozenset()


@cache
def _prices() -> frozenset[str]:
    return frozenset(map(stem, ("price", "pay", "zahlen", "payez", "paie", "pagar")))


def _joined(groups: Iterable[set[str]]) -> list[set[str]]:
    """Return groups with those made one that share a member."""
    found: list[set[str]] = []
    for group in groups:
        apart = [one for one in found if one.isdisjoint(group)]
        found = [*apart, group.union(*(one for one in found if not one.isdisjoint(group)))]
    return found


@cache
def _same() -> dict[str, str]:
    """Return roots of words that say the same, and the one that stands for each group.

    A word that is in no group goes by its first letters, if those are of one group alone.
    """
    groups = [{_root(word) for word in group} for book in lexicons() for group in book.same]
    roots = {one: f"={min(group)}" for group in _joined(groups) for one in group}
    shorts: dict[str, set[str]] = {}
    for root, meant in roots.items():
        shorts.setdefault(root[:STEM], set()).add(meant)
    return {one: min(meant) for one, meant in shorts.items() if len(meant) == 1} | roots
