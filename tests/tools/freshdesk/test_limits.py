"""What calls cost and what headers say, in every spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.freshdesk.limits import (
    PLANS,
    FreshdeskRules,
    allowance,
    heard,
    need,
    plan,
    price,
    retry_after,
)
from tools.message import Request
from tools.provider import Right

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("method", "path", "query", "cost"),
    [
        ("GET", "/api/v2/tickets/5", {}, ("", 1)),
        ("GET", "/api/v2/tickets/5", {"include": "requester,company"}, ("", 3)),
        ("GET", "/api/v2/tickets", {}, ("ticket_list", 1)),
        ("GET", "/api/v2/tickets", {"include": "stats"}, ("ticket_list", 3)),
        ("POST", "/api/v2/tickets", {}, ("ticket_create", 1)),
        ("PUT", "/api/v2/tickets/5", {}, ("ticket_update", 1)),
        ("GET", "/api/v2/contacts", {}, ("contact_list", 1)),
        ("GET", "/api/v2/contacts/5", {}, ("", 1)),
        ("POST", "/api/v2/tickets/5/reply", {}, ("", 1)),
        ("GET", "/api/v2/tickets/5/conversations", {}, ("", 1)),
        ("GET", "/api/v2/search/tickets", {}, ("", 1)),
    ],
)
def test_the_cost_of_a_call_is_known_beforehand(
    method: str, path: str, query: dict[str, str], cost: tuple[str, int]
) -> None:
    """Only what is known before sending can be held back."""
    assert cost == price(method, path, query)


@pytest.mark.parametrize(
    ("text", "value"), [("50", 50), ("50.0", 50), (" 49.9 ", 49), ("1e2", 100)]
)
def test_decimal_headers_are_floored(text: str, value: int) -> None:
    """A trial account answers `50.0`; a bare integer conversion crashes on it."""
    assert value == heard({"X-RateLimit-Remaining": text}).remaining


@pytest.mark.parametrize(
    "text", ["", "-1", "NaN", "inf", "1e400", "many", "12;34", "\x00", "9" * 9]
)
def test_rubbish_headers_say_nothing(text: str) -> None:
    """A proxy's nonsense must neither stop us nor set us free."""
    assert heard({"x-ratelimit-total": text, "x-ratelimit-remaining": text}).allowance is None
    assert heard({"x-ratelimit-used-currentrequest": text}).used is None


@given(st.dictionaries(st.sampled_from(["X-Ratelimit-Total", "retry-after"]), st.text()))
def test_no_header_makes_reading_fail(headers: dict[str, str]) -> None:
    """Headers come from the network."""
    heard(headers)
    assert 0 <= retry_after(headers, now=NOW) <= 86_400


@pytest.mark.parametrize(
    ("total", "name", "lists"),
    [
        (50, "trial", 5),
        (200, "growth", 20),
        (400, "pro", 100),
        (700, "enterprise", 200),
        (1000, "bought-1000", 300),
        (2000, "bought-2000", 400),
        (500, "", 100),
        (20, "", 2),
    ],
)
def test_the_plan_is_inferred_from_the_total(total: int, name: str, lists: int) -> None:
    """No header tells the sub-limits; an unknown total takes those of the plan below."""
    found = allowance(total)

    assert (name, lists) == (found.plan, found.classes["ticket_list"])


def test_accounts_counted_by_the_hour_are_known() -> None:
    """Older accounts have thousands of calls an hour, and say so in Retry-After."""
    assert 3600 == allowance(3000).window
    assert 3600 == allowance(1000, hold=2000).window
    assert (
        3600
        == (
            heard({"x-ratelimit-total": "1000", "retry-after": "1800"}).allowance or PLANS[0]
        ).window
    )


def test_a_free_plan_has_no_calls() -> None:
    """The API is off there; pretending otherwise only collects refusals."""
    assert 0 == allowance(0).total


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 60),
        ("34", 34),
        ("34.0", 34),
        ("0", 0),
        ("-5", 60),
        ("rubbish", 60),
        ("", 60),
        ("nan", 60),
        ("3600", 3600),
        ("99999999", 86_400),
        ("Mon, 21 Sep 2026 12:53:50 GMT", 60),
    ],
)
def test_a_429_is_obeyed_whatever_it_says(value: str | None, seconds: float) -> None:
    """Missing, negative and rubbish values mean a minute: the length of a window."""
    headers = {} if value is None else {"Retry-After": value}

    assert seconds == retry_after(headers, now=1_790_000_000.0)


def test_a_date_to_wait_for_is_understood() -> None:
    """HTTP allows a date; a proxy in between may write one."""
    headers = {"retry-after": "Tue, 22 Sep 2026 13:34:10 GMT"}

    assert 1_790_084_050 - 1_790_084_000 == retry_after(headers, now=1_790_084_000.0)


def test_plans_can_be_stated() -> None:
    """An owner who knows better than the smallest plan may say so."""
    assert 700 == plan("Enterprise").total
    assert 700 == FreshdeskRules(plan("enterprise")).assume.total
    with pytest.raises(ValueError, match="growth"):
        plan("gold")


def _post(path: str, **body: object) -> Request:
    return Request("POST", path, json=body)


@pytest.mark.parametrize(
    ("request_", "right"),
    [
        (Request("GET", "/api/v2/tickets/5"), Right.READ),
        (Request("GET", "/api/v2/search/solutions"), Right.READ),
        (Request("GET", "/elsewhere"), None),
        (Request("GET", "/api/v2/../admin"), None),
        (_post("/api/v2/tickets/5/notes", body="x", private=True), Right.NOTE),
        (_post("/api/v2/tickets/5/notes", body="x"), Right.NOTE),
        (_post("/api/v2/tickets/5/notes", body="x", private=False), Right.REPLY),
        (_post("/api/v2/tickets/5/notes", body="x", private="false"), Right.REPLY),
        (_post("/api/v2/tickets/5/reply", body="x"), Right.REPLY),
        (_post("/api/v2/tickets/5/forward", body="x"), None),
        (_post("/api/v2/tickets", subject="x"), Right.CREATE),
        (_post("/api/v2/tickets/bulk_update"), None),
        (Request("PUT", "/api/v2/tickets/5", json={"status": 4}), Right.UPDATE),
        (Request("PUT", "/api/v2/contacts/5", json={}), None),
        (Request("DELETE", "/api/v2/tickets/5"), None),
        (Request("DELETE", "/api/v2/conversations/5"), None),
    ],
)
def test_every_call_needs_a_right_and_unknown_ones_need_more_than_anyone_has(
    request_: Request, right: Right | None
) -> None:
    """The key has no scopes, so the product has; a note the customer sees counts as a reply."""
    assert right == need(request_).right


def test_an_update_names_every_key_it_changes() -> None:
    """A grant for one custom field is not a grant for the status."""
    body = {"status": 4, "custom_fields": {"cf_a": 1, "b": 2}}

    assert {"status", "cf_a", "b"} == need(Request("PUT", "/api/v2/tickets/5", json=body)).fields
