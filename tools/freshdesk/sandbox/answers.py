"""What the API says back: an answer, and the refusals in Freshdesk's own body shapes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from tools.freshdesk.sandbox.records import Json

Body = Json | list[Json] | list[str] | list[int] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON body (None: empty) and extra headers.

    Attributes:
        credits: what the call costs beyond one.
    """

    status: int
    body: Body = None
    headers: dict[str, str] = field(default_factory=dict)
    extra_credits: int = 0


class Refused(Exception):  # it is a whole answer, raised where the fault is found
    """The call is refused; `answer` says how."""

    def __init__(self, answer: Answer) -> None:
        """Carry the answer to the edge of the app."""
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of a shape-A body: the field, what is wrong, the vendor's code."""

    field: str
    message: str
    code: str
    additional_info: Json | None = None

    def as_json(self) -> Json:
        """Return the entry as it is printed."""
        printed: Json = {"field": self.field, "message": self.message, "code": self.code}
        if self.additional_info is not None:
            printed["additional_info"] = self.additional_info
        return printed


def ok(body: Body) -> Answer:
    """Answer 200 with a body."""
    return Answer(HTTPStatus.OK, body)


def created(body: Json, location: str) -> Answer:
    """Answer 201 and say where the new object is, as a path under the API."""
    return Answer(HTTPStatus.CREATED, body, {"Location": location})


def gone() -> Answer:
    """Answer 204: done, nothing to say."""
    return Answer(HTTPStatus.NO_CONTENT)


def validation(faults: Iterable[Fault], *, status: int = HTTPStatus.BAD_REQUEST) -> Refused:
    """Refuse in shape A. Source: https://developers.freshdesk.com/api/#error."""
    errors = [fault.as_json() for fault in faults]
    return Refused(Answer(status, {"description": "Validation failed", "errors": errors}))


def invalid_field(name: str) -> Fault:
    """Say that the key is unknown, or not allowed here."""
    return Fault(name, "Unexpected/invalid field in request", "invalid_field")


def invalid_value(name: str, message: str) -> Fault:
    """Say that the value is not one of those possible."""
    return Fault(name, message, "invalid_value")


def one_of(name: str, choices: Iterable[object]) -> Fault:
    """Say which values are possible, in the vendor's wording."""
    return invalid_value(
        name, f"It should be one of these values: '{','.join(str(choice) for choice in choices)}'"
    )


def missing(name: str) -> Fault:
    """Say that a mandatory key is absent."""
    return Fault(name, "Mandatory attribute missing", "missing_field")


def absent(name: str, what: str) -> Fault:
    """Say that the thing an id points at does not exist."""
    return invalid_value(name, f"There is no {what} matching the given {name}")


def duplicate(name: str, *, user_id: int | None = None) -> Refused:
    """Refuse a taken unique value: 409 in shape A."""
    info = None if user_id is None else {"user_id": user_id}
    fault = Fault(name, "It should be a unique value", "duplicate_value", info)
    return validation([fault], status=HTTPStatus.CONFLICT)


def coded(status: int, code: str, message: str) -> Refused:
    """Refuse in shape B: a code and a message."""
    return Refused(Answer(status, {"code": code, "message": message}))


def unauthorized() -> Refused:
    """Refuse a missing or wrong key."""
    return coded(
        HTTPStatus.UNAUTHORIZED,
        "invalid_credentials",
        "You have to be logged in to perform this action.",
    )


def denied() -> Refused:
    """Refuse what the key's role or scope does not cover."""
    return coded(
        HTTPStatus.FORBIDDEN, "access_denied", "You are not authorized to perform this action."
    )


def suspended() -> Refused:
    """Refuse because the account is suspended."""
    return coded(HTTPStatus.FORBIDDEN, "account_suspended", "Your account has been suspended.")


def unfeatured(feature: str) -> Refused:
    """Refuse because the plan lacks the feature."""
    message = f"The {feature} feature is not supported in your plan. Please upgrade your account."
    return coded(HTTPStatus.FORBIDDEN, "require_feature", message)


def not_found() -> Refused:
    """Refuse with 404 and, like the service, no body at all."""
    return Refused(Answer(HTTPStatus.NOT_FOUND))


def wrong_verb(allowed: Iterable[str]) -> Refused:
    """Refuse the method with 405, an empty body and the methods that are allowed."""
    return Refused(Answer(HTTPStatus.METHOD_NOT_ALLOWED, None, {"Allow": ", ".join(allowed)}))
