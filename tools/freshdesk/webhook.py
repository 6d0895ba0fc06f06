"""What our automation rule sends, read leniently, and the rule itself to paste. Pure.

The vendor fills placeholders in as text, unescaped, so a body may be broken JSON; all we need of
it is the ticket's id. Source: https://support.freshdesk.com/support/solutions/articles/132589
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from pydantic_core import from_json

from tools.model import TicketId
from tools.provider import Hook, Unreadable

_LARGEST = 1024 * 1024
_DEEPEST = 6
_WIDEST = 200
_MOST_DIGITS = 20
_LONGEST_EVENT = 200
_ID_NAMES = ("ticket_id", "ticketid", "display_id", "ticket_display_id", "ticket.id")
_EVENT_NAMES = ("triggered_event", "event", "ticket_event")
# Below, runs are possessive (*+): what a customer's text put into the body must not make a search
# go back and forth in it, which takes an hour for a body of 256 KiB.
_ID = re.compile(r"\s*#?\s*(?:INC-?)?0*([1-9]\d*)(?:\.0+)?\s*", re.IGNORECASE)
_URL_ID = re.compile(r"/(?:a/)?tickets/(\d{1,20})(?![\d])")
_LOOSE_ID = re.compile(
    r"""["'<\s{,?&(]?\b(?:ticket[_.\-\s]?id|display_id|ticket_display_id)["'>\s]*+[:=]?[\s"'>#]*+(?:INC-)?0*+([1-9]\d{0,19})(?!\d)""",
    re.IGNORECASE,
)
_XML_ID = re.compile(
    r"<ticket[_\-]?id\b[^<>]{0,200}>\s*+(?:<!\[CDATA\[)?\s*+#?0*+([1-9]\d{0,19})\s*+[<\]]",
    re.IGNORECASE,
)
_LOOSE_EVENT = re.compile(
    r"triggered_event[\"'>\s]*+[:=]?\s*+[\"']?(\{[^\r\n\"'<]{1,200})", re.IGNORECASE
)
_EVENT_JUNK = re.compile(r"[{}\"'\s]+")


def read_hook(body: bytes, content_type: str = "") -> Hook:
    """Return what a webhook body says, whatever its encoding claims to be.

    Args:
        body: as it came.
        content_type: the header; a hint only.

    Raises:
        Unreadable: it names no ticket.
    """
    if len(body) > _LARGEST:
        raise Unreadable(f"the body has {len(body)} bytes; {_LARGEST} are read")
    text = _decoded(body)
    pairs = dict(_pairs(text, content_type))
    found = _first_id(pairs) or _loose_id(text)
    if found is None:
        raise Unreadable("the body names no ticket; the rule should send ticket_id: {{ticket.id}}")
    return Hook(TicketId(found), _event(pairs, text))


def _decoded(body: bytes) -> str:
    for mark, name in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
    ):
        if body.startswith(mark):
            return body.decode(name, "replace")
    return body.decode("utf-8", "replace")


def _pairs(text: str, content_type: str) -> Iterator[tuple[str, object]]:
    """Yield names and values, of JSON or of a form; nothing when it is neither."""
    bare = text.strip()
    if bare[:1] in ("{", "["):
        try:
            told: object = from_json(bare)
        except ValueError:
            return
        yield from _flat(told, 0)
    elif "form" in content_type.lower() or ("=" in bare and "<" not in bare[:1]):
        yield from _form(bare)


def _form(text: str) -> Iterator[tuple[str, object]]:
    try:
        listed = parse_qsl(text, keep_blank_values=True, max_num_fields=_WIDEST)
    except ValueError:
        return
    for name, value in listed:
        # freshdesk_webhook[ticket_id]=… is how a form nests
        yield name.rstrip("]").rpartition("[")[2].lower(), value


def _flat(told: object, depth: int) -> Iterator[tuple[str, object]]:
    """Yield the scalars of nested objects; the outermost come last, so that they win."""
    if isinstance(told, list):
        told = {str(place): each for place, each in enumerate(told[:_WIDEST])}
    if not isinstance(told, dict) or depth > _DEEPEST:
        return
    for name, value in list(told.items())[:_WIDEST]:
        if isinstance(value, dict | list):
            yield from _flat(value, depth + 1)
            if isinstance(value, dict) and name.lower() == "ticket" and "id" in value:
                yield "ticket_id", value["id"]
    for name, value in list(told.items())[:_WIDEST]:
        if not isinstance(value, dict | list):
            yield name.lower(), value


def _first_id(pairs: Mapping[str, object]) -> str | None:
    for name in _ID_NAMES:
        found = _id(pairs.get(name))
        if found:
            return found
    for name in ("ticket_url", "url", "ticket_public_url", "ticket_portal_url"):
        linked = _URL_ID.search(str(pairs.get(name) or ""))
        if linked:
            return linked.group(1)
    return _id(pairs.get("id"))


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _ID.fullmatch(str(value)[:100])
    return found.group(1) if found and len(found.group(1)) <= _MOST_DIGITS else None


def _loose_id(text: str) -> str | None:
    """Find the id in what no parser takes: broken JSON, XML, or anything that names it."""
    for pattern in (_XML_ID, _LOOSE_ID, _URL_ID):
        found = pattern.search(text)
        if found:
            return found.group(1)
    return None


def _event(pairs: Mapping[str, object], text: str) -> str:
    """Return the event as `name:value`; the vendor sends `{name:value}`, unquoted."""
    raw = next((str(pairs[name]) for name in _EVENT_NAMES if pairs.get(name)), "")
    if not raw:
        found = _LOOSE_EVENT.search(text)
        raw = found.group(1) if found else ""
    plain = _EVENT_JUNK.sub("", raw[:_LONGEST_EVENT])
    return "".join(each for each in plain if each.isprintable())


def rule_text(url: str, *, header: str, secret: str = "") -> str:
    """Return the two automation rules to make, in words an administrator can follow.

    Args:
        url: of our intake for this account.
        header: name of the header that carries the secret.
        secret: shown once, when it was just made; "" leaves a place for it.
    """
    shown = secret or "<the secret shown when the account was connected>"
    return f"""\
Make two rules in Freshdesk under Admin > Workflows > Automations.

1. Tab "Ticket Creation": new rule
   When a ticket is created, with any condition you like, such as: Source is Email
2. Tab "Ticket Updates": new rule
   Performed by: Requester
   Events: Reply is sent
   (never "Agent": our own notes would trigger it)

In both, add the action "Trigger webhook":
   Request type:   POST
   URL:            {url}
   Custom header:  {header}: {shown}
   Encoding:       JSON
   Content:        Advanced, and this text exactly:

{{
  "ticket_id": "{{{{ticket.id}}}}",
  "triggered_event": "{{{{triggered_event}}}}"
}}

Put no other placeholder in: a subject or a description with a quote in it breaks the text.
Everything else is read from the helpdesk itself.
"""
