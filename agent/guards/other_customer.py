"""Addresses and telephone numbers of anybody but the requester and our own pages."""

import re
from collections.abc import Iterator

from agent.inspection import Inspection, withhold
from agent.links import find
from agent.model import Finding
from agent.words import fold

_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00)?\(?\d(?:[ ()./-]{0,2}\d){7,14}(?![\w])")
_MAIL = re.compile(r"[^\s@<>\"'(),:;\[\]]+@[^\s@<>\"'(),;\[\]]+\.[^\W\d_]{2,}")


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to an address or number that neither the requester nor a page gave."""
    known = fold(f"{seen.pages}\n{seen.said}\n{seen.policy.signature}\n{seen.policy.disclosure}")
    mails = {one.text for one in find(seen.told) if one.mail} | set(_MAIL.findall(fold(seen.told)))
    if any(one.strip(".") not in known for one in mails):
        yield withhold("other_customer", "an e-mail address in it is not the requester's")
    contact = seen.snapshot.contact
    digits = re.sub(r"[^\d\n]", "", f"{known}\n{contact.phone or '' if contact else ''}")
    numbers = (re.sub(r"\D", "", one) for one in _PHONE.findall(fold(seen.reply)))
    if any(_bare(one) not in digits for one in numbers):
        yield withhold(
            "other_customer", "a telephone or account number in it is not the requester's"
        )


def _bare(digits: str) -> str:
    return digits.lstrip("0")
