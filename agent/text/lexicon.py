"""What the language files say, read once and compiled."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import product

CODES = ("en", "de", "fr", "es", "it", "nl", "pt")
"""Languages with a file, best known first."""
HEARD = ("pl",)
"""Languages of which a file knows the machine mail alone."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words and patterns; all match folded text.

    Attributes:
        light: function words and filler: they carry no claim.
        filler: of those, what tells nothing of a statement's matter either.
        courtesy: words of pleasantries.
        polite: more of them, which say nothing once a sentence has opened like a pleasantry.
        numbers: number words and their values.
        shy: number words that are articles unless a unit follows.
        units: unit words and the unit they mean.
        sides: words for us and for the reader: who pays, who acts.
        roles: whom a rule speaks of, where a reply says you.
        acts: what a reader does, in a condition: if you book.
        rephrased: phrases, and what they are taken for, so that only what they say is compared.
        same: groups of words that say the same thing, and irregular forms of one word.
        patterns: compiled alternatives by `section.key`.
        grateful: words of mail that only thanks.
        spelled: names of letters and digits, and what each is said for.
        concepts: words that stand for a concept, by its name; see `agent/mail/concepts.py`.
        bars: the same of concepts that only say what is not meant.
    """

    code: str
    stop: frozenset[str]
    light: frozenset[str]
    filler: frozenset[str]
    courtesy: frozenset[str]
    polite: frozenset[str]
    grateful: frozenset[str]
    numbers: Mapping[str, float]
    shy: frozenset[str]
    units: Mapping[str, str]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    opposites: tuple[tuple[str, str], ...]
    sides: tuple[tuple[str, str], ...]
    roles: frozenset[str]
    acts: frozenset[str]
    rephrased: tuple[tuple[re.Pattern[str], str], ...]
    same: tuple[frozenset[str], ...]
    patterns: Mapping[str, re.Pattern[str]]
    lists: Mapping[str, tuple[re.Pattern[str], ...]]
    spelled: Mapping[str, str]
    concepts: Mapping[str, str]
    bars: Mapping[str, str]

    def found(self, key: str, folded: str) -> bool:
        """Return whether any pattern of `section.key` occurs."""
        pattern = self.patterns.get(key)
        return pattern is not None and pattern.search(folded) is not None

    def count(self, key: str, folded: str) -> int:
        """Return how many different patterns of `section.key` occur."""
        return sum(1 for one in self.lists.get(key, ()) if one.search(folded))


@cache
def lexicon(code: str) -> Lexicon:
    """Return one language's lexicon; `code` must be in `CODES` or `HEARD`."""
    return _build(code, _read(f"{code}.toml") | {"wording": _wording().get(code, {})})


@cache
def _wording() -> Mapping[str, object]:
    """Return how each language says the same thing in other words."""
    return _read("wording.toml")


def _read(name: str) -> dict[str, object]:
    path = resources.files("agent.languages") / name
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def lexicons() -> tuple[Lexicon, ...]:
    """Return all languages, best known first."""
    return tuple(lexicon(code) for code in CODES)


def lexicons_for(language: str) -> tuple[Lexicon, ...]:
    """Return the language's lexicon alone, or all where it has none."""
    code = language.split("-", maxsplit=1)[0].lower()
    return (lexicon(code),) if code in CODES else lexicons()


@cache
def mailbooks() -> tuple[Lexicon, ...]:
    """Return all languages whose machine mail is known."""
    return (*lexicons(), *(lexicon(code) for code in HEARD))


@cache
def spelling() -> Mapping[str, frozenset[str]]:
    """Return the names of letters and digits in all languages, and what each may stand for."""
    names: dict[str, set[str]] = {}
    for one in lexicons():
        for name, meant in one.spelled.items():
            names.setdefault(name, set()).add(meant)
    return {name: frozenset(meant) for name, meant in names.items()}


def without_wish(folded: str, book: Lexicon) -> str:
    """Return a sentence without what it says that the reader wants: that promises nothing."""
    wished = book.patterns.get("wished")
    return wished.sub(" ", folded) if wished else folded


def rephrased(folded: str, books: tuple[Lexicon, ...]) -> str:
    """Return a folded text with one phrase for all that say the same."""
    for book in books:
        folded = _rephrased(folded, book.code)
    return folded


@lru_cache(maxsize=4096)
def _rephrased(folded: str, code: str) -> str:
    for phrase, put in lexicon(code).rephrased:
        folded = phrase.sub(put, folded)
    return folded


def _build(code: str, raw: Mapping[str, object]) -> Lexicon:
    stop = _words(raw.get("stop"))
    wording = raw.get("wording")
    more = wording if isinstance(wording, dict) else {}
    texts = _patterns(raw, more)
    same = (*_groups(raw.get("same")), *_groups(more.get("same")))
    filler = stop | _words(raw.get("glue"))
    light = filler | _words(more.get("glue"))
    return Lexicon(
        code=code,
        stop=stop,
        filler=filler,
        light=light.union(*(group for group in same if group & light)),
        courtesy=_words(raw.get("courtesy")),
        polite=_words(more.get("courtesy")),
        grateful=_words(raw.get("grateful")),
        numbers=_numbers(raw),
        shy=_words(raw.get("shy")),
        units=_units(raw.get("units")),
        months=_ordered(raw.get("months")),
        weekdays=_ordered(raw.get("weekdays")),
        opposites=_pairs(raw.get("opposites")),
        sides=_pairs(raw.get("sides")),
        roles=_words(raw.get("roles")),
        acts=_words(raw.get("acts")) | _words(more.get("acts")),
        rephrased=tuple(
            (_join((one,)), put)
            for found in (raw, more)
            for one, put in _pairs(found.get("rephrased"))
        ),
        same=same,
        patterns={key: _join(found) for key, found in texts.items() if found},
        lists={key: tuple(_join((one,)) for one in found) for key, found in texts.items()},
        spelled=_spelled(raw),
        concepts=_named(raw.get("concepts")),
        bars=_named(raw.get("bars")),
    )


def _named(raw: object) -> dict[str, str]:
    return {key: str(words) for key, words in raw.items()} if isinstance(raw, dict) else {}


def _words(raw: object) -> frozenset[str]:
    return frozenset(str(raw or "").split())


def _ordered(raw: object) -> dict[str, int]:
    return {word: place for place, word in enumerate(str(raw or "").split(), start=1)}


def _pairs(raw: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, list):
        return ()
    return tuple((str(pair[0]), str(pair[1])) for pair in raw)


def _groups(raw: object) -> tuple[frozenset[str], ...]:
    return tuple(_words(one) for one in raw) if isinstance(raw, list) else ()


def _units(raw: object) -> dict[str, str]:
    found = raw if isinstance(raw, dict) else {}
    return {word: unit for unit, text in found.items() for word in str(text).split()}


def _numbers(raw: Mapping[str, object]) -> dict[str, float]:
    """Return 0 to 99 as words, with the language's way of joining tens and ones, and some more."""
    small = str(raw.get("numbers", "")).split()
    tens = str(raw.get("tens", "")).split()
    values: dict[str, float] = {word: value for value, word in enumerate(small)}
    step = [(ten, 30 + 10 * place) for place, ten in enumerate(tens)]
    if len(small) > _TWENTY:
        step.append((small[_TWENTY], _TWENTY))
    values.update(step)
    ones = [(small[value], value) for value in range(1, 20)] if small else []
    for (ten, high), (one, low) in product(step, ones):
        values.update(dict.fromkeys(_compounds(str(raw["join"]), ten, one), high + low))
    more = raw.get("more")
    if isinstance(more, dict):
        values.update({str(word): float(value) for word, value in more.items()})
    return values


_TWENTY = 20


def _compounds(join: str, ten: str, one: str) -> tuple[str, ...]:
    if join == "und":
        return ("".join(("ein" if one == "eins" else one, "und", ten)),)
    if join == " y ":
        return (f"{ten} y {one}",)
    if "et" in join:
        return (f"{ten}-{one}", f"{ten} {one}", f"{ten}-et-{one}", f"{ten} et {one}")
    return (f"{ten}-{one}", f"{ten} {one}")


def _spelled(raw: Mapping[str, object]) -> dict[str, str]:
    """Return names of letters, those of the spelling alphabet, and of digits."""
    rows = (("letters", _ALPHABET), ("calling", _ALPHABET), ("digits", _DIGITS))
    return {
        name: meant
        for key, signs in rows
        for names, meant in zip(str(raw.get(key, "")).split(), signs, strict=False)
        for name in names.split("/")
    }


_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"


def _patterns(raw: Mapping[str, object], more: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    found = {
        key: _texts(raw.get(key))
        for key in (
            *("opening", "lead", "yes", "no", "wished", "aside", "sympathy", "reader", "us"),
        )
    }
    for section in ("weight", "machine", "human", "promise", "order", "thanks"):
        table = raw.get(section)
        for key, texts in table.items() if isinstance(table, dict) else ():
            found[f"{section}.{key}"] = _texts(texts)
    found["opening"] += _texts(more.get("opening"))
    for key in ("upper", "lower", "added", "hedge"):
        found[f"weight.{key}"] = _texts(more.get(key))
    found["promise.case"] = _texts(more.get("case"))
    found["nominal"] = _texts(more.get("nominal"))
    found["finite"] = _texts(more.get("finite"))
    return found


def _texts(raw: object) -> tuple[str, ...]:
    return tuple(str(text) for text in raw) if isinstance(raw, list) else ()


def _join(texts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])(?:" + "|".join(texts) + r")(?![^\W_])", re.MULTILINE)
