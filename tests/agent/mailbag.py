"""Mail that machines write and people's mail in the same words, as the helpdesk shows it."""

import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

PERSON = "tess@person.example"


@dataclass(frozen=True)
class Mail:
    """One mail; `body` is HTML."""

    kind: str
    address: str
    subject: str
    body: str


@cache
def read(name: str) -> tuple[Mail, ...]:
    """Return the mails of a file of this folder, in its order."""
    rows = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text("utf-8"))
    return tuple(
        Mail(kind, address or PERSON, subject, _html(words))
        for kind, mails in rows.items()
        for address, subject, words in mails
    )


def _html(words: str) -> str:
    if words.startswith("<"):
        return words
    lines = html.escape(words, quote=False).split("\n")
    return f"<p>{'<br>'.join(lines)}</p>"


SETS = ("machine_mail", "machine_mail_held", "machine_mail_third")
"""The rules were tuned on the first and mended on the others in turn; none is a hold-out.

When first met, 54 of 165, 52 of 61 and 12 of 32 machine mails were known by their words, and 8 of
126, 0 of 62 and 0 of 32 of the people's were taken for a machine's.
"""
_PEOPLE = {"answered", "ordinary", "twins"}
_ALL = tuple(mail for name in (*SETS, "machine_twins") for mail in read(name))
MACHINES = tuple(mail for mail in _ALL if mail.kind not in _PEOPLE)
TWINS = tuple(mail for mail in _ALL if mail.kind in _PEOPLE)
