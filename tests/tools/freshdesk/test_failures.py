"""Each way a helpdesk says no becomes the error that says who acts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import (
    Forbidden,
    HelpdeskError,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Uncertain,
    Unexpected,
)
from tools.freshdesk.failures import failure
from tools.message import Answer

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}
VALIDATION = (
    b'{"description":"Validation failed","errors":[{"field":"private",'
    b'"message":"Unexpected/invalid field in request","code":"invalid_field"}]}'
)


def code(name: str) -> bytes:
    """Return an error body of the second shape."""
    return b'{"code":"%s","message":"Words of somebody."}' % name.encode()


@pytest.mark.parametrize(
    ("status", "body", "read", "write"),
    [
        (400, VALIDATION, Rejected, Rejected),
        (400, b"", Rejected, Rejected),
        (400, code("ssl_required"), Unauthorized, Unauthorized),
        (401, code("invalid_credentials"), Unauthorized, Unauthorized),
        (401, b"", Unauthorized, Unauthorized),
        (403, code("access_denied"), Forbidden, Forbidden),
        (403, code("require_feature"), Forbidden, Forbidden),
        (403, code("invalid_user"), Forbidden, Forbidden),
        (403, b'{"description":"Access denied"}', Forbidden, Forbidden),
        (403, code("account_suspended"), Unauthorized, Unauthorized),
        (403, code("password_lockout"), Unauthorized, Unauthorized),
        (403, code("password_expired"), Unauthorized, Unauthorized),
        (404, b"", NotFound, NotFound),
        (405, b"", Rejected, Rejected),
        (408, b"", Unavailable, Uncertain),
        (409, VALIDATION, Rejected, Rejected),
        (413, b"", Rejected, Rejected),
        (415, b"", Rejected, Rejected),
        (429, b"", RateLimited, RateLimited),
        (500, b"", Unavailable, Uncertain),
        (500, code("internal_error"), Unavailable, Uncertain),
        (502, b"<html>", Unavailable, Uncertain),
        (503, b"", Unavailable, Uncertain),
        (599, b"", Unavailable, Uncertain),
        (200, b"<html>Please wait</html>", Unavailable, Uncertain),
        (200, b"", Unavailable, Uncertain),
        (201, b"OK", Unavailable, Uncertain),
        (301, b"", Unexpected, Uncertain),
        (302, b"", Unexpected, Uncertain),
        (100, b"", Unexpected, Uncertain),
    ],
)
def test_each_answer_becomes_its_error(
    status: int, body: bytes, read: type[HelpdeskError], write: type[HelpdeskError]
) -> None:
    """Waiting, telling the owner, ending the run and looking again are different acts."""
    answer = Answer(status, JSON, body)

    assert read is type(failure(answer, what="GET /x", write=False))
    assert write is type(failure(answer, what="POST /x", write=True))


def test_a_gateways_page_with_200_is_no_answer() -> None:
    """It looks like success; a write behind it may or may not have landed."""
    page = Answer(200, HTML, b'{"looks": "like data"}')

    assert isinstance(failure(page, what="GET /x", write=False), Unavailable)


@pytest.mark.parametrize("body", [b"{}", b"[]", b' [{"id": 1}]'])
def test_data_is_no_failure(body: bytes) -> None:
    """An empty list is an answer."""
    assert failure(Answer(200, JSON, body), what="GET /x", write=False) is None


def test_an_empty_answer_is_good_after_a_deletion() -> None:
    """204 has no body by definition."""
    assert failure(Answer(204), what="DELETE /x", write=True) is None


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"retry-after": "34.0"}, 34), ({}, 60), ({"retry-after": "x"}, 60)]
)
def test_a_429_says_how_long(headers: dict[str, str], seconds: float) -> None:
    """Its body is empty in the wild, so only the header counts."""
    found = failure(Answer(429, headers), what="GET /x", write=False)

    assert isinstance(found, RateLimited)
    assert seconds == found.retry_after


def test_messages_name_the_field_but_never_the_words() -> None:
    """Error texts echo what customers wrote and what the account is set to."""
    body = b'{"errors":[{"field":"cf_x","message":"jane@x.example is bad","code":"invalid_value"}]}'
    told = str(failure(Answer(400, {"x-request-id": "r-1"}, body), what="PUT /t/5", write=True))

    assert "cf_x: invalid_value" in told
    assert "r-1" in told
    assert "jane" not in told


@given(st.integers(100, 599), st.binary(max_size=200), st.booleans())
def test_no_answer_makes_judging_fail(status: int, body: bytes, write: bool) -> None:  # noqa: FBT001
    """Bodies come from proxies, gateways and attackers too."""
    told = failure(Answer(status, JSON, body), what="GET /x", write=write)

    assert told is None or isinstance(told, HelpdeskError)
