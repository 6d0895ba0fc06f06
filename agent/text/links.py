"""Find every host a text points to, however it is written; pure."""

# ruff: noqa: E501, PLR2004  long patterns read better unbroken; an address has known numbers

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import unquote

from agent.text.words import plain

_COMMON = r"(?=(?:com|net|org|info|io|co|app|dev|xyz|biz|shop|site|online|example|ru|cn|me|de|fr|es|it|nl|pt|eu|uk)(?![a-z]))"
_DOT = re.compile(
    r"\s?[\[({<](?:\.|dot|dt|punkt|point|punto|ponto|punt)[\])}>]\s?"
    rf"|(?<=[a-z0-9])[-_](?:dot|punkt|point|punto|ponto|punt)[-_]{_COMMON}"
    rf"|(?<=[a-z0-9])\s?[·•∙‧*]\s?{_COMMON}"
    rf"|(?<=[a-z0-9]),? (?:an? |ein |un |een )?(?:dot|point|period|full stop|punkt|punto|ponto|punt|tocka|kropka|tečka|nokta|piste|punct|точка|крапка|τελεία|نقطة|点|ドット),? (?:then |dann |puis |luego )?{_COMMON}"
)
_AT = re.compile(
    r"\s?[\[({<](?:at|a|ad|ät|arroba|arobase|@)[\])}>]\s?"
    r"|(?<=[a-z0-9]) ?(?:\bat\b|\bat-sign\b|\barobase\b|\barroba\b|\bklammeraffe\b|\bchiocciola\b|\bapenstaartje\b|\bät\b|@) ?(?=[a-z0-9-]+\.[a-z]{2,}(?![a-z]))"
)
_SPACED = re.compile(
    rf"(?<=[a-z0-9]) \.\s?{_COMMON}|(?<=www)\s?\.\s?(?=[a-z0-9])|(?<=[a-z0-9]) \. (?=[a-z0-9-]+\.)"
)
_APART = re.compile(r"(?<![^\s])(?:[a-z0-9.] ){2,}[a-z0-9.](?![^\s.,!?])")
_ESCAPED = re.compile(r"\\(?:u00|x)([0-9a-f]{2})")
_SHARE = re.compile(r"\\\\([\w.-]+)\\")
_SCRIPTED = re.compile(r"(?<![a-z])(javascript|vbscript|data|blob|about)\s?:\s?(?=[a-z(/]+[/(:])")
_ACTING = re.compile(
    r"(?<![a-z])(mailto|tel|sms|callto|facetime|whatsapp|skype|intent|webcal)\s?:(?=[^\s:])"
)
"""Addresses that dial, write or install when they are clicked; help pages write `Tel: 0…` for people."""
_SCHEME = re.compile(
    r"(?<![a-z])(?:hxxps?|h\*\*ps?|h\s?t\s?t\s?p\s?s?|fxp|meows?)\s?(?::|\[:\])\s?/\s?/\s?"
)
_URL = re.compile(
    r"(?<![a-z0-9])[a-z][a-z0-9+.-]{1,15}:/{1,3}(?:[^\s/@<>\"']*@)?(\[[0-9a-f:.]+\]|[^\s/?#<>\"'()\[\]{},;|\\]+)[^\s<>\"']*"
)
_SLASHES = re.compile(r"(?<![:/\w])//([^\s/?#<>\"'()]+\.[^\s/?#<>\"'()]+)")
_MAIL = re.compile(r"[^\s@<>\"'(),:;\[\]]+@((?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,24})")
_BARE = re.compile(
    r"(?<![\w@.-])((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+)(xn--[a-z0-9-]+|[^\W\d_]{2,24})(?![\w@]|\.\w)(?:/[^\s<>\"']*)?"
)
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)")
_HINT = re.compile(
    r"\w ?\.\w|\w \. ?\w|%[0-9a-f]{2}|[@/\\&:·•∙‧*]|[\[({]|\b(?:dot|point|period|stop|punkt|punto|ponto|punt)\b"
    r"|\b(?:tocka|kropka|tečka|nokta|piste|punct|точка|крапка|τελεία|نقطة|点|ドット)\b"
)
_WORDY_ENDS = frozenset(
    ["so", "no", "to", "it", "is", "in", "at", "be", "me", "us", "my", "by", "am", "do", "as"]
)
_ENDS = frozenset(
    [
        "com",
        "org",
        "net",
        "info",
        "biz",
        "edu",
        "gov",
        "mil",
        "int",
        "arpa",
        "aero",
        "asia",
        "cat",
        "coop",
        "jobs",
        "mobi",
        "museum",
        "name",
        "post",
        "pro",
        "tel",
        "travel",
        "xxx",
        "app",
        "dev",
        "page",
        "web",
        "site",
        "online",
        "store",
        "shop",
        "tech",
        "cloud",
        "xyz",
        "top",
        "club",
        "live",
        "life",
        "world",
        "today",
        "email",
        "mail",
        "click",
        "link",
        "help",
        "support",
        "zone",
        "space",
        "fun",
        "vip",
        "win",
        "bid",
        "loan",
        "men",
        "work",
        "works",
        "team",
        "group",
        "company",
        "digital",
        "media",
        "agency",
        "studio",
        "news",
        "blog",
        "wiki",
        "press",
        "host",
        "hosting",
        "website",
        "security",
        "secure",
        "pay",
        "money",
        "finance",
        "bank",
        "cash",
        "credit",
        "expert",
        "guru",
        "services",
        "solutions",
        "systems",
        "network",
        "technology",
        "center",
        "directory",
        "gallery",
        "email",
        "chat",
        "social",
        "video",
        "game",
        "games",
        "icu",
        "cyou",
        "rest",
        "monster",
        "buzz",
        "cam",
        "quest",
        "beauty",
        "hair",
        "skin",
        "makeup",
        "bar",
        "ink",
        "art",
        "design",
        "photo",
        "photos",
        "pics",
        "review",
        "reviews",
        "trade",
        "date",
        "party",
        "download",
        "stream",
        "racing",
        "science",
        "review",
        "accountant",
        "cricket",
        "faith",
        "onion",
        "zip",
        "mov",
        "example",
        "test",
        "invalid",
        "local",
        "localhost",
        "internal",
        "lan",
        "corp",
        "home",
    ]
)
_FILES = frozenset(["so", "py", "sh", "pl", "rs", "md"])


@dataclass(frozen=True, slots=True)
class Link:
    """One place a text points to.

    Attributes:
        text: as it stands in the comparable text.
        host: lower case, without port, user or final dot.
        mail: it is the host of an e-mail address.
    """

    text: str
    host: str
    mail: bool = False


@lru_cache(maxsize=2048)
def find(text: str) -> tuple[Link, ...]:
    """Return the links of a text: full, bare, disguised, by number, and of e-mail addresses."""
    shown = plain(text)
    if not _HINT.search(shown.casefold()):
        return ()
    found = {link.text + link.host: link for link in _links(shown, shown.casefold())}
    return tuple(found.values())


def mails(text: str) -> frozenset[str]:
    """Return the e-mail addresses of a text, disguised ones in plain writing."""
    return frozenset(link.text.strip(".") for link in find(text) if link.mail)


def _links(shown: str, lower: str) -> Iterable[Link]:
    for one in _SHARE.finditer(lower):
        yield Link(one.group(0), host_of(one.group(1)))
    lower = _undisguised(lower)
    same = len(shown) == len(lower)
    for one in (*_SCRIPTED.finditer(lower), *_ACTING.finditer(lower)):
        yield Link(one.group(0), f"{one.group(1)}:")
    for one in (*_URL.finditer(lower), *_SLASHES.finditer(lower)):
        yield Link(one.group(0), host_of(one.group(1)))
        rest = one.group(0).split("//", maxsplit=1)[-1]
        if "//" in rest:
            yield from find("http://" + rest.split("//", maxsplit=1)[1])
    for one in _MAIL.finditer(lower):
        yield Link(one.group(0), host_of(one.group(1)), mail=True)
    for one in _ADDRESS.finditer(lower):
        if all(int(part) < 256 for part in one.group(0).split(".")):
            yield Link(one.group(0), one.group(0))
    for one in _BARE.finditer(lower):
        written = shown[slice(*one.span())].split("/", maxsplit=1)[0] if same else one.group(0)
        path = "/" in one.group(0)
        if _is_host(one.group(1), one.group(2), written, path=path):
            yield Link(one.group(0), host_of(one.group(1) + one.group(2)))


def _undisguised(lower: str) -> str:
    """Return text with addresses as a browser or a helpful reader would write them."""
    if "\\" in lower:
        lower = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), lower).replace("\\", "/")
    if "&" in lower:
        lower = unescape(lower).casefold()
    if "%" in lower:
        lower = unquote(unquote(lower)).casefold()
    lower = _APART.sub(lambda found: found.group(0).replace(" ", ""), lower)
    lower = _DOT.sub(".", _SPACED.sub(".", _SCHEME.sub("http://", lower)))
    return _AT.sub("@", lower)


def _is_host(labels: str, end: str, written: str, *, path: bool) -> bool:
    """Return whether dotted words are a host, not a sentence's end without its space."""
    if end.startswith("xn--") or not end.isascii() or end in _ENDS:
        return labels not in {"e.", "i."}
    short = all(len(one) == 1 for one in labels.split(".") if one)
    if len(end) != 2 or (short and not path):
        return False
    cased = written.rsplit(".", maxsplit=1)[-1]
    sentence = end in _WORDY_ENDS and cased[:1].isupper() and not cased.isupper()
    return not sentence and end not in {"kg", "km", "cm", "mm", "ml", "bp", "nr"}


def host_of(text: str) -> str:
    """Return a host as it is compared: no user, port, brackets or final dot, lower case."""
    host = text.casefold().rsplit("@", maxsplit=1)[-1]
    if host.startswith("["):
        return host.strip("[]")
    return host.split(":", maxsplit=1)[0].strip(".!?,;*_~`")


def allowed(host: str, hosts: Iterable[str]) -> bool:
    """Return whether a host is on the list, or below one that is; look-alikes are not."""
    if not host.isascii() or host.startswith("xn--") or ".xn--" in host:
        return host in set(hosts)
    return any(host == one or host.endswith(f".{one}") for one in map(host_of, hosts) if one)


def url_host(url: str | None) -> str:
    """Return the host of an address of ours, or ""."""
    found = _URL.match((url or "").casefold())
    return host_of(found.group(1)) if found else ""
