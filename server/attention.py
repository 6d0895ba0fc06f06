"""Bring work back: what was cut off, what waits for a credential, and what was paused."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from server.engine import Engine, Work
from server.store import inbox, switches
from server.store.db import Connection, Database
from server.store.inbox import OPEN, Attempt, Delivery, State
from server.workflow import partition
from tools.clock import Clock
from tools.errors import HelpdeskError
from tools.model import AccountId
from tools.provider import Helpdesk

EVERY = 3.0
"""Seconds between two looks at what was paused: a resume acts within these."""
CUT_OFF = 10
"""Rounds between two looks for work that the engine gave up: half a minute."""
CREDENTIAL = 200
"""Rounds between two tries of a refused credential, one call each: ten minutes."""
LATE = 20.0
"""Seconds past its time after which a delivery is looked for in the engine."""
PAGE = 200
"""Deliveries looked for, or begun again, at once."""

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attention:
    """Watches what cannot go on by itself."""

    database: Database
    engine: Engine
    clock: Clock
    desks: Mapping[AccountId, Callable[[], Helpdesk]]

    async def forever(self) -> None:
        """Look at each kind of waiting work in its own rhythm, and at all of it at first."""
        turn = 0
        while True:
            await self.look(turn)
            await self.clock.sleep(EVERY)
            turn += 1

    async def look(self, turn: int) -> None:
        """Bring back what can go on; at the very first everything parked, for settings may be new.

        Args:
            turn: which look it is, from 0.
        """
        parked = await self.database.read(_parked)
        if turn == 0:
            await self._release(parked)
        else:
            await self._resumed(parked)
        if turn % CUT_OFF == 0:
            await self._recover()
        if turn and turn % CREDENTIAL == 0:
            await self._credentials(parked)

    async def _resumed(self, parked: list[Delivery]) -> None:
        """Let paused work go on where nothing stops it any more."""
        paused = [one for one in parked if switches.is_stop(one.reason)]
        for account in {one.account for one in paused}:
            if await self._stopped(account) is None:
                await self._release([one for one in paused if one.account == account])

    async def _stopped(self, account: AccountId) -> str | None:
        return await self.database.read(lambda c: switches.stopped(c, account, public=False))

    async def _credentials(self, parked: list[Delivery]) -> None:
        """Try a refused credential; let its work go on once it is good again."""
        refused = [one for one in parked if not switches.is_stop(one.reason)]
        for account in {one.account for one in refused}:
            if await self._works_again(account):
                await self._release([one for one in refused if one.account == account])

    async def _works_again(self, account: AccountId) -> bool:
        opening = self.desks.get(account)
        if opening is None:
            return False
        try:
            await opening().probe()
        except HelpdeskError as fault:
            log.warning("account needs attention", account=account, error=str(fault))
            return False
        return True

    async def _recover(self) -> None:
        """Begin again what should have run, and of which the engine has nothing left."""
        back = await asyncio.to_thread(self.engine.put_back)
        if back:
            log.warning("work was dropped and goes on", works=back)
        late = self.clock.now().timestamp() - LATE
        found = await self.database.read(lambda c: inbox.overdue(c, before=late))
        for some in _pages(found):
            over = await asyncio.to_thread(self.engine.over, [_work(one).id for one in some])
            lost = [one for one in some if _work(one).id in over]
            if lost:
                log.warning("work was cut off and begins again", deliveries=[d.id for d in lost])
                await self._release(lost)

    async def _release(self, found: Sequence[Delivery | Attempt]) -> None:
        """Give each another attempt, some at a time: who writes meanwhile waits for no more."""
        now = self.clock.now().timestamp()

        def again(connection: Connection, some: Sequence[Delivery | Attempt]) -> None:
            for one in some:
                present = inbox.find(connection, one.id)
                if present and present.state in OPEN and present.attempt == one.attempt:
                    release(connection, self.engine, present, now=now)

        for some in _pages(found):
            await self.database.write(partial(again, some=some))


def release(connection: Connection, engine: Engine, delivery: Delivery, *, now: float) -> None:
    """Give a delivery another attempt at once."""
    attempt = inbox.postpone(
        connection, delivery, State.PENDING, reason="released", due=now, now=now
    )
    engine.enqueue(connection, Work(delivery.id, attempt, partition(delivery)))


def _parked(connection: Connection) -> list[Delivery]:
    return inbox.of_state(connection, (State.PARKED,), most=100_000)


def _work(one: Delivery | Attempt) -> Work:
    return Work(one.id, one.attempt, "")


def _pages(found: Sequence[T]) -> Iterator[Sequence[T]]:
    return (found[first : first + PAGE] for first in range(0, len(found), PAGE))
