"""What must not stand in a recording: keys, addresses, cards and accounts of real people."""

import re
from collections.abc import Mapping

_SECRET = re.compile(
    r"(?:sk|pk|ghp|xox[bp])[-_][A-Za-z0-9_-]{16,}|AKIA[A-Z0-9]{12,}|Bearer [A-Za-z0-9._-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_MAIL = re.compile(r"[\w.+-]+@([\w-]+\.)*([\w-]+\.\w+)")
_OURS = re.compile(r"example\.(com|org|net)|\w+\.example|\w+\.(test|invalid)")
_CARD = re.compile(r"(?<![\w-])(?<!\d\.)\d(?:[ -]?\d){12,18}(?!\w|[.-]\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_KEPT = ("id", "object", "created", "model", "choices", "usage")


def scrubbed(response: Mapping[str, object]) -> dict[str, object]:
    """Return what a chat completion is made of; whatever else an endpoint tells is dropped."""
    if "choices" not in response:
        return dict(response)
    return {name: response[name] for name in _KEPT if name in response}


def telltale(text: str) -> str:
    """Return what a text holds that must not be written down, in words, or ""; never what it is."""
    if _SECRET.search(text):
        return "a key"
    if any(not _OURS.fullmatch(found[2]) for found in _MAIL.finditer(text)):
        return "a real e-mail address"
    if any(_luhn(re.sub(r"\D", "", found[0])) for found in _CARD.finditer(text)):
        return "a payment card"
    if any(_mod97(found[0].replace(" ", "")) for found in _IBAN.finditer(text)):
        return "a bank account"
    return ""


def _luhn(digits: str) -> bool:
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0  # noqa: PLR2004 -- digits


def _mod97(iban: str) -> bool:
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(one, 36)) for one in moved)) % 97 == 1
