"""Bring work back: what a restart finds stranded, and what waits for a credential."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from server.engine import Engine, Work
from server.store import inbox
from server.store.db import Connection, Database
from server.store.inbox import Delivery, State
from server.workflow import partition
from tools.clock import Clock
from tools.errors import HelpdeskError
from tools.model import AccountId
from tools.provider import Helpdesk

EVERY = 600.0
"""Seconds between two tries of a refused credential: one call each."""
LATE = 60.0
"""Seconds past its time after which a delivery counts as stranded."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attention:
    """Watches what cannot go on by itself."""

    database: Database
    engine: Engine
    clock: Clock
    desks: Mapping[AccountId, Callable[[], Helpdesk]]

    async def at_start(self) -> None:
        """Release what was parked, since the settings may be new, and enqueue what was lost."""
        elsewhere = self.engine.waiting_elsewhere()
        if elsewhere:
            log.error("unfinished work of another version will not run here", works=elsewhere)
        await self.database.write(self._release)
        await self.database.write(self._requeue)

    async def forever(self) -> None:
        """Try a refused credential now and then; release its work once it is good again."""
        while True:
            await self.clock.sleep(EVERY)
            parked = await self.database.read(lambda c: inbox.of_state(c, (State.PARKED,)))
            for account in {delivery.account for delivery in parked}:
                if await self._works_again(account):
                    await self._release_all(account)

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

    async def _release_all(self, account: AccountId) -> None:
        await self.database.write(lambda c: self._release(c, account))

    def _release(self, connection: Connection, account: str | None = None) -> int:
        parked = inbox.of_state(connection, (State.PARKED,), account=account, most=100_000)
        for delivery in parked:
            release(connection, self.engine, delivery, now=self.clock.now().timestamp())
        return len(parked)

    def _requeue(self, connection: Connection) -> None:
        """Enqueue again what should have begun; the engine knows what it already has."""
        late = self.clock.now().timestamp() - LATE
        for delivery in inbox.stranded(connection, before=late):
            work = Work(delivery.id, delivery.attempt, partition(delivery))
            self.engine.enqueue(connection, work)


def release(connection: Connection, engine: Engine, delivery: Delivery, *, now: float) -> None:
    """Give a delivery another attempt at once."""
    attempt = inbox.postpone(
        connection, delivery, State.PENDING, reason="released", due=now, now=now
    )
    engine.enqueue(connection, Work(delivery.id, attempt, partition(delivery)))
