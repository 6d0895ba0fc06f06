"""A run's memory in the database: steps with the engine, intents and receipts in our tables."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from agent.errors import Deferred, ResponderError
from agent.model import (
    Alike,
    Decision,
    Draft,
    Earlier,
    Intent,
    Receipt,
    Result,
    Seen,
    Usage,
    Write,
    run_of,
)
from server.engine import Engine
from server.store import runs, switches
from server.store.db import Connection, Database, alone_for
from tools.clock import Clock
from tools.errors import HelpdeskError
from tools.model import AccountId, ConversationId, PersonId, TicketId

T = TypeVar("T")

BUSY = 5.0
"""Seconds until another look when some other run is writing on the ticket."""


class _Kept(BaseModel):
    """What the engine keeps of a step: its value, or the failure by name."""

    value: str | None = None
    failure: str | None = None
    message: str = ""
    retry_after: float | None = None


class StoreJournal:
    """The journal of one run.

    Steps survive with the engine's workflow; intents and receipts are ours, because they must
    outlive it: the turn's row is what makes an answer unique.
    """

    def __init__(self, database: Database, engine: Engine, *, run: str, clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._run = run
        self._clock = clock
        self._seen: Seen | None = None
        self._draft: Draft | None = None
        self._decision: Decision | None = None
        self._counted: Earlier | None = None
        self._alike = Alike()

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step once in this workflow; a typed failure is kept and raised again.

        A decision is made from what was kept in a moment, and it counts once it is committed with
        its intent: so the engine does not keep it, and after a crash it is made again.
        """
        if kept is Decision:
            made = await act()
            self._remember(made)
            return made

        async def do() -> str:
            try:
                value = await act()
            except (HelpdeskError, ResponderError) as fault:
                return _failed(fault).model_dump_json()
            return _Kept(value=runs.dump(value)).model_dump_json()

        outcome = _Kept.model_validate_json(await self._engine.step(step, do))
        if outcome.value is None:
            raise _fault(outcome)
        value: T = runs.load(outcome.value, kept)
        self._remember(value)
        return value

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the ticket's intent that has no receipt yet."""
        return await self._database.glance(lambda c: runs.open_intent(c, account, ticket_id))

    async def receipt(self, key: str) -> Receipt | None:
        """Return the receipt of a turn, if it was ever settled."""
        return await self._database.glance(lambda c: runs.receipt(c, key))

    async def answered(
        self, account: AccountId, ticket_id: TicketId
    ) -> Mapping[ConversationId, str]:
        """Return what we posted on a ticket, and the turn each post answered."""
        return await self._database.glance(lambda c: runs.answered(c, account, ticket_id))

    async def intend(self, intent: Intent) -> None:
        """Commit the intent and, in the same transaction, the record it rests on.

        Raises:
            Deferred: another write is in flight on the ticket, or a reply to this requester, or
                the last that the policy allows to the same words, was committed since we counted
                for the caps: runs on other tickets count as well.
        """
        record = self.so_far()
        now = self._clock.now().timestamp()

        def commit(connection: Connection) -> str | None:
            if self._was_overtaken(connection, intent):
                return "others were answered meanwhile, and they count for a cap"
            if not runs.intend(connection, intent):
                return "another run is writing on this ticket"
            if record.decision is not None:
                runs.keep(
                    connection,
                    run=run_of(intent.key),
                    account=intent.account,
                    ticket_id=intent.ticket_id,
                    turn=intent.key,
                    state="posting",
                    result=record,
                    now=now,
                )
            return None

        refused = await self._database.write(commit)
        if refused is not None:
            raise Deferred(refused, retry_after=BUSY)

    def _was_overtaken(self, connection: Connection, intent: Intent) -> bool:
        """Whether more came meanwhile than a cap allows; others wait while we look."""
        if intent.write is not Write.REPLY or intent.attempt > 1 or self._counted is None:
            return False
        alone_for(connection, f"{intent.account}|{intent.requester_id}")
        then, account, shape = self._counted, intent.account, self._alike.shape
        if shape:
            alone_for(connection, f"{account}|same|{shape}")
        present = runs.earlier(
            connection,
            account,
            intent.ticket_id,
            requester=intent.requester_id,
            shape=shape,
            now=intent.at,
        )
        replied = present.here > then.here or present.theirs > then.theirs
        return replied or present.alike >= self._alike.most > then.alike

    async def withdraw(self, intent: Intent) -> None:
        """Take an intent back that surely was not sent."""
        await self._database.write(lambda c: runs.withdraw(c, intent))

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Commit what came of an intent."""
        await self._database.write(lambda c: runs.settle(c, intent, receipt))

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
        self._alike = alike
        self._counted = await self._database.glance(
            lambda c: runs.earlier(
                c, account, ticket_id, requester=requester, shape=alike.shape, now=now
            )
        )
        return self._counted

    async def allows(self, account: AccountId, write: Write) -> str | None:
        """Return why nothing may be written right now, or None."""
        public = write is Write.REPLY
        return await self._database.glance(lambda c: switches.stopped(c, account, public=public))

    async def halted(self, account: AccountId, marks: frozenset[str]) -> str | None:
        """Return why nothing may go out in public on these topics or from this model, or None."""
        return await self._database.glance(
            lambda c: switches.stopped(c, account, public=True, marks=marks)
        )

    async def kept(self, key: str) -> Result | None:
        """Return the record of a turn as far as it was kept, if it was."""
        found = await self._database.glance(lambda c: runs.of_turn(c, key))
        return found.result if found else None

    def so_far(self) -> Result:
        """Return what this run has come to."""
        return Result(
            self._seen.snapshot if self._seen else None,
            draft=self._draft,
            decision=self._decision,
            usage=self._seen.usage if self._seen else Usage(),
        )

    def _remember(self, value: object) -> None:
        match value:
            case Seen():
                self._seen = value
            case Draft():
                self._draft = value
            case Decision():
                self._decision = value
            case _:
                pass


def _failed(fault: HelpdeskError | ResponderError) -> _Kept:
    after = getattr(fault, "retry_after", None)
    return _Kept(failure=type(fault).__name__, message=str(fault), retry_after=after)


def _fault(kept: _Kept) -> Exception:
    """Return the failure a step was kept with, as the type it was."""
    name, after = kept.failure or "", kept.retry_after
    kind = next(
        (one for one in _kinds(HelpdeskError, ResponderError) if one.__name__ == name), None
    )
    if kind is None:
        told = f"{name}: {kept.message}"
        return ResponderError(told) if after is None else Deferred(told, retry_after=after)
    fault = kind.__new__(kind, kept.message)
    if after is not None:
        fault.__dict__["retry_after"] = after
    return fault


def _kinds(*kinds: type[Exception]) -> Iterator[type[Exception]]:
    """Go through these kinds of failure and all narrower ones, wherever they are defined."""
    for kind in kinds:
        yield kind
        yield from _kinds(*kind.__subclasses__())
