"""Each protection taken away, in a part handed in from outside, to see that plays then fail.

Nothing of this is in the product: a weakened part stands in the place of the whole one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from agent.journal import Journal
from agent.llm.spend import Taken
from agent.model import Alike, Earlier, Intent, Write
from agent.policy.terms import Spend
from agent.post import Looks
from agent.respond import Responder
from server.store.db import Database
from tests.chaos.props import NAMES
from tests.chaos.script import Script, with_policies
from tools.budget import Allowance, Ask
from tools.freshdesk.sandbox.faults import Name
from tools.ledger import Key, Ledger
from tools.model import (
    AccountId,
    Author,
    PersonId,
    Thread,
    Ticket,
    TicketId,
    TicketView,
)
from tools.provider import Helpdesk, Lane


class _Weak:
    """Does what the part it stands for does, but for what a class below takes away."""

    def __init__(self, inner: Any, store: Database | None = None) -> None:
        self._inner, self._store = inner, store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _NoIntent(_Weak):
    async def intend(self, intent: Intent) -> None:
        del intent


class _NoVerify(_Weak):
    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> None:
        found = await self._inner.open_intent(account, ticket_id)
        if found is not None:
            await self._inner.withdraw(found)


class _NoTenancy(_Weak):
    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        del account
        found = [await self._inner.open_intent(name, ticket_id) for name in NAMES]
        return next((one for one in found if one), None)


class _NoTurns(_Weak):
    """Neither the journal nor the table knows that a turn was answered."""

    async def receipt(self, key: str) -> None:
        del key

    async def answered(self, account: AccountId, ticket_id: TicketId) -> Mapping[Any, str]:
        del account, ticket_id
        return {}

    async def intend(self, intent: Intent) -> None:
        assert self._store is not None
        old = text("DELETE FROM posts WHERE turn = :t AND landing IS NOT NULL")
        self._store.write_now(lambda c: c.execute(old, {"t": intent.key}))
        await self._inner.intend(intent)


class _NoPause(_Weak):
    async def allows(self, account: AccountId, write: Write) -> None:
        del account, write


class _NoCaps(_Weak):
    async def earlier(
        self,
        account: AccountId,
        ticket_id: TicketId,
        requester: PersonId | None,
        *,
        alike: Alike,
        now: datetime,
    ) -> Earlier:
        del account, ticket_id, requester, alike, now
        return Earlier()


class _NoAudit(_Weak):
    async def intend(self, intent: Intent) -> None:
        await self._inner.intend(intent)
        assert self._store is not None
        for statement in ("DROP TRIGGER IF EXISTS audit_no_DELETE", "DELETE FROM audit"):
            self._store.write_now(lambda c, s=statement: c.execute(text(s)))  # type: ignore[misc]


class _NoHold(_Weak):
    async def pause(self, key: Key, *, until: float) -> None:
        del key, until


class _NoShare(_Weak):
    async def spend(self, key: Key, ask: Ask, *, assume: Allowance, now: float) -> float:
        await self._inner.spend(key, ask, assume=assume, now=now)
        return 0.0


class _Unlooking(_Weak):
    """The look before the write shows the ticket as it was when it was read."""

    def __init__(self, inner: Any, seen: dict[TicketId, Ticket]) -> None:
        super().__init__(inner)
        self._seen = seen

    async def ticket_with_people(self, ticket_id: TicketId) -> TicketView:
        view: TicketView = await self._inner.ticket_with_people(ticket_id)
        self._seen[ticket_id] = view.ticket
        return view

    async def ticket(self, ticket_id: TicketId) -> Ticket:
        now: Ticket = await self._inner.ticket(ticket_id)
        return self._seen.get(ticket_id, now)


class _Deaf(_Weak):
    """A newer word of some author is not seen before a write."""

    def __init__(self, inner: Any, author: Author) -> None:
        super().__init__(inner)
        self._author = author

    async def thread_after(self, ticket_id: TicketId, seen: int) -> Thread:
        found: Thread = await self._inner.thread_after(ticket_id, seen)
        kept = tuple(c for c in found.conversations if c.author is not self._author)
        return replace(found, conversations=kept)


Opening = Callable[[Lane, Helpdesk], Helpdesk]


def _as_is() -> Opening:
    return lambda _, desk: desk


def _no_fence() -> Opening:
    seen: dict[TicketId, Ticket] = {}
    return lambda _, desk: _Unlooking(desk, seen)


def _deaf_to(author: Author) -> Callable[[], Opening]:
    return lambda: lambda lane, desk: _Deaf(desk, author) if lane is Lane.POST else desk


def _one_look(responder: Responder) -> Responder:
    return replace(responder, looks=Looks((0.1,)))


class _Bottomless(_Weak):
    async def spent(self, *, cap: Decimal | None) -> Decimal:
        del cap
        return Decimal(0)

    async def take(self, most: Decimal, *, cap: Decimal) -> Taken:
        del cap
        return Taken(most)


def _people(*acts: str) -> Callable[[Script], Script]:
    return lambda frame: replace(frame, people=acts)


def _faults(*names: Name) -> Callable[[Script], Script]:
    return lambda frame: replace(frame, faults=names)


def _crowded(frame: Script) -> Script:
    """Let many write at once."""
    rounds = tuple(replace(one, seconds=1.0) for one in frame.rounds * 4)
    return replace(frame, rounds=rounds, deaths=0.0)


def _lagging(frame: Script) -> Script:
    return replace(_crowded(frame), lag=20.0)


def _on_trial(frame: Script) -> Script:
    """Let many write at once to who has few calls."""
    settings = tuple(replace(one, plan="trial") for one in frame.settings)
    return replace(_crowded(frame), settings=settings)


def _poor(frame: Script) -> Script:
    return with_policies(frame, spend=Spend(Decimal("0.01"), Decimal("0.01")))


def _capped(frame: Script) -> Script:
    return with_policies(_crowded(frame), replies_per_hour=1, replies_per_day=2)


def _no_spend_cap(responder: Responder) -> Responder:
    return replace(responder, purse=_Bottomless(responder.purse))


@dataclass(frozen=True)
class Mutant:
    """One protection less.

    Attributes:
        breaks: the invariant that plays then break.
        journal, ledger, opening, responder: make the weakened part from the whole one.
        sets: makes what the protection is for happen more often.
        commits: whether what is acknowledged was committed.
        attends, sweeps: whether those loops run.
    """

    breaks: str = ""
    journal: Callable[[Journal, Database], Journal] = lambda whole, _: whole
    ledger: Callable[[Ledger], Ledger] = lambda whole: whole
    opening: Callable[[], Opening] = _as_is
    responder: Callable[[Responder], Responder] = lambda whole: whole
    sets: Callable[[Script], Script] = lambda script: script
    commits: bool = True
    attends: bool = True
    sweeps: bool = True


_UNHEARD: tuple[Name, ...] = ("after-apply-cut", "5xx-after-apply", "truncated")
"""Faults of a write that was applied."""
UNHARMED = Mutant()
MUTANTS: Mapping[str, Mutant] = {
    "no-commit": Mutant("I1", commits=False),
    "no-sweeps": Mutant("I2", sweeps=False),
    "no-intent": Mutant("I3", _NoIntent, sets=_faults(*_UNHEARD)),
    "no-verify": Mutant("I3", _NoVerify, sets=_faults(*_UNHEARD)),
    "one-look": Mutant("I3", responder=_one_look, sets=_faults("late-apply")),
    "no-turn-uniqueness": Mutant("I3", _NoTurns, sets=_lagging),
    "no-fence": Mutant("I4", opening=_no_fence, sets=_people("customer", "agent")),
    "no-supersede": Mutant("I4", opening=_deaf_to(Author.CUSTOMER), sets=_people("customer")),
    "no-takeover": Mutant("I4", opening=_deaf_to(Author.AGENT), sets=_people("agent")),
    "no-pause-in-fence": Mutant("I5", _NoPause, sets=_people("pause", "kill")),
    "no-retry-after": Mutant("I6", ledger=_NoHold, sets=_faults("429")),
    "no-share": Mutant("I6", ledger=_NoShare, sets=_on_trial),
    "no-tenancy": Mutant("I7", _NoTenancy),
    "no-audit": Mutant("I8", _NoAudit),
    "no-spend-cap": Mutant("I9", responder=_no_spend_cap, sets=_poor),
    "no-attention": Mutant("I10", attends=False, sets=_people("pause")),
    "no-caps": Mutant("caps", _NoCaps, sets=_capped),
}
