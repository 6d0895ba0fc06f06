"""Seeded plays in which everything that may happen does, and what must hold in each of them.

A seed decides who writes when, which webhooks come twice, late, in another order or never, where
people answer, close, merge or pause in between, which calls fail, and where the process dies.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from agent.model import Intent
from server.store import runs, switches
from server.store.inbox import OPEN, State
from tests.chaos.dying import Dying
from tests.chaos.memory import Killed
from tests.chaos.theatre import ACCOUNT, ASKED, Theatre
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.faults import Name, Planned
from tools.knowledge.index import KnowledgeIndex
from tools.message import Answer, Request
from tools.model import TicketId

T = TypeVar("T")

FAULTS: tuple[Name, ...] = (
    "before-apply",
    "reset",
    "5xx-html",
    "429",
    "late-apply",
    "after-apply-cut",
    "5xx-after-apply",
    "truncated",
)
KILL = 0.06
"""How likely the process dies at each boundary."""
FAULT = 0.5
"""How likely a ticket's write goes wrong once."""
PERSON = 0.08
"""How likely somebody acts on the ticket before a call of ours."""
DROPPED, TWICE = 0.2, 0.3
LAST = 3 * 3600.0
"""Virtual seconds after the last message by which all must have ended: I10."""


@dataclass
class Verdict:
    """What a play came to; `wrong` says in words which invariant broke."""

    seed: int
    kills: int = 0
    faults: int = 0
    acts: int = 0
    replies: int = 0
    notes: int = 0
    held: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list[str])


class Play:
    """One seed, played; a mutant lacks one protection, to see that a play can fail."""

    def __init__(
        self, folder: Path, seed: int, knowledge: KnowledgeIndex, *, mutant: str = ""
    ) -> None:
        self.verdict = Verdict(seed)
        self.mutant = mutant
        self.chance = random.Random(f"play {seed}")  # noqa: S311 -- the same for a seed
        self.on = Theatre(folder, seed, knowledge, quiet=self.chance.choice((0.0, 20.0)))
        self.on.journals = lambda run: Dying(self.on.journal(run), self)
        self.on.wire.before, self.on.wire.after = self._before, self._after
        self.on.desk.read_lag = self.chance.choice((0.0, 0.0, 3.0, 20.0))
        self.intended: dict[TicketId, str] = {}
        self.public: dict[str, int] = {}
        self._looked: dict[str, int] = {}
        self._stopped: dict[str, bool] = {}
        self._counted = len(self.on.desk.log)
        self._calm = False
        self._tickets: list[int] = []

    async def run(self) -> Verdict:
        """Play it and say what broke."""
        sweeps = self.on.reconciler()
        await sweeps.when_due()
        for n in range(self.chance.randint(2, 4)):
            self._tickets.append(self.on.write(self._words(), email=f"kim{n}@example.com"))
            self._fault(self._tickets[-1])
            self._webhooks()
            until = self.on.clock.now().timestamp() + self.chance.choice((1.0, 30.0, 400.0))
            self.verdict.kills += await self._live(until)
        self._calm = True
        self._resume()
        ends = self.on.clock.now().timestamp() + LAST
        while self.on.clock.now().timestamp() < ends:
            self._webhooks()
            self.verdict.kills += await self._live(None)
            self.on.clock.advance(sweeps.every)
            await self.on.attention().look(1)
            await sweeps.when_due()
            if self.on.engine.next() is None and not self.on.unfinished():
                self.on.clock.advance(sweeps.every)
                await sweeps.when_due()
                if self.on.engine.next() is None:
                    break
        self._judge()
        await self.on.close()
        return self.verdict

    async def _live(self, until: float | None) -> int:
        return await self.on.work(until=until)

    def may_die(self) -> None:
        """Die here, perhaps."""
        if not self._calm and self.chance.random() < KILL:
            raise Killed

    def _words(self) -> str:
        return self.chance.choice(ASKED)

    def _fault(self, ticket: int) -> None:
        if self.chance.random() < FAULT:
            fault = self.chance.choice(FAULTS)
            kind = self.chance.choice(("reply", "*"))
            match = f"POST /tickets/{ticket}/{kind}"
            plan = Planned(match, fault, seconds=self.chance.choice((1.0, 30.0)), retry_after=2)
            self.on.app.faults.planned.append(plan)
            self.verdict.faults += 1

    def _webhooks(self) -> None:
        fired, self.on.fired[:] = list(self.on.fired), []
        self.chance.shuffle(fired)
        for ticket in fired:
            if self.chance.random() < DROPPED:
                continue
            self.on.deliver(ticket)
            if self.chance.random() < TWICE:
                self.on.deliver(ticket)

    def _before(self, request: Request) -> None:
        ticket = _ticket(request)
        if ticket is None:
            return
        if request.method == "GET" and request.path.endswith(f"/{ticket}"):
            self._looked[str(ticket)] = len(self.on.desk.log)
            self._stopped[str(ticket)] = self._is_stopped(public=False)
        if not self._calm and self.chance.random() < PERSON:
            self._act(ticket)
        self._count()
        if request.writes:
            self._check_write(ticket, request)

    def _after(self, request: Request, answer: Answer) -> None:
        del answer
        self._count()
        if request.writes:
            self.may_die()

    def _act(self, number: int) -> None:
        ticket = self.on.desk.tickets.get(number)
        if ticket is None or ticket.deleted:
            return
        self.verdict.acts += 1
        now = self.on.clock.now().timestamp()
        match self.chance.choice(("customer", "agent", "close", "spam", "pause", "kill", "resume")):
            case "customer":
                people.customer_reply(self.on.desk, ticket, self._words())
                self._webhooks()
            case "agent":
                people.agent_reply(self.on.desk, ticket, "<p>I will see to it.</p>")
            case "close":
                people.update(self.on.desk, ticket, {"status": 5})
            case "spam":
                people.update(self.on.desk, ticket, {"spam": True})
            case "resume":
                self._resume()
            case level:
                name = switches.ALL if level == "pause" else switches.PUBLIC
                self.on.store.write_now(
                    lambda c: switches.stop(c, "*", name, reason="play", now=now)
                )

    def _resume(self) -> None:
        for level in (switches.ALL, switches.PUBLIC):
            self.on.store.write_now(lambda c, level=level: switches.release(c, "*", level))  # type: ignore[misc]

    def _is_stopped(self, *, public: bool) -> bool:
        found = self.on.store.read_now(lambda c: switches.stopped(c, ACCOUNT, public=public))
        return found is not None

    def _check_write(self, ticket: int, request: Request) -> None:
        """Check what must hold before a write: I8, I5 and, for a public one, I4."""
        name = TicketId(str(ticket))
        intent = self.on.store.read_now(lambda c: runs.open_intent(c, ACCOUNT, name))
        if intent is None:
            self._wrong(f"I8: {request.method} {request.path} without an intent")
            return
        if self._stopped.get(name) and self._is_stopped(public=False):
            self._wrong(f"I5: a write on {ticket} while everything is stopped")
        if request.path.endswith("/reply") and intent.attempt == 1:
            self._check_newest(ticket, intent)

    def _check_newest(self, ticket: int, intent: Intent) -> None:
        turn = intent.key.rpartition("|")[2]
        after = int(turn) if turn.isdecimal() else 0
        visible = self.on.desk.log[: self._looked.get(str(ticket), 0)]
        lag = self.on.desk.read_lag
        for entry in visible:
            spoke = entry.kind in {"customer", "agent_reply"} and entry.ticket_id == ticket
            shown = (intent.at - entry.at).total_seconds() > lag + 1
            if spoke and entry.id > after and shown:
                self._wrong(f"I4: a reply on {ticket} to {turn} after {entry.kind} {entry.id}")

    def _count(self) -> None:
        """Count public replies by the turn they answer, as they appear in the desk's own log."""
        fresh, self._counted = self.on.desk.log[self._counted :], len(self.on.desk.log)
        for entry in fresh:
            if entry.via == "api" and entry.kind == "reply" and not entry.private:
                key = self.intended[TicketId(str(entry.ticket_id))]
                self.public[key] = self.public.get(key, 0) + 1

    def _judge(self) -> None:
        self.on.app.catch_up()
        self._count()
        came = self.on.deliveries()
        for key, times in self.public.items():
            if times > 1:
                self.verdict.doubled += 1
                self._wrong(f"I3: {times} public replies to {key}")
        for one in came:
            ours = "fault of ours" in one.reason
            if one.state in OPEN or (one.state is State.DEAD and ours):
                self.verdict.lost += 1
                self._wrong(f"I2: delivery {one.id} is {one.state.value}: {one.reason}")
        for ticket in self._tickets:
            if not self._is_dealt_with(ticket):
                self.verdict.lost += 1
                self._wrong(f"I2: the newest word on {ticket} was never looked at")
        self.verdict.held = len([one for one in came if one.state is State.HELD])
        self.verdict.replies = sum(self.public.values())
        self.verdict.notes = sum(len(self.on.said(t, "note")) for t in self._tickets)

    def _is_dealt_with(self, number: int) -> bool:
        """Whether the customer's newest word has a run that ended, or nobody should answer it."""
        ticket = self.on.desk.tickets[number]
        words = [e for e in self.on.desk.log if e.ticket_id == number and e.kind == "customer"]
        if ticket.spam or ticket.deleted:
            return True
        turn = str(words[-1].id) if words else "#description"
        found = self.on.store.read_now(lambda c: runs.of_turn(c, f"{ACCOUNT}|{number}|{turn}"))
        return found is not None and found.state not in {"posting", "waiting", "parked"}

    def _wrong(self, text: str) -> None:
        self.verdict.wrong.append(text)


def _ticket(request: Request) -> int | None:
    parts = request.path.removeprefix("/api/v2").strip("/").split("/")
    if parts[0] == "tickets" and len(parts) > 1 and parts[1].isdecimal():
        return int(parts[1])
    return None
