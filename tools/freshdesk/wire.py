"""Freshdesk's JSON as sent: every key but the id may be missing, null, or of another type.

Source: https://developers.freshdesk.com/api/
"""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import from_json

from tools.errors import Unexpected

M = TypeVar("M", bound="Sent")

_LONGEST_ID = 64
"""Signs; theirs have up to 18 digits. Of thousands of digits no number can be made."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _maybe_text(value: object) -> str | None:
    return _text(value) or None


def _flag(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _count(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return None


def _moment(value: object) -> datetime | None:
    """Read both spellings, `…Z` and `…+05:30`; a time without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _texts(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [] if value in (None, "") else [value]
    return tuple(text for text in map(_text, listed) if text)


def _mapping(value: object) -> dict[str, object]:
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, object]]:
    return (
        [_mapping(each) for each in value if isinstance(each, dict)]
        if isinstance(value, list)
        else []
    )


Text = Annotated[str, BeforeValidator(_text)]
MaybeText = Annotated[str | None, BeforeValidator(_maybe_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Count = Annotated[int | None, BeforeValidator(_count)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Raw = Annotated[dict[str, object], BeforeValidator(_mapping)]
Raws = Annotated[list[dict[str, object]], BeforeValidator(_objects)]


class Sent(BaseModel):
    """What every object has; unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Annotated[str, BeforeValidator(_text)]
    created_at: Moment = None
    updated_at: Moment = None

    @property
    def created(self) -> datetime:
        """When it was made, UTC; 1970 where nothing says."""
        return self.created_at or self.updated_at or _EPOCH

    @property
    def updated(self) -> datetime:
        """When it last changed, UTC."""
        return self.updated_at or self.created


class SentAttachment(Sent):
    """https://developers.freshdesk.com/api/#attachments ."""

    name: Text = ""
    content_type: Text = ""
    size: Count = None
    file_size: Count = None
    attachment_url: Text = ""


class SentTicket(Sent):
    """https://developers.freshdesk.com/api/#ticket_attributes ."""

    subject: Text = ""
    description: Text = ""
    status: Text = ""
    source: Text = ""
    priority: Count = None
    type: MaybeText = None
    requester_id: MaybeText = None
    responder_id: MaybeText = None
    group_id: MaybeText = None
    company_id: MaybeText = None
    tags: Texts = ()
    spam: Flag = False
    deleted: Flag = False
    support_email: MaybeText = None
    to_emails: Texts = ()
    cc_emails: Texts = ()
    custom_fields: Raw = {}
    attachments: Raws = []


class SentStats(BaseModel):
    """What `include=stats` adds: https://developers.freshdesk.com/api/#view_a_ticket ."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    resolved_at: Moment = None
    closed_at: Moment = None


class SentTicketStats(Sent):
    """A ticket, read for its stats alone."""

    stats: Raw = {}


class SentConversation(Sent):
    """https://developers.freshdesk.com/api/#conversation_attributes ."""

    body: Text = ""
    incoming: Flag = False
    private: Flag = False
    user_id: MaybeText = None
    source: Text = ""
    category: Text = ""
    auto_response: Flag = False
    automation_id: MaybeText = None
    from_email: MaybeText = None
    to_emails: Texts = ()
    attachments: Raws = []


class SentContact(Sent):
    """https://developers.freshdesk.com/api/#contact_attributes ."""

    name: Text = ""
    email: MaybeText = None
    language: MaybeText = None
    phone: MaybeText = None
    mobile: MaybeText = None
    company_id: MaybeText = None


class SentCompany(Sent):
    """https://developers.freshdesk.com/api/#company_attributes ."""

    name: Text = ""


class SentAgent(Sent):
    """https://developers.freshdesk.com/api/#agent_attributes ."""

    contact: Raw = {}


class SentGroup(Sent):
    """https://developers.freshdesk.com/api/#group_attributes ."""

    name: Text = ""


class SentField(Sent):
    """https://developers.freshdesk.com/api/#ticket-fields ."""

    name: Text = ""
    label: Text = ""
    type: Text = ""
    default: Flag = False
    position: Count = None
    choices: object = None
    required_for_closure: Flag = False
    nested_ticket_fields: Raws = []
    dependent_fields: Raws = []


class SentArticle(Sent):
    """https://developers.freshdesk.com/api/#solution_article_attributes ."""

    title: Text = ""
    description: Text = ""
    status: Count = None
    tags: Texts = ()
    folder_id: MaybeText = None
    folder_visibility: Count = None
    language: Text = ""
    language_id: MaybeText = None


class SentFolder(Sent):
    """https://developers.freshdesk.com/api/#solution_folder_attributes ."""

    name: Text = ""
    visibility: Count = None
    language: Text = ""
    articles_count: Count = None
    sub_folders_count: Count = None


class SentCannedFolder(Sent):
    """https://developers.freshdesk.com/api/#canned-responses ."""

    personal: Flag = False
    responses_count: Count = None


class SentResponse(Sent):
    """https://developers.freshdesk.com/api/#canned-responses ."""

    title: Text = ""
    content: Text = ""
    content_html: Text = ""
    visibility: Count = None
    attachments: Raws = []


class SentRating(Sent):
    """https://developers.freshdesk.com/api/#satisfaction-ratings ."""

    ticket_id: MaybeText = None
    ratings: Raw = {}
    feedback: Text = ""


class SentHours(Sent):
    """Business hours: the page says `business_hours`, live answers say `working_hours`.

    Source: https://developers.freshdesk.com/api/#business-hours
    """

    name: Text = ""
    time_zone: Text = ""
    is_default: Flag = False
    business_hours: Raw = {}
    working_hours: Raw = {}


class SentMailbox(Sent):
    """https://developers.freshdesk.com/api/#email-configs ."""

    name: Text = ""
    to_email: MaybeText = None
    reply_email: MaybeText = None
    group_id: MaybeText = None
    primary_role: Flag = False
    active: Flag = False


def parse(body: bytes, *, what: str) -> object:
    """Return a body as plain values.

    Raises:
        Unexpected: it is not JSON, or too deep to be honest.
    """
    try:
        return from_json(body)
    except ValueError as fault:
        raise Unexpected(f"{what}: the answer is not JSON") from fault


def one(model: type[M], value: object, *, what: str) -> M:
    """Return one object.

    Raises:
        Unexpected: it is no object, or has no id.
    """
    try:
        found = model.model_validate(value)
    except ValidationError as fault:
        raise Unexpected(f"{what}: no {model.__name__} came, {_where(fault)}") from fault
    if not 0 < len(found.id) <= _LONGEST_ID:
        raise Unexpected(f"{what}: a {model.__name__} without an id came")
    return found


def many(model: type[M], value: object, *, what: str) -> list[M]:
    """Return a list of objects.

    Raises:
        Unexpected: it is no list of such objects.
    """
    if not isinstance(value, list):
        raise Unexpected(f"{what}: a list was expected, {type(value).__name__} came")
    return [one(model, each, what=what) for each in value]


def _where(fault: ValidationError) -> str:
    """Name the keys at fault; their values stay out of messages."""
    return ", ".join(".".join(map(str, each["loc"])) or "all of it" for each in fault.errors()[:3])
