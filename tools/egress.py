"""Where we may connect to: the domain setting as an origin, and the addresses refused. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_LARGEST_PORT = 65535
_LONGEST_NAME = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)

# https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
_REFUSED: tuple[tuple[str, str], ...] = (
    ("169.254.169.254/32", "cloud metadata"),
    ("100.100.100.200/32", "cloud metadata"),
    ("168.63.129.16/32", "cloud metadata"),
    ("192.0.0.192/32", "cloud metadata"),
    ("fd00:ec2::254/128", "cloud metadata"),
    ("0.0.0.0/8", "unspecified"),
    ("127.0.0.0/8", "loopback"),
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("169.254.0.0/16", "link-local"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("192.0.0.0/24", "protocol assignment"),
    ("192.0.2.0/24", "documentation"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "AMT"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "loopback"),
    ("::/128", "unspecified"),
    ("::ffff:0:0/96", "v4-mapped"),
    ("::ffff:0:0:0/96", "v4-translated"),
    ("::/96", "v4-compatible"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discard"),
    ("2001::/32", "Teredo"),
    ("2001:2::/48", "benchmarking"),
    ("2001:db8::/32", "documentation"),
    ("3fff::/20", "documentation"),
    ("2001::/23", "protocol assignment"),
    ("2002::/16", "6to4"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique-local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_NETWORKS = tuple((ip_network(net), why) for net, why in _REFUSED)
_GLOBAL_V6 = IPv6Network("2000::/3")


class BadAddress(ValueError):
    """A domain setting we cannot or will not connect to; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of one helpdesk.

    Attributes:
        loopback: written literally as a loopback address, so plain HTTP there is accepted.
    """

    scheme: str
    host: str
    port: int
    loopback: bool = False

    @property
    def url(self) -> str:
        """Return it as text without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")


def origin(setting: str, *, suffixes: tuple[str, ...] = ()) -> Origin:
    """Return the origin that a domain setting names.

    Args:
        setting: a host name such as `acme.freshdesk.com`, or a literal loopback address such as
            `http://127.0.0.1:8123`.
        suffixes: host name endings that are allowed; none means every public name.

    Raises:
        BadAddress: it is neither.
    """
    text = setting.strip().rstrip("/").lower()
    if text.startswith("http://"):
        return _loopback(setting, text)
    host = text.removeprefix("https://")
    _check_name(setting, host)
    if suffixes and not host.endswith(suffixes):
        endings = " or ".join(f"…{suffix}" for suffix in suffixes)
        raise BadAddress(
            f"{setting!r} is not a helpdesk's own domain; write the one ending in {endings}, "
            "not an address of your own that leads to it"
        )
    return Origin("https", host, 443)


def _check_name(setting: str, host: str) -> None:
    if as_address(host) is not None:
        raise BadAddress(f"{setting!r} is an address; write the helpdesk's domain name")
    labels = host.split(".")
    named = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    if not named or len(host) > _LONGEST_NAME:
        raise BadAddress(
            f"{setting!r} is not a domain name; write it alone, as in 'acme.freshdesk.com', "
            "without path, port or user"
        )


def _loopback(setting: str, text: str) -> Origin:
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    bare = f"http://[{host}]:{port}" if host == "::1" else f"http://{host}:{port}"
    if host not in _LOOPBACK_NAMES or not port or text != bare:
        raise BadAddress(
            f"{setting!r}: plain HTTP is accepted only as http://127.0.0.1:PORT, "
            "http://localhost:PORT or http://[::1]:PORT; write the domain name instead"
        )
    return Origin("http", host, port, loopback=True)


def as_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host spells, decimal, octal and hexadecimal included, or None.

    `2130706433`, `0x7f.1`, `017700000001` and `127.1` all mean 127.0.0.1 to a C library.
    """
    bare = text.strip("[]").split("%", 1)[0].rstrip(".")
    try:
        return ip_address(bare)
    except ValueError:
        return _old_spelling(bare)


def _old_spelling(text: str) -> IPv4Address | None:
    parts = text.split(".")
    most_parts = 4
    if not 1 <= len(parts) <= most_parts or not all(_NUMBER.fullmatch(p) for p in parts):
        return None
    try:
        *heads, last = (_number(part) for part in parts)
    except ValueError:
        return None
    room = 256 ** (most_parts - len(heads))
    if last >= room or any(head > 255 for head in heads):  # noqa: PLR2004
        return None
    value = last
    for place, head in enumerate(heads):
        value += head << (8 * (3 - place))
    return IPv4Address(value)


def _number(text: str) -> int:
    if text.lower().startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") and text != "0" else int(text)


def refusal(address: str) -> str | None:
    """Return why this address is not public, in two words, or None when it is.

    Args:
        address: as a resolver gave it, or any spelling of an IPv4 address.
    """
    found = as_address(address)
    if found is None:
        return "not an address"
    for network, why in _NETWORKS:
        if found.version == network.version and found in network:
            return why
    if isinstance(found, IPv6Address) and found not in _GLOBAL_V6:
        return "reserved"
    return None


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's own."""
    found = as_address(address)
    return found is not None and found.is_loopback
