"""Tell a pleasantry, which may rest on nothing, from a claim that must not; pure."""

import unicodedata
from functools import lru_cache

from agent.text import values
from agent.text.lexicon import Lexicon, lexicons_for, without_wish
from agent.text.words import fold, words

_CLAIMING = (
    "weight.negation",
    "weight.only",
    "weight.exception",
    "weight.free",
    "weight.sure",
    "weight.now",
    "weight.duty",
)
SIGNS = frozenset(["So", "Co", "Cn", "Lo", "Lm", "No"])
"""Categories of what is no mark of a sentence: without words it may stand for some."""
_LONGEST = 30
_GREETING = 6
"""Words of a sentence that may hold names: dear so and so."""
_ECHOED = 5
"""Words of the customer's a pleasantry may take up: thank you for your question about …"""


def is_pleasantry(
    text: str, *, language: str, said: str = "", names: frozenset[str] = frozenset()
) -> bool:
    """Return whether a sentence only greets, thanks, regrets or offers more help.

    It must open like one, hold no value, and use no words but those of courtesy, the people's
    names and a few of the customer's own.
    """
    folded = fold(text).replace("feel free", "please").strip(" -:,.!;¡¿")
    found = words(folded)
    if not found:
        return not any(char in SIGNS for char in map(unicodedata.category, fold(text)))
    if len(found) > _LONGEST or any(one.kind != "span" for one in values.find(text)):
        return False
    return any(_polite(folded, found, one, said, names) for one in lexicons_for(language))


def _polite(
    folded: str, found: tuple[str, ...], one: Lexicon, said: str, names: frozenset[str]
) -> bool:
    if len(found) > _GREETING:
        names = frozenset()
    content = [word for word in found if word not in one.stop and word not in names]
    strange = [word for word in content if word not in one.courtesy]
    opened = _opens(folded, one)
    if not strange:
        return not _claims(folded, one, ("weight.free", "weight.sure", "weight.now"))
    if not opened:
        return False
    echoed = _words(said)
    strange = [word for word in strange if word not in one.polite]
    unknown = [word for word in strange if word not in echoed and word not in one.light]
    if len(set(strange)) > _ECHOED or unknown:
        return False
    return not _claims(folded[opened:], one, _CLAIMING) and not _promises(folded, one)


def _opens(folded: str, one: Lexicon) -> int:
    """Return where the opening of a pleasantry ends, or 0."""
    pattern = one.patterns.get("opening")
    found = pattern.match(folded) if pattern else None
    return found.end() if found else 0


def _claims(folded: str, one: Lexicon, keys: tuple[str, ...]) -> bool:
    return any(one.found(key, folded) for key in keys)


def _promises(folded: str, one: Lexicon) -> bool:
    keys = ("refund", "compensation", "replacement", "cancellation")
    told = without_wish(folded, one)
    return any(one.found(f"promise.{key}", told) for key in keys)


@lru_cache(maxsize=64)
def _words(said: str) -> frozenset[str]:
    return frozenset(words(fold(said)))
