"""What stands in texts that the reader of a draft must not learn of; pure."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from agent.inspection import Inspection, grams
from agent.snapshot import is_from_customer
from agent.text import numerals, values
from agent.text.disguises import hides
from agent.text.language import detect
from agent.text.lexicon import lexicons
from agent.text.words import fold, squash, visible
from tools.html import to_text

_RUN = 5
_SHORT_RUN = 3
_SHORT_TEXT = 8
_RARE = 6
_LEAST = 4
_MOST = 20_000
_PHONE = re.compile(r"(?:\+|\b00)\d(?:[ ()./-]{0,2}\d){7,14}")
_TELLING = re.compile(r"[A-Z]{4,}")
"""Letters of a code that give it away by themselves, whatever its digits are dressed as."""
_SINGLE = re.compile(r"(?<=[a-z,] )[A-Z\u00c0-\u00de][^\W\d_]{4,}")
_NAMES = re.compile(r"[^\W\d_a-z]\w+(?: [^\W\d_a-z]\w+)+")


def public(seen: Inspection) -> str:
    """Return all that the requester may know: pages, their own words, what agents told them."""
    ticket, me = seen.snapshot.ticket, seen.snapshot.me
    told = [
        to_text(one.body_html[:_MOST])
        for one in seen.snapshot.thread.conversations
        if not one.private and not is_from_customer(one, ticket, me)
    ]
    return "\n".join((seen.pages, seen.said, seen.policy.signature, seen.policy.disclosure, *told))


def repeats(text: str, hidden: str, known: str) -> bool:
    """Return whether a text repeats a run of hidden words that is not known anyway."""
    size = _SHORT_RUN if len(fold(hidden).split()) <= _SHORT_TEXT else _RUN
    shared = grams(hidden, size) & grams(text, size)
    return bool(shared - grams(known, size))


def names(text: str, hidden: Iterable[str], known: str) -> bool:
    """Return whether a text holds a name, number or code of hidden texts, in whatever dress."""
    bare = squash(known)
    sought = {one for text in hidden for one in _rare(text) if one not in bare}
    return hides(text, sorted(sought))


@lru_cache(maxsize=64)
def _rare(hidden: str) -> frozenset[str]:
    """Return what in a text nobody would say by chance: codes, numbers and people's names."""
    text = visible(hidden)
    numbered = [word for word in text.split() if any(char.isdigit() for char in word)]
    found = {bare for word in numbered if len(bare := squash(word)) >= _RARE}
    found |= {re.sub(r"\D", "", one) for one in _PHONE.findall(text)}
    found |= {squash(one) for word in numbered for one in _TELLING.findall(word)}
    found |= {next(iter(one.readings)) for one in values.find(text) if one.kind == "code"}
    found |= {squash(one) for one in _single_names(text)}
    found |= {squash(" ".join(one)) for run in _NAMES.findall(text) for one in _named(run)}
    return frozenset(one for one in found if len(one) >= _LEAST)


def _named(run: str) -> Iterator[list[str]]:
    """Yield the names in a run of capitalised words: two or more that are no common words."""
    name: list[str] = []
    for word in [*run.split(), ""]:
        if word and not is_common(fold(word)):
            name.append(word)
            continue
        if len(name) > 1:
            yield name
        name = []


def _single_names(text: str) -> Iterator[str]:
    """Yield names of one word: capitalised inside of a sentence, where not all nouns are."""
    if detect(text) == "de":
        return
    for one in _SINGLE.findall(text):
        word = fold(one)
        if not (is_common(word) or word in numerals.months() or word in numerals.weekdays()):
            yield one


def is_common(word: str) -> bool:
    """Return whether a folded word is filler or courtesy in any language, so nobody's name."""
    return any(word in one.light or word in one.courtesy for one in lexicons())
