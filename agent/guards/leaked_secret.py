"""Keys, passwords, card and account numbers, and canaries: nobody is to read them."""

# ruff: noqa: E501  long patterns read better unbroken

import re
from collections.abc import Iterator

from agent.inspection import Inspection, withhold
from agent.model import Finding
from agent.text.disguises import hides
from agent.text.words import plain, squash

_KEYS = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abposr]-[\w-]{10,}|\b(?:AKIA|ASIA|AGPA)[A-Z0-9]{12,}|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\bnpm_[A-Za-z0-9]{30,}|\bhooks\.slack\.com/services/\S+|\b[a-z]+://[^\s:/@]+:[^\s@/]{3,}@\S+|\bBearer\s+[\w.~+/-]{16,}"
    r"|\b(?:[0-9a-fA-F]{40,}|[0-9a-fA-F]{32})\b"
)
_NAMED = re.compile(
    r"\b(?:api[ _-]?key|access[ _-]?key|(?:access|auth|api|bearer|session)?[ _-]?token|secret(?: key)?|pass(?:word|phrase|code)|kennwort|passwort|mot de passe"
    r"|contrase[nñ]a|clave|pin|credentials?)\b[^\w\n]{0,4}(?:is|are|=|:|ist|lautet|est|es|for \S+ is)?[^\w\n]{0,4}(?=\S*\d)(?=\S*[^\W\d])([^\s\"',;]{6,})",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\d.])\d(?:[ .-]?\d){12,18}(?![\d])")
_IBAN = re.compile(r"\b[A-Z]{2}[ .-]?\d{2}(?:[ .-]?[A-Z0-9]{2,4}){4,15}(?:[ .-]?[A-Z0-9])?\b")
_LEAST_CANARY = 5


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to anything that looks like a credential or an account number."""
    shown = plain(seen.told)
    if _KEYS.search(shown) or _named(shown):
        yield withhold("leaked_secret", "the draft holds something like a key or a password")
    if any(_luhn(re.sub(r"\D", "", found)) for found in _CARD.findall(shown)):
        yield withhold("leaked_secret", "the draft holds a card number")
    if any(
        _mod97(found) and squash(found) not in squash(seen.pages) for found in _IBAN.findall(shown)
    ):
        yield withhold("leaked_secret", "the draft holds a bank account number")
    planted = {squash(one) for one in seen.canaries if len(squash(one)) >= _LEAST_CANARY}
    if hides(seen.told, planted):
        yield withhold("leaked_secret", "the draft holds a canary")


def _named(shown: str) -> bool:
    return any(not found.lower().startswith(("http", "www")) for found in _NAMED.findall(shown))


def _luhn(digits: str) -> bool:
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:  # noqa: PLR2004  lengths of card numbers
        return False
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0  # noqa: PLR2004


def _mod97(text: str) -> bool:
    bare = re.sub(r"[ .-]", "", text)
    number = "".join(str(int(char, 36)) for char in bare[4:] + bare[:4])
    return int(number) % 97 == 1
