"""Status, headers and body of an answer to one of our errors. Pure.

Source: https://developers.freshdesk.com/api/#error
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic_core import from_json

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
from tools.freshdesk.limits import retry_after
from tools.message import Answer

_STOPPED = {
    "account_suspended": "the helpdesk's account is suspended; its owner must settle that",
    "password_lockout": "the key's agent is locked out; reset its password",
    "password_expired": "the password of the key's agent has expired; set a new one",
    "invalid_credentials": "the API key is wrong or was reset; enter the agent's present key",
    "ssl_required": "the helpdesk was asked without TLS; write the domain without http://",
}
_FORBIDDEN = {
    "access_denied": "the key's role or ticket scope does not cover it",
    "require_feature": "the account's plan does not have it",
    "invalid_user": "a key cannot write in another agent's name",
}
_FIRST_WAIT = 5.0
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says, without its values: those can hold customers' words.

    Attributes:
        code: such as "access_denied", or "".
        fields: pairs of field and code, for a refused request.
    """

    code: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def complaint(body: bytes) -> Complaint:
    """Read an error body in any of the three shapes; anything else says nothing."""
    try:
        told = from_json(body) if body else None
    except ValueError:
        return Complaint()
    if not isinstance(told, dict):
        return Complaint()
    errors = told.get("errors")
    listed = errors if isinstance(errors, list) else []
    fields = tuple(
        (_word(e.get("field") or e.get("name")), _word(e.get("code")))
        for e in listed
        if isinstance(e, dict)
    )
    code = _word(told.get("code")) or _word(told.get("error_type"))
    return Complaint(code or next((c for _, c in fields if c), ""), fields)


def failure(
    answer: Answer, *, what: str, write: bool, now: float = 0.0, empty_ok: bool = False
) -> HelpdeskError | None:
    """Return the error that an answer amounts to, or None when it is a good one.

    A 403 on one ticket's view can also mean that it was deleted; only a second look tells the
    two apart, so that is the caller's, and it comes from here as Forbidden.

    Args:
        answer: what came back.
        what: method and path, for the message.
        write: whether the request may have changed something.
        now: wall time, seconds, for a Retry-After that is a date.
        empty_ok: whether an empty body is good, as after a deletion.
    """
    status = answer.status
    match status:
        case 200 | 201 | 202 | 204:
            return _unreadable(answer, what=what, write=write, empty_ok=empty_ok or status == 204)  # noqa: PLR2004
        case 401:
            return Unauthorized(f"{what}: 401, {_STOPPED['invalid_credentials']}")
        case 403:
            return _forbidden(what, complaint(answer.body))
        case 404 | 410:
            return NotFound(f"{what}: {status}, nothing is there")
        case 429:
            wait = retry_after(answer.headers, now=now)
            return RateLimited(f"{what}: 429, wait {wait:g} s", retry_after=wait)
        case 408:
            return _broken(what, "408, it took too long", write=write, headers=answer.headers)
        case _ if status >= 500:  # noqa: PLR2004
            return _broken(what, f"{status}", write=write, headers=answer.headers)
        case _ if 400 <= status < 500:  # noqa: PLR2004
            return _rejected(what, status, complaint(answer.body), answer.headers)
    return _strange(what, status, write=write)


def _unreadable(answer: Answer, *, what: str, write: bool, empty_ok: bool) -> HelpdeskError | None:
    """Tell a good answer from a gateway's page that calls itself one."""
    body = answer.body.strip()
    if not body:
        return None if empty_ok else _broken(what, "an empty answer", write=write)
    kind = answer.headers.get("content-type", "").lower()
    if "html" in kind or body[:1] not in b"{[":
        return _broken(what, "a page instead of data", write=write)
    return None


def _forbidden(what: str, said: Complaint) -> HelpdeskError:
    if said.code in _STOPPED:
        return Unauthorized(f"{what}: 403 {said.code}, {_STOPPED[said.code]}")
    why = _FORBIDDEN.get(said.code, "this key may not do it")
    return Forbidden(f"{what}: 403 {said.code or 'without a reason'}, {why}")


def _broken(
    what: str, how: str, *, write: bool, headers: Mapping[str, str] | None = None
) -> HelpdeskError:
    if write:
        return Uncertain(f"{what}: {how}; it may have landed: look for it, never send it again")
    told = (headers or {}).get("retry-after")
    wait = retry_after(headers or {}, now=0.0) if told else _FIRST_WAIT
    return Unavailable(f"{what}: {how}; the helpdesk or the way to it failed", retry_after=wait)


def _rejected(what: str, status: int, said: Complaint, headers: Mapping[str, str]) -> HelpdeskError:
    if said.code in _STOPPED:
        return Unauthorized(f"{what}: {status} {said.code}, {_STOPPED[said.code]}")
    named = ", ".join(f"{field or '?'}: {code or '?'}" for field, code in said.fields[:_MOST_TOLD])
    reason = named or said.code or _USUAL.get(status, "no reason given")
    trace = headers.get("x-request-id", "")
    return Rejected(f"{what}: {status}, {reason}" + (f" (request {trace})" if trace else ""))


_USUAL = {
    405: "the ticket is spam or deleted, so it cannot be changed",
    409: "the value is taken already",
    415: "the body is not JSON",
}


def _strange(what: str, status: int, *, write: bool) -> HelpdeskError:
    if write:
        return Uncertain(f"{what}: {status} is no answer to a write; look for it")
    if 300 <= status < 400:  # noqa: PLR2004
        return Unexpected(f"{what}: {status}, sent elsewhere; was the helpdesk's domain renamed?")
    return Unexpected(f"{what}: {status} is not an answer we know")


def _word(value: object) -> str:
    """Return a code or field name; free text is dropped, it may hold customers' words."""
    text = value if isinstance(value, str) else ""
    return text if len(text) <= 64 and text.replace("_", "").replace(".", "").isalnum() else ""  # noqa: PLR2004
