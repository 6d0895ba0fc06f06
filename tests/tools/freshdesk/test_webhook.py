"""A webhook is only a hint, so whatever names a ticket is good enough."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.freshdesk.webhook import read_hook, rule_text
from tools.provider import Hook, Unreadable

JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "application/xml"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param('{"ticket_id": "123"}', JSON, id="text"),
        pytest.param('{"ticket_id": 123}', JSON, id="number"),
        pytest.param('{"ticket_id": 123.0}', JSON, id="decimal"),
        pytest.param('{"ticket_id": "#123"}', JSON, id="hash"),
        pytest.param('{"ticket_id": " 00123 "}', JSON, id="padded"),
        pytest.param('{"freshdesk_webhook": {"ticket_id": 123, "x": null}}', JSON, id="simple"),
        pytest.param('{"ticket": {"id": 123, "subject": "x"}}', JSON, id="nested"),
        pytest.param('[{"ticket_id": 123}]', JSON, id="in a list"),
        pytest.param('{"ticket_id": 9, "ticket_id": 123}', JSON, id="twice"),
        pytest.param('{"ticket_id": 123, "x": NaN}', JSON, id="NaN"),
        pytest.param('{"ticket_id": 123, "subject": "He said "no" and"}', JSON, id="broken quotes"),
        pytest.param('{"subject": "line\nbreak", "ticket_id": "123"}', JSON, id="raw newline"),
        pytest.param('{"ticket_id": 123, "triggered_event": {x:{from:4}}', JSON, id="unclosed"),
        pytest.param('{"id": 123}', JSON, id="bare id"),
        pytest.param('{"ticket_url": "https://a.example/a/tickets/123"}', JSON, id="address"),
        pytest.param('\ufeff{"ticket_id": 123}', JSON, id="byte order mark"),
        pytest.param("ticket_id=123&ticket_subject=x", FORM, id="form"),
        pytest.param("freshdesk_webhook%5Bticket_id%5D=123", FORM, id="nested form"),
        pytest.param("ticket_id=123", JSON, id="form called JSON"),
        pytest.param(
            "<freshdesk-webhook><ticket-id>123</ticket-id></freshdesk-webhook>", XML, id="x"
        ),
        pytest.param("<ticket_id type='integer'>123</ticket_id>", XML, id="typed xml"),
        pytest.param("<ticket_id><![CDATA[123]]></ticket_id>", XML, id="cdata"),
        pytest.param("Ticket ID: 123", "text/plain", id="prose"),
        pytest.param("see https://acme.freshdesk.com/a/tickets/123 now", "text/plain", id="link"),
    ],
)
def test_the_ticket_is_found_in_whatever_the_admin_typed(body: str, kind: str) -> None:
    """The payload is a template somebody edits; a retry of the same body would mend nothing."""
    assert "123" == read_hook(body.encode(), kind).ticket_id


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        ("{ticket_action:created}", "ticket_action:created"),
        ("{note_type:private}", "note_type:private"),
        ("{status:{from:4,to:6}}", "status:from:4,to:6"),
        ("", ""),
    ],
)
def test_the_event_is_read_though_it_is_no_json(sent: str, event: str) -> None:
    """The vendor sends braces without quotes inside a JSON text."""
    body = json.dumps({"ticket_id": "5", "triggered_event": sent}).encode()

    assert Hook(read_hook(body, JSON).ticket_id, event) == read_hook(body, JSON)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b'{"ticket_id": null}',
        b'{"ticket_id": true}',
        b'{"ticket_id": "abc"}',
        b'{"ticket_id": -4}',
        b'{"ticket_id": 0}',
        b'{"ticket_id": {"a": "b"}}',
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\x00\xfe" * 1000,
        b'{"ticket_id": "' + b"9" * 5000 + b'"}',
        b"x" * (1024 * 1024 + 1),
    ],
    ids=lambda body: repr(body[:18]),
)
def test_a_body_that_names_no_ticket_is_unreadable(body: bytes) -> None:
    """It is kept and acknowledged, so it must be told from a good one without crashing."""
    with pytest.raises(Unreadable):
        read_hook(body, JSON)


def test_bytes_that_are_not_utf8_still_name_their_ticket() -> None:
    """A subject in an old encoding must not cost the delivery."""
    assert "7" == read_hook(b'{"ticket_id": "7", "subject": "caf\xe9"}', JSON).ticket_id
    assert "7" == read_hook('{"ticket_id": "7"}'.encode("utf-16"), JSON).ticket_id


@given(st.binary(max_size=400), st.sampled_from([JSON, FORM, XML, ""]))
def test_no_body_does_worse_than_unreadable(body: bytes, kind: str) -> None:
    """The intake knows one error only."""
    try:
        hook = read_hook(body, kind)
    except Unreadable:
        return

    assert hook.ticket_id.isdigit()


@given(st.text(max_size=60), st.integers(1, 10**12))
def test_a_customers_words_never_hide_the_id(subject: str, number: int) -> None:
    """Placeholders are filled in unescaped, so any subject may stand beside the id."""
    body = f'{{"ticket_id": "{number}", "subject": "{subject}"}}'

    assert str(number) == read_hook(body.encode("utf-8", "replace"), JSON).ticket_id


def test_the_rule_names_everything_to_paste() -> None:
    """An administrator follows it without knowing us."""
    text = rule_text("https://d.example/hooks/acme", header="X-Deskhand-Secret", secret="s3")

    assert "https://d.example/hooks/acme" in text
    assert "X-Deskhand-Secret: s3" in text
    assert '"ticket_id": "{{ticket.id}}"' in text
