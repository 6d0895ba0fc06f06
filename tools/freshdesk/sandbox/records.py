"""What a desk holds: tickets, conversations, people and pages, as plain records."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

Json = dict[str, Any]

Kind = Literal[
    "ticket", "customer", "reply", "note", "agent_reply", "agent_note", "update", "article"
]
Via = Literal["api", "sandbox"]


class Status(IntEnum):
    """The four statuses every account has. Source: https://developers.freshdesk.com/api/#ticket_attributes."""

    OPEN = 2
    PENDING = 3
    RESOLVED = 4
    CLOSED = 5


class Source(IntEnum):
    """Where a ticket came from, as far as the sandbox cares."""

    EMAIL = 1
    PORTAL = 2
    PHONE = 3
    CHAT = 7
    OUTBOUND = 10


class Channel(IntEnum):
    """The `source` of a conversation. Source: https://developers.freshdesk.com/api/#conversations."""

    REPLY = 0
    NOTE = 2
    SURVEY = 6
    FORWARD = 8


class Category(IntEnum):
    """The undocumented `category` of a conversation, as recorded answers show it."""

    CUSTOMER = 1
    NOTE = 2
    REPLY = 3
    REPLY_TO_FORWARD = 6
    SURVEY = 7


class ArticleStatus(IntEnum):
    """Whether readers may see an article."""

    DRAFT = 1
    PUBLISHED = 2


@dataclass(slots=True)
class Attachment:
    """One file; the bytes are kept only to answer for their size."""

    id: int
    name: str
    content_type: str
    size: int
    created_at: datetime


@dataclass(slots=True)
class Ticket:
    """One customer's request, with the stats Freshdesk keeps beside it."""

    id: int
    subject: str | None
    description: str
    requester_id: int
    created_at: datetime
    updated_at: datetime
    status: int = Status.OPEN
    priority: int = 1
    source: int = Source.PORTAL
    type: str | None = None
    responder_id: int | None = None
    group_id: int | None = None
    company_id: int | None = None
    product_id: int | None = None
    email_config_id: int | None = None
    to_emails: list[str] | None = None
    cc_emails: list[str] | None = None
    fwd_emails: list[str] | None = None
    reply_cc_emails: list[str] | None = None
    support_email: str | None = None
    custom_fields: Json = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    spam: bool = False
    deleted: bool = False
    archived: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    due_by: datetime | None = None
    fr_due_by: datetime | None = None
    stats: dict[str, datetime | None] = field(default_factory=dict)
    watchers: list[int] = field(default_factory=list)
    parent_id: int | None = None
    related_ticket_ids: list[int] = field(default_factory=list)
    unique_external_id: str | None = None
    merged_into: int | None = None
    summary: Json | None = None
    practice: str | None = None
    language: str | None = None


@dataclass(slots=True)
class Conversation:
    """One reply or note on a ticket. `author` is the truth; the API may print it as null."""

    id: int
    ticket_id: int
    author: int
    body: str
    created_at: datetime
    updated_at: datetime
    incoming: bool = False
    private: bool = False
    source: int = Channel.REPLY
    category: int = Category.REPLY
    support_email: str | None = None
    from_email: str | None = None
    to_emails: list[str] | None = None
    cc_emails: list[str] | None = None
    bcc_emails: list[str] | None = None
    structured_body: Json | None = None
    attachments: list[Attachment] = field(default_factory=list)
    auto_response: bool = False
    last_edited_at: datetime | None = None
    last_edited_user_id: int | None = None


@dataclass(slots=True)
class Contact:
    """A person who asks."""

    id: int
    name: str
    email: str | None
    created_at: datetime
    updated_at: datetime
    phone: str | None = None
    mobile: str | None = None
    twitter_id: str | None = None
    facebook_id: str | None = None
    unique_external_id: str | None = None
    company_id: int | None = None
    view_all_tickets: bool = False
    other_companies: list[Json] = field(default_factory=list)
    other_emails: list[str] = field(default_factory=list)
    address: str | None = None
    description: str | None = None
    job_title: str | None = None
    language: str = "en"
    time_zone: str = "Eastern Time (US & Canada)"
    tags: list[str] = field(default_factory=list)
    custom_fields: Json = field(default_factory=dict)
    active: bool = True
    blocked: bool = False
    deleted: bool = False
    agent: bool = False


@dataclass(slots=True)
class Company:
    """Whom contacts belong to."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    note: str | None = None
    domains: list[str] = field(default_factory=list)
    health_score: str | None = None
    account_tier: str | None = None
    renewal_date: str | None = None
    industry: str | None = None
    custom_fields: Json = field(default_factory=dict)


@dataclass(slots=True)
class Agent:
    """A person who works tickets, or the seat our key belongs to."""

    id: int
    name: str
    email: str
    created_at: datetime
    updated_at: datetime
    admin: bool = False
    responder: bool = False
    signature: str | None = None
    occasional: bool = False
    available: bool = True
    ticket_scope: int = 1
    type: str = "support_agent"
    language: str = "en"
    time_zone: str = "Eastern Time (US & Canada)"
    phone: str | None = None
    mobile: str | None = None
    job_title: str | None = None
    role_ids: list[int] = field(default_factory=list)
    skill_ids: list[int] = field(default_factory=list)
    deactivated: bool = False


@dataclass(slots=True)
class Group:
    """A team of agents."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    agent_ids: list[int] = field(default_factory=list)
    escalate_to: int | None = None
    unassigned_for: str | None = None
    business_hour_id: int | None = None
    auto_ticket_assign: int = 0


@dataclass(slots=True)
class Shelf:
    """A category or a folder of the help centre; a folder has a parent category."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    category_id: int | None = None
    parent_folder_id: int | None = None
    visibility: int = 1
    translations: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Article:
    """A help-centre page."""

    id: int
    folder_id: int
    title: str
    description: str
    agent_id: int
    created_at: datetime
    updated_at: datetime
    status: int = ArticleStatus.PUBLISHED
    type: int = 1
    tags: list[str] = field(default_factory=list)
    seo_data: Json = field(default_factory=dict)
    hits: int = 0
    thumbs_up: int = 0
    thumbs_down: int = 0
    translations: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class TimeEntry:
    """Time somebody spent on a ticket, in seconds."""

    id: int
    ticket_id: int
    agent_id: int
    created_at: datetime
    updated_at: datetime
    seconds: int = 0
    billable: bool = True
    note: str | None = None
    timer_running: bool = False
    start_time: datetime | None = None
    executed_at: datetime | None = None


@dataclass(slots=True)
class Rating:
    """A customer's answer to a survey."""

    id: int
    survey_id: int
    ticket_id: int
    user_id: int
    agent_id: int | None
    group_id: int | None
    value: int
    feedback: str | None
    created_at: datetime
    updated_at: datetime
    ratings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the truth log: what the desk did, whoever asked and whatever they were told."""

    at: datetime
    kind: Kind
    id: int
    ticket_id: int | None
    user_id: int | None
    private: bool
    incoming: bool
    body: str
    via: Via


@dataclass(frozen=True, slots=True)
class Event:
    """Something automation rules listen to."""

    name: Literal["created", "customer_reply"]
    ticket_id: int
    at: datetime
