"""When the process dies, and a journal at whose every boundary it may."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from agent.journal import Journal
from agent.model import Intent, Receipt, Write
from tests.chaos.memory import Killed
from tools.model import AccountId, TicketId

T = TypeVar("T")

PLACES = (
    "commit",
    "committed",
    "sending GET",
    "sent GET",
    "sending POST",
    "sent POST",
    "read, not kept",
    "read, kept",
    "model called",
    "draft, not kept",
    "draft, kept",
    "decide, not kept",
    "decide, kept",
    "fence passed",
    "before the intent",
    "intent committed",
    "before the receipt",
    "receipt committed",
    "looking",
)
"""Where a process may die in a play."""
LIVES = 3
"""Deaths that one piece of work may cause: more is poison, which has a test of its own."""
AT_WRITES = 4
"""How much likelier a death is around a write to the helpdesk than elsewhere."""


class Fate:
    """Decides when the process dies, and counts where it did.

    Attributes:
        calm: nothing dies any more.
        doing: what runs: a piece of work by its id, or a loop by its name.
    """

    def __init__(self, chance: random.Random, *, often: float) -> None:
        self._chance, self._often = chance, often
        self.kills: Counter[str] = Counter()
        self.calm = False
        self.doing: Callable[[], str] = lambda: ""
        self._caused: Counter[str] = Counter()

    def at(self, place: str) -> None:
        """Die here, perhaps."""
        doing = self.doing()
        if self.calm or not doing or self._caused[doing] >= LIVES:
            return
        likely = self._often * (AT_WRITES if "POST" in place else 1)
        if self._chance.random() < likely:
            self._caused[doing] += 1
            self.kills[place] += 1
            raise Killed


class Dying:
    """A journal at whose every boundary the process may die; implements `Journal`.

    Commits die in the database; here are the moments between them.
    """

    def __init__(self, inner: Journal, fate: Fate, heard: Callable[[Intent], None]) -> None:
        self._inner, self._fate, self._heard = inner, fate, heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step; die before it is kept, or after."""

        async def and_die() -> T:
            done = await act()
            self._fate.at(f"{step}, not kept")
            return done

        done = await self._inner.once(step, and_die, kept)
        self._fate.at(f"{step}, kept")
        return done

    async def allows(self, account: AccountId, write: Write) -> str | None:
        """Say whether one may write."""
        said = await self._inner.allows(account, write)
        self._fate.at("fence passed")
        return said

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the open intent."""
        found = await self._inner.open_intent(account, ticket_id)
        if found is not None:
            self._fate.at("looking")
        return found

    async def intend(self, intent: Intent) -> None:
        """Commit an intent."""
        self._heard(intent)
        self._fate.at("before the intent")
        await self._inner.intend(intent)
        self._fate.at("intent committed")

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Commit a receipt."""
        self._fate.at("before the receipt")
        await self._inner.settle(intent, receipt)
        self._fate.at("receipt committed")
