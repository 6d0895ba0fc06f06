"""A post of ours is known again, and nothing else is taken for it."""

# ruff: noqa: E501  tables of texts read better unbroken; look-alikes are meant

import time

import pytest

from agent.fingerprint import fingerprint, normal, similar

BODY = "<p>Hello Tamsin,</p><p>you can return the lamp &amp; pump within 30 days &mdash; it&#39;s easy.</p>"
CHANGED = (
    f"<div>{BODY}</div>",
    BODY.replace("</p><p>", "</p>\n\n  <p>"),
    BODY.replace("&amp;", "&#38;").replace("&#39;", "'").replace("&mdash;", "—"),
    BODY.replace("<p>", '<p dir="ltr" style="margin:0">'),
    BODY + '<img src="data:image/png;base64,AAAA">',
    BODY.replace("Hello", "Hel\u200blo"),
)


@pytest.mark.parametrize("body", CHANGED)
def test_what_the_helpdesk_does_to_markup_changes_nothing(body: str) -> None:
    """It rewraps, re-escapes and strips; the words stay."""
    assert fingerprint(BODY) == fingerprint(body)
    assert 1.0 == similar(BODY, body)


def test_an_appended_signature_is_still_ours() -> None:
    """Some accounts put a line under every reply."""
    assert similar(BODY, BODY + "<p>Larkspur Customer Care, Berlin</p>") >= 0.97


@pytest.mark.parametrize(
    "other",
    [
        "",
        "<p>Thanks!</p>",
        BODY.replace("30 days", "14 days"),
        BODY.replace("lamp", "hose"),
        "<p>Hello</p>",
    ],
)
def test_another_text_is_not_ours(other: str) -> None:
    """Adopting a stranger's post would lose our own."""
    assert similar(BODY, other) < 0.97


@pytest.mark.parametrize(
    "text", [BODY * 50_000, "<a " * 1_600_000, "<style " * 700_000, "<!--" * 1_200_000]
)
def test_five_megabytes_take_seconds_at_most(text: str) -> None:
    """A hostile body must not stop the worker."""
    started = time.process_time()
    fingerprint(text[:5_000_000])

    assert time.process_time() - started < 5


def test_normal_is_words_alone() -> None:
    """Case, marks and markup carry nothing here."""
    assert "hello world 5" == normal("<b>HELLO</b>,&nbsp;<i>world</i> (5)!")
