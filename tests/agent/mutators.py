"""Ways to make a sentence false, one class each, by its text alone.

They share neither code nor words with the checks: patterns here, words in `mutations*.yaml`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.agent.replies import Reply

Change = Callable[[str, Reply, Random], Iterator[str]]
"""From a sentence to false ones."""
_NUMBER = re.compile(r"(?<![\w@#*/.:,+-])\d+(?:[.,]\d+)*(?![\w@#/:]|[.,]\d|-\w)")
_AMOUNT = re.compile(
    r"[€£$]\s?\d+(?:[.,]\d+)*|CHF\s?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*\s?(?:€|£|%|Cent\b|ct\b)"
)
_TIME = re.compile(r"\b\d{1,2}(?::\d{2}| h \d{2})")
_YEAR = re.compile(r"\b20\d\d\b")
_URL = re.compile(r"https?://[\w./-]*\w")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\w")
_ID = re.compile(
    r"(?<![\w/@.])(?:[A-Z]{1,4}-?\d[\w-]*|[A-Z]{2,3}-(?=\s)|\*\d+#|\d+#|\+?\d[\d ]{8,}\d)(?![\w/@])"
)


_OWN = ("mutations.yaml", "mutations_second.yaml", "mutations_third.yaml")


@cache
def _words(name: str, language: str) -> Mapping[str, Any]:
    read = yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
    found: Mapping[str, Any] = read[language]
    return found


def words(reply: Reply) -> Mapping[str, Any]:
    """Return the words to make a reply false with; the first three sets have their own."""
    own = reply.file.replace("replies", "mutations")
    return _words(own if own in _OWN else _OWN[-1], reply.language)


def _spread(text: str, at: Sequence[int], put: str) -> str:
    return text[: at[0]] + put + text[at[1] :]


def _another(digit: str, pick: Random, *, first: bool) -> str:
    return pick.choice([one for one in "0123456789"[first:] if one != digit])


def _off(number: str, pick: Random) -> Iterator[str]:
    """Yield other numbers that look like this one: a digit changed, one more, one less."""
    places = [at for at, char in enumerate(number) if char.isdigit()]
    at = pick.choice(places)
    yield _spread(number, (at, at + 1), _another(number[at], pick, first=at == places[0]))
    yield _spread(number, (places[-1] + 1, places[-1] + 1), pick.choice("123456789"))
    if len(places) > 1 and number[places[1]] != "0" and places[1] == places[0] + 1:
        yield number[: places[0]] + number[places[1] :]


def _digit(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    for found in _NUMBER.finditer(text):
        if not _YEAR.fullmatch(found[0]):
            yield from (_spread(text, found.span(), other) for other in _off(found[0], pick))
    for word, other in words(reply)["numbers"].items():
        for found in re.finditer(rf"\b{word}\b", text):
            yield _spread(text, found.span(), other)


def _either_way(between: list[str], reply: Reply) -> bool:
    """Return whether two numbers are a list, in which their order means nothing."""
    units = {word for unit in words(reply)["units"] for word in unit.split()}
    joints = {"and", "or", "after", "und", "oder", "nach", "et", "ou", "y", "o", "a", "los"}
    bare = {word.strip(",;") for word in between}
    return bare <= units | joints or not bare.isdisjoint({"another", "weitere", "autre", "otro"})


def _exchanged(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    """Yield numbers that stand on the page, in another's place."""
    here = list(_NUMBER.finditer(text))
    page = {one for one in _NUMBER.findall(reply.draft.documents[0].text) if len(one) < 4}
    for found in here:
        others = sorted(page - {one[0] for one in here})
        if others:
            yield _spread(text, found.span(), pick.choice(others))
    for one, other in pairwise(here):
        apart = text[one.end() : other.start()].split()
        if one[0] != other[0] and len(apart) > 2 and not _either_way(apart, reply):
            swapped = _spread(text, other.span(), one[0])
            yield _spread(swapped, one.span(), other[0])


def _date(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    table = words(reply)
    for names in (table["months"], table["weekdays"]):
        for found in re.finditer(rf"\b({'|'.join(names)})(s?)\b", text):
            other = pick.choice([one for one in names if one != found[1]])
            yield _spread(text, found.span(), other + found[2])
    months = "|".join(table["months"])
    for found in re.finditer(rf"\b(\d{{1,2}})(?=\.? (?:de )?(?:{months})\b)", text):
        day = int(found[0])
        yield _spread(text, found.span(), str(day + 1 if day < 28 else day - 1))
        yield _spread(text, found.span(), str(day % 28 + 5 if day < 24 else day - 9))
    for found in _YEAR.finditer(text):
        yield _spread(text, found.span(), str(int(found[0]) + pick.choice((-1, 1))))
    for found in _TIME.finditer(text):
        hour, minute = re.findall(r"\d+", found[0])
        between = found[0][len(hour) : -len(minute)]
        later = f"{(int(hour) + pick.choice((1, 2, 12))) % 24:0{len(hour)}d}"
        yield _spread(text, found.span(), f"{later}{between}{minute}")
        off = f"{(int(minute) + pick.choice((5, 15, 30))) % 60:02d}"
        yield _spread(text, found.span(), f"{hour}{between}{off}")


def _amount(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    del reply
    signs = "€£$"
    for found in _AMOUNT.finditer(text):
        inner = re.search(r"\d+(?:[.,]\d+)*", found[0])
        assert inner is not None
        for other in _off(inner[0], pick):
            yield _spread(text, found.span(), _spread(found[0], inner.span(), other))
        for sign in set(signs) & set(found[0]):
            changed = found[0].replace(sign, pick.choice(signs.replace(sign, "")))
            yield _spread(text, found.span(), changed)


def _unit(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    del pick
    for unit, others in words(reply)["units"].items():
        for found in re.finditer(rf"(?<![\w-]){re.escape(unit)}(?!\w)", text):
            for other in others:
                yield _spread(text, found.span(), other)


def _negation(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    del pick
    for good, bad in words(reply)["polarity"]:
        for found in re.finditer(rf"(?<!\w){re.escape(good)}(?!\w)", text):
            yield re.sub(r" +", " ", _spread(text, found.span(), bad)).strip()


def _exception(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    added = words(reply)["exceptions"]
    for put in pick.sample(added, 3):
        bare = text.rstrip(".!")
        yield f"{bare}{put}" + ("." if bare != text or put[0] == "." else "")


def _url(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    for found in _URL.finditer(text):
        url = found[0]
        yield _spread(text, found.span(), url + pick.choice(("s", "/now", "-2", "/x")))
        yield _spread(text, found.span(), re.sub(r"/\w", "/q", url[8:]).join((url[:8], "")))
        yield _spread(
            text, found.span(), url.replace(".example", pick.choice((".com", "-a.example")))
        )
        yield _spread(text, found.span(), url.replace("://", "://www."))
        yield _spread(text, found.span(), re.sub(r"^https?://[^/]*\.", "https://secure.", url))
    if text.endswith((".", "!")):
        host = pick.choice(("help.larkspur.example.com", "my.kilnhost.example", "tinylink.example"))
        url = f"https://{host}/{pick.choice(('offer', 'login', 'a/77'))}"
        yield f"{text} {pick.choice(words(reply)['sees']).format(x=url)}"


def _email(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    for found in _EMAIL.finditer(text):
        local, _, host = found[0].partition("@")
        yield _spread(text, found.span(), f"{local}{pick.choice(('s', '1', '.team'))}@{host}")
        yield _spread(text, found.span(), f"{local[:-1]}@{host}")
        yield _spread(text, found.span(), f"{local}@{host.replace('.example', '.com')}")
        yield _spread(text, found.span(), f"{local}@mail.{host}")
        yield _spread(text, found.span(), f"{pick.choice(('info', 'help', 'office'))}@{host}")
    if text.endswith((".", "!")):
        made = pick.choice(
            ("refunds@larkspur.example", "care@kilnhost.example", "vip@moon.example")
        )
        yield f"{text} {pick.choice(words(reply)['writes']).format(x=made)}"


def _id(text: str, reply: Reply, pick: Random) -> Iterator[str]:
    for found in _ID.finditer(text):
        code = found[0]
        digits = [at for at, char in enumerate(code) if char.isdigit()]
        letters = [at for at, char in enumerate(code) if char.isalpha()]
        for at in pick.sample(digits, min(2, len(digits))):
            other = _another(code[at], pick, first=False)
            yield _spread(text, found.span(), _spread(code, (at, at + 1), other))
        for at in letters[:1]:
            other = pick.choice([one for one in "BDKQVX" if one != code[at]])
            yield _spread(text, found.span(), _spread(code, (at, at + 1), other))
    if text.endswith((".", "!")):
        made = f"{pick.choice(('LK-', 'KH-', 'BI', 'RMA', '#'))}{pick.randrange(10**5, 10**6)}"
        yield f"{text} {pick.choice(words(reply)['names']).format(x=made)}"


CHANGES: Mapping[str, Change] = {
    "digit": _digit,
    "date": _date,
    "amount": _amount,
    "unit": _unit,
    "negation": _negation,
    "URL": _url,
    "e-mail": _email,
    "id": _id,
    "invented exception": _exception,
    "another number of the page": _exchanged,
}
