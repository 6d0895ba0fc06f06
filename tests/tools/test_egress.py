"""Where we may connect to, decided without connecting."""

import pytest

from tools.egress import BadAddress, Origin, as_address, origin, refusal


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f000001", "loopback"),
        ("0x7f.1", "loopback"),
        ("017700000001", "loopback"),
        ("0177.0.0.1", "loopback"),
        ("127.1", "loopback"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("3232235521", "private"),
        ("0300.0250.1", "private"),
        ("169.254.0.1", "link-local"),
        ("169.254.169.254", "cloud metadata"),
        ("0xa9fea9fe", "cloud metadata"),
        ("2852039166", "cloud metadata"),
        ("fd00:ec2::254", "cloud metadata"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("198.18.0.1", "benchmarking"),
        ("198.19.255.255", "benchmarking"),
        ("2001:2::1", "benchmarking"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.9", "documentation"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("0.0.0.0", "unspecified"),  # noqa: S104  refused, not bound
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("192.88.99.1", "6to4 relay"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("::ffff:8.8.8.8", "v4-mapped"),
        ("::ffff:127.0.0.1", "v4-mapped"),
        ("::127.0.0.1", "v4-compatible"),
        ("2002:7f00:1::", "6to4"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::1", "NAT64"),
        ("2001:0:1::1", "Teredo"),
        ("fc00::1", "unique-local"),
        ("fd12::1", "unique-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "reserved"),
        ("nonsense", "not an address"),
        ("", "not an address"),
    ],
)
def test_no_address_but_a_public_one_is_connected_to(address: str, why: str) -> None:
    """A domain setting must not turn the service into a way into its own network."""
    assert why == refusal(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "104.18.0.1", "2606:4700::1111", "134744072"])
def test_public_addresses_are_admitted(address: str) -> None:
    """A guard that refuses the helpdesk itself is no guard."""
    assert refusal(address) is None


@pytest.mark.parametrize("text", ["1.2.3.4.5", "256.1.1.1.1", "1.2.3.999", "09.1.1.1", "0x", "a.b"])
def test_what_spells_no_address_is_none(text: str) -> None:
    """A name is resolved; only what a C library takes for an address is one."""
    assert as_address(text) is None or text == "0x"


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("acme.freshdesk.com", Origin("https", "acme.freshdesk.com", 443)),
        ("https://acme.freshdesk.com/", Origin("https", "acme.freshdesk.com", 443)),
        (" ACME.freshdesk.com ", Origin("https", "acme.freshdesk.com", 443)),
        ("http://127.0.0.1:8123", Origin("http", "127.0.0.1", 8123, loopback=True)),
        ("http://localhost:80/", Origin("http", "localhost", 80, loopback=True)),
        ("http://[::1]:9000", Origin("http", "::1", 9000, loopback=True)),
    ],
)
def test_a_domain_setting_is_read(setting: str, found: Origin) -> None:
    """People paste addresses in several ways; a trailing slash breaks the vendor's paths."""
    assert found == origin(setting, suffixes=(".freshdesk.com",))


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "support.acme.example",
        "http://acme.freshdesk.com",
        "acme.freshdesk.com/api",
        "acme.freshdesk.com:8443",
        "user@acme.freshdesk.com",
        "acme.freshdesk.com.evil.example",
        "evilfreshdesk.com",
        "127.0.0.1",
        "https://127.0.0.1",
        "2130706433",
        "https://0x7f.1",
        "http://127.0.0.1",
        "http://127.0.0.2:8000",
        "http://127.0.0.1:8000/x",
        "http://user@127.0.0.1:8000",
        "http://127.0.0.1:99999",
        "http://2130706433:8000",
        "http://localhost.evil.example:80",
        "ftp://acme.freshdesk.com",
        "-acme.freshdesk.com",
        "acme..freshdesk.com",
    ],
)
def test_a_bad_domain_setting_says_what_to_write(setting: str) -> None:
    """The owner reads this message in a terminal and must be able to mend it."""
    with pytest.raises(BadAddress, match=r"write|accepted"):
        origin(setting, suffixes=(".freshdesk.com",))


def test_an_origin_is_printed_without_a_slash() -> None:
    """Paths begin with one; two make the vendor refuse the call."""
    assert "http://[::1]:9000" == origin("http://[::1]:9000").url
    assert "https://acme.example" == origin("acme.example").url
