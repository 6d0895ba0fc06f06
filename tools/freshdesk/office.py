"""The calls beside the main path: creating, searching, files, and what an administrator sees."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tools.errors import Forbidden, NotFound, Rejected, Unavailable, Unexpected
from tools.freshdesk.line import Line, Page, checked
from tools.freshdesk.mapping import Labels, ticket
from tools.freshdesk.query import PAGES, PER_PAGE, Query, rendered, within
from tools.freshdesk.wire import (
    M,
    Sent,
    SentCannedFolder,
    SentHours,
    SentMailbox,
    SentRating,
    SentResponse,
    SentTicket,
    many,
    parse,
)
from tools.message import Fault, Part, Refused
from tools.model import Attachment, Canned, ConversationId, Posted, Ticket, TicketId
from tools.paging import Days
from tools.provider import Shared

FILE_HOSTS = frozenset(
    {
        "cdn.freshdesk.com",
        "s3.amazonaws.com",
        "freshdeskusercontent.com",
        "freshdeskusercontent-euc.com",
        "freshdeskusercontent-in.com",
        "freshdeskusercontent-aus.com",
    }
)
"""Where files live: https://developers.freshdesk.com/api/#attachments and recorded answers."""
_MOST_BYTES = 20 * 1024 * 1024
_OK = 200
_FOR_ALL = 0
"""Of a ready answer; 1 is personal, 2 some groups."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer thought of an answer.

    Attributes:
        ratings: question to value, such as 103 (best) or -103 (worst).
    """

    id: str
    ticket_id: TicketId | None
    ratings: Mapping[str, object]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """When people work.

    Attributes:
        time_zone: a Rails name such as "Eastern Time (US & Canada)".
        days: weekday to start and end as the helpdesk writes them; an absent day is closed.
    """

    id: str
    name: str
    time_zone: str
    days: Mapping[str, object]
    is_default: bool


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A support address, valid as the sender of a reply."""

    id: str
    name: str
    address: str
    group_id: str | None


class Office:
    """The rest of an account. Admin-only calls raise Forbidden once and are then not paid for."""

    def __init__(
        self, line: Line, *, shared: Shared, labels: Callable[[], Awaitable[Labels]]
    ) -> None:
        self._line = line
        self._sender = shared.sender
        self._cache = shared.cache
        self._labels = labels

    async def create(self, values: Mapping[str, object], *, files: tuple[Part, ...] = ()) -> Ticket:
        """Open a ticket. One credit, and one of the create limit.

        Raises:
            Uncertain: it may have landed.

        Source: https://developers.freshdesk.com/api/#create_ticket
        """
        sent = await self._line.write(SentTicket, "POST", "/tickets", values, files=files)
        return ticket(sent, await self._labels())

    async def note_with_files(
        self, ticket_id: TicketId, html: str, files: tuple[Part, ...]
    ) -> Posted:
        """Write a private note with files, 20 MB for the ticket in all. One credit.

        Source: https://developers.freshdesk.com/api/#create_note_with_attachment
        """
        _check_size(files)
        body = {"body": html, "private": True}
        path = f"/tickets/{checked(ticket_id)}/notes"
        sent = await self._line.write(Sent, "POST", path, body, files=files)
        return Posted(ConversationId(sent.id), sent.created)

    async def reply_with_files(
        self, ticket_id: TicketId, html: str, files: tuple[Part, ...]
    ) -> Posted:
        """Write to the customer with files, 20 MB for the ticket in all. One credit.

        Source: https://developers.freshdesk.com/api/#reply_ticket
        """
        _check_size(files)
        path = f"/tickets/{checked(ticket_id)}/reply"
        sent = await self._line.write(Sent, "POST", path, {"body": html}, files=files)
        return Posted(ConversationId(sent.id), sent.created)

    async def fetch(self, file: Attachment, *, most: int = _MOST_BYTES) -> bytes:
        """Return a file's bytes, from a listed host, without our credential. No credit.

        Its address is signed and expires, so it is fetched soon after the ticket was read.

        Raises:
            Rejected: its host is not on the list, or it is larger than `most` bytes.
            NotFound: storage does not have it any more.
            Unavailable: storage could not be reached.
        """
        if file.size is not None and file.size > most:
            raise Rejected(f"file {file.id} has {file.size} bytes; {most} are the most")
        try:
            answer = await self._sender.fetch(file.url, hosts=FILE_HOSTS, most=most)
        except Refused as fault:
            raise Rejected(f"file {file.id}: {fault}") from fault
        except Fault as fault:
            raise Unavailable(f"file {file.id}: {fault}", retry_after=5.0) from fault
        if answer.status != _OK:
            raise NotFound(f"file {file.id}: storage answered {answer.status}; it may have expired")
        return answer.body

    async def search(self, query: Query, *, days: Days) -> AsyncIterator[Ticket]:
        """Yield tickets created on those days that the search finds. One credit per thirty.

        A search shows 300 tickets at most, so a range with more is halved until it fits; a
        single day with more cannot be. The index lags by minutes: never ask it what was done
        just now.

        Raises:
            Unexpected: one day holds more than can be shown.
            BadQuery: the helpdesk would refuse the query.

        Source: https://developers.freshdesk.com/api/#filter_tickets
        """
        text = rendered(query & within("created_at", days))
        first = await self._found(text, 1)
        if first.total > PAGES * PER_PAGE:
            halves = days.halves()
            if halves is None:
                raise Unexpected(f"{days.first} holds {first.total} tickets; a search shows 300")
            for half in halves:
                async for each in self.search(query, days=half):
                    yield each
            return
        for each in first.tickets:
            yield each
        pages = -(-first.total // PER_PAGE)
        for number in range(2, pages + 1):
            for each in (await self._found(text, number)).tickets:
                yield each

    async def canned_responses(self) -> tuple[Canned, ...]:
        """Return the ready answers that every agent may use. Admin only.

        One credit for the folders and one per hundred answers of each; personal and empty ones
        cost nothing. A personal answer, or one of some groups alone, is not everybody's to send.

        Source: https://developers.freshdesk.com/api/#canned-responses
        """
        path = "/canned_response_folders"
        found: list[Canned] = []
        for folder in await self._optional("canned_responses", SentCannedFolder, path):
            if folder.personal or folder.responses_count == 0:
                continue
            ready = await self._line.every(SentResponse, f"{path}/{checked(folder.id)}/responses")
            found += [
                Canned(one.id, one.title, one.content_html or one.content, len(one.attachments))
                for one in ready
                if one.visibility == _FOR_ALL
            ]
        return tuple(found)

    async def ratings(self, *, since: datetime) -> tuple[Rating, ...]:
        """Return satisfaction ratings since then. One credit per hundred; a feature of some plans.

        Source: https://developers.freshdesk.com/api/#satisfaction-ratings
        """
        path = "/surveys/satisfaction_ratings"
        moment = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        sent: list[SentRating] = []
        for number in range(1, 51):
            query: dict[str, str | int] = {"created_since": moment, "page": number}
            page = await self._guarded("ratings", path, {**query, "per_page": 100})
            sent += many(SentRating, page.value, what=f"GET {path}")
            if not page.more:
                break
        return tuple(_rating(each) for each in sent)

    async def ratings_of(self, ticket_id: TicketId) -> tuple[Rating, ...]:
        """Return one ticket's ratings. One credit."""
        path = f"/tickets/{checked(ticket_id)}/satisfaction_ratings"
        page = await self._guarded("ratings", path, {})
        return tuple(_rating(each) for each in many(SentRating, page.value, what=f"GET {path}"))

    async def business_hours(self) -> tuple[Hours, ...]:
        """Return when people work. One credit. Admin only.

        Source: https://developers.freshdesk.com/api/#business-hours
        """
        return tuple(
            Hours(e.id, e.name, e.time_zone, e.working_hours or e.business_hours, e.is_default)
            for e in await self._optional("business_hours", SentHours, "/business_hours")
        )

    async def mailboxes(self) -> tuple[Mailbox, ...]:
        """Return the support addresses. One credit. Admin only.

        Source: https://developers.freshdesk.com/api/#email-configs
        """
        return tuple(
            Mailbox(e.id, e.name, e.reply_email or e.to_email or "", e.group_id)
            for e in await self._optional("email_configs", SentMailbox, "/email_configs")
        )

    async def settings(self) -> Mapping[str, object]:
        """Return the helpdesk's settings, languages among them. One credit.

        Source: https://developers.freshdesk.com/api/#settings
        """
        page = await self._guarded("settings", "/settings/helpdesk", {})
        return {str(k): v for k, v in page.value.items()} if isinstance(page.value, dict) else {}

    async def _optional(self, name: str, model: type[M], path: str) -> list[M]:
        self._known(name)
        try:
            return await self._line.every(model, path)
        except Forbidden:
            self._cache.forbid(name)
            raise

    async def _guarded(self, name: str, path: str, query: Mapping[str, str | int]) -> Page:
        self._known(name)
        try:
            return await self._line.page(path, query)
        except Forbidden:
            self._cache.forbid(name)
            raise

    def _known(self, name: str) -> None:
        if name in self._cache.missing:
            raise Forbidden(f"{name}: this key was refused it before; not asked again today")

    async def _found(self, text: str, number: int) -> "_Found":
        answer = await self._line.get("/search/tickets", {"query": text, "page": number})
        told = parse(answer.body, what="GET /search/tickets")
        if not isinstance(told, dict) or not isinstance(told.get("total"), int):
            raise Unexpected("GET /search/tickets: no total came")
        names = await self._labels()
        sent = many(SentTicket, told.get("results"), what="GET /search/tickets")
        return _Found(int(told["total"]), tuple(ticket(each, names) for each in sent))


@dataclass(frozen=True, slots=True)
class _Found:
    total: int
    tickets: tuple[Ticket, ...]


def _rating(sent: SentRating) -> Rating:
    about = TicketId(sent.ticket_id) if sent.ticket_id else None
    return Rating(sent.id, about, sent.ratings, sent.created)


def _check_size(files: tuple[Part, ...]) -> None:
    size = sum(len(part.content) for part in files)
    if size > _MOST_BYTES:
        raise Rejected(f"the files have {size} bytes; {_MOST_BYTES} are the most for a ticket")
