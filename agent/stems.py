"""What words have in common with their other forms, and which of them carry no claim; pure."""

import re
from functools import lru_cache

from agent.lexicon import Lexicon, lexicons, lexicons_for
from agent.words import fold, words

STEM = 5
"""Characters that two forms of a word share."""
_ENDINGS = re.compile(r"(?:ing|ed|es|en|er|em|ez|ons|ado|ada|ido|ida|e|s|n)$")


def has_digit(word: str) -> bool:
    """Return whether a word is a number, or an id."""
    return any(char.isdigit() for char in word)


def is_light(word: str, books: tuple[Lexicon, ...]) -> bool:
    """Return whether a word is filler in any of the languages."""
    return any(word in book.light for book in books)


def spelled(found: list[str], books: tuple[Lexicon, ...]) -> list[str]:
    """Return words with number words as digits."""
    numbers = {word: value for book in books for word, value in book.numbers.items()}
    return [f"{numbers[word]:g}" if word in numbers else word for word in found]


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
    bare = word.split("'", maxsplit=1)[-1] if "'" in word[:3] else word.split("'", maxsplit=1)[0]
    short = _ENDINGS.sub("", bare)
    return (short if len(short) > 2 else bare)[:STEM]  # noqa: PLR2004
