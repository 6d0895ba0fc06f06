"""The purse of one account in the database, shared by all its processes."""

from collections.abc import Callable
from decimal import Decimal

import structlog

from agent.llm.spend import Level, Taken, day_of, level, told
from server.errors import Unready
from server.store import spend
from server.store.db import Database
from tools.clock import Clock
from tools.model import AccountId

log = structlog.get_logger()


class StorePurse:
    """Counts an account's money for all processes; implements `Purse`.

    The database is opened when money is first asked for: without a model there is none to count.
    """

    def __init__(self, opening: Callable[[], Database], account: AccountId, clock: Clock) -> None:
        self._opening = opening
        self._opened: Database | None = None
        self._account = account
        self._clock = clock
        self._told = Level.FULL

    async def spent(self, *, cap: Decimal | None) -> Decimal:
        """Return what the day's runs have cost; say once when that allows less, or all again.

        Raises:
            Unready: the database cannot be used.
        """
        day = self._day()
        found = await self._database().read(lambda c: spend.spent(c, self._account, day))
        reached = level(found, cap)
        if reached is not self._told:
            means = told(found, cap) or "all is allowed again"
            log.warning("money for models", account=self._account, means=means)
            self._told = reached
        return found

    async def take(self, most: Decimal, *, cap: Decimal) -> Taken:
        """Set aside up to `most` of what the day's cap leaves.

        Raises:
            Unready: the database cannot be used, so nothing may be spent.
        """
        day, now = self._day(), self._clock.now().timestamp()
        amount = await self._database().write(
            lambda c: spend.take(c, self._account, day, most=most, cap=cap, now=now)
        )
        return Taken(amount, day)

    async def settle(self, taken: Taken, used: Decimal) -> None:
        """Count what was used instead of what was set aside.

        The draft is made by then and must not be lost: where the database is away, what was set
        aside stays so, and counts as spent.
        """
        day = taken.day or self._day()
        try:
            await self._database().write(
                lambda c: spend.settle(c, self._account, day, taken=taken.amount, used=used)
            )
        except Unready as fault:
            log.warning("a run's cost was not counted", used=str(used), error=str(fault))

    def close(self) -> None:
        """Give the database back, if it was ever opened."""
        if self._opened is not None:
            self._opened.close()

    def _database(self) -> Database:
        if self._opened is None:
            self._opened = self._opening()
        return self._opened

    def _day(self) -> str:
        return day_of(self._clock.now())
