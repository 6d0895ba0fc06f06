"""What a run remembers: its finished steps, its intents and its receipts."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from agent.model import Alike, Earlier, Intent, Landing, Receipt, Result, Write
from tools.model import AccountId, ConversationId, PersonId, TicketId

T = TypeVar("T")


class Journal(Protocol):
    """Memory that survives the process, if its maker does."""

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step and keep what came of it; or, had it been done before, return that.

        Args:
            step: its name, unique in the run.
            act: what to do; it may run again if we die before its result is kept.
            kept: the result's type, so that it can be written down.
        """
        ...

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the ticket's intent that has no receipt yet, whatever turn it belongs to."""
        ...

    async def receipt(self, key: str) -> Receipt | None:
        """Return the receipt of a turn, if it was ever settled."""
        ...

    async def answered(
        self, account: AccountId, ticket_id: TicketId
    ) -> Mapping[ConversationId, str]:
        """Return what we posted on a ticket, and the key of the turn each post answered."""
        ...

    async def intend(self, intent: Intent) -> None:
        """Commit an intent, before anything is sent."""
        ...

    async def withdraw(self, intent: Intent) -> None:
        """Take an intent back that surely was not sent."""
        ...

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Commit what came of an intent."""
        ...

    async def earlier(
        self,
        account: AccountId,
        ticket_id: TicketId,
        requester: PersonId | None,
        *,
        alike: Alike,
        now: datetime,
    ) -> Earlier:
        """Return our public replies to ticket and requester, and who else wrote the same words."""
        ...

    async def allows(self, account: AccountId, write: Write) -> str | None:
        """Return why nothing may be written right now (pause, kill switch), or None."""
        ...

    async def halted(self, account: AccountId, marks: frozenset[str]) -> str | None:
        """Return why nothing may go out in public right now, or None.

        Args:
            account: whose.
            marks: what a switch may name besides: topics, a model, a prompt's version.
        """
        ...

    async def kept(self, key: str) -> Result | None:
        """Return the record of a turn as far as it was kept, if it was."""
        ...


class MemoryJournal:
    """A journal for one process: evals, tests, and drafts that post nothing."""

    def __init__(self) -> None:
        self.steps: dict[str, object] = {}
        self.intents: dict[str, Intent] = {}
        self.receipts: dict[str, Receipt] = {}
        self.settled: list[tuple[Intent, Receipt]] = []
        self.stopped: str | None = None
        self.halts: set[str] = set()

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step once and remember what came of it."""
        if step not in self.steps:
            self.steps[step] = await act()
        done = self.steps[step]
        if not isinstance(done, kept):
            msg = f"step {step!r} was kept as {type(done).__name__}, not {kept.__name__}"
            raise TypeError(msg)
        return done

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the ticket's intent that has no receipt yet."""
        for intent in self.intents.values():
            if (intent.account, intent.ticket_id) == (account, ticket_id):
                return intent
        return None

    async def receipt(self, key: str) -> Receipt | None:
        """Return the receipt of a turn, if it was ever settled."""
        return self.receipts.get(key)

    async def answered(
        self, account: AccountId, ticket_id: TicketId
    ) -> Mapping[ConversationId, str]:
        """Return what was settled on a ticket, by conversation."""
        return {
            receipt.posted.id: intent.key
            for intent, receipt in self.settled
            if receipt.posted and (intent.account, intent.ticket_id) == (account, ticket_id)
        }

    async def intend(self, intent: Intent) -> None:
        """Remember an intent."""
        self.intents[intent.key] = intent

    async def withdraw(self, intent: Intent) -> None:
        """Forget an intent."""
        self.intents.pop(intent.key, None)

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Remember what came of an intent."""
        self.intents.pop(intent.key, None)
        self.receipts[intent.key] = receipt
        self.settled.append((intent, receipt))

    async def earlier(
        self,
        account: AccountId,
        ticket_id: TicketId,
        requester: PersonId | None,
        *,
        alike: Alike,
        now: datetime,
    ) -> Earlier:
        """Count what was settled; replies as if to one requester: a process plays one ticket."""
        ours = [
            intent
            for intent, receipt in self.settled
            if intent.write is Write.REPLY
            and intent.account == account
            and receipt.landing in {Landing.POSTED, Landing.ADOPTED}
        ]
        here = [i for i in ours if i.ticket_id == ticket_id and now - i.at < timedelta(hours=1)]
        others = {
            intent.requester_id
            for intent, _ in self.settled
            if intent.account == account
            and alike.shape
            and intent.shape == alike.shape
            and intent.requester_id not in {None, requester}
            and now - intent.at < timedelta(days=1)
        }
        recent = [i for i in ours if now - i.at < timedelta(days=1)]
        return Earlier(len(here), len(recent), len(others))

    async def allows(self, account: AccountId, write: Write) -> str | None:
        """Return why nothing may be written, if it was stopped."""
        del account, write
        return self.stopped

    async def halted(self, account: AccountId, marks: frozenset[str]) -> str | None:
        """Return why nothing may go out in public, if it was stopped."""
        del account
        return self.stopped or next((f"{one} is stopped" for one in marks & self.halts), None)

    async def kept(self, key: str) -> Result | None:
        """Return nothing: records are for a database."""
        del key
        return None
