"""What must hold on the wire and on one company's desk, judged at every call: I3, I4, I5, I6, I8.

The truth is the desk's own log, and the wire between us and it; our tables are only asked for the
intent that must be there before a write.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from sqlalchemy import text

from agent.model import Intent, Write
from server.store import runs, switches
from server.store.db import Connection, Database
from tests.chaos.house import House
from tests.chaos.tenancy import acting
from tools.budget import SHARES
from tools.freshdesk.sandbox.records import LogEntry
from tools.message import Answer, Request
from tools.model import TicketId

WINDOW = 60.0


@dataclass(frozen=True)
class Look:
    """When a ticket was last looked at, and how long the desk's log was then."""

    at: datetime
    seen: int


@dataclass(frozen=True)
class Fields:
    """What somebody has filled in on a ticket, when we last viewed it."""

    filled: Mapping[str, object]
    tags: tuple[str, ...]


class Watch:
    """Watches one company.

    Attributes:
        intended: the newest intent of each ticket, as it was made, committed or not.
        public: public replies that are really on the desk, by the turn they answer.
        updates: how often we set fields of a ticket, as the desk's log tells.
        slack: seconds within which two things count as one moment; 0 where one thing happens at
            a time.
        paced: whether I6 is judged: only where a second is a second for every call.
    """

    def __init__(
        self,
        house: House,
        database: Database,
        others: Iterable[str],
        wrong: Callable[[str], None],
        *,
        slack: float = 0.0,
        paced: bool = True,
    ) -> None:
        self.house, self._database = house, database
        self._paced = paced
        self._others, self._wrong = tuple(others), wrong
        self.slack = slack
        self.intended: dict[TicketId, Intent] = {}
        self.public: dict[str, int] = {}
        self.replies: list[LogEntry] = []
        self.updates = 0
        self._looks: dict[int, Look] = {}
        self._views: dict[int, Fields] = {}
        self._heard = len(house.desk.log)
        self._posting: dict[int, str] = {}
        self._late: dict[int, list[str]] = {}
        self._spent: deque[tuple[float, int]] = deque()
        self._held_until = self._held_before = 0.0

    @property
    def _now(self) -> datetime:
        return self.house.desk.clock.now()

    def looks_again(self, request: Request) -> bool:
        """Whether a call views a ticket that was viewed before, as the fence does."""
        number = ticket_of(request)
        return number in self._looks and request.path.endswith(f"/tickets/{number}")

    def unheard(self) -> None:
        """The process died on the newest answer: nobody can know what a 429 in it said."""
        self._held_until = self._held_before

    def forget_pace(self) -> None:
        """Judge the pace anew: our clock was set, and what it said before counts no more."""
        self._spent.clear()
        self._held_until = 0.0

    def before(self, request: Request) -> None:
        """Judge a call that is about to leave."""
        ours, now = self.house.id, self._now.timestamp()
        if acting.get() not in {"", ours}:
            self._wrong(f"I7: for {acting.get()}, a call to {ours}: {_told(request)}")
        if any(name in str(request.json) for name in self._others):
            self._wrong(f"I7: {_told(request)} carries something of another account to {ours}")
        if self._paced and now < self._held_until:
            left = self._held_until - now
            self._wrong(f"I6: {_told(request)} on {ours}, {left:.1f} s before it may be called")
        number = ticket_of(request)
        if number is not None and request.writes:
            self._check_write(number, request)

    def after(self, request: Request, answer: Answer) -> None:
        """Judge an answer, and what the call did to the desk."""
        now = self._now.timestamp()
        refused = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        if not refused:
            self._spend(request, now)
        elif self._paced and "x-ratelimit-total" in answer.headers:
            self._wrong(f"I6: {_told(request)}: {self.house.id} refused it, as our share is spent")
        told, self._held_before = answer.headers.get("retry-after", ""), self._held_until
        if refused and told.isdecimal():
            self._held_until = max(self._held_until, now + int(told))
        number = ticket_of(request)
        if number is not None and not request.writes and answer.status == HTTPStatus.OK:
            self._looks[number] = Look(self._now, len(self.house.desk.log))
            if request.path.endswith(f"/tickets/{number}"):
                self._views[number] = self._fields(number)
        self._done(request)

    def lost(self, request: Request) -> None:
        """Judge what a call did to the desk, of which no answer came."""
        self._spend(request, self._now.timestamp())
        self._done(request)

    def _done(self, request: Request) -> None:
        number = ticket_of(request)
        if number is not None and request.writes:
            self.hear()
            key = self._posting.pop(number, None)
            if key is not None:
                self._late.setdefault(number, []).append(key)

    def hear(self) -> None:
        """Judge what is new in the desk's log."""
        fresh, self._heard = self.house.desk.log[self._heard :], len(self.house.desk.log)
        for entry in fresh:
            self.updates += entry.via == "api" and entry.kind == "update"
            if entry.via == "api" and entry.kind in {"reply", "note"} and entry.ticket_id:
                key = self._key_of(entry.ticket_id, entry)
                if entry.kind == "reply" and not entry.private:
                    self._count(entry, key)

    def _key_of(self, number: int, entry: LogEntry) -> str:
        """Return which intent an entry is of: that of the call, or of one that landed late."""
        late = self._late.get(number, [])
        if number in self._posting and (not late or entry.at >= self._now - timedelta(seconds=0.1)):
            return self._posting.pop(number)
        return late.pop(0) if late else "nobody's"

    def _count(self, entry: LogEntry, key: str) -> None:
        turn = turn_of(key)
        self.public[turn] = self.public.get(turn, 0) + 1
        if self.public[turn] > 1:
            self._wrong(f"I3: {self.public[turn]} public replies to {turn}")
        self.replies.append(entry)
        self._check_caps(entry, approved=key.endswith("|approved"))

    def _check_caps(self, entry: LogEntry, *, approved: bool) -> None:
        """Loop safety: nobody is answered by a machine again and again."""
        if approved:
            return
        policy, asks = self.house.account.responder.policy, self.house.desk.tickets
        here = [r for r in self.replies if r.ticket_id == entry.ticket_id]
        hour = len([r for r in here if entry.at - r.at < timedelta(hours=1)])
        who = asks[entry.ticket_id or 0].requester_id
        theirs = [r for r in self.replies if asks[r.ticket_id or 0].requester_id == who]
        day = len([r for r in theirs if entry.at - r.at < timedelta(days=1)])
        if hour > policy.replies_per_hour or day > policy.replies_per_day:
            told = f"{hour} on ticket {entry.ticket_id} in an hour, {day} to its requester in a day"
            self._wrong(f"caps: {told}")

    def _spend(self, request: Request, now: float) -> None:
        """I6: our part of the pool in any minute, by what the helpdesk's page says it costs."""
        self._spent.append((now, price(request)))
        while self._spent and self._spent[0][0] <= now - WINDOW:
            self._spent.popleft()
        spent = sum(credits_ for _, credits_ in self._spent)
        share = math.floor(self.house.app.allowance.limits.total * SHARES.ours)
        if self._paced and spent > share:
            self._wrong(f"I6: {spent} credits of {self.house.id} in a minute; {share} are ours")

    def _check_write(self, number: int, request: Request) -> None:
        """Judge what must hold before a write: I8, I5 and, for a public one, I4."""
        name, public = TicketId(str(number)), request.path.endswith("/reply")
        made = self.intended.get(name)
        self._posting[number] = made.key if made else "nobody's"
        kept = self._database.read_now(lambda c: runs.open_intent(c, self.house.id, name))
        if kept is None or not _says_so(kept, request):
            self._wrong(f"I8: {_told(request)} without an intent that says so")
            return
        if not self._database.read_now(lambda c: _is_audited(c, kept)):
            self._wrong(f"I8: {_told(request)}: its intent is not in the audit")
        since = self._database.read_now(lambda c: _stopped_since(c, self.house.id, public=public))
        if since is not None and since <= kept.at.timestamp() - self.slack:
            self._wrong(f"I5: {_told(request)} on {self.house.id} while that is stopped")
        if public:
            self._check_newest(number, kept)
        if kept.write is Write.UPDATE:
            self._check_fields(number, kept.changes)

    def _fields(self, number: int) -> "Fields":
        ticket = self.house.desk.tickets[number]
        filled = {"type": ticket.type, "priority": ticket.priority, "group_id": ticket.group_id}
        return Fields({k: v for k, v in filled.items() if v not in (None, 1)}, tuple(ticket.tags))

    def _check_fields(self, number: int, changes: Mapping[str, object]) -> None:
        """I4: what a person has filled in, as far as we looked, is neither changed nor taken."""
        shown = self._views.get(number)
        if shown is None:
            self._wrong(f"I4: an update of {number} that nobody looked at")
            return
        over = [key for key, value in shown.filled.items() if changes.get(key, value) != value]
        told = changes.get("tags")
        if isinstance(told, list) and set(shown.tags) - set(told):
            over.append("tags")
        if over:
            self._wrong(f"I4: an update of {number} over what a person had set: {over}")

    def _check_newest(self, number: int, intent: Intent) -> None:
        look = self._looks.get(number)
        if look is None:
            self._wrong(f"I4: a reply on {number} that nobody looked at")
            return
        turn = turn_of(intent.key).split("|")[2]
        after = int(turn) if turn.isdecimal() else 0
        shown = look.at - timedelta(seconds=self.house.desk.read_lag + self.slack)
        for entry in self.house.desk.log[: look.seen]:
            spoke = entry.kind in {"customer", "agent_reply"} and entry.ticket_id == number
            if spoke and entry.id > after and entry.at <= shown:
                self._wrong(f"I4: a reply on {number} to {turn} after {entry.kind} {entry.id}")


def _says_so(intent: Intent, request: Request) -> bool:
    """Whether a write is what an intent says."""
    body = request.json or {}
    if request.method == "PUT":
        return intent.write is Write.UPDATE and dict(intent.changes) == dict(body)
    write = Write.REPLY if request.path.endswith("/reply") else Write.NOTE
    return (intent.html, intent.write) == (body.get("body"), write)


def turn_of(key: str) -> str:
    """Return the turn that an intent's key is about: an approval answers the same one."""
    return "|".join(key.split("|")[:3])


def ticket_of(request: Request) -> int | None:
    """Return the ticket a call is about."""
    parts = request.path.removeprefix("/api/v2").strip("/").split("/")
    if parts[0] == "tickets" and len(parts) > 1 and parts[1].isdecimal():
        return int(parts[1])
    return None


def price(request: Request) -> int:
    """Return the credits of a call: each include costs one on a ticket, two on a list.

    Source: https://developers.freshdesk.com/api/#ratelimit
    """
    includes = [part for part in dict(request.query).get("include", "").split(",") if part]
    return 1 + len(includes) * (1 if ticket_of(request) else 2)


def _told(request: Request) -> str:
    question = f"?{urlencode(request.query)}" if request.query else ""
    return f"{request.method} {request.path.removeprefix('/api/v2')}{question}"


def _stopped_since(connection: Connection, account: str, *, public: bool) -> float | None:
    """Return since when writing is stopped, unix seconds, if it is."""
    levels = {switches.ALL, switches.PUBLIC} if public else {switches.ALL}
    found = [
        since
        for whose, level, _, since in switches.listed(connection)
        if whose in {account, switches.EVERYBODY} and level in levels
    ]
    return min(found, default=None)


def _is_audited(connection: Connection, intent: Intent) -> bool:
    query = text("SELECT count(*) FROM audit WHERE kind = 'intent' AND subject = :s")
    found = connection.execute(query, {"s": intent.key}).scalar_one()
    return int(found) >= intent.attempt
