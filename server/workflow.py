"""One delivery, from its start to the state it ends in."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import assert_never

import structlog

from agent.drafter import Drafter
from agent.errors import Deferred, DraftFailed, ModelUnavailable, ResponderError, Superseded
from agent.model import Disposition, Draft, Landing, Result, RunLimits, Snapshot, Trigger
from agent.policy import Policy
from agent.respond import respond
from server.accounts import Account, Accounts
from server.engine import Engine, Work
from server.errors import UnknownAccount
from server.journal import StoreJournal
from server.store import inbox, runs
from server.store.db import Connection, Database
from server.store.inbox import Delivery, State
from tools.clock import Clock
from tools.errors import HelpdeskError, Retryable, Unauthorized, Unavailable
from tools.kit.tool import Desk

POISON = 5
"""Starts of one attempt before we stop: something in it kills the process."""
MODEL_TRIES = 3
"""Attempts at a model that does not answer before a person is given the ticket."""
PATIENCE = 48 * 3600.0
"""Seconds a delivery may wait for a helpdesk before it is dead, visibly."""
LONGEST_WAIT = 300.0
LONGEST_BURST = 120.0
"""Seconds after which a burst is answered though more keeps coming."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery; `wait` in seconds makes it come back."""

    state: State
    reason: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """Handles deliveries; safe to be killed at any point and begun again."""

    database: Database
    engine: Engine
    accounts: Accounts
    clock: Clock
    ready: Callable[[Account], Awaitable[None]]

    async def handle(self, number: int, attempt: int) -> None:
        """Bring a delivery to an end, or set it aside until later."""
        delivery = await self.database.write(lambda c: inbox.begin(c, number, attempt))
        if delivery is None or await self._folded(delivery):
            return
        bound = structlog.contextvars.bound_contextvars(
            delivery=number, account=delivery.account, ticket=delivery.ticket_id
        )
        with bound:
            verdict, result, run = await self._run(delivery)
            await self._settle(delivery, verdict, result, run)
            log.info("settled", state=verdict.state.value, reason=verdict.reason, run=run)

    async def _folded(self, delivery: Delivery) -> bool:
        def fold(connection: Connection) -> bool:
            now = self.clock.now().timestamp()
            younger = inbox.newer(connection, delivery)
            if younger is None or now - delivery.burst_at > LONGEST_BURST:
                return False
            inbox.fold(connection, delivery, younger, now=now)
            return True

        return delivery.attempt == 0 and await self.database.write(fold)

    async def _run(self, delivery: Delivery) -> tuple[Verdict, Result | None, str]:
        run = delivery.run_id or f"r{uuid.uuid4().hex[:12]}"
        if delivery.starts > POISON:
            reason = f"its work ended the process {delivery.starts - 1} times"
            return Verdict(State.DEAD, reason), None, run
        try:
            account = self.accounts.find(delivery.account)
            journal = StoreJournal(self.database, self.engine, run=run, clock=self.clock)
            by, gave_up = account.responder, None
            if delivery.attempt >= MODEL_TRIES and delivery.reason.startswith(_MODEL):
                gave_up = delivery.reason
                by = replace(by, drafter=_NoModel(by.drafter, gave_up))
            await self.ready(account)
            result = await respond(_trigger(delivery), by=by, journal=journal, run=run)
            return _verdict(result, gave_up), result, run
        except Exception as fault:
            verdict = after(fault, delivery, now=self.clock.now().timestamp())
            if verdict.state is State.DEAD:
                log.error("run failed", error=type(fault).__name__, exc_info=fault)
            return verdict, None, run

    async def _settle(
        self, delivery: Delivery, verdict: Verdict, result: Result | None, run: str
    ) -> None:
        now = self.clock.now().timestamp()

        def write(connection: Connection) -> None:
            kept: str | None = None
            if result is not None:
                kept = self._keep(connection, delivery, verdict, result, run=run, now=now)
            if verdict.wait is None:
                inbox.settle(
                    connection,
                    delivery.id,
                    verdict.state,
                    reason=verdict.reason,
                    run_id=kept,
                    now=now,
                )
                return
            due = now + verdict.wait
            attempt = inbox.postpone(
                connection, delivery, verdict.state, reason=verdict.reason, due=due, now=now
            )
            if verdict.state is not State.PARKED:
                work = Work(delivery.id, attempt, partition(delivery))
                self.engine.enqueue(connection, work, delay=verdict.wait)

        await self.database.write(write)

    @staticmethod
    def _keep(
        connection: Connection,
        delivery: Delivery,
        verdict: Verdict,
        result: Result,
        *,
        run: str,
        now: float,
    ) -> str | None:
        """Keep the record under its turn; what only found an earlier answer adds none."""
        turn = result.snapshot.turn if result.snapshot else None
        key = turn.key if turn else f"{delivery.account}|{delivery.ticket_id}|-{delivery.id}"
        if result.skip is not None and result.skip.name == "answered":
            known = runs.of_ticket(connection, delivery.account, delivery.ticket_id or "")
            return next((r.id for r in known if r.turn == key), None)
        return runs.keep(
            connection,
            run=run,
            account=delivery.account,
            ticket_id=delivery.ticket_id or "",
            turn=key,
            state=verdict.state.value,
            result=result,
            now=now,
        )


_MODEL = "the model "


def after(fault: Exception, delivery: Delivery, *, now: float) -> Verdict:
    """Return what becomes of a delivery whose run failed: pure.

    Args:
        fault: what was raised.
        delivery: as it was when the attempt began.
        now: unix seconds.
    """
    waited = now - (delivery.first_failed_at or now)
    backoff = min(LONGEST_WAIT, 2.0**delivery.attempt)
    match fault:
        case Superseded():
            return Verdict(State.WAITING, str(fault), wait=0.0)
        case Unauthorized():
            return Verdict(State.PARKED, f"the account needs attention: {fault}", wait=0.0)
        case ModelUnavailable():
            return Verdict(
                State.WAITING, f"{_MODEL}did not answer: {fault}", max(fault.retry_after, backoff)
            )
        case Deferred():
            return Verdict(State.WAITING, str(fault), wait=fault.retry_after)
        case Retryable() if waited > PATIENCE:
            return Verdict(State.DEAD, f"gave up after {waited / 3600:.0f} hours: {fault}")
        case Unavailable():
            return Verdict(State.WAITING, str(fault), wait=max(fault.retry_after, backoff))
        case Retryable():
            return Verdict(State.WAITING, str(fault), wait=fault.retry_after)
        case HelpdeskError() | ResponderError() | UnknownAccount():
            return Verdict(State.DEAD, f"{type(fault).__name__}: {fault}")
        case _:
            return Verdict(State.DEAD, f"a fault of ours: {type(fault).__name__}")


def partition(delivery: Delivery) -> str:
    """Return what may only be worked on one at a time: the ticket."""
    return f"{delivery.account}|{delivery.ticket_id}"


def _trigger(delivery: Delivery) -> Trigger:
    if delivery.ticket_id is None:
        raise DraftFailed("a delivery without a ticket cannot run")
    return Trigger(delivery.kind, delivery.account, delivery.ticket_id)


def _verdict(result: Result, gave_up: str | None) -> Verdict:
    if result.skip is not None:
        return Verdict(State.SKIPPED, f"{result.skip.name}: {result.skip.reason}")
    receipt = result.receipt
    if receipt is None:
        return Verdict(State.DEAD, "a fault of ours: the run ended without a receipt")
    match receipt.landing:
        case Landing.POSTED | Landing.ADOPTED if gave_up is not None:
            return Verdict(State.HELD, f"handed over: {gave_up}")
        case Landing.POSTED | Landing.ADOPTED:
            return Verdict(State.DONE, receipt.disposition.name.lower())
        case Landing.HELD:
            return Verdict(State.HELD, receipt.reason)
        case Landing.SUPERSEDED:
            return Verdict(State.SKIPPED, receipt.reason)
        case Landing.NOTHING if receipt.disposition is Disposition.SKIP:
            return Verdict(State.SKIPPED, receipt.reason)
        case Landing.NOTHING:
            return Verdict(State.HELD, receipt.reason)
        case _:
            assert_never(receipt.landing)


@dataclass(frozen=True, slots=True)
class _NoModel:
    """Stands in for a drafter that has not answered often enough."""

    instead_of: Drafter
    reason: str

    @property
    def name(self) -> str:
        return self.instead_of.name

    @property
    def prompt(self) -> str:
        return self.instead_of.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        del snapshot, desk, policy, limits
        raise DraftFailed(self.reason)
