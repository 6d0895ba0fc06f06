"""What an account allows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum

from tools.fields import Privacy


class Mode(StrEnum):
    """How far the responder may go by itself."""

    OFF = "off"
    OBSERVE = "observe"
    """Reads and decides, posts nothing."""
    NOTE = "note"
    AUTO = "auto"
    """Replies in public where every gate holds."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an account allows.

    Attributes:
        version: digest of the file, or "default".
        link_hosts: where links may point besides the helpdesk's own portal.
        portal_hosts: the helpdesk's own portal and domain; filled in when the account opens.
        replies_per_hour: public automatic replies per ticket and hour, at most.
        replies_per_day: public automatic replies per requester and day, at most.
        disclosure: the sentence that says a machine wrote it; put under every public reply.
        signature: put under every reply.
        banned: phrases that must not be said.
        human_topics: words that always mean a person takes the ticket.
        answer_assigned: reply in public on tickets that are assigned to a person, too.
        resend_lost: send a public reply once more that was looked for until the last look and not
            found; without it such a reply waits for a person.
        fields: who may see a custom field, by API name or label; a secret one enters no prompt.
    """

    mode: Mode = Mode.NOTE
    version: str = "default"
    link_hosts: tuple[str, ...] = ()
    portal_hosts: tuple[str, ...] = ()
    replies_per_hour: int = 2
    replies_per_day: int = 5
    disclosure: str = ""
    signature: str = ""
    tone: str = ""
    banned: tuple[str, ...] = ()
    human_topics: tuple[str, ...] = ()
    answer_assigned: bool = False
    resend_lost: bool = False
    fields: Mapping[str, Privacy] = field(default_factory=dict[str, Privacy])


class BadPolicy(ValueError):
    """A policy file that cannot be used: it names the file, the key, the value and the fix."""


def parse(document: Mapping[str, object], *, version: str, where: str = "policy") -> Policy:
    """Return the policy that a file's table says.

    Args:
        document: as read from TOML.
        version: digest of the file.
        where: the file's name, for errors.

    Raises:
        BadPolicy: a key is unknown or a value has the wrong shape.
    """
    values: dict[str, object] = {}
    for key, value in document.items():
        read = _READERS.get(key)
        if read is None:
            raise BadPolicy(f"{where}: unknown key {key!r}{_nearest(key)}")
        try:
            values[key] = read(value)
        except _Unfit as unfit:
            raise BadPolicy(f"{where}: {key} = {value!r}: {unfit}") from None
    return replace(Policy(version=version), **values)  # type: ignore[arg-type]  # read by key


class _Unfit(ValueError):
    """A value of the wrong shape; the message is the fix."""


def _nearest(key: str) -> str:
    near = get_close_matches(key, _READERS, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return "; known are " + ", ".join(sorted(_READERS))


def _mode(value: object) -> Mode:
    try:
        return Mode(str(value))
    except ValueError:
        raise _Unfit("use one of " + ", ".join(repr(one.value) for one in Mode)) from None


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Unfit("use a whole number, 0 or more")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Unfit('use text in quotes, such as "…"')
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("use true or false")
    return value


def _privacy(value: object) -> Mapping[str, Privacy]:
    allowed = ", ".join(repr(one.value) for one in Privacy)
    if not isinstance(value, dict):
        raise _Unfit(f'use a table, such as fields = {{"Credit rating" = "secret"}}, of {allowed}')
    try:
        return {str(name): Privacy(str(kind)) for name, kind in value.items()}
    except ValueError:
        raise _Unfit(f"each field is one of {allowed}") from None


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _Unfit('use a list of texts, such as ["…", "…"]')
    return tuple(value)


def _hosts(value: object) -> tuple[str, ...]:
    hosts = _texts(value)
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise _Unfit('use bare host names, such as ["help.example.com"]')
    return tuple(host.lower() for host in hosts)


_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9][A-Za-z0-9-]*")
_READERS: Mapping[str, Callable[[object], object]] = {
    "mode": _mode,
    "link_hosts": _hosts,
    "replies_per_hour": _count,
    "replies_per_day": _count,
    "disclosure": _text,
    "signature": _text,
    "tone": _text,
    "banned": _texts,
    "human_topics": _texts,
    "answer_assigned": _switch,
    "resend_lost": _switch,
    "fields": _privacy,
}
