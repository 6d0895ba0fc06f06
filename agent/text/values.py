"""Numbers, amounts, dates, times, addresses and codes of a text, comparable across languages."""

# ruff: noqa: E501, PLR2004  long patterns read better unbroken; clock and calendar have known numbers

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.text import numerals
from agent.text.links import find as find_links
from agent.text.words import fold


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that must not change on its way from a source to a reply.

    Attributes:
        kind: number, date, time, month, weekday, span, link or code; a span is a length of time
            named with or without a number, as in `three a year`.
        readings: what it may mean; two values agree when these meet.
        unit: what is counted, in one spelling for all languages, or "".
    """

    kind: str
    readings: frozenset[str]
    unit: str = ""

    @property
    def is_id(self) -> bool:
        """Whether it names something, so that a customer's own may be given back."""
        return self.kind in {"code", "link"}


_URLISH = re.compile(r"[a-z][a-z0-9+.-]+://\S+|www\.\S+|\S+@\S+\.\w+")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.,/])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})?(?![\d]|[./-]\d)")
_CLOCK = re.compile(
    r"(?<![\d.,:])(\d{1,2})(?:(?:[:.]|h)(\d{2}))?(?::\d{2})? ?(a\.?m\b\.?|p\.?m\b\.?|uhr\b|o'clock\b)|(?<![\d.,:])(\d{1,2})(?:[:h]| h )(\d{2})(?![\d:])"
)
_CODE = re.compile(r"(?<![\w/.-])#?[a-z0-9]+(?:[-_/][a-z0-9]+)*(?![\w])")
_MIXED = re.compile(r"[a-z]\d|\d[a-z]")
_PREFIXED = re.compile(
    r"[a-z]{1,5}[-_/]\d{3,}|[a-z]{1,3}-\d+|[a-z0-9]+-[a-z0-9]*\d[a-z0-9]*-[a-z0-9]+"
)
_COUNTED = re.compile(r"\d+(?:st|nd|rd|th|er|re|e|eme|º|ª|a|o|x|s)")
_JOINED = re.compile(r"\d+(?:-?[a-z]+)+|[a-z]{4,}-\d{1,2}|\d+(?:/\d+)+")
_OPENS_IDS = re.compile(r"(?<![\w-])([a-z]{2,4})-(?=[\s,.;]|$)")
"""What ids begin with, said by itself: `it begins with LK-`."""
_NUMBER = re.compile(
    r"(?<![\w.,])[€$£]? ?(\d+(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)(?![\d])"
)
_LONG_NUMBER = 6
_RANGE = re.compile(r" ?(?:-|to|bis|a|and|or|oder|ou|o|y|et|und|bzw\.?|/|al|jusqu'a|hasta) ?$")
_AFTER = re.compile(
    r"[ -]?((?:[€$£](?!\d)|[%‰°])[cf]?|[^\W\d_]+)(?: ([^\W\d_]+))?(?: ([^\W\d_]+))?"
)
_AS_SOON_AS = re.compile(r"once an? ")
"""English for `as soon as`; `once` is eleven in Spanish, `an` a year in French."""
_MONEY_BEFORE = re.compile(r"(€|\$|£|\beur|\busd|\bgbp|\bchf) ?$")
_SHORT_MONTHS = 3
_LEAST_SPAN = 3
_SUMS = frozenset(["euro", "dollar", "pound", "franc", "cent", "percent"])
"""Units that nobody leaves out."""


@lru_cache(maxsize=4096)
def find(text: str) -> tuple[Value, ...]:
    """Return the values of a text, in no order that matters."""
    folded = fold(text)
    links = find_links(text)
    values = [Value("link", frozenset({_bare(link.text)})) for link in links]
    rest = _URLISH.sub(" ; ", folded)
    for take in (_dates, _times, _codes):
        rest = take(rest, values)
    _numbers(rest, values)
    _names(rest, values)
    values += [Value("code", frozenset({one})) for one in _OPENS_IDS.findall(folded)]
    return tuple(dict.fromkeys(values))


@lru_cache(maxsize=4096)
def pool(text: str) -> tuple[Value, ...]:
    """Return the values that a source bears out: in `2 days here and 6 there` also six days."""
    found = find(text)
    units = {one.unit for one in found if one.kind == "number" and one.unit} - _SUMS
    bare = [one for one in found if one.kind == "number" and not one.unit]
    if len(units) != 1 or not bare:
        return found
    return (*found, *(replace(one, unit=next(iter(units))) for one in bare))


def holds(value: Value, pool: Iterable[Value]) -> bool:
    """Return whether a pool has a value that agrees in kind, reading and unit."""
    for one in pool:
        if one.kind == value.kind and one.readings & value.readings:
            if not value.unit or one.unit == value.unit:
                return True
        elif {one.kind, value.kind} == {"date", "month"} and _month(one) & _month(value):
            return True
    return False


def _month(value: Value) -> set[str]:
    return {reading.split("-", maxsplit=1)[0] for reading in value.readings}


def _bare(url: str) -> str:
    bare = re.sub(r"^[a-z][a-z0-9+.-]*:/+", "", fold(url))
    return bare.rstrip(".,;:!?)/'\"")


def _dates(text: str, values: list[Value]) -> str:
    def iso(found: re.Match[str]) -> str:
        values.append(_date(found.group(2), found.group(3)))
        return f" ; {found.group(1)} ; "

    def dotted(found: re.Match[str]) -> str:
        one, other = int(found.group(1)), int(found.group(3))
        both = {
            f"{m}-{d}" for m, d in ((one, other), (other, one)) if 1 <= m <= 12 and 1 <= d <= 31
        }
        if not both or (found.group(4) is None and found.group(2) != "."):
            return found.group(0)
        values.append(Value("date", frozenset(both)))
        year = found.group(4) or ""
        return f" ; {'20' + year if len(year) == 2 else year} ; "

    def named(found: re.Match[str]) -> str:
        day = found.group("d1") or found.group("d2")
        month = numerals.months()[found.group("m1") or found.group("m2")]
        values.append(Value("date", frozenset({f"{month}-{int(day)}"})))
        return " ; "

    text = _ISO.sub(iso, text)
    text = _DOTTED.sub(dotted, text)
    return numerals.named_date().sub(named, text)


def _date(month: str, day: str) -> Value:
    return Value("date", frozenset({f"{int(month)}-{int(day)}"}))


def _times(text: str, values: list[Value]) -> str:
    def clock(found: re.Match[str]) -> str:
        hour = int(found.group(1) or found.group(4))
        minute = int(found.group(2) or found.group(5) or 0)
        half = (found.group(3) or "")[:1]
        if hour > 24 or minute > 59:
            return found.group(0)
        hour = hour % 12 + (12 if half == "p" else 0) if half in {"a", "p"} else hour
        values.append(Value("time", frozenset({str(hour * 60 + minute)})))
        return " ; "

    return _CLOCK.sub(clock, text)


def _codes(text: str, values: list[Value]) -> str:
    def code(found: re.Match[str]) -> str:
        token = found.group(0)
        if not _is_code(token):
            return token
        values.append(Value("code", frozenset({re.sub(r"[\W_]+", "", token)})))
        return " ; "

    return _CODE.sub(code, text)


def _is_code(token: str) -> bool:
    digits = sum(1 for char in token if char.isdigit())
    if not digits:
        return False
    if token.startswith("#") or (token.isdigit() and digits >= _LONG_NUMBER):
        return True
    if _PREFIXED.search(token):
        return True
    if _COUNTED.fullmatch(token) or (_JOINED.fullmatch(token) and _unit_follows(token)):
        return False
    return _MIXED.search(token) is not None


def _unit_follows(token: str) -> bool:
    """Return whether digits are followed by a unit or an ordinary hyphenated word."""
    found = re.fullmatch(r"\d+(-?)([a-z]+)(?:-[a-z]+)*", token)
    return found is None or found.group(2) in numerals.units() or bool(found.group(1))


def _numbers(text: str, values: list[Value]) -> None:
    found = [
        (one.start(1), one.end(1), _readings(one.group(1)), _unit(text, one.start(1), one.end(1)))
        for one in _NUMBER.finditer(text)
    ]
    for one in numerals.spelled_numbers(text):
        unit = _unit(text, one.start(), one.end())
        if _AS_SOON_AS.match(text, one.start()):
            continue
        if one.group(0) in numerals.shy() and unit not in numerals.measures():
            continue
        found.append(
            (
                one.start(),
                one.end(),
                frozenset({_spelled(numerals.number_words()[one.group(0)])}),
                unit,
            )
        )
    found.sort()
    for place in range(len(found) - 2, -1, -1):
        start, end, readings, unit = found[place]
        after = found[place + 1]
        if after[3] and _RANGE.fullmatch(text[end : after[0]]):
            found[place] = (start, end, readings, after[3])
    values.extend(Value("number", readings, unit) for _, _, readings, unit in found)


def _unit(text: str, start: int, end: int) -> str:
    before = _MONEY_BEFORE.search(text[max(0, start - 4) : start])
    if before:
        return numerals.units().get(before.group(1), "")
    after = _AFTER.match(text, end)
    if after is None:
        return ""
    names = [numerals.units().get(word) if word else None for word in after.groups()]
    first, second, third = names
    if first in {"work", "calendar"}:
        return first + (second or "")
    if first and second in {"work", "calendar"}:
        return second + first
    if first is None and second in {"work", "calendar"}:
        return second + (third or "")
    word = after.group(1)
    if first is None and second and word not in numerals.joints():
        return second
    return first or ""


def _names(text: str, values: list[Value]) -> None:
    for word in re.findall(r"[^\W\d_]+", text):
        bare = word
        if (
            bare in numerals.months()
            and bare not in {"may", "march", "mars", "mai", "set"}
            and len(bare) > _SHORT_MONTHS
        ):
            values.append(Value("month", frozenset({str(numerals.months()[bare])})))
        day = numerals.weekdays().get(bare) or numerals.weekdays().get(bare.removesuffix("s"))
        if day:
            values.append(Value("weekday", frozenset({str(day)})))
        span = numerals.units().get(bare, "")
        if span in numerals.SPANS and len(bare) >= _LEAST_SPAN:
            values.append(Value("span", frozenset({span.removeprefix("work")})))


def _readings(text: str) -> frozenset[str]:
    """Return what digits may mean: `1.000` is a thousand to some and one to others."""
    bare = text.replace("'", "").replace(" ", "")
    parts = re.split(r"[.,]", bare)
    if len(parts) == 1:
        return frozenset({_spelled(float(bare))})
    whole = "".join(parts[:-1])
    readings = {_spelled(float(f"{whole}.{parts[-1]}"))}
    if all(len(part) == 3 for part in parts[1:]):
        readings.add(_spelled(float("".join(parts))))
    return frozenset(readings)


def _spelled(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
