"""Words for numbers, units, months and weekdays in all languages we have files for."""

import re
from collections.abc import Iterator
from functools import cache

from agent.text.lexicon import lexicons

SPANS = frozenset(["hour", "day", "workday", "week", "month", "year"])
"""Lengths of time that may be named without a number."""
_LETTERS = re.compile(r"[^\W\d_]+")
_UNITS = {
    **dict.fromkeys(["€"], "euro"),
    "$": "dollar",
    "£": "pound",
    "chf": "franc",
    "%": "percent",
    "‰": "permille",
    "°": "degree",
    "°c": "celsius",
    "c": "celsius",
    "°f": "fahrenheit",
    "kg": "kg",
    "g": "g",
    "mg": "mg",
    "l": "l",
    "litre": "l",
    "litres": "l",
    "liter": "l",
    "liters": "l",
    "litros": "l",
    "ml": "ml",
    "cl": "cl",
    "cm": "cm",
    "mm": "mm",
    "km": "km",
    "w": "watt",
    "watt": "watt",
    "watts": "watt",
    "kw": "kw",
    "kwh": "kwh",
    "v": "volt",
    "volt": "volt",
    "volts": "volt",
    "ma": "ma",
    "mah": "mah",
    "hz": "hz",
    "mhz": "mhz",
    "ghz": "ghz",
    "mb": "mb",
    "gb": "gb",
    "kb": "kb",
    "px": "px",
    "lux": "lux",
    "db": "db",
    "inch": "inch",
    "inches": "inch",
    "ft": "ft",
    "metre": "m",
    "metres": "m",
    "meter": "m",
    "m": "m",
    "meters": "m",
    "metros": "m",
    "per cent": "percent",
}


@cache
def units() -> dict[str, str]:
    """Return unit words and signs, and the unit each means."""
    known = {word: unit for one in reversed(lexicons()) for word, unit in one.units.items()}
    return {
        **known,
        **_UNITS,
        **{word: known[word] for word in ("eur", "usd", "gbp") if word in known},
    }


@cache
def measures() -> frozenset[str]:
    """Return units that make an article a number: one year."""
    spans = {
        "day",
        "hour",
        "minute",
        "second",
        "week",
        "month",
        "year",
        "percent",
        "euro",
        "dollar",
        "pound",
    }
    return frozenset(
        {*spans, *(f"work{one}" for one in spans), *(f"calendar{one}" for one in spans)}
    )


@cache
def joints() -> frozenset[str]:
    """Return words that join a number to what is not its unit."""
    return frozenset(
        [
            "and",
            "or",
            "to",
            "und",
            "oder",
            "bis",
            "et",
            "ou",
            "y",
            "o",
            "a",
            "in",
            "of",
            "per",
            "by",
            "for",
            "after",
            "before",
            "within",
        ]
    )


@cache
def months() -> dict[str, int]:
    """Return month names and their numbers."""
    full = {word: place for one in lexicons() for word, place in one.months.items()}
    short = {word[:3]: place for one in lexicons()[:1] for word, place in one.months.items()}
    return {**short, **full}


@cache
def weekdays() -> dict[str, int]:
    """Return weekday names and their numbers, Monday first."""
    return {word: place for one in lexicons() for word, place in one.weekdays.items()}


@cache
def named_date() -> re.Pattern[str]:
    """Return the pattern of a day with a named month."""
    names = "|".join(sorted(months(), key=len, reverse=True))
    ending = r"(?:st|nd|rd|th|er|\.|º)?"
    return re.compile(
        rf"(?<![\d.,])(?P<d1>\d{{1,2}}){ending} ?(?:of |de |del )?(?P<m1>{names})\b\.?"
        rf"|\b(?P<m2>{names})\.? (?P<d2>\d{{1,2}}){ending}(?![\d:]|[.,]\d)"
    )


@cache
def number_words() -> dict[str, float]:
    """Return number words and their values."""
    merged: dict[str, float] = {}
    for one in reversed(lexicons()):
        merged.update(one.numbers)
        merged.update(dict.fromkeys(one.shy - {"neuf"}, 1.0))
    return merged


@cache
def shy() -> frozenset[str]:
    """Return number words that are numbers only before a unit."""
    return frozenset().union(*(one.shy for one in lexicons())) | {
        "half",
        "double",
        "once",
        "doppelt",
        "sept",
    }


def spelled_numbers(text: str) -> Iterator[re.Match[str]]:
    """Yield the number words of a folded text, the longest first."""
    end = 0
    for word in _LETTERS.finditer(text):
        if word.start() < end or word.group(0) not in _first_words():
            continue
        found = _number_words().match(text, word.start())
        if found is not None:
            end = found.end()
            yield found


@cache
def _first_words() -> frozenset[str]:
    return frozenset(re.split(r"[ -]", word, maxsplit=1)[0] for word in number_words())


@cache
def _number_words() -> re.Pattern[str]:
    known = sorted(number_words(), key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, known)) + r")(?![\w])")
