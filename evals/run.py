"""Play a case through a whole run, post included, on a clock of its own and without a socket."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from agent.drafter import Drafter
from agent.errors import Deferred, ModelUnavailable, ResponderError, Superseded
from agent.journal import MemoryJournal
from agent.model import (
    Decision,
    Draft,
    Intent,
    Landing,
    Receipt,
    Result,
    RunLimits,
    Skip,
    Snapshot,
    Trigger,
    TriggerKind,
)
from agent.policy.terms import Policy
from agent.respond import Responder, respond
from evals import drafters, keyed
from evals.case import Case, Tier
from evals.endpoint import Tape
from evals.frozen import Drafts
from evals.ground import Ground, Grounds
from evals.offline import Offline
from evals.outcome import Attempt, Cited, Outcome, Written
from evals.stage import ACCOUNT, Moments, Stage
from tools.errors import HelpdeskError, Retryable
from tools.freshdesk import FRESHDESK
from tools.kit.tool import Desk
from tools.model import TicketId

T = TypeVar("T")

MOST_ATTEMPTS = 12
"""Starts of one delivery; the looks for an uncertain write need six."""
MOST_DELIVERIES = 8
LONGEST = 30.0
"""Real seconds a case may take."""
_ECHO = "answered"
"""The reason given for a turn that has its receipt."""


class CaseJournal(MemoryJournal):
    """A journal that outlives its runs: steps are a run's own, receipts are for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.draft: Draft | None = None
        self.decision: Decision | None = None
        self.last: Receipt | None = None

    def begin(self) -> None:
        """Forget the steps of the run before, as another start of it does."""
        self.steps.clear()

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step once in this run, and remember what was drafted and decided last."""
        done = await super().once(step, act, kept)
        if isinstance(done, Draft):
            self.draft = done
        if isinstance(done, Decision):
            self.decision = done
        return done

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Remember what came of an intent; a held reply stays the last word on its turn."""
        await super().settle(intent, receipt)
        if self.last is None or self.last.landing is not Landing.HELD:
            self.last = receipt


@dataclass(frozen=True, slots=True)
class WatchedDrafter:
    """A drafter whose beginning is a moment; implements `Drafter`."""

    drafter: Drafter
    people: Moments

    @property
    def name(self) -> str:
        """As the drafter inside."""
        return self.drafter.name

    @property
    def prompt(self) -> str:
        """As the drafter inside."""
        return self.drafter.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Let people act, then draft from what was read before."""
        self.people.reached("drafting")
        return await self.drafter.draft(snapshot, desk=desk, policy=policy, limits=limits)


@dataclass(slots=True)
class _Play:
    """One case while it is played."""

    case: Case
    stage: Stage
    people: Moments
    responder: Responder
    journal: CaseJournal = field(default_factory=CaseJournal)
    attempts: list[Attempt] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


async def play(
    case: Case,
    *,
    grounds: Grounds,
    trial: int = 0,
    longest: float = LONGEST,
    tape: Tape | None = None,
) -> Outcome:
    """Return what comes of a case; a crash or a timeout is said to be one, never a result.

    Args:
        case: what to play.
        grounds: worlds and their help centres, shared by cases that only read them.
        trial: its number, from 0; ids and waits are drawn anew for each.
        longest: real seconds it may take.
        tape: what a model answers; without one, what was recorded for this trial.
    """
    tape, offline = tape or Tape(grounds.recordings.draws, trial), Offline()
    try:
        with contextlib.nullcontext() if tape.asking else offline:
            async with asyncio.timeout(longest):
                ground = await grounds.of(case)
                outcome = await _played(case, ground, tape, grounds.recordings.drafts)
    except TimeoutError:
        return Outcome(case.id, broken=f"it took longer than {longest:g} s")
    except Exception as fault:  # noqa: BLE001 -- whatever broke, it is no verdict on the product
        return Outcome(case.id, broken=f"{type(fault).__name__}: {fault}")
    if offline.tried:
        return Outcome(case.id, broken=f"it tried to reach out: {offline.tried[0]}")
    return outcome


async def _played(case: Case, ground: Ground, tape: Tape, drafts: Drafts) -> Outcome:
    trial = tape.trial
    seed = f"{case.id}#{trial}" if trial else case.id
    stage = Stage(ground.document, now=ground.now, seed=seed, plan=ground.plan)
    try:
        people = stage.people_for(case)
        stage.wire.reached = people.reached
        for fault in case.faults:
            stage.app.faults.planned.append(fault.planned())
        drafter = drafters.of(case, clock=stage.clock, tape=tape, drafts=drafts)
        responder = _responder(case, stage, WatchedDrafter(drafter, people), ground)
        now = _Play(case, stage, people, responder)
        await _deliveries(now)
        missed, said = keyed.missed(case, tape), tuple(tape.played)
        if missed:
            return Outcome(case.id, unrecorded=missed, said=said)
        return replace(await _outcome(now, ground), said=said)
    finally:
        await stage.wire.aclose()


def _responder(case: Case, stage: Stage, drafter: Drafter, ground: Ground) -> Responder:
    origin = stage.wire.wire.origin
    return Responder(
        open=stage.open,
        drafter=drafter,
        knowledge=ground.knowledge,
        policy=case.policy_at(origin.host),
        clock=stage.clock,
        ticket_url=lambda ticket: FRESHDESK.ticket_url(origin, ticket),
        limits=keyed.LIMITS if case.tier is Tier.KEYED else RunLimits(),
        sorter=drafters.sorter_of(case),
    )


async def _deliveries(now: _Play) -> None:
    """Work on one webhook after the other; what the rules fire meanwhile queues up behind."""
    due, number = now.case.trigger.deliveries, 0
    while number < min(due + len(now.stage.fired), MOST_DELIVERIES):
        number += 1
        await _delivery(now, number)
        now.people.reached("settled")


async def _delivery(now: _Play, number: int) -> None:
    for _ in range(MOST_ATTEMPTS):
        wait = await _attempt(now, number)
        if wait is None:
            return
        now.people.reached("waiting")
        await now.stage.clock.sleep(wait)


async def _attempt(now: _Play, number: int) -> float | None:
    """Start the run; return the seconds after which it must be started again, or None."""
    at = now.stage.clock.steady()
    now.journal.begin()
    try:
        result = await respond(
            _trigger(now.case), by=now.responder, journal=now.journal, run=f"r{number:012d}"
        )
    except (HelpdeskError, ResponderError) as fault:
        wait = wait_after(fault)
        now.attempts.append(Attempt(number, at, type(fault).__name__, str(fault), wait))
        return wait
    now.results.append(result)
    now.journal.last = result.receipt or now.journal.last
    now.attempts.append(Attempt(number, at, "done"))
    return None


def wait_after(fault: HelpdeskError | ResponderError) -> float | None:
    """Return the seconds a worker waits before another start, or None where it is over."""
    match fault:
        case Superseded():
            return 0.0
        case Deferred() | Retryable() | ModelUnavailable():
            return fault.retry_after
        case _:
            return None


def _trigger(case: Case) -> Trigger:
    body = case.trigger.body or {"ticket_id": case.trigger.ticket}
    hook = FRESHDESK.read_hook(json.dumps(body).encode(), "application/json")
    return Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId(hook.ticket_id))


async def _outcome(now: _Play, ground: Ground) -> Outcome:
    draft = now.journal.draft
    return Outcome(
        case=now.case.id,
        skip=_skip(now),
        draft=draft,
        decision=now.journal.decision,
        receipt=now.journal.last,
        cited=await cited(draft, ground) if draft is not None else (),
        written=tuple(_written(now)),
        public=tuple(_public(now)),
        status=_status(now),
        fields=_fields(now),
        attempts=tuple(now.attempts),
        calls=tuple(now.stage.wire.calls),
        credits=now.stage.credits,
        charged=now.stage.charged,
        elapsed=now.stage.clock.steady(),
        missed=(*now.people.missed, *_unmet(now)),
    )


def _unmet(now: _Play) -> Iterator[str]:
    """Yield the calls of faults that befell nobody, not even once."""
    whole = [fault.planned() for fault in now.case.faults]
    return (one.match for one in now.stage.app.faults.planned if one in whole)


def _skip(now: _Play) -> Skip | None:
    """Return the last reason to leave the turn alone; an echo of our own answer is none."""
    told = [r.skip for r in now.results if r.skip is not None and r.skip.name != _ECHO]
    return told[-1] if told else None


async def cited(draft: Draft, ground: Ground) -> tuple[Cited, ...]:
    """Return a draft's evidence with the pages it names, as they are today."""
    said = (sentence for paragraph in draft.paragraphs for sentence in paragraph.sentences)
    evidence = [one for sentence in said for one in sentence.evidence]
    return tuple([Cited(one, await ground.knowledge.page(one.source)) for one in evidence])


def _written(now: _Play) -> Iterator[Written]:
    """Yield what our key wrote, by the helpdesk's own log: not by what we believe we wrote."""
    desk, ticket_id = now.stage.desk, int(now.case.trigger.ticket)
    for entry in desk.log:
        if entry.via == "api" and entry.ticket_id == ticket_id and entry.kind in {"note", "reply"}:
            at = (entry.at - now.stage.start).total_seconds()
            yield Written(at, not entry.private, entry.body)


def _public(now: _Play) -> Iterator[str]:
    return (entry.body for entry in now.stage.desk.log if entry.via == "api" and not entry.private)


def _fields(now: _Play) -> dict[str, object]:
    ticket = now.stage.desk.tickets.get(int(now.case.trigger.ticket))
    if ticket is None:
        return {}
    return {name: getattr(ticket, name) for name in ("type", "priority", "group_id", "tags")}


def _status(now: _Play) -> int | None:
    ticket = now.stage.desk.tickets.get(int(now.case.trigger.ticket))
    return int(ticket.status) if ticket is not None else None
