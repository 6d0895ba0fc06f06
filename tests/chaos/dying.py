"""A journal at whose every boundary the process may die."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from agent.journal import Journal
from agent.model import Intent, Receipt, Write
from tools.model import AccountId, TicketId

T = TypeVar("T")


class Fate(Protocol):
    """What decides when we die, and hears what was about to be posted."""

    mutant: str
    intended: dict[TicketId, str]

    def may_die(self) -> None:
        """Die here, perhaps."""
        ...


class Dying:
    """A journal at whose every boundary the process may die; implements `Journal`."""

    def __init__(self, inner: Journal, play: Fate) -> None:
        self._inner, self._play = inner, play

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step; die before it is kept, or after."""

        async def and_die() -> T:
            done = await act()
            self._play.may_die()
            return done

        done = await self._inner.once(step, and_die, kept)
        self._play.may_die()
        return done

    async def allows(self, account: AccountId, write: Write) -> str | None:
        """Say whether one may write."""
        said = await self._inner.allows(account, write)
        self._play.may_die()
        return said

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the open intent; the mutant forgets it, and so tries again at once."""
        found = await self._inner.open_intent(account, ticket_id)
        if found is not None and self._play.mutant == "no-verify":
            await self._inner.withdraw(found)
            return None
        return found

    async def intend(self, intent: Intent) -> None:
        """Commit an intent; the mutant does not."""
        self._play.may_die()
        if self._play.mutant != "no-intent":
            await self._inner.intend(intent)
        self._play.intended[intent.ticket_id] = intent.key
        self._play.may_die()

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Commit a receipt."""
        self._play.may_die()
        await self._inner.settle(intent, receipt)
        self._play.may_die()
