"""Sending within a grant and a budget: refuse, spend, send, learn, in this order."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from tools.budget import Allowance, Ask, Heard
from tools.clock import Clock
from tools.errors import (
    BudgetExhausted,
    HelpdeskError,
    NotGranted,
    RateLimited,
    Rejected,
    Unavailable,
    Uncertain,
    Unexpected,
)
from tools.ledger import Key, Ledger
from tools.message import Answer, Lost, NotSent, Oversized, Refused, Request, Sender
from tools.provider import Grant, Lane, Right

_PATIENCE = {Lane.RECONCILE: 90.0, Lane.BACKFILL: 90.0}
_LITTLE_PATIENCE = 2.5
"""Seconds a call waits here for credits; beyond that the run is put off, not a worker held.

Sweeps hold no worker and would lose their place, so they wait out a whole window.
"""
_JITTER = 0.25
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Need:
    """What a request asks of a grant: a right, or None when no grant covers it.

    Attributes:
        fields: API names of the keys that an update changes.
    """

    right: Right | None
    fields: frozenset[str] = frozenset()


class Rules(Protocol):
    """What one make of helpdesk charges, allows and says in its headers."""

    @property
    def assume(self) -> Allowance:
        """Return what is granted until the helpdesk says."""
        ...

    def ask(self, request: Request, *, lane: int) -> Ask:
        """Return the cost of a request, by its method, path and query."""
        ...

    def need(self, request: Request) -> Need:
        """Return the right that the request needs."""
        ...

    def heard(self, headers: Mapping[str, str]) -> Heard:
        """Return what the rate headers say; absent and rubbish ones say nothing."""
        ...

    def hold(self, headers: Mapping[str, str], *, now: float) -> float:
        """Return the seconds that a 429 tells everybody to wait."""
        ...


@dataclass(frozen=True, slots=True)
class Spending:
    """Where and for whom credits are spent."""

    key: Key
    lane: Lane
    ledger: Ledger
    clock: Clock
    rng: random.Random


def told_at(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of an answer by the clock of whoever gave it, or None where it says none."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class BudgetedTransport:
    """One opening's way to its helpdesk.

    Attributes:
        told_at: the helpdesk's own time in its newest answer; None where that said none.
    """

    def __init__(self, sender: Sender, rules: Rules, *, grant: Grant, spending: Spending) -> None:
        self._sender = sender
        self._rules = rules
        self._grant = grant
        self._at = spending
        self.credits = 0
        self.calls = 0
        self.told_at: datetime | None = None

    async def send(self, request: Request) -> Answer:
        """Send it once, paid for; whatever the helpdesk answers but 429 is returned.

        Raises:
            NotGranted: the grant does not cover it; nothing was spent.
            BudgetExhausted: our part of the pool is spent for longer than we wait here.
            RateLimited: 429; every process now waits as long as it said.
            Unavailable: it was surely not sent, or was a read that failed.
            Uncertain: it was a write that may have landed.
            Rejected: the host or its address is not one we connect to.
        """
        self._permit(request)
        ask = self._rules.ask(request, lane=self._at.lane)
        sent = await self._spend(ask)
        self.calls += 1
        try:
            answer = await self._sender.send(request)
        except (NotSent, Lost) as fault:
            self.credits += ask.credits
            await self._learn(ask, Heard(), sent)
            raise _as_error(request, fault) from fault
        self.told_at = told_at(answer.headers)
        heard = self._rules.heard(answer.headers)
        self.credits += ask.credits if heard.used is None else heard.used
        await self._learn(ask, heard, sent)
        if answer.status == _TOO_MANY_REQUESTS:
            await self._hold(answer)
        return answer

    def _permit(self, request: Request) -> None:
        need = self._rules.need(request)
        call = f"{request.method} {request.path}"
        if need.right is None or need.right not in self._grant.rights:
            wanted = "no grant" if need.right is None else f"the right to {need.right.value}"
            raise NotGranted(f"{call} needs {wanted}; this helpdesk was opened without it")
        if need.right is Right.UPDATE:
            self._permit_fields(need.fields, call)

    def permit_update(self, fields: frozenset[str]) -> None:
        """Refuse a change outside the grant before even its preparation costs a credit.

        Raises:
            NotGranted: there is no right to update, or not of one of these fields.
        """
        if Right.UPDATE not in self._grant.rights:
            raise NotGranted(
                "an update needs the right to update; this helpdesk was opened without it"
            )
        self._permit_fields(fields, "an update")

    def _permit_fields(self, fields: frozenset[str], call: str) -> None:
        surplus = fields - self._grant.fields
        if surplus:
            raise NotGranted(f"{call} would change {sorted(surplus)!r}, which the grant leaves out")

    async def _spend(self, ask: Ask) -> float:
        """Charge the ledger, waiting a little where that helps; return when it was charged."""
        at = self._at
        patience = _PATIENCE.get(at.lane, _LITTLE_PATIENCE)
        while True:
            now = at.clock.now().timestamp()
            wait = await at.ledger.spend(at.key, ask, assume=self._rules.assume, now=now)
            if wait <= 0:
                return now
            if wait > patience:
                raise BudgetExhausted(
                    f"our part of the credits of {at.key.domain} is spent for {wait:.0f} s "
                    f"in lane {at.lane.name.lower()}; the run is put off",
                    retry_after=wait,
                )
            pause = wait + at.rng.uniform(0, _JITTER)
            patience -= pause
            await at.clock.sleep(pause)

    async def _learn(self, ask: Ask, heard: Heard, sent: float) -> None:
        now = self._at.clock.now().timestamp()
        await self._at.ledger.learn(self._at.key, ask, heard, sent=sent, now=now)

    async def _hold(self, answer: Answer) -> None:
        at = self._at
        now = at.clock.now().timestamp()
        told = self._rules.hold(answer.headers, now=now)
        wait = told + at.rng.uniform(_JITTER, 1.0)
        await at.ledger.pause(at.key, until=now + wait)
        raise RateLimited(
            f"{at.key.domain} answered 429 and asks for {told:g} s; the whole account waits",
            retry_after=wait,
        )


def _as_error(request: Request, fault: NotSent | Lost) -> HelpdeskError:
    call = f"{request.method} {request.path}"
    if isinstance(fault, Refused):
        return Rejected(f"{call}: {fault}")
    if isinstance(fault, NotSent):
        return Unavailable(f"{call} was not sent: {fault}", retry_after=5.0)
    if isinstance(fault, Oversized) and not request.writes:
        return Unexpected(f"{call}: {fault}")
    if request.writes:
        return Uncertain(f"{call} may have landed: {fault}; look for it, never send it again")
    return Unavailable(f"{call} failed: {fault}", retry_after=5.0)
