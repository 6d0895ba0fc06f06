"""Know a post of ours again, whatever the helpdesk did to its markup; pure, linear in the size."""

import hashlib
import html as entities
import re
from collections import Counter
from itertools import pairwise

from agent.text.words import plain

_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_APART = re.compile(r"[\W_]+")
_MOST = 200_000
"""Characters compared by words; what is longer is compared by its head and its tail."""
_TRIM = 40
"""Words that may be appended, a signature say, before two texts count as different."""


def normal(text: str) -> str:
    """Return the words of HTML or text: no markup, entities, images, invisible signs or case."""
    bare = _TAG.sub(" ", text) if "<" in text else text
    return _APART.sub(" ", plain(entities.unescape(bare)).casefold()).strip()


def fingerprint(text: str) -> str:
    """Return the sha256 of the normal form, hexadecimal; "" has one too."""
    return hashlib.sha256(normal(text).encode()).hexdigest()


def similar(one: str, other: str) -> float:
    """Return how alike two bodies are, 0 to 1; 0.97 and more is the same post.

    Words are counted in pairs with their neighbour, so that order matters. When one text holds
    the other whole and adds only a few words at the end, as an appended signature does, they
    count as the same.
    """
    left, right = normal(one), normal(other)
    if left == right:
        return 1.0
    if not left or not right:
        return 0.0
    short, long = sorted((left, right), key=len)
    if _appended(short, long):
        return 0.98
    return _dice(_pairs(left), _pairs(right))


def _appended(short: str, long: str) -> bool:
    rest = long[len(short) :]
    enough = len(short) >= _TRIM
    return enough and long.startswith(short) and rest.startswith(" ") and rest.count(" ") <= _TRIM


def _pairs(text: str) -> Counter[tuple[str, str]]:
    kept = text if len(text) <= _MOST else text[: _MOST // 2] + " " + text[-_MOST // 2 :]
    found = ["", *kept.split(" "), ""]
    return Counter(pairwise(found))


def _dice(left: Counter[tuple[str, str]], right: Counter[tuple[str, str]]) -> float:
    both = sum((left & right).values())
    return 2 * both / (left.total() + right.total())
