"""One conversation with the sandbox in which our client makes every call it can make.

Recorded, it pins the requests that we send; played, it shows a request that has changed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import yaml

from evals.recorder import playing, recording
from evals.tape import OF_SANDBOX, RECORDED_AT
from tools.clock import StoppedClock
from tools.egress import Origin
from tools.errors import NotFound, Rejected
from tools.freshdesk import FRESHDESK
from tools.freshdesk.client import FreshdeskClient, open_freshdesk
from tools.freshdesk.query import where
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Shelf
from tools.freshdesk.sandbox.serve import serving
from tools.http import Wires
from tools.ledger import MemoryLedger
from tools.message import Part
from tools.model import AccountId, ArticleId, CompanyId, PersonId, TicketId
from tools.paging import Days
from tools.provider import Grant, Lane, Right, share

CASSETTES = Path(__file__).parent / "cassettes" / "helpdesk"
MEND = "deskhand evals record --sandbox"
START = datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC)
_SEED = Path(__file__).parent / "traffic.yaml"
_KEY = "sandbox-key"
_ANYTHING = Grant(frozenset(Right), frozenset({"status", "tags", "cf_order", "priority"}))
_FILE = Part("attachments[]", "receipt.txt", b"One kettle, 20 EUR", "text/plain")
_LEAKS, _REFUND, _GONE, _CHAT = map(TicketId, ("1", "2", "3", "4"))
_ASKER, _COMPANY = PersonId("73000000401"), CompanyId("73000000301")


def furnished() -> Desk:
    """Return the desk of the conversation, the same each time."""
    document = yaml.safe_load(_SEED.read_text("utf-8"))
    desk = loader.load(document, clock=VirtualClock(START), rng=_chance())
    folder = desk.folders[73000000611]
    inner = Shelf(73000000613, "Lids", folder.created_at, folder.updated_at, None)
    inner.category_id, inner.parent_folder_id = folder.category_id, folder.id
    desk.folders[inner.id] = inner
    people.survey(desk, desk.tickets[2], 103, "Quick.")
    return desk


async def converse(desk: FreshdeskClient) -> None:
    """Make every call that the client can make, each the way the responder makes it."""
    await desk.probe()
    await _read_tickets(desk)
    await _read_people(desk)
    await _read_pages(desk)
    await _read_office(desk)
    await _write(desk)


async def _read_tickets(desk: FreshdeskClient) -> None:
    await desk.ticket_with_people(_LEAKS)
    await desk.closed_at(_REFUND)
    await desk.thread(_LEAKS)
    await desk.thread_after(_LEAKS, 3)
    for missing in (_GONE, TicketId("404")):
        try:
            await desk.ticket(missing)
        except NotFound:
            continue
    await desk.tickets_of(_ASKER, most=5)
    async for _ in desk.changes(START - timedelta(days=90)):
        pass
    asked = where("status", 2) & where("cf_order", "K-1")
    async for _ in desk.office.search(asked, days=Days(date(2026, 2, 1), date(2026, 3, 2))):
        pass


async def _read_people(desk: FreshdeskClient) -> None:
    await desk.contact(_ASKER)
    await desk.company(_COMPANY)
    await desk.groups()


async def _read_pages(desk: FreshdeskClient) -> None:
    await desk.search_articles("descale a kettle")
    async for _ in desk.articles():
        pass
    await desk.article(ArticleId("73000000701"))
    await desk.article(ArticleId("73000000703"))


async def _read_office(desk: FreshdeskClient) -> None:
    await desk.canned_responses()
    await desk.office.business_hours()
    await desk.office.mailboxes()
    await desk.office.settings()
    await desk.office.ratings(since=START - timedelta(days=30))
    await desk.office.ratings_of(_REFUND)


async def _write(desk: FreshdeskClient) -> None:
    await desk.ticket(_CHAT)
    await desk.note(_LEAKS, "<p>For the agents.</p>")
    await desk.note(_LEAKS, "<p>For everybody.</p>", private=False)
    await desk.reply(_LEAKS, "<p>It is the seal.</p>")
    await desk.reply(_CHAT, "<p>Hello.</p>")
    await desk.office.note_with_files(_LEAKS, "<p>The receipt.</p>", (_FILE,))
    await desk.office.reply_with_files(_LEAKS, "<p>Your receipt.</p>", (_FILE,))
    await desk.update(_LEAKS, {"status": 3, "tags": ["seal"], "cf_order": "K-2"})
    try:
        await desk.update(_LEAKS, {"priority": 9})
    except Rejected:
        await desk.fields()
    await desk.office.create(
        {"subject": "By us", "description": "<p>Please look.</p>", "email": "max@blau.example",
         "status": 2, "priority": 1}
    )  # fmt: skip


async def record(folder: Path = CASSETTES) -> int:
    """Hold it with a sandbox on the loopback and keep it; return how many requests that took.

    The same code records the same bytes.

    Args:
        folder: whose cassettes are replaced.
    """
    app = create_app(furnished(), api_key=_KEY, plan="enterprise", role="admin")
    async with serving(app) as url, _client(FRESHDESK.address(url)) as desk:
        with recording(folder, of=OF_SANDBOX, mend=MEND):
            await converse(desk)
        return desk.calls


async def play(folder: Path = CASSETTES) -> int:
    """Hold it with the cassettes alone; return the credits that it took.

    Raises:
        Changed: a request is none of those recorded, or one of them was not made.
    """
    async with _client(FRESHDESK.address(RECORDED_AT)) as desk:
        with playing(folder, mend=MEND):
            await converse(desk)
        return desk.credits


@asynccontextmanager
async def _client(origin: Origin) -> AsyncIterator[FreshdeskClient]:
    wires = Wires()
    clock = StoppedClock(START)
    shared = share(wires.to(origin), MemoryLedger(), clock, rng=_chance())
    try:
        yield open_freshdesk(
            origin,
            _KEY,
            account=AccountId("kettle"),
            shared=shared,
            lane=Lane.LIVE,
            grant=_ANYTHING,
        )
    finally:
        await wires.aclose()


def _chance() -> Random:
    return Random(7)  # noqa: S311 -- the same draw each time is the point
