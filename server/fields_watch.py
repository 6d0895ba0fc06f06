"""Notice when an account's ticket fields change, and keep what changed."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from server.store import definitions
from server.store.db import Database
from tools.clock import Clock
from tools.errors import HelpdeskError
from tools.model import AccountId
from tools.provider import Helpdesk

EVERY = 3600.0
"""Seconds between two looks; the definitions themselves come from the cache for a day."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FieldsWatch:
    """Watches one account."""

    database: Database
    account: AccountId
    open: Callable[[], Helpdesk]
    clock: Clock

    async def once(self) -> int:
        """Look once; return how many changes there were."""
        fields = await self.open().fields()
        now = self.clock.now().timestamp()
        found = await self.database.write(
            lambda c: definitions.observe(c, self.account, fields, now=now)
        )
        for one in found:
            log.warning("ticket field changed", field=one.name, change=one.change.value)
        return len(found)

    async def forever(self) -> None:
        """Look now and then; a key that may not read fields is no fault."""
        while True:
            try:
                await self.once()
            except HelpdeskError as fault:
                log.info("ticket fields not read", error=str(fault))
            await self.clock.sleep(EVERY)
