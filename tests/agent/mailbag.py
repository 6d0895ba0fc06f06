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


MACHINES = read("machine_mail") + tuple(
    mail for mail in read("machine_mail_held") if mail.kind == "machines"
)
TWINS = read("machine_twins") + tuple(
    mail for mail in read("machine_mail_held") if mail.kind == "twins"
)
