"""Hear in a sentence what its concepts come to when they stand together; pure.

The rules are written once for all languages, in `languages/frames.toml`; a language file only
says which words stand for which concept. That is why a sentence nobody listed is still heard.

A rule names concepts that must stand near each other: `ask talk human|staff !device ~9`.
`a|b` is either, `!c` must not stand in the same clause near by, `a>b` in that order, `~n` at most
so many words apart, `<n` only in sentences of at most so many words, `=c` no word but these.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from agent.mail.concepts import BREAK, concepts, share, tokens
from agent.text.lexicon import lexicons

_WINDOW = 9
_LIKELY = 0.8
"""Part of the words known to the likeliest language that another must know, too."""
_ANY_LENGTH = 1 << 30
_BARRED = 4
"""Words before and after a match in which a concept may forbid it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Concepts that together mean something.

    Attributes:
        needs: alternatives; one of each must stand there.
        bars: concepts that must not stand near by.
        only: if any, no word may stand for none of these.
        ordered: the needs must come in their order.
        window: words from the first to the last.
        longest: words of the sentence.
    """

    needs: tuple[frozenset[str], ...]
    bars: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    ordered: bool = False
    window: int = _WINDOW
    longest: int = _ANY_LENGTH


def means(sentence: str, about: str) -> str | None:
    """Return the first meaning of a topic that a folded sentence has, in a language it may be in.

    Args:
        sentence: folded.
        about: the table of `frames.toml`.
    """
    found = tokens(sentence)
    shares = {one.code: share(found, one.code) for one in lexicons() if one.concepts}
    least = _LIKELY * max(shares.values())
    likely = [code for code, part in shares.items() if part >= least]
    return next(filter(None, (_means(found, code, about) for code in likely)), None)


def means_in(sentence: str, code: str, about: str) -> str | None:
    """Return `means` of a folded sentence whose language is known."""
    return _means(tokens(sentence), code, about)


def _means(found: list[str], code: str, about: str) -> str | None:
    meant = concepts(found, code)
    held = frozenset().union(*meant)
    if not held:
        return None
    length = sum(1 for one in found if one != BREAK)
    for meaning, frames in _frames()[about].items():
        for frame in frames:
            if length > frame.longest or any(map(held.isdisjoint, frame.needs)):
                continue
            if _matches(frame, found, meant):
                return meaning
    return None


def _matches(frame: Frame, found: list[str], meant: list[frozenset[str]]) -> bool:
    if frame.only and not all(
        one & frame.only for one, word in zip(meant, found, strict=True) if word != BREAK
    ):
        return False
    spans = _spans(frame, meant)
    return any(not _barred(frame, first, last, found, meant) for first, last in spans)


def _spans(frame: Frame, meant: list[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Yield first and last place of each match; one pass, whatever the length."""
    last: list[int | None] = [None] * len(frame.needs)
    for at, one in enumerate(meant):
        hits = [place for place, need in enumerate(frame.needs) if one & need]
        for place in hits:
            last[place] = at
        places = [place for place in last if place is not None]
        if not hits or len(places) < len(last) or at - min(places) > frame.window:
            continue
        if not frame.ordered or places == sorted(places):
            yield min(places), at


def _barred(
    frame: Frame, first: int, last: int, found: list[str], meant: list[frozenset[str]]
) -> bool:
    if not frame.bars:
        return False
    low, high = first, last + 1
    while low > 0 and first - low < _BARRED and found[low - 1] != BREAK:
        low -= 1
    while high < len(found) and high - last <= _BARRED and found[high] != BREAK:
        high += 1
    return any(one & frame.bars for one in meant[low:high])


@cache
def _frames() -> Mapping[str, Mapping[str, tuple[Frame, ...]]]:
    path = resources.files("agent.languages") / "frames.toml"
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        about: {meaning: tuple(map(_frame, told)) for meaning, told in table.items()}
        for about, table in raw.items()
    }


def _frame(told: str) -> Frame:
    parts = told.replace(">", " ").split()
    needs = [one for one in parts if one[0] not in "!~<="]
    limits = {one[0]: int(one[1:]) for one in parts if one[0] in "~<"}
    return Frame(
        needs=tuple(frozenset(one.split("|")) for one in needs),
        bars=frozenset(name for one in parts if one[0] == "!" for name in one[1:].split("|")),
        only=frozenset(name for one in parts if one[0] == "=" for name in one[1:].split("|")),
        ordered=">" in told,
        window=limits.get("~", _WINDOW),
        longest=limits.get("<", _ANY_LENGTH),
    )
