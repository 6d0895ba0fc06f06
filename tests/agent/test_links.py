"""Every host a text points to is found, and nothing else."""

# ruff: noqa: E501, RUF001  tables of texts read better unbroken; look-alikes are meant

import pytest

from agent.text.links import allowed, find

FOUND = (
    ("see example.com now", "example.com"), ("hxxp://evil[.]com", "evil.com"), ("evil dot com", "evil.com"),
    ("http://user@evil.com:80/x", "evil.com"), ("//evil.com/x", "evil.com"), ("[x](http://e.vil/x)", "e.vil"),
    ("192.168.1.1", "192.168.1.1"), ("http://[::1]/", "::1"), ("evil。com", "evil.com"), ("ｅｖｉｌ．com", "evil.com"),
    ("e\u200bvil.com", "evil.com"), ("https://xn--pypal-4ve.com", "xn--pypal-4ve.com"), ("пример.рф", "пример.рф"),
    ("javascript://evil.com/%0a", "evil.com"), ("ftp://evil.com", "evil.com"), ("Visit EVIL.COM!", "evil.com"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "host"), FOUND)
def test_a_host_is_found_however_it_is_written(text: str, host: str) -> None:
    """A link in disguise is a link once somebody reads it."""
    assert host in {one.host for one in find(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Thanks.So I",
        "e.g. this",
        "z.B. dies",
        "version 2.4.1",
        "costs 5.90",
        "manual.pdf",
        "No. 5",
        "Wait...what",
    ],
)
def test_prose_holds_no_links(text: str) -> None:
    """A missing space is not a domain."""
    assert () == find(text)


def test_a_list_covers_what_is_below_it_and_no_look_alike() -> None:
    """Suffixes fool the eye, not the comparison."""
    hosts = ("help.example.com", "Example.org")

    assert allowed("help.example.com", hosts)
    assert allowed("a.example.org", hosts)
    assert not allowed("example.com", hosts)
    assert not allowed("evilexample.org", hosts)
    assert not allowed("example.org.evil.io", hosts)
    assert not allowed("exаmple.org", hosts)
