"""Other names for everybody: the same person, address, number and place is called the same.

What cannot be told to be somebody's stays, so whoever makes a case of it reads it through.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

DROPPED = "[dropped]"
_FIRST = ("Robin", "Alex", "Kim", "Sam", "Jo", "Chris", "Pat", "Max", "Toni", "Lee")
_LAST = ("Sample", "Model", "Pattern", "Instance", "Specimen", "Template", "Figure", "Sketch")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_PHONE = re.compile(r"(?<![\w.-])(?:\+|00|\(?0)[\d ()/.-]{6,}\d(?![\w-])")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_SECRET = re.compile(
    r"(?:sk|pk|ghp|xox[bp])[-_][A-Za-z0-9_-]{16,}|AKIA[A-Z0-9]{12,}|Bearer [A-Za-z0-9._-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY[^-]*-----"
    r"|(?i:(?<=password is )|(?<=password: )|(?<=passwort ist )|(?<=passwort: )|(?<=pin is ))"
    r"[^\s<]+"
)
_ORDER = re.compile(r"\b(?=(?:[A-Z-]*\d){4})[A-Z]{0,6}-?\d[\dA-Z-]*\b")
_ANYBODYS = re.compile(
    f"(?P<url>{_URL.pattern})|(?P<mail>{_MAIL.pattern})|(?P<phone>{_PHONE.pattern})"
    f"|(?P<order>{_ORDER.pattern})"
)
_SMALL = re.compile(r"\d{1,3}(?:-\d{1,2})*")
_YEAR = re.compile(r"(?:19|20)\d\d(?:-\d\d){0,2}")
_GREETED = re.compile(
    r"(?:\b(?:Hi|Hello|Hey|Dear|Hallo|Liebe|Lieber|Bonjour|Salut|Hola|Ciao|Olá)|"
    r"(?:regards|wishes|thanks|cheers|Grüße|Gruß|Grüßen|cordialement|saludos|merci|danke),?\s*\n*)"
    r"[ \n]+(?P<name>[A-ZÄÖÜÀ-Ý][\w'\u2019-]{2,}(?: [A-ZÄÖÜÀ-Ý][\w'\u2019-]+)?)"
)
_NOBODY = frozenset({
    "there", "team", "all", "everybody", "sir", "madam", "support", "again", "the", "and",
    "deskhand",
})  # fmt: skip
_LEAST = 3
_DIGITS = "0123456789"


@dataclass(slots=True)
class Pseudonyms:
    """What is called how from here on.

    Attributes:
        public: words of pages that everybody may read; they are nobody's secret.
    """

    public: str = ""
    _names: dict[str, str] = field(default_factory=dict)
    _mails: dict[str, str] = field(default_factory=dict)
    _domains: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, str] = field(default_factory=dict)
    _people: int = 0

    def person(self, name: str) -> str:
        """Return another name for a person, and know each part of theirs from here on."""
        parts = [part for part in re.split(r"[\s,]+", name.strip()) if len(part) >= _LEAST]
        parts = [part for part in parts if part.casefold() not in _NOBODY]
        if not parts:
            return ""
        known = [self._names[part.casefold()] for part in parts if part.casefold() in self._names]
        if len(known) < len(parts):
            first, last = _FIRST[self._people % len(_FIRST)], _LAST[self._people % len(_LAST)]
            self._people += 0 if known else 1
            fresh = [first, *([last] * (len(parts) - 1))]
            for part, other in zip(parts, fresh, strict=True):
                self._names.setdefault(part.casefold(), other)
        return " ".join(self._names[part.casefold()] for part in parts)

    def hide(self, word: str) -> None:
        """Give a word or a phrase that no pattern knows another name."""
        self._names.setdefault(word.casefold(), f"Word{len(self._names) + 1}")

    def mail(self, address: str) -> str:
        """Return another address, at another domain, for this one."""
        key = address.casefold()
        domain = self.domain(key.rpartition("@")[2])
        return self._mails.setdefault(key, f"person{len(self._mails) + 1}@{domain}")

    def domain(self, host: str) -> str:
        """Return another domain for this one."""
        bare = host.casefold().removeprefix("www.")
        return self._domains.setdefault(bare, f"place{len(self._domains) + 1}.example")

    def number(self, text: str) -> str:
        """Return another number of the same shape: digits for digits, letters for letters."""
        if text not in self._numbers:
            serial = str(len(self._numbers) + 1)
            places = [n for n, sign in enumerate(text) if sign in _DIGITS]
            signs = ["Z" if sign.isupper() else sign for sign in text]
            made = serial.rjust(len(places), "7")[-len(places) :] if places else ""
            for place, digit in zip(places, made, strict=True):
                signs[place] = digit
            self._numbers[text] = "".join(signs)
        return self._numbers[text]

    def listen(self, texts: Iterable[str]) -> None:
        """Learn the names that people greet and sign with."""
        for text in texts:
            for found in _GREETED.finditer(text):
                self.person(found["name"])

    def text(self, text: str) -> str:
        """Return a text with everybody in it called otherwise, and secrets dropped."""
        for pattern in (_SECRET, _IBAN, _CARD):
            text = pattern.sub(DROPPED, text)
        text = _ANYBODYS.sub(self._other, text)
        for host in sorted(self._domains, key=len, reverse=True):
            text = re.sub(rf"(?i)(?<![\w.-]){re.escape(host)}(?![\w-])", self._domains[host], text)
        if not self._names:
            return text
        known = "|".join(re.escape(name) for name in sorted(self._names, key=len, reverse=True))
        named = re.compile(rf"(?<!\w)(?:{known})(?!\w)", re.IGNORECASE)
        return named.sub(lambda found: self._names[found[0].casefold()], text)

    def seen(self, text: str) -> tuple[str, ...]:
        """Return what of somebody's is still in a text, in words; never what it is."""
        low, found = text.casefold(), []
        if _SECRET.search(text.replace(DROPPED, "")) or _IBAN.search(text) or _CARD.search(text):
            found.append("a key, a card or a bank account")
        if any(not one[0].casefold().endswith(".example") for one in _MAIL.finditer(text)):
            found.append("an e-mail address")
        invented = {one.casefold() for one in self._names.values()}
        if any(name in low for name in self._names if name not in invented):
            found.append("a name inside another word")
        found += [what for what, pattern in _STILL if pattern.search(text)]
        return tuple(found)

    def _other(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "url":
                return self._link(found[0])
            case "mail":
                return self.mail(found[0])
            case "phone":
                return self._phone(found[0])
            case _:
                return self._order(found[0])

    def _link(self, url: str) -> str:
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        path = re.sub(r"\d{4,}", lambda one: self.number(one[0]), re.split(r"[?#]", path)[0])
        return f"{scheme}://{self.domain(host.rpartition('@')[2])}{slash}{path}"

    def _phone(self, text: str) -> str:
        digits = re.sub(r"\D", "", text)
        made = f"+44 1632 9600{len(self._numbers) % 90 + 10}"
        return self._numbers.setdefault(f"tel:{digits}", made)

    def _order(self, text: str) -> str:
        if _YEAR.fullmatch(text) or text in self.public or _SMALL.fullmatch(text):
            return text
        return self.number(text)


_STILL = (
    ("a network address", re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")),
    ("a street and a number", re.compile(
        r"\b\d{1,4}[a-z]? (?:[A-Z][\w'\u2019-]+ ){1,3}"
        r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Square)\b"
        r"|\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|platz|gasse|allee) ?\d{1,4}[a-z]?\b"
        r"|\b\d{1,4},? (?:bis )?rue (?:de |du |des )?[A-Z][\w'\u2019-]+"
        r"|\b[Cc]alle [A-Z][\w'\u2019-]+,? \d+"
    )),
    ("a date of birth", re.compile(
        r"(?i)\b(?:born|geboren|date of birth|geburtsdatum|née?|nacid[oa])\b\D{0,12}\d{1,4}[./-]\d"
    )),
)  # fmt: skip
