"""Freshdesk's objects in the words every provider shares. Pure.

Source: https://developers.freshdesk.com/api/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tools.freshdesk.wire import (
    SentAgent,
    SentArticle,
    SentAttachment,
    SentCompany,
    SentContact,
    SentConversation,
    SentField,
    SentTicket,
    one,
)
from tools.model import (
    AgentIdentity,
    Article,
    ArticleId,
    Attachment,
    Author,
    Choice,
    Company,
    CompanyId,
    Contact,
    Conversation,
    ConversationId,
    FieldKind,
    Kind,
    PersonId,
    Stage,
    Ticket,
    TicketField,
    TicketId,
)

_STAGES = {"2": Stage.OPEN, "3": Stage.PENDING, "4": Stage.RESOLVED, "5": Stage.CLOSED}
_STATUSES = {"2": "Open", "3": "Pending", "4": "Resolved", "5": "Closed"}
_SOURCES = {
    "1": "Email",
    "2": "Portal",
    "3": "Phone",
    "7": "Chat",
    "9": "Feedback Widget",
    "10": "Outbound Email",
}
OUTBOUND = "10"
CHAT = "7"
_SURVEY, _FORWARD, _NOTE, _REPLY = "6", "8", "2", "0"
_SURVEY_CATEGORY, _FORWARDED_REPLY_CATEGORY = "7", "6"
_PUBLISHED, _FOR_ALL = 2, 1
_AI_WORDS = ("ai agent", "freddy", "email ai", "ai assist")

_KINDS = {
    "custom_text": FieldKind.TEXT,
    "custom_paragraph": FieldKind.PARAGRAPH,
    "custom_checkbox": FieldKind.CHECKBOX,
    "custom_number": FieldKind.NUMBER,
    "custom_decimal": FieldKind.DECIMAL,
    "custom_dropdown": FieldKind.DROPDOWN,
    "custom_date": FieldKind.DATE,
    "nested_field": FieldKind.NESTED,
    "default_subject": FieldKind.TEXT,
    "default_description": FieldKind.PARAGRAPH,
    "default_ticket_type": FieldKind.DROPDOWN,
    "default_status": FieldKind.DROPDOWN,
    "default_priority": FieldKind.DROPDOWN,
    "default_source": FieldKind.DROPDOWN,
    "default_group": FieldKind.DROPDOWN,
    "default_agent": FieldKind.DROPDOWN,
    "default_product": FieldKind.DROPDOWN,
    "default_company": FieldKind.DROPDOWN,
}


@dataclass(frozen=True, slots=True)
class Labels:
    """What the account calls its statuses and sources, by number."""

    statuses: Mapping[str, str] = field(default_factory=lambda: dict(_STATUSES))
    sources: Mapping[str, str] = field(default_factory=lambda: dict(_SOURCES))


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is who on one ticket; None where we have not read it."""

    me: PersonId
    requester: PersonId | None = None
    responder: PersonId | None = None


def labels(fields: Sequence[TicketField]) -> Labels:
    """Return the account's own labels, from its field definitions."""
    named = {f.name: {c.value: c.label for c in f.choices} for f in fields if not f.custom}
    return Labels({**_STATUSES, **named.get("status", {})}, {**_SOURCES, **named.get("source", {})})


def ticket(sent: SentTicket, names: Labels, told_at: datetime | None = None) -> Ticket:
    """Return a ticket as it was at that time of the helpdesk's."""
    status = names.statuses.get(sent.status, sent.status)
    return Ticket(
        id=TicketId(sent.id),
        subject=sent.subject,
        description_html=sent.description,
        stage=_STAGES.get(sent.status, Stage.OTHER),
        status=status,
        status_id=sent.status,
        source=names.sources.get(sent.source, sent.source),
        source_id=sent.source,
        requester_id=_person(sent.requester_id),
        created_at=sent.created,
        updated_at=sent.updated,
        responder_id=_person(sent.responder_id),
        group_id=sent.group_id,
        company_id=CompanyId(sent.company_id) if sent.company_id else None,
        type=sent.type,
        priority=sent.priority,
        tags=sent.tags,
        spam=sent.spam,
        deleted=sent.deleted,
        held_by_ai=_held_by_ai(sent.status, status),
        outbound=sent.source == OUTBOUND,
        support_email=sent.support_email,
        to_emails=sent.to_emails,
        cc_emails=sent.cc_emails,
        attachments=attachments(sent.attachments),
        custom=dict(sent.custom_fields),
        told_at=told_at,
    )


def _held_by_ai(status_id: str, status: str) -> bool:
    """Whether the helpdesk's own AI agent has it: it sets a status of its own, named after it.

    Source: https://crmsupport.freshworks.com/support/solutions/articles/50000011711
    """
    words = status.casefold()
    return status_id not in _STAGES and any(word in words for word in _AI_WORDS)


def conversation(sent: SentConversation, parties: Parties) -> Conversation:
    """Return one reply or note."""
    kind = _kind(sent)
    return Conversation(
        id=ConversationId(sent.id),
        author=_author(sent, kind, parties),
        author_id=_person(sent.user_id),
        kind=kind,
        incoming=sent.incoming,
        private=sent.private,
        body_html=sent.body,
        created_at=sent.created,
        updated_at=sent.updated,
        source=sent.source,
        auto_response=sent.auto_response,
        from_email=sent.from_email,
        to_emails=sent.to_emails,
        attachments=attachments(sent.attachments),
    )


def _kind(sent: SentConversation) -> Kind:
    if sent.source == _SURVEY or sent.category == _SURVEY_CATEGORY:
        return Kind.SURVEY
    if sent.source == _FORWARD or sent.category == _FORWARDED_REPLY_CATEGORY:
        return Kind.FORWARD
    return {_REPLY: Kind.REPLY, _NOTE: Kind.NOTE}.get(sent.source, Kind.OTHER)


def _author(sent: SentConversation, kind: Kind, parties: Parties) -> Author:
    """Say who wrote it, in the order of what is surest.

    `incoming` alone is not believed: migrated histories have it flattened to false, and a note
    can be given it by anybody, so it is compared with who the requester and the agent are.
    """
    user = sent.user_id
    if sent.automation_id is not None:
        return Author.RULE
    if user is not None and user == parties.me:
        return Author.RESPONDER
    if sent.private:
        return Author.UNKNOWN if user is None else Author.AGENT
    if user is not None and user == parties.responder and user != parties.requester:
        return Author.AGENT
    if sent.incoming or (user is not None and user == parties.requester):
        return Author.CUSTOMER
    return Author.UNKNOWN if user is None or kind is Kind.SURVEY else Author.AGENT


def attachments(raw: Sequence[Mapping[str, object]]) -> tuple[Attachment, ...]:
    """Return what is known of files; one without an id is left out."""
    found = [one(SentAttachment, each, what="attachment") for each in raw if each.get("id")]
    return tuple(
        Attachment(
            id=each.id,
            name=each.name,
            content_type=each.content_type,
            size=each.size if each.size is not None else each.file_size,
            url=each.attachment_url,
        )
        for each in found
    )


def contact(sent: SentContact) -> Contact:
    """Return who asks."""
    return Contact(
        id=PersonId(sent.id),
        name=sent.name,
        email=sent.email,
        language=sent.language,
        phone=sent.phone or sent.mobile,
        company_id=CompanyId(sent.company_id) if sent.company_id else None,
    )


def company(sent: SentCompany) -> Company:
    """Return whom they belong to."""
    return Company(CompanyId(sent.id), sent.name)


def identity(sent: SentAgent) -> AgentIdentity:
    """Return whose key it is."""
    name, email = sent.contact.get("name"), sent.contact.get("email")
    return AgentIdentity(PersonId(sent.id), str(name or ""), str(email or ""))


def article(sent: SentArticle, *, url: str, visibility: int | None, language: str) -> Article:
    """Return a help-centre page; it may be quoted when published in a folder open to all."""
    seen_by = sent.folder_visibility if sent.folder_visibility is not None else visibility
    return Article(
        id=ArticleId(sent.id),
        title=sent.title,
        html=sent.description,
        url=url,
        language=language or sent.language,
        quotable=sent.status == _PUBLISHED and seen_by == _FOR_ALL,
        updated_at=sent.updated_at,
        tags=sent.tags,
    )


def ticket_field(sent: SentField) -> TicketField:
    """Return a field's definition."""
    below = sorted(
        sent.nested_ticket_fields or sent.dependent_fields, key=lambda each: str(each.get("level"))
    )
    return TicketField(
        id=sent.id,
        name=sent.name,
        label=sent.label or sent.name,
        kind=_KINDS.get(sent.type, FieldKind.OTHER),
        custom=not (sent.default or sent.type.startswith("default_")),
        choices=_choices(sent.type, sent.choices),
        levels=tuple(str(each.get("name") or "") for each in below),
        level_labels=tuple(str(each.get("label") or "") for each in below),
        required_for_closure=sent.required_for_closure,
    )


def _choices(kind: str, raw: object) -> tuple[Choice, ...]:
    """Read choices in all their shapes.

    Lists of text; objects with `value` and `choices`; text to what opens below it, three deep;
    for statuses a number to its labels; for priorities, sources, groups and agents a label to
    its number.
    """
    if isinstance(raw, list):
        found = [_listed(each) for each in raw]
        return tuple(choice for choice in found if choice is not None)
    if not isinstance(raw, dict):
        return ()
    if kind == "default_status":
        return tuple(Choice(str(number), _first(names)) for number, names in raw.items())
    if all(isinstance(number, int | str) for number in raw.values()) and raw:
        return tuple(Choice(str(number), str(label)) for label, number in raw.items())
    return tuple(Choice(str(each), str(each), _choices(kind, under)) for each, under in raw.items())


def _listed(raw: object) -> Choice | None:
    if isinstance(raw, dict):
        value = str(raw.get("value") or raw.get("label") or "")
        key = str(raw.get("id")) if "value" not in raw and "id" in raw else value
        return Choice(key, str(raw.get("label") or value), _choices("", raw.get("choices")))
    if isinstance(raw, list):
        return Choice(str(raw[0]), str(raw[0])) if raw else None
    return None if raw in (None, "") else Choice(str(raw), str(raw))


def _first(names: object) -> str:
    return str(names[0]) if isinstance(names, list) and names else str(names)


def _person(raw: str | None) -> PersonId | None:
    return PersonId(raw) if raw else None
