"""The domain in words every provider shares: plain data, nothing that acts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

AccountId = NewType("AccountId", str)
"""Our name for one customer's helpdesk, as in the webhook's address."""
TicketId = NewType("TicketId", str)
"""A ticket's id as the helpdesk spells it: opaque text."""
ConversationId = NewType("ConversationId", str)
"""One reply or note: opaque text."""
PersonId = NewType("PersonId", str)
"""A contact's or an agent's id: opaque text; the helpdesk keeps them apart."""
CompanyId = NewType("CompanyId", str)
"""A company's id: opaque text."""
ArticleId = NewType("ArticleId", str)
"""A help-centre page's id: opaque text."""


class Stage(StrEnum):
    """Where a ticket stands, whatever the account calls it."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    OTHER = "other"
    """A status the account made up; only its label says what it means."""


class Author(StrEnum):
    """Who wrote a conversation, as far as the helpdesk lets us know."""

    CUSTOMER = "customer"
    AGENT = "agent"
    RESPONDER = "responder"
    """Written with our own key."""
    RULE = "rule"
    """An automation of the helpdesk."""
    UNKNOWN = "unknown"
    """Nobody named; counts as a person when it was not incoming."""


class Kind(StrEnum):
    """What sort of conversation it is."""

    REPLY = "reply"
    NOTE = "note"
    FORWARD = "forward"
    SURVEY = "survey"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside a message: what is known of it, never its bytes.

    Attributes:
        size: bytes, or None where the helpdesk does not say.
        url: pre-signed and short-lived; never sent our credential.
    """

    id: str
    name: str
    content_type: str
    size: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One reply or note on a ticket.

    Attributes:
        author_id: None where the helpdesk names nobody.
        body_html: as the helpdesk gave it, untrusted.
        auto_response: the helpdesk itself marked it as automatic mail.
        created_at, updated_at: UTC.
    """

    id: ConversationId
    author: Author
    author_id: PersonId | None
    kind: Kind
    incoming: bool
    private: bool
    body_html: str
    created_at: datetime
    updated_at: datetime
    source: str = ""
    auto_response: bool = False
    from_email: str | None = None
    to_emails: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def from_customer(self) -> bool:
        """Whether a customer said it, in public, in words of their own."""
        return self.author is Author.CUSTOMER and not self.private and self.kind is not Kind.SURVEY


@dataclass(frozen=True, slots=True)
class Thread:
    """A ticket's conversations, oldest first.

    Attributes:
        seen: how many conversations the helpdesk holds, as far as we read.
        omitted: how many of those in the middle were left unread to spare calls.
    """

    conversations: tuple[Conversation, ...] = ()
    seen: int = 0
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Company:
    """Whom a contact belongs to."""

    id: CompanyId
    name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Who asks."""

    id: PersonId
    name: str
    email: str | None
    language: str | None = None
    phone: str | None = None
    company_id: CompanyId | None = None


class FieldKind(StrEnum):
    """What sort of value a ticket field holds."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    DECIMAL = "decimal"
    CHECKBOX = "checkbox"
    DATE = "date"
    DROPDOWN = "dropdown"
    NESTED = "nested"
    OTHER = "other"
    """A kind we do not know: its values stay opaque text."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value, and below it the values it opens up."""

    value: str
    label: str
    below: tuple["Choice", ...] = ()


@dataclass(frozen=True, slots=True)
class TicketField:
    """A field's definition.

    Attributes:
        name: what the API calls it; never derived from the label.
        label: what people call it.
        levels: API names of a nested field's second and third level.
        custom: made by the account, so found under `custom_fields`.
    """

    id: str
    name: str
    label: str
    kind: FieldKind
    custom: bool
    choices: tuple[Choice, ...] = ()
    levels: tuple[str, ...] = ()
    level_labels: tuple[str, ...] = ()
    required_for_closure: bool = False


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One custom field of one ticket, by label and typed.

    Attributes:
        value: ISO date text for dates, joined levels (`A / B / C`) for nested fields.
        listed: it is a choice that its field has, or the field has none to choose from.
    """

    name: str
    label: str
    kind: FieldKind
    value: str | int | float | bool
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Ticket:
    """A customer's request.

    Attributes:
        description_html: the first message; it is not among the conversations. Untrusted.
        status: the account's own label, such as "Waiting on Customer".
        source: the account's own label, such as "Email".
        custom: raw values under their API names; `tools.fields.hydrate` gives them labels.
        held_by_ai: the helpdesk's own AI agent has the ticket.
        outbound: an agent opened it by writing to the customer.
        told_at: the helpdesk's own time when it told us, in whole seconds; None where it did not
            say. Its other moments are by the same clock, which may be far from ours.
    """

    id: TicketId
    subject: str
    description_html: str
    stage: Stage
    status: str
    status_id: str
    source: str
    source_id: str
    requester_id: PersonId | None
    created_at: datetime
    updated_at: datetime
    responder_id: PersonId | None = None
    group_id: str | None = None
    company_id: CompanyId | None = None
    type: str | None = None
    priority: int | None = None
    tags: tuple[str, ...] = ()
    spam: bool = False
    deleted: bool = False
    held_by_ai: bool = False
    outbound: bool = False
    support_email: str | None = None
    to_emails: tuple[str, ...] = ()
    cc_emails: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    custom: dict[str, object] = field(default_factory=dict[str, object])
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket with the people who came along in the same call; None where they did not."""

    ticket: Ticket
    contact: Contact | None = None
    company: Company | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A help-centre page.

    Attributes:
        html: as written by the account's people; untrusted markup all the same.
        language: two-letter code, or "" where the helpdesk does not say.
        quotable: published and visible to everybody, so a customer may be told of it.
    """

    id: ArticleId
    title: str
    html: str
    url: str
    language: str
    quotable: bool
    updated_at: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer that the account's people keep ready, and that all of them may use.

    Attributes:
        html: as they wrote it; its placeholders are not filled in.
        files: attached to it.
    """

    id: str
    title: str
    html: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """Whose key we hold: the author of everything we post."""

    id: PersonId
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Posted:
    """Proof of a write: what the helpdesk calls it, and since when (UTC)."""

    id: ConversationId
    created_at: datetime
