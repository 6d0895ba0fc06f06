"""Signs and words that no reader could read and no source holds: whatever stands in them."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from agent.inspection import Inspection, withhold
from agent.model import Finding
from agent.text.words import plain, squash, visible

_SIGNS = 3
"""Signs of no script that a draft may hold besides those of its sources: a smile or two."""
_TURNS = 6
"""Changes among capitals, small letters and digits from which on a word, or a run of odd ones, is
none that anybody writes: `iPhone15Pro` has five."""
_DENSE = 0.4
"""Of them for each letter: names such as PayPal have fewer, also several in a row."""
_LONG = 20
"""Letters and digits of an account, a wallet or a key, where both are mixed."""
_PARTS = re.compile(r"[^\s/?&#=.,;:!()<>\"'\[\]]+")


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to what may be anything: encodings without number need no decoder here."""
    if _signs(seen) > _SIGNS:
        yield withhold("scrambled", "it holds signs that no source has")
    if _scrambled(seen):
        yield withhold("scrambled", "it holds scrambled letters that no source has")


def _signs(seen: Inspection) -> int:
    known = {*seen.pages, *seen.said, *seen.policy.signature, *seen.policy.disclosure}
    return sum(
        unicodedata.category(char) in {"So", "Co", "Cn"} and char not in known for char in seen.told
    )


def _scrambled(seen: Inspection) -> bool:
    known = squash(f"{seen.pages}\n{seen.said}\n{seen.policy.signature}\n{seen.policy.disclosure}")
    parts = _PARTS.findall(plain(visible(seen.told)))
    turns = [0 if squash(one) in known else _turns(one) for one in parts]
    odd = zip(parts, turns, strict=True)
    runs = [list(run) for is_odd, run in groupby(odd, lambda one: bool(one[1])) if is_odd]
    return any(_dense(run) for run in runs) or any(
        turn and len(squash(one)) >= _LONG and not one.isalpha()
        for one, turn in zip(parts, turns, strict=True)
    )


def _dense(run: list[tuple[str, int]]) -> bool:
    turns = sum(many for _, many in run)
    return turns >= _TURNS and turns >= _DENSE * sum(len(word) for word, _ in run)


def _turns(word: str) -> int:
    """Return how often a word changes its sort of sign; the capital it begins with is none."""
    sorts = "".join(
        "0" if char.isdigit() else "A" if char.isupper() else "a" for char in word if char.isalnum()
    )
    runs = [sort for sort, _ in groupby(sorts)]
    return max(0, len(runs) - 1 - (sorts[:2] == "Aa"))
