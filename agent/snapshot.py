"""Read a ticket once, with everything a run needs, for the fewest credits."""

from collections.abc import Mapping
from datetime import datetime

from agent import calls
from agent.model import RunLimits, Snapshot, Turn
from agent.text.language import detect
from tools.errors import BudgetExhausted, Forbidden, NotFound
from tools.fields import Privacy, hydrate, lost_secrets
from tools.html import LARGEST, newest_words
from tools.model import (
    AccountId,
    AgentIdentity,
    Author,
    Contact,
    Conversation,
    ConversationId,
    FieldValue,
    Kind,
    Stage,
    Thread,
    Ticket,
    TicketId,
    TicketView,
)
from tools.provider import Helpdesk

_HEAD, _TAIL = 15_000, 5_000
"""Characters of a message that are read, from its beginning and from its end: six pages or so."""
_RENAMED = (
    "custom fields that the policy does not name: it calls {} secret, which the account does not"
    " have any more; see which field that is now, and correct the policy"
)
SPARED = "contact and company: not read, to spare the account's calls"


async def read(
    desk: Helpdesk,
    account: AccountId,
    ticket_id: TicketId,
    *,
    now: datetime,
    privacy: Mapping[str, Privacy] | None = None,
    limits: RunLimits | None = None,
) -> Snapshot:
    """Return all that a run needs of a ticket, and the turn to answer.

    Two credits once people, fields and our own identity are in the cache. What the plan calls
    optional is left out, and said to be, where the pool or the run's own limit is short.

    Args:
        desk: opened to read.
        account: our name for it.
        ticket_id: which ticket.
        now: UTC, kept as `read_at`.
        privacy: who may see a custom field, by API name or label.
        limits: the run's own, in credits.

    Raises:
        NotFound: the ticket was deleted.
    """
    bound = limits or RunLimits()
    missing: list[str] = []
    view = await _view(desk, ticket_id, bound, missing)
    thread = await desk.thread(ticket_id, most_calls=calls.thread_calls(bound))
    me = await desk.me()
    fields = await _fields(desk, view.ticket, privacy, missing)
    spare = calls.affords(calls.GROUP, bound)
    group = await _group(desk, view.ticket, missing) if spare else None
    if view.contact is None and SPARED not in missing:
        missing.append("who asks: the requester is no contact we may read")
    if thread.omitted:
        missing.append(f"{thread.omitted} conversations in the middle of a long thread")
    turn = turn_of(account, view.ticket, thread, me, view.contact)
    missing += _unread(view.ticket, thread, turn)
    return Snapshot(
        account=account,
        ticket=view.ticket,
        thread=thread,
        contact=view.contact,
        company=view.company,
        fields=fields,
        me=me,
        turn=turn,
        read_at=now,
        group=group,
        missing=tuple(missing),
        closed_at=await _closed_at(desk, view.ticket, turn),
    )


def turn_of(
    account: AccountId,
    ticket: Ticket,
    thread: Thread,
    me: AgentIdentity,
    contact: Contact | None = None,
) -> Turn | None:
    """Return the customer's newest word, or None where no customer has said anything."""
    said = newest_from_customer(ticket, thread, me)
    if said is not None:
        return _turn(account, ticket, said, contact)
    if ticket.outbound or opened_by_agent(ticket, thread, me):
        return None
    text, cut = _words_of(ticket.description_html)
    return Turn(
        key=f"{account}|{ticket.id}|#description",
        account=account,
        ticket_id=ticket.id,
        conversation_id=None,
        author_id=ticket.requester_id,
        text=text,
        language=_language(text or ticket.subject, ticket, contact),
        at=ticket.created_at,
        cut=cut,
    )


def newest_from_customer(ticket: Ticket, thread: Thread, me: AgentIdentity) -> Conversation | None:
    """Return the newest conversation that is truly a customer's."""
    said = (one for one in thread.conversations if is_from_customer(one, ticket, me))
    return max(said, key=_place, default=None)


def is_from_customer(one: Conversation, ticket: Ticket, me: AgentIdentity) -> bool:
    """Return whether a customer said it in public, in words of their own.

    Imported histories lose the incoming flag, so the requester's own id counts as well; a
    rule can set the flag on a note, so an agent's or our own never does.

    Source: https://developers.freshdesk.com/api/#conversations
    """
    if one.private or one.kind in {Kind.SURVEY, Kind.FORWARD} or is_ours(one, me):
        return False
    if one.author in {Author.AGENT, Author.RULE}:
        return False
    if one.author is Author.CUSTOMER or one.incoming:
        return True
    return one.author_id is not None and one.author_id == ticket.requester_id


def is_ours(one: Conversation, me: AgentIdentity) -> bool:
    """Return whether our own key wrote it."""
    return one.author is Author.RESPONDER or one.author_id == me.id


def is_a_persons(one: Conversation, ticket: Ticket, me: AgentIdentity) -> bool:
    """Return whether a person of the helpdesk wrote it; nobody named counts as a person."""
    if is_ours(one, me) or one.author is Author.RULE or is_from_customer(one, ticket, me):
        return False
    return one.kind is not Kind.SURVEY and not one.incoming


def opened_by_agent(ticket: Ticket, thread: Thread, me: AgentIdentity) -> bool:
    """Return whether an agent, or we ourselves, stand as the requester."""
    if ticket.requester_id is None:
        return False
    agents = {one.author_id for one in thread.conversations if one.author is Author.AGENT}
    return ticket.requester_id == me.id or ticket.requester_id in agents


def _turn(account: AccountId, ticket: Ticket, said: Conversation, contact: Contact | None) -> Turn:
    text, cut = _words_of(said.body_html)
    return Turn(
        key=f"{account}|{ticket.id}|{said.id}",
        account=account,
        ticket_id=ticket.id,
        conversation_id=ConversationId(said.id),
        author_id=said.author_id,
        text=text,
        language=_language(text, ticket, contact),
        at=said.created_at,
        auto_response=said.auto_response,
        cut=cut,
    )


def _words_of(html: str) -> tuple[str, int]:
    """Return a message's words, and about how many characters of a very long one were not read."""
    text, beyond = newest_words(html), max(0, len(html) - LARGEST)
    if len(text) <= _HEAD + _TAIL:
        return text, beyond
    shown = f"{text[:_HEAD]}\n[…]\n{text[-_TAIL:]}"
    return shown, beyond + len(text) - _HEAD - _TAIL


def _unread(ticket: Ticket, thread: Thread, turn: Turn | None) -> list[str]:
    """Return what was not read of the turn itself, in words for the agents."""
    if turn is None:
        return []
    said = (one for one in thread.conversations if one.id == turn.conversation_id)
    one = next(said, None)
    files = len((one or ticket).attachments)
    told = [f"about {turn.cut} characters of a very long message"] if turn.cut else []
    return [*told, f"the content of attached files ({files})"] if files else told


def _language(text: str, ticket: Ticket, contact: Contact | None) -> str:
    """Return the text's language, or the first message's or contact's where it is short."""
    told = detect(text) or detect(f"{ticket.subject}\n{newest_words(ticket.description_html)}")
    return told or ((contact.language or "")[:2].lower() if contact else "")


def _place(one: Conversation) -> tuple[datetime, int, str]:
    return one.created_at, int(one.id) if one.id.isdecimal() else 0, one.id


async def _view(
    desk: Helpdesk, ticket_id: TicketId, limits: RunLimits, missing: list[str]
) -> TicketView:
    """Return the ticket with its people, or alone where calls are short."""
    if calls.affords(calls.PEOPLE, limits):
        try:
            return await desk.ticket_with_people(ticket_id)
        except BudgetExhausted:
            pass
    missing.append(SPARED)
    return TicketView(await desk.ticket(ticket_id))


async def _closed_at(desk: Helpdesk, ticket: Ticket, turn: Turn | None) -> datetime | None:
    """Return when a closed ticket was closed, asked only where it can be in doubt: two credits.

    A first message is always older than the closing.
    """
    answered = turn is None or turn.conversation_id is None
    if answered or ticket.stage not in {Stage.CLOSED, Stage.RESOLVED}:
        return None
    try:
        return await desk.closed_at(ticket.id)
    except (Forbidden, NotFound, BudgetExhausted):
        return None


async def _fields(
    desk: Helpdesk,
    ticket: Ticket,
    privacy: Mapping[str, Privacy] | None,
    missing: list[str],
) -> tuple[FieldValue, ...]:
    try:
        known = await desk.fields()
        if lost := lost_secrets(known, privacy or {}):
            missing.append(_RENAMED.format(", ".join(repr(one) for one in lost)))
        return hydrate(known, ticket.custom, privacy=privacy)
    except (Forbidden, NotFound):
        missing.append("custom fields: our key may not read their labels")
    except BudgetExhausted:
        missing.append("custom fields: not read, to spare the account's calls")
    return ()


async def _group(desk: Helpdesk, ticket: Ticket, missing: list[str]) -> str | None:
    if ticket.group_id is None:
        return None
    try:
        name = (await desk.groups()).get(ticket.group_id)
    except (Forbidden, NotFound):
        name = None
    except BudgetExhausted:
        missing.append("the group's name: not read, to spare the account's calls")
        return None
    if name is None:
        missing.append("the group's name: our key may not read groups")
    return name
