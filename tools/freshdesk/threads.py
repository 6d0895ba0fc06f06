"""Reading a ticket's conversations for few credits, however many there are."""

from collections.abc import Mapping
from datetime import datetime

from tools.errors import Unexpected
from tools.freshdesk.line import Line
from tools.freshdesk.mapping import Parties, conversation
from tools.freshdesk.wire import SentConversation, many
from tools.model import Conversation, Thread
from tools.paging import Found, next_probe

_PER_PAGE = 100
_WHOLE = 4
"""Pages up to which a thread is read whole."""
_FEW = 50
"""A last page with fewer than this is read together with the one before it."""


class Threads:
    """The conversations of one account's tickets.

    `include=conversations` is never used: it returns the oldest ten without saying so.
    Source: https://developers.freshdesk.com/api/#list_all_ticket_notes
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    async def whole(
        self,
        ticket_id: str,
        parties: Parties,
        *,
        most_calls: int,
        tail: int | None,
        ends: datetime | None = None,
    ) -> Thread:
        """Return oldest and newest pages; all of them where they are few. One credit per page.

        Args:
            ticket_id: whose.
            parties: who is who on it.
            most_calls: pages read at most.
            tail: where the last page was when we last looked, or None.
            ends: when the ticket last changed, or None.

        Raises:
            Unexpected: the end was not found within `most_calls`.
        """
        pages: dict[int, list[Conversation]] = {}
        found: list[Found] = []
        guess = [1, tail] if tail and tail > 1 else [1]
        while (number := guess.pop(0) if guess else next_probe(found, ends=ends)) is not None:
            if len(found) >= most_calls:
                raise Unexpected(f"ticket {ticket_id}: no end of it within {most_calls} pages")
            seen = await self._page(ticket_id, number, parties, pages)
            found.append(seen)
            if number == 1 and not seen.more:
                break
        last = max((page for page, said in pages.items() if said), default=1)
        few = range(1, last) if last <= _WHOLE else range(last - 1, last)
        wanted = [number for number in few if number not in pages]
        if last > _WHOLE and len(pages.get(last, [])) >= _FEW:
            wanted = []
        for number in wanted[: most_calls - len(found)]:
            await self._page(ticket_id, number, parties, pages)
        return _assembled(pages, last)

    async def after(self, ticket_id: str, seen: int, parties: Parties) -> Thread:
        """Return the page that holds position `seen` and what follows. Usually one credit."""
        first = max(0, seen - 1) // _PER_PAGE + 1
        pages: dict[int, list[Conversation]] = {}
        number = first
        while (await self._page(ticket_id, number, parties, pages)).more:
            number += 1
        return _assembled(pages, number)

    async def _page(
        self,
        ticket_id: str,
        number: int,
        parties: Parties,
        pages: dict[int, list[Conversation]],
    ) -> Found:
        path = f"/tickets/{ticket_id}/conversations"
        page = await self._line.page(path, {"page": number, "per_page": _PER_PAGE})
        sent = many(SentConversation, page.value, what=f"GET {path}")
        pages[number] = [conversation(each, parties) for each in sent]
        at = [each.created_at for each in pages[number]]
        return Found(number, len(sent), page.more, min(at, default=None), max(at, default=None))


def _assembled(pages: Mapping[int, list[Conversation]], last: int) -> Thread:
    said = [each for number in sorted(pages) for each in pages[number]]
    unique = {each.id: each for each in said}
    seen = (last - 1) * _PER_PAGE + len(pages.get(last, []))
    ordered = tuple(sorted(unique.values(), key=lambda each: (each.created_at, _number(each.id))))
    return Thread(ordered, seen=seen, omitted=max(0, seen - len(said)))


def _number(raw: str) -> int:
    return int(raw) if raw.isdecimal() else 0


def last_page(thread: Thread) -> int:
    """Return the number of the page that holds the end of a thread."""
    return max(1, -(-thread.seen // _PER_PAGE))
