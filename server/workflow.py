"""One delivery, from its start to the state it ends in."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar, assert_never

import structlog

from agent.approve import approve
from agent.errors import Deferred, DraftFailed, ModelUnavailable, ResponderError, Superseded
from agent.journal import Journal
from agent.model import Disposition, Landing, Result, Trigger, TriggerKind, run_of
from agent.post import rank
from agent.respond import respond
from server import approvals
from server.accounts import Account, Accounts
from server.company import Company
from server.drafters import last_resort, last_sorter
from server.engine import Engine, Work
from server.errors import UnknownAccount, Unready
from server.store import cursors, inbox, runs, switches
from server.store.cursors import SETTLED, Seen
from server.store.db import Connection, Database
from server.store.inbox import Delivery, State
from tools.clock import Clock
from tools.errors import HelpdeskError, Retryable, Unauthorized, Unavailable, Unexpected
from tools.model import ConversationId

T = TypeVar("T")

SUSPECT = 3
"""Deaths of the process after which an attempt works alone: one of those it died with is to blame,
and the others must not go down with it."""
POISON = SUSPECT + 5
"""Deaths after which we stop, five of them with nothing else at work: it kills the process."""
MODEL_TRIES = 3
"""Attempts at a model that does not answer before a person is given the ticket."""
PATIENCE = 48 * 3600.0
"""Seconds a delivery may wait for a helpdesk before it is dead, visibly."""
PASSING = 300.0
"""Seconds in which an answer that nobody can read may be a proxy's, and pass."""
PASSING_FIRST = 5.0
LONGEST_WAIT = 300.0
LONGEST_BURST = 120.0
"""Seconds after which a burst is answered though more keeps coming."""

OWN = 1.0
"""Seconds the helpdesk may take to note our own write in the ticket's time of change."""
AWAY = 120.0
"""Seconds a run waits for a database that is away; later its delivery is found and begun again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery; `wait` in seconds makes it come back."""

    state: State
    reason: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """Handles deliveries; safe to be killed at any point and begun again.

    Attributes:
        ready: waits until an account's knowledge can be searched.
        journals: makes the memory of a run, by its reference.
    """

    database: Database
    engine: Engine
    accounts: Accounts
    clock: Clock
    ready: Callable[[Account], Awaitable[None]]
    journals: Callable[[str], Journal]
    company: Company = field(default_factory=Company)

    async def handle(self, number: int, attempt: int) -> None:
        """Bring a delivery to an end, or set it aside until later."""
        deaths = await self._patient(
            lambda: self.database.glance(lambda c: inbox.starts(c, number, attempt))
        )
        async with self.company.alone() if deaths >= SUSPECT else self.company.together():
            await self._handle(number, attempt)

    async def _handle(self, number: int, attempt: int) -> None:
        run = f"r{uuid.uuid4().hex[:12]}"
        delivery = await self._surely(lambda c: self._begun(c, number, attempt, run=run))
        if delivery is None:
            return
        bound = structlog.contextvars.bound_contextvars(
            delivery=number, account=delivery.account, ticket=delivery.ticket_id
        )
        with bound:
            run = delivery.run_id or run
            verdict, result = await self._run(delivery, run)
            ended = await self._settle(delivery, verdict, result)
            log.info("settled", state=ended.state.value, reason=ended.reason, run=run)

    def _begun(
        self, connection: Connection, number: int, attempt: int, *, run: str
    ) -> Delivery | None:
        """Begin a delivery; None where nothing is to be done, or a younger one will do it."""
        delivery = inbox.begin(connection, number, attempt, run=run)
        if delivery is None or delivery.attempt or delivery.kind is TriggerKind.APPROVAL:
            return delivery
        now = self.clock.now().timestamp()
        younger = inbox.newer(connection, delivery)
        if younger is None or now - delivery.burst_at > LONGEST_BURST:
            return delivery
        inbox.fold(connection, delivery, younger, now=now)
        return None

    async def _surely(self, act: Callable[[Connection], T]) -> T:
        return await self._patient(lambda: self.database.write(act))

    async def _patient(self, act: Callable[[], Awaitable[T]]) -> T:
        """Use the database, waiting where it is away: the engine cannot repeat this for us."""
        until = self.clock.steady() + AWAY
        while True:
            try:
                return await act()
            except Unready as fault:
                if self.clock.steady() > until:
                    raise
                log.warning("waiting for the database", error=str(fault))
                await self.clock.sleep(1.0)

    async def _run(self, delivery: Delivery, run: str) -> tuple[Verdict, Result | None]:
        if delivery.starts > POISON:
            reason = f"its work ended the process {POISON} times, {POISON - SUSPECT} of them alone"
            return Verdict(State.DEAD, reason), None
        gave_up = None
        try:
            account = self.accounts.find(delivery.account)
            stopped = await self.database.glance(
                lambda c: switches.stopped(c, account.id, public=False)
            )
            if stopped is not None:
                return Verdict(State.PARKED, stopped, wait=0.0), None
            journal = self.journals(run)
            by = account.responder
            if delivery.attempt >= MODEL_TRIES and delivery.reason.startswith(_MODEL):
                gave_up = delivery.reason.partition(_THEN)[0]
                spare = last_sorter(by.sorter)
                by = replace(by, drafter=last_resort(by.drafter, gave_up), sorter=spare)
            if delivery.kind is TriggerKind.APPROVAL:
                asked, kept = await self.database.read(lambda c: approvals.asked(c, delivery))
                result = await approve(asked, kept, by=by, journal=journal)
                return _verdict(result), result
            await self.ready(account)
            result = await respond(_trigger(delivery), by=by, journal=journal)
            return _verdict(result), result
        except Exception as fault:
            verdict = _still(after(fault, delivery, now=self.clock.now().timestamp()), gave_up)
            if verdict.state is State.DEAD:
                log.error("run failed", error=type(fault).__name__, exc_info=fault)
            return verdict, None

    async def _settle(self, delivery: Delivery, verdict: Verdict, result: Result | None) -> Verdict:
        now = self.clock.now().timestamp()

        def write(connection: Connection) -> Verdict:
            kept, ended = None, verdict
            if result is not None:
                kept, ended = self._keep(connection, delivery, verdict, result, now=now)
                _saw(connection, delivery, result)
            if ended.wait is None:
                state, reason = ended.state, ended.reason
                inbox.settle(connection, delivery.id, state, reason=reason, run_id=kept, now=now)
                return ended
            due = now + ended.wait
            attempt = inbox.postpone(
                connection, delivery, ended.state, reason=ended.reason, due=due, now=now
            )
            if ended.state is not State.PARKED:
                work = Work(delivery.id, attempt, partition(delivery))
                self.engine.enqueue(connection, work, delay=ended.wait)
            return ended

        return await self._surely(write)

    @staticmethod
    def _keep(
        connection: Connection,
        delivery: Delivery,
        verdict: Verdict,
        result: Result,
        *,
        now: float,
    ) -> tuple[str | None, Verdict]:
        """Keep the record under its turn; return its id, and how the delivery ended.

        A run that finds its turn answered adds no record. But where the record still lacks the
        receipt, the answer is this very work's, cut off in the middle: it is completed.
        """
        turn = result.snapshot.turn if result.snapshot else None
        key = turn.key if turn else f"{delivery.account}|{delivery.ticket_id}|-{delivery.id}"
        if result.skip is not None and result.skip.name == "answered":
            known, proof = runs.of_turn(connection, key), runs.receipt(connection, key)
            if known is None or proof is None or known.result.receipt is not None:
                return (known.id if known else None), verdict
            result = replace(known.result, receipt=proof, approval=result.approval)
            verdict = _verdict(result)
        approvals.settled(connection, delivery, result, now=now)
        kept = runs.keep(
            connection,
            run=run_of(key),
            account=delivery.account,
            ticket_id=delivery.ticket_id or "",
            turn=key,
            state=verdict.state.value,
            result=result,
            now=now,
        )
        return kept, verdict


_MODEL = "the model "
_THEN = "; then "


def after(  # noqa: C901  one case for each kind of fault
    fault: Exception, delivery: Delivery, *, now: float
) -> Verdict:
    """Return what becomes of a delivery whose run failed: pure.

    Args:
        fault: what was raised.
        delivery: as it was when the attempt began.
        now: unix seconds.
    """
    waited = now - (delivery.first_failed_at or now)
    backoff = min(LONGEST_WAIT, 2.0 ** min(delivery.attempt, 10))
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
        case Unready():
            return Verdict(State.WAITING, str(fault), wait=backoff)
        case Retryable() if waited > PATIENCE:
            return Verdict(State.DEAD, f"gave up after {waited / 3600:.0f} hours: {fault}")
        case Unavailable():
            return Verdict(State.WAITING, str(fault), wait=max(fault.retry_after, backoff))
        case Unexpected() if waited < PASSING:
            return Verdict(State.WAITING, str(fault), wait=max(PASSING_FIRST, backoff))
        case Retryable():
            return Verdict(State.WAITING, str(fault), wait=fault.retry_after)
        case HelpdeskError() | ResponderError() | UnknownAccount():
            return Verdict(State.DEAD, f"{type(fault).__name__}: {fault}")
        case _:
            return Verdict(State.DEAD, f"a fault of ours: {type(fault).__name__}")


def partition(delivery: Delivery) -> str:
    """Return what may only be worked on one at a time: the ticket."""
    return f"{delivery.account}|{delivery.ticket_id}"


def _saw(connection: Connection, delivery: Delivery, result: Result) -> None:
    """Note how far the ticket was read, and that we wrote on it, for reconciliation."""
    shot, proof = result.snapshot, result.receipt
    if shot is None:
        return
    at = proof.posted.created_at if proof and proof.posted else proof and proof.changed_at
    own = at.timestamp() + OWN if at else 0.0
    changed = shot.ticket.updated_at.timestamp()
    told = shot.ticket.told_at
    sure = told is not None and told.timestamp() - changed >= SETTLED
    newest = max((c.id for c in shot.thread.conversations), key=rank, default=ConversationId(""))
    now = Seen(changed if sure else 0.0, max(own, changed), shot.thread.seen, newest)
    cursors.saw(connection, delivery.account, shot.ticket.id, now)


def _trigger(delivery: Delivery) -> Trigger:
    if delivery.ticket_id is None:
        raise DraftFailed("a delivery without a ticket cannot run")
    return Trigger(delivery.kind, delivery.account, delivery.ticket_id)


def _still(verdict: Verdict, gave_up: str | None) -> Verdict:
    """Keep in mind that a model was given up, though something else must be waited for first."""
    if gave_up is None or verdict.wait is None:
        return verdict
    return replace(verdict, reason=f"{gave_up}{_THEN}{verdict.reason}")


def _verdict(result: Result) -> Verdict:
    if result.skip is not None:
        return Verdict(State.SKIPPED, f"{result.skip.name}: {result.skip.reason}")
    receipt = result.receipt
    if receipt is None:
        return Verdict(State.DEAD, "a fault of ours: the run ended without a receipt")
    match receipt.landing:
        case Landing.POSTED | Landing.ADOPTED if result.draft is not None and result.draft.failed:
            return Verdict(State.HELD, f"handed over: {result.draft.reason}")
        case Landing.POSTED | Landing.ADOPTED:
            return Verdict(State.DONE, receipt.disposition.name.lower())
        case Landing.HELD:
            return Verdict(State.HELD, receipt.reason)
        case Landing.SUPERSEDED:
            return Verdict(State.SKIPPED, receipt.reason)
        case Landing.NOTHING if switches.is_stop(receipt.reason):
            return Verdict(State.PARKED, receipt.reason, wait=0.0)
        case Landing.NOTHING if receipt.disposition is Disposition.SKIP:
            return Verdict(State.SKIPPED, receipt.reason)
        case Landing.NOTHING:
            return Verdict(State.HELD, receipt.reason)
        case _:
            assert_never(receipt.landing)
