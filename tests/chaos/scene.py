"""What a state machine plays on: both companies, when we die, and how all comes to its end."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from agent.policy.terms import Mode
from server.attention import CREDENTIAL
from server.reconcile import EVERY
from server.store import switches
from tests.chaos.door import Door
from tests.chaos.dying import LIVES, Dying, Fate
from tests.chaos.house import House, Setting, auto
from tests.chaos.judge import Judge
from tests.chaos.memory import Killed, Queued, running
from tests.chaos.model import Talk
from tests.chaos.mutants import UNHARMED, Mutant
from tests.chaos.props import NAMES, Props
from tests.chaos.tenancy import on_behalf_of
from tests.chaos.theatre import Theatre
from tools.ledger import MemoryLedger
from tools.message import Answer, Request

MOST = 5
"""Tickets of one example."""
SOON = 25.0
"""Seconds within which work is due that is done as the next."""
ASKED = "<p>Hello, this is message {n}. How do I return an item, and how long do I have?</p>"
ROUNDS = 12
"""Of ever longer waits within which all must have ended: I10."""


class Doom(Fate):
    """Dies where it is told to.

    Attributes:
        place, after: where, or after how many boundaries; nowhere if neither is given.
    """

    def __init__(self) -> None:
        self.place: str | None = None
        self.after: int | None = None
        self.kills: Counter[str] = Counter()
        self._caused: Counter[str] = Counter()

    def at(self, place: str) -> None:
        """Die here, if this is where."""
        work = running()
        if work is None or self._caused[work.work.id] >= LIVES:
            return
        if self.after is not None:
            self.after -= 1
        if place == self.place or (self.after is not None and self.after < 0):
            self.place = self.after = None
            self._caused[work.work.id] += 1
            self.kills[place] += 1
            raise Killed


class Scene(RuleBasedStateMachine):
    """One example: two companies, one that answers by itself and one where people approve."""

    props: ClassVar[Props]
    loop: ClassVar[asyncio.AbstractEventLoop]
    mutant: ClassVar[Mutant] = UNHARMED
    kills: ClassVar[Counter[str]] = Counter()

    def furnish(self, lag: float, quiet: float) -> None:
        """Furnish the companies."""
        policies = [auto(f"{name}.freshdesk.com") for name in NAMES]
        policies[1] = replace(policies[1], mode=Mode.NOTE)
        settings = [
            Setting(name, self.props.shelf(name), policy, quiet)
            for name, policy in zip(NAMES, policies, strict=True)
        ]
        ledger = self.mutant.ledger(MemoryLedger())
        self.on = on = Theatre(self.props, 1, *settings, ledger=ledger)
        self.judge = Judge(on.houses, on.store, lambda: on.product_engine)
        self.door = Door(on, self.judge)
        self.doom = Doom()
        self.talks: list[Talk] = []
        self.said = 0
        on.journals = lambda run: Dying(
            self.mutant.journal(on.journal(run), on.store), self.doom, self.judge.intended
        )
        on.between = lambda: self.judge.look(on.deliveries())
        on.revive = self._revive
        on.watch(self.doom.at)
        for house in on.houses:
            house.desk.read_lag = lag
            house.opening = self.mutant.opening()
            house.responder = self.mutant.responder(house.responder)
            house.account = replace(house.account, responder=house.responder)
            self._listen(house)
        self._do(self._tend(0, sweeps=True))

    def _listen(self, house: House) -> None:
        watch = self.judge.watches[house.id]

        def before(request: Request) -> None:
            watch.before(request)
            self.doom.at(f"sending {request.method}")

        def after(request: Request, answer: Answer) -> None:
            watch.after(request, answer)
            try:
                self.doom.at(f"sent {request.method}")
            except Killed:
                watch.unheard()
                raise

        house.wire.before, house.wire.after, house.wire.lost = before, after, watch.lost

    async def _revive(self) -> None:
        self.on.restart()
        with on_behalf_of(""):
            await self.on.attention().look(0)

    async def _drain(self) -> None:
        wait, over = EVERY, False
        for house in self.on.houses:
            self._free(house)
        for _ in range(ROUNDS):
            await self.on.work()
            self.on.clock.advance(wait)
            await self._tend(CREDENTIAL, sweeps=True)
            if over and self.on.is_idle and not self.on.unfinished():
                return
            over = self.on.is_idle and not self.on.unfinished()
            wait = self.on.idle if over else wait * 1.5

    def _free(self, house: House) -> None:
        for level in (switches.ALL, switches.PUBLIC):
            self.on.store.write_now(partial(switches.release, account=house.id, level=level))

    async def _tend(self, turn: int, *, sweeps: bool) -> None:
        await self.on.attention().look(turn)
        for house in self.on.houses if sweeps else ():
            with on_behalf_of(house.id):
                await self.on.reconciler(house).when_due()

    @property
    def due(self) -> Queued | None:
        """The next piece of work, if one is due soon."""
        queued = self.on.engine.next() if hasattr(self, "on") else None
        return queued if queued and queued.due <= self._now() + SOON else None

    async def _next(self) -> None:
        if (queued := self.due) is not None:
            await self.on.work(until=queued.due, most=1)

    def _do(self, act: Coroutine[Any, Any, Any]) -> None:
        self.loop.run_until_complete(act)

    def _talk(self, which: int) -> Talk:
        return self.talks[which % len(self.talks)]

    def _public(self, talk: Talk) -> int:
        return self.judge.watches[talk.house.id].public.get(talk.turn, 0)

    def _is_killed(self, talk: Talk) -> bool:
        found = self.on.store.read_now(lambda c: switches.stopped(c, talk.house.id, public=True))
        return found is not None

    def _words(self) -> str:
        self.said += 1
        return ASKED.format(n=self.said)

    def _now(self) -> float:
        return self.on.own.now().timestamp()
