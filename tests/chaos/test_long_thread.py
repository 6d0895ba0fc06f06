"""R11: a thread of ten thousand conversations, a message of 5 MB, two hundred files.

A draft is made from what could be read within few calls; what was not read is said, and it keeps
the answer from going out by itself: a person's word may stand in it.
"""

from collections.abc import Callable
from typing import Any, cast

import pytest

from agent.context import build
from server.store import runs
from server.store.inbox import State
from tests.chaos.house import ASKED
from tests.chaos.theatre import ACCOUNT, Theatre
from tests.server.weighing import weighing
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.records import Attachment
from tools.model import Thread, TicketId
from tools.provider import Helpdesk, Lane

MANY = 10_000
CONTEXT = 12
"""Calls for everything that is read before a draft, with nothing remembered from before."""
MOST = 150_000_000
"""Bytes that a run may take at its worst, the helpdesk in this process included."""
LONG = "<p>" + "All that I ever saw of it. " * 200_000 + "</p>"
"""Five megabytes."""
PACES: dict[str, Callable[[int], float]] = {
    "even": lambda _: 60.0,
    "a loop at its end": lambda n: 3600.0 if n < MANY // 2 else 5.0,
    "all at once": lambda _: 0.0,
}


def _long_thread(theatre: Theatre, pace: str) -> int:
    ticket = theatre.write("<p>It began long ago.</p>")
    for number in range(MANY - 1):
        theatre.clock.advance(PACES[pace](number))
        people.customer_reply(theatre.desk, theatre.desk.tickets[ticket], f"<p>Word {number}</p>")
    people.customer_reply(theatre.desk, theatre.desk.tickets[ticket], ASKED[0])
    return ticket


def _before_the_draft(theatre: Theatre) -> int:
    """Return the calls for context: up to the look before the write, at the ticket again."""
    paths = [path for _, _, path, _ in theatre.wire.calls]
    views = [place for place, path in enumerate(paths) if path.endswith(f"/tickets/{1}")]
    return views[1] if len(views) > 1 else len(paths)


async def _worked(theatre: Theatre, ticket: int) -> str:
    """Work, within bounded memory; return the note."""
    theatre.deliver(ticket)
    with weighing() as weight:
        await theatre.work()
    assert weight.more < MOST, f"{weight.more} bytes"
    assert [State.DONE] == [one.state for one in theatre.deliveries()]
    assert [] == theatre.said(ticket)
    (note,) = theatre.said(ticket, "note")
    return note


@pytest.mark.parametrize("pace", PACES)
async def test_ten_thousand_conversations_leave_a_draft_and_what_was_not_read(
    theatre: Theatre, pace: str
) -> None:
    """A thread that nobody could read to its end must still get an answer to its newest word."""
    ticket = _long_thread(theatre, pace)

    note = await _worked(theatre, ticket)

    assert "Proposed reply" in note
    assert "conversations in the middle of a long thread" in note
    assert "a person may have joined in them" in note
    assert _before_the_draft(theatre) <= CONTEXT


class Whole:
    """A helpdesk that reads every page of a thread: the mutant without a bound."""

    def __init__(self, inner: Helpdesk) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the conversations, all of them."""
        del most_calls
        return await self._inner.thread_after(ticket_id, 0)


async def test_without_the_search_for_the_end_a_long_thread_drains_the_pool(
    theatre: Theatre,
) -> None:
    """A hundred calls for one ticket is what the search spares."""

    def whole(_: Lane, desk: Helpdesk) -> Helpdesk:
        return cast("Helpdesk", Whole(desk))

    theatre.house.opening = whole
    ticket = _long_thread(theatre, "even")
    theatre.deliver(ticket)
    await theatre.work()

    assert _before_the_draft(theatre) > 8 * CONTEXT


@pytest.mark.parametrize("first", [True, False], ids=["first message", "reply"])
async def test_a_message_of_five_megabytes_is_drafted_for_and_the_rest_of_it_is_named(
    theatre: Theatre, *, first: bool
) -> None:
    """A pasted log must not stop the answer; but what nobody read may change it."""
    ticket = theatre.write(ASKED[0] + LONG if first else "<p>It began long ago.</p>")
    if not first:
        theatre.clock.advance(60)
        people.customer_reply(theatre.desk, theatre.desk.tickets[ticket], ASKED[0] + LONG)

    note = await _worked(theatre, ticket)

    assert "Proposed reply" in note
    assert "characters of a very long message" in note
    assert "characters of the message were not read" in note


async def test_two_hundred_files_are_counted_and_those_without_a_name_are_told(
    theatre: Theatre,
) -> None:
    """Nobody opens files; the agents must not think that somebody did."""
    ticket = theatre.write()
    theatre.desk.tickets[ticket].attachments = [_file(theatre, n) for n in range(200)]
    theatre.deliver(ticket)
    await theatre.work()

    (reply,) = theatre.said(ticket)
    kept = theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]
    shot = kept.result.snapshot
    assert shot is not None
    seen = build(shot)
    assert "return" in reply
    assert "the content of attached files (200)" in shot.missing
    assert any("of 200 files" in told for told in seen.missing)
    assert seen.tokens < 8_000


def _file(theatre: Theatre, number: int) -> Attachment:
    name = f"a-screenshot-with-quite-a-long-name-{number}.png"
    return Attachment(9000 + number, name, "image/png", 10_000, theatre.clock.now())
