"""What the numbers of a sentence are tied to, and whether they are so in its quote; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, permutations

from agent.text import numerals
from agent.text.lexicon import Lexicon
from agent.text.stems import is_light, spelled, stem
from agent.text.words import pieces, words

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|[;,|]")
_APART = frozenset(
    [
        *(";", ",", "|", "and", "or", "but", "und", "oder", "aber", "sowie"),
        *("et", "ou", "mais", "y", "o", "pero"),
    ]
)
"""What parts the words of one number from those of the next."""
_SPANNING = frozenset(["to", "bis", "a", "hasta", "jusqu", "until", "al"])
_BETWEEN = frozenset(["between", "zwischen", "entre"])
_AND = frozenset(["and", "und", "et", "y"])
"""What stands between the two ends of a range."""
_PER = frozenset(
    [
        *("a", "an", "per", "pro", "je", "im", "am", "al", "la", "par", "by", "each"),
        *("jede", "jeden", "jedes", "cada", "chaque"),
    ]
)
_COUNTED_BY = re.compile(r"\b(?:per|pro) ([a-z]+)")
_JOINT = 3
"""Words between the two ends of a range, at most."""
_SHORT = 3
_RATE = 3
"""Words behind a number among which its rate stands: `£5 a day`."""
_AFTER = 3
"""Words of weight behind a number among which the thing counted stands."""
_TABLE = " | "


@dataclass(frozen=True, slots=True)
class _Number:
    """A number and the words around it, up to the next number on either side.

    Attributes:
        others: the numbers that it makes a range with, as in `3 to 5 days`.
        near: stems of the words of weight around it, or around its range.
        counted: stem of the very next word, or "".
        unit: what that word means as a unit, or "".
        span: the length of time named behind it, as in `3 working days`, or "".
        rate: stem of what it is counted by, as in `£5 a day`, or "".
        after: stems of the next words.
        listed: it stands in a table, where what is beside it need not belong to it.
    """

    value: str
    others: frozenset[str]
    near: frozenset[str]
    counted: str
    unit: str
    span: str
    rate: str
    after: tuple[str, ...]
    listed: bool


Around = Mapping[str, frozenset[str]]


def faults(folded: str, base: str, books: tuple[Lexicon, ...]) -> list[str]:
    """Return what the numbers of a sentence are wrongly put to, in words; [] when nothing.

    Numbers that do not stand in the quote at all are none of this file's business.

    Args:
        folded: the sentence.
        base: its quotes, folded, a line each.
        books: of the reply's language.
    """
    mine = list(_numbers(folded, books))
    theirs = [one for piece in pieces(base) for one in _numbers(piece, books)] if mine else []
    known = [(one, [two for two in theirs if two.value == one.value]) for one in mine]
    known = [(one, quoted) for one, quoted in known if quoted]
    found: list[str] = []
    if _misplaced(known, theirs) or _again(folded, base):
        found.append("a number of its quote stands by another thing")
    if any(_counts_another(one, quoted) for one, quoted in known):
        found.append("it counts another thing than its quote")
    if mine and _by_another(folded, base):
        found.append("it counts by another thing than its quote")
    said = {one.value for one in mine}
    if any(all(two.others - said for two in quoted) for _, quoted in known):
        found.append("it says half of its quote's range")
    return found


def _by_another(folded: str, base: str) -> bool:
    """Return whether something is counted per what its quote does not name: `£9 per visit`."""
    quoted = set(map(stem, words(base)))
    units = {numerals.units().get(word, "") for word in words(base)} - {""}
    return any(
        stem(word) not in quoted and numerals.units().get(word) not in units
        for word in _COUNTED_BY.findall(folded)
    )


def _again(folded: str, base: str) -> bool:
    """Return whether a weekday or month is named more often than in the quote."""
    named = numerals.weekdays().keys() | numerals.months().keys()
    mine = Counter(word for word in words(folded) if word in named)
    quoted = Counter(word for word in words(base) if word in named)
    return any(quoted[word] and mine[word] > quoted[word] for word in mine)


def _numbers(piece: str, books: tuple[Lexicon, ...]) -> Iterator[_Number]:
    listed = _TABLE in piece
    tokens = _TOKEN.findall(piece)
    values = _values(tokens, books)
    groups = _ranges([at for at, value in enumerate(values) if value[0].isdigit()], tokens)
    for group, before, after in zip(groups, [None, *groups], [*groups[1:], None], strict=False):
        left = tokens[before[-1] + 1 : group[0]] if before else tokens[: group[0]]
        for at in group:
            right = tokens[at + 1 : after[0]] if after else tokens[at + 1 :]
            near = {
                *_weighty(_right_of(left, before), books),
                *_weighty(_left_of(right, after), books),
            }
            units = [numerals.units().get(word, "") for word in right[:_RATE]]
            counted = right[0] if right and not is_light(right[0], books) else ""
            yield _Number(
                values[at],
                others=frozenset(values[one] for one in group if one != at),
                near=frozenset(near),
                counted=stem(counted) if counted[:1].isalpha() else "",
                unit=units[0] if units else "",
                span=next((unit for unit in units if unit in numerals.SPANS), ""),
                rate=_rate(right[:_RATE]),
                after=tuple(_weighty(right, books)[:_AFTER]),
                listed=listed,
            )


def _values(tokens: list[str], books: tuple[Lexicon, ...]) -> list[str]:
    """Return tokens with number words as digits; an article is no number."""
    shy = frozenset[str]().union(*(book.shy for book in books))
    pairs = zip(tokens, spelled(tokens, books), strict=True)
    return [
        one if one in shy else value.replace(",", ".") if value[0].isdigit() else value
        for one, value in pairs
    ]


def _weighty(tokens: Iterable[str], books: tuple[Lexicon, ...]) -> list[str]:
    return [stem(one) for one in tokens if one[0].isalpha() and not is_light(one, books)]


def _left_of(between: list[str], other: list[int] | None) -> list[str]:
    """Return what of the words between two numbers belongs to the first."""
    ends = [at for at, word in enumerate(between) if word in _APART] if other else []
    return between[: ends[0]] if ends else between


def _right_of(between: list[str], other: list[int] | None) -> list[str]:
    ends = [at for at, word in enumerate(between) if word in _APART] if other else []
    return between[ends[-1] + 1 :] if ends else between


def _ranges(places: list[int], tokens: list[str]) -> list[list[int]]:
    """Return the numbers of a sentence, those of one range together."""
    groups: list[list[int]] = []
    for at in places:
        between = tokens[groups[-1][-1] + 1 : at] if groups else []
        short = all(len(word) <= _SHORT or word in numerals.units() for word in between)
        opened = _BETWEEN.intersection(tokens[max(0, groups[-1][0] - 2) : at] if groups else ())
        spanning = _SPANNING | _AND if opened else _SPANNING
        if 0 < len(between) <= _JOINT and short and spanning.intersection(between):
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def _rate(behind: list[str]) -> str:
    """Return the stem of what comes after `a`, `per` and the like, right behind a number."""
    for word, what in pairwise(behind):
        if word in _PER and what[0].isalpha():
            return stem(what)
    return ""


def _misplaced(known: list[tuple[_Number, list[_Number]]], theirs: list[_Number]) -> bool:
    """Return whether a number stands where another one stood, or is said more often."""
    around: dict[str, frozenset[str]] = {}
    for one in theirs:
        if not one.listed:
            around[one.value] = around.get(one.value, frozenset()) | one.near
    mine = [one for one, _ in known]
    placed = [one for one in mine if one.value in around]
    said = {one.value for one in mine}
    return (
        bool(Counter(one.value for one in mine) - Counter(one.value for one in theirs))
        or any(_strays(one, said, around) for one in placed)
        or any(_crossed(one, other, around) for one, other in permutations(placed, 2))
    )


def _strays(one: _Number, said: set[str], around: Around) -> bool:
    """Return whether a number has left words of its own for words of another number.

    A number whose words in the quote are all the other's as well cannot be told by them.
    """
    own = around[one.value]
    return any(
        one.near & (strange - own) and own - strange - one.near
        for value, strange in around.items()
        if value not in said
    )


def _crossed(one: _Number, other: _Number, around: Around) -> bool:
    """Return whether two numbers have changed places: each fits better where the other stood."""
    if one.value == other.value:
        return False
    return _pull(one, other, around) > 0 and _pull(other, one, around) >= 0


def _pull(one: _Number, other: _Number, around: Around) -> int:
    """Return how many more words a number shares with the other's place than with its own."""
    own, strange = around[one.value], around[other.value]
    return len(one.near & (strange - own)) - len(one.near & (own - strange))


def _counts_another(one: _Number, quoted: list[_Number]) -> bool:
    if one.span and all(two.span not in {"", one.span} for two in quoted):
        return True
    if one.rate and all(two.rate not in {"", one.rate} for two in quoted):
        return True
    if not one.counted or not any(two.counted for two in quoted):
        return False
    return not any(
        one.counted in {*two.after, *two.near}
        or two.counted in one.after
        or (one.unit and one.unit == two.unit)
        for two in quoted
    )
