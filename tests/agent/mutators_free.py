"""More ways to make a sentence false, for replies in free wording: claims in ordinary words.

They share neither code nor words with the checks: words in `mutations_free.yaml`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.agent.replies import Reply

Change = Callable[[str, Reply, Random], Iterator[str]]
"""From a sentence to false ones."""
_NAMED = re.compile(r"(?<![\w>@./-])[^\W\d_]{5,}(?![\w@/-])")
_LEAST_LEFT = 4
"""Words that a sentence must keep when a condition is taken from it."""
_THINGS = 3


@cache
def _read() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
        Path(__file__).with_name("mutations_free.yaml").read_text("utf-8")
    )
    return found


def _clause(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    """Yield the sentence with a claim put behind it."""
    bare = text.rstrip(".!")
    for put in pick.sample(_read()[reply.language]["clauses"], 4):
        yield f"{bare}{put}."


def _thing(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    """Yield the sentence of another thing: a word that its quote has, too, is put for another."""
    page = reply.draft.documents[0].text.casefold()
    found = [one for one in _NAMED.finditer(text) if re.search(rf"\b{one[0].casefold()}s?\b", page)]
    named = [one for one in found if _is_noun(one[0], reply)]
    for one in pick.sample(named, min(_THINGS, len(named))):
        other = pick.choice(_read()[reply.language]["things"])
        yield f"{text[: one.start()]}{other}{text[one.end() :]}"


def _is_noun(word: str, reply: Reply) -> bool:
    """Return whether a word follows an article or owner on the page: what a rule speaks of."""
    before = (
        r"(?:the|an?|your|our|der|die|das|den|dem|ein\w*|ihr\w*|les?|la|une?|votre|el|los|las|su)"
    )
    text = f"{reply.draft.documents[0].title} {reply.draft.documents[0].text}".casefold()
    return re.search(rf"\b{before} (?:\w+ )?{re.escape(word.casefold())}", text) is not None


def _exchanged(key: str) -> Change:
    def made(text: str, reply: Reply, pick: Random) -> Iterator[str]:
        del pick
        for good, bad in _read()[reply.language][key]:
            for found in re.finditer(rf"(?<!\w){re.escape(good)}(?!\w)", text):
                put = f"{text[: found.start()]}{bad}{text[found.end() :]}"
                yield re.sub(r" +", " ", put).strip()

    return made


def _unconditional(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    """Yield the sentence without one of its conditions, from its first word to the next comma."""
    del pick
    named = "|".join(map(re.escape, _read()[reply.language]["conditions"]))
    for found in re.finditer(rf",? ?(?<!\w)(?i:{named})(?!\w)[^,;:.]*(?=[,;:.])", text):
        left = f"{text[: found.start()]}{text[found.end() :]}".strip(" ,;:")
        if len(left.split()) >= _LEAST_LEFT:
            yield left[:1].upper() + left[1:]


FREE: Mapping[str, Change] = {
    "added claim": _clause,
    "another thing": _thing,
    "another actor": _exchanged("actors"),
    "wider rule": _exchanged("wider"),
    "dropped condition": _unconditional,
}
