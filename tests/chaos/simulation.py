"""Seeded plays in which everything that may happen does, and what must hold in each of them.

A seed decides who writes when, which webhooks come twice, late, in another order, forged or
never, where people answer, close, merge or pause in between, which calls fail, where the process
dies, and when its clock is set. Two companies play at once and must never hear of each other.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import text

from agent.model import Approval, RunLimits
from server import approvals
from server.attention import CREDENTIAL, CUT_OFF
from server.purse import StorePurse
from server.reconcile import EVERY
from server.store.db import Connection
from server.store.inbox import State
from tests.chaos.acts import Acts
from tests.chaos.door import Postman
from tests.chaos.dying import Dying, Fate
from tests.chaos.house import ASKED, House
from tests.chaos.judge import Judge
from tests.chaos.memory import Killed, running
from tests.chaos.mutants import UNHARMED, Mutant
from tests.chaos.props import Props
from tests.chaos.script import JUMPS, Script, faults_of, script, update_faults
from tests.chaos.tenancy import on_behalf_of
from tests.chaos.theatre import Theatre
from tests.chaos.thinking import Thinking
from tests.chaos.verdict import Verdict
from tests.chaos.watch import ticket_of
from tools.ledger import MemoryLedger
from tools.message import Answer, Request

PERSON, AGAIN_LOOKED = 0.06, 0.25
"""How likely somebody acts on the ticket before a call of ours, and before we look once more."""
TENDED = 0.6
"""How likely the loops look round between two messages."""
APPROVED = 0.3
"""How likely a person approves some proposal then."""
SET = 0.5
"""How likely our clock is set when a person acts, where it is set at all."""
QUESTIONS = (*ASKED, "<p>Which of your colours would suit a kitchen that faces north?</p>")
LAST = 3 * 3600.0
"""Virtual seconds after the last message by which all must have ended: I10."""


class Play:
    """One seed, played; a mutant lacks one protection, to see that a play can fail.

    Args:
        on: where it is played.
        frame: what was decided before.
        mutant: what it lacks.
        judge: judges it.
        alone: no other play shares the service.
    """

    def __init__(
        self,
        on: Theatre,
        frame: Script,
        judge: Judge,
        mutant: Mutant = UNHARMED,
        *,
        alone: bool = True,
    ) -> None:
        self.verdict = Verdict(frame.seed)
        self._on, self._script, self._judge, self._mutant = on, frame, judge, mutant
        self._chance = random.Random(f"during {frame.seed}")  # noqa: S311 -- the same for a seed
        self.fate = Fate(self._chance, often=frame.deaths)
        self._acts = Acts(
            self._chance, on.store, on.own, self._words, frame.people, alone, frame.sorts
        )
        self._postman = Postman(on, self._chance, judge, self.lived)
        self._doing = ""
        self._turn = 0
        self._tickets: list[tuple[House, int]] = []
        self._wire_up()

    @classmethod
    def of(cls, props: Props, seed: int, mutant: Mutant = UNHARMED) -> "Play":
        """Return the play of a seed, on the virtual clock."""
        frame = mutant.sets(script(seed, props))
        on = Theatre(props, seed, *frame.settings, ledger=mutant.ledger(MemoryLedger()))
        judge = Judge(on.houses, on.store, lambda: on.product_engine)
        return cls(on, frame, judge, mutant)

    def _wire_up(self) -> None:
        on, mutant = self._on, self._mutant
        on.journals = lambda run: Dying(
            mutant.journal(on.journal(run), on.store), self.fate, self._judge.intended
        )
        on.between, on.revive = self._between, self._revive
        on.watch(self.fate.at, commits=mutant.commits)
        self.fate.doing = self.what_runs
        for house in on.houses:
            house.desk.read_lag = self._script.lag
            house.opening = mutant.opening()
            self._hire(house)
            self._listen(house)

    def _hire(self, house: House) -> None:
        """Give a company a model that costs money, and the purse it is paid from."""
        on, plain = self._on, house.responder

        def charged(cost: Decimal, calls: int, limits: RunLimits) -> None:
            self._judge.charged(house.id, cost, calls, limits)
            self.fate.at("model called")

        drafter = Thinking(plain.drafter, chance=self._chance, clock=on.own, charged=charged)
        purse = StorePurse(lambda: on.store, house.id, on.own)
        house.responder = self._mutant.responder(replace(plain, drafter=drafter, purse=purse))
        house.account = replace(house.account, responder=house.responder)

    def _listen(self, house: House) -> None:
        watch = self._judge.watches[house.id]

        def before(request: Request) -> None:
            watch.before(request)
            self._people(house, request)
            self.fate.at(f"sending {request.method}")

        def after(request: Request, answer: Answer) -> None:
            watch.after(request, answer)
            self._tell(f"{house.id} {_call(request)}: {answer.status}")
            try:
                self.fate.at(f"sent {request.method}")
            except Killed:
                watch.unheard()
                raise

        def lost(request: Request) -> None:
            watch.lost(request)
            self._tell(f"{house.id} {_call(request)}: no answer")

        house.wire.before, house.wire.after, house.wire.lost = before, after, lost

    async def run(self) -> Verdict:
        """Play it and say what broke."""
        try:
            await self._tend()
            for each in self._script.rounds:
                house = self._on.houses[each.company]
                self._add(house, house.write(QUESTIONS[each.asks], email=each.sender))
                await self._postman.come()
                await self._on.live(each.seconds)
                self._approve()
                if self._chance.random() < TENDED:
                    await self._tend()
            await self._drain()
            self._judge.end(self._on.deliveries(), self._tickets)
        finally:
            self._judge.close()
            await self._on.close()
        return self._counted()

    async def _drain(self) -> None:
        """Let nothing go wrong any more, and all that is left come to its end."""
        self.fate.calm = True
        self._acts.resume(*self._on.houses)
        ends = self._on.clock.now().timestamp() + LAST
        quiet, wait = 0, EVERY
        while quiet < 2 and self._on.clock.now().timestamp() < ends:
            await self._postman.come()
            await self._on.settle()
            await self._on.rest(self._on.idle if quiet else wait)
            wait *= 1.5
            await self._tend()
            over = self._on.is_idle and not self._on.unfinished()
            quiet = quiet + 1 if over and self._postman.is_done else 0

    async def _tend(self, *, first: bool = False) -> None:
        """Let the loops look round once: what waits goes on, what was missed is found.

        Args:
            first: of this life of the process.
        """
        step = CREDENTIAL if self.fate.calm else CUT_OFF
        self._turn += step - self._turn % step
        turn = 0 if first else self._turn
        if self._mutant.attends:
            await self.lived("attention", lambda: self._on.attention().look(turn))
        if self._mutant.sweeps:
            for house in self._on.houses:
                with on_behalf_of(house.id):
                    await self.lived("sweep", self._on.reconciler(house).when_due)

    async def _revive(self) -> None:
        """Begin another life: the process starts with a look at all that was set aside."""
        self._on.restart()
        self._tell("the process died")
        with on_behalf_of(""):
            await self._tend(first=True)

    async def lived(self, what: str, act: Callable[[], Awaitable[object]]) -> bool:
        """Do something that is no piece of work; False where the process died of it."""
        before, self._doing = self._doing, what
        try:
            await act()
        except Killed:
            self._on.clock.advance(3.0)
            await self._revive()
            return False
        finally:
            self._doing = before
        return True

    def what_runs(self) -> str:
        """Return what may die: a piece of work by its id, or a loop by its name."""
        work = running()
        return work.work.id if work else self._doing

    def _words(self) -> str:
        return self._chance.choice(QUESTIONS)

    def _add(self, house: House, ticket: int) -> None:
        self._tell(f"{house.id}: a customer opens ticket {ticket}")
        self._tickets.append((house, ticket))
        find = update_faults if self._script.sorts else faults_of
        plans = find(self._chance, ticket, self._script.faults)
        house.app.faults.planned += plans
        self.verdict.faults += len(plans)
        for plan in plans:
            self._tell(f"{house.id}: {plan.match} will fail: {plan.fault}")

    def _people(self, house: House, request: Request) -> None:
        """Let somebody do something about the ticket just before a call."""
        ticket = house.desk.tickets.get(ticket_of(request) or 0)
        again = self._judge.watches[house.id].looks_again(request)
        surely = 1.0 if self._script.people else AGAIN_LOOKED
        likely = surely if again else PERSON
        if self.fate.calm or ticket is None or ticket.deleted or self._chance.random() >= likely:
            return
        theirs = [number for whose, number in self._tickets if whose is house]
        did = self._acts.act(house, ticket, tickets=theirs)
        self.verdict.acts[did] += 1
        self._tell(f"{house.id}: {did} on {ticket.id}, before {_call(request)}")
        if self._script.jumpy and self._chance.random() < SET:
            self._on.own.ahead = self._chance.choice(JUMPS)
            self._tell(f"our clock is set {self._on.own.ahead:g} s ahead")
            for watch in self._judge.watches.values():
                watch.forget_pace()

    def _approve(self) -> None:
        """Have a person approve some run's proposal, whatever came of it; not on a wrong clock."""
        if self._script.jumpy or self._chance.random() >= APPROVED:
            return
        now = self._on.own.now().timestamp()

        def take(connection: Connection) -> int | None:
            known = [str(row.id) for row in connection.execute(text("SELECT id FROM runs"))]
            if not known:
                return None
            asked = Approval(self._chance.choice(known), "somebody")
            return approvals.take(connection, self._on.product_engine, asked, now=now)

        try:
            number = self._on.store.write_now(take)
        except approvals.Refused:
            return
        self._tell(f"somebody approves a run: delivery {number}")

    def _between(self) -> None:
        found = self._on.deliveries()
        self._judge.look(found)

    def _tell(self, text: str) -> None:
        self.verdict.story.append(f"{self._on.clock.now():%H:%M:%S.%f} {text}")

    def _counted(self) -> Verdict:
        verdict, came = self.verdict, self._on.deliveries()
        verdict.wrong, verdict.kills = self._judge.wrong, self.fate.kills
        verdict.deliveries = len(came)
        held = [one for one in came if one.state is State.HELD]
        verdict.held = len([one for one in held if not one.reason.startswith("handed over")])
        watches = self._judge.watches.values()
        verdict.replies = sum(sum(watch.public.values()) for watch in watches)
        verdict.updates = sum(watch.updates for watch in watches)
        verdict.notes = sum(len(house.said(ticket, "note")) for house, ticket in self._tickets)
        return verdict


def _call(request: Request) -> str:
    return f"{request.method} {request.path.removeprefix('/api/v2')}"
