"""Play a recorded draft on paper: a helpdesk read once, then checks, policy, HTML and post."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.errors import ResponderError
from agent.model import Trigger, TriggerKind
from agent.respond import Responder, respond
from evals import keyed
from evals.case import Case
from evals.clock import CaseClock
from evals.frozen import FrozenDrafter, Kept
from evals.ground import Ground, Grounds
from evals.outcome import Attempt, Outcome, Written
from evals.run import CaseJournal, cited
from evals.stage import ACCOUNT, Stage
from evals.still import StillHelpdesk
from tools.egress import Origin
from tools.errors import HelpdeskError
from tools.freshdesk import FRESHDESK
from tools.model import (
    AgentIdentity,
    Company,
    CompanyId,
    ConversationId,
    Posted,
    Thread,
    TicketField,
    TicketId,
    TicketView,
)
from tools.provider import READ_ONLY, Grant, Lane


@dataclass(frozen=True, slots=True)
class Reading:
    """What a case's runs read of its ticket, read once.

    Attributes:
        steps: the step of reading, as the first run kept it.
    """

    view: TicketView
    thread: Thread
    me: AgentIdentity
    fields: tuple[TicketField, ...]
    groups: Mapping[str, str]
    closed_at: datetime | None
    origin: Origin
    ground: Ground
    steps: dict[str, object] = field(default_factory=dict[str, object])

    @classmethod
    async def of(cls, ground: Ground, ticket_id: TicketId, *, seed: str) -> "Reading":
        """Read a ticket from a desk of its own, through the API."""
        stage = Stage(ground.document, now=ground.now, seed=seed, plan=ground.plan)
        try:
            desk = stage.open(Lane.BACKFILL, READ_ONLY)
            return cls(
                view=await desk.ticket_with_people(ticket_id),
                thread=await desk.thread(ticket_id),
                me=await desk.me(),
                fields=await desk.fields(),
                groups=await desk.groups(),
                closed_at=await desk.closed_at(ticket_id),
                origin=stage.wire.wire.origin,
                ground=ground,
            )
        finally:
            await stage.wire.aclose()


class PaperDesk(StillHelpdesk):
    """A ticket as it was read once; notes and replies are written down; implements `Helpdesk`."""

    def __init__(self, reading: Reading, clock: CaseClock) -> None:
        super().__init__(tickets=(reading.view.ticket,))
        self._reading = reading
        self._clock = clock
        self.written: list[Written] = []

    async def ticket_with_people(self, ticket_id: TicketId) -> TicketView:
        """Return the ticket with its people. One credit."""
        await self.ticket(ticket_id)
        return self._reading.view

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the thread. One credit."""
        del ticket_id, most_calls
        self._spend()
        return self._reading.thread

    async def company(self, company_id: CompanyId) -> Company:
        """Return the requester's company, or know none. One credit."""
        return self._reading.view.company or await super().company(company_id)

    async def me(self) -> AgentIdentity:
        """Return who we are. One credit."""
        self._spend()
        return self._reading.me

    async def fields(self) -> tuple[TicketField, ...]:
        """Return the fields' definitions. One credit."""
        self._spend()
        return self._reading.fields

    async def groups(self) -> Mapping[str, str]:
        """Return group names. One credit."""
        self._spend()
        return self._reading.groups

    async def closed_at(self, ticket_id: TicketId) -> datetime | None:
        """Return when the ticket was closed. One credit."""
        await self.ticket(ticket_id)
        return self._reading.closed_at

    async def note(self, ticket_id: TicketId, html: str, *, private: bool = True) -> Posted:
        """Write a note down. One credit."""
        await self.ticket(ticket_id)
        self.written.append(Written(self._clock.steady(), not private, html))
        return Posted(ConversationId(f"paper-{len(self.written)}"), self._clock.now())

    async def reply(self, ticket_id: TicketId, html: str) -> Posted:
        """Write a reply down. One credit."""
        return await self.note(ticket_id, html, private=False)


@dataclass(slots=True)
class Papers:
    """What was read for the cases so far, each once."""

    grounds: Grounds
    _read: dict[str, Reading] = field(default_factory=dict[str, Reading])
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, case: Case) -> Reading:
        """Return what a run of this case reads.

        Raises:
            BadCase, HelpdeskError: the world does not fit, or has no such ticket.
        """
        async with self._reading:
            if case.id not in self._read:
                ground = await self.grounds.of(case)
                ticket = TicketId(case.trigger.ticket)
                self._read[case.id] = await Reading.of(ground, ticket, seed=case.id)
        return self._read[case.id]


def fits(case: Case) -> bool:
    """Whether nothing happens to the ticket while the draft is on its way."""
    return not case.events and not case.faults and case.trigger.deliveries == 1


async def play(case: Case, kept: Kept, *, papers: Papers) -> Outcome:
    """Return what comes of a recorded draft today: the run's own code, without HTTP."""
    try:
        return await _played(case, kept, await papers.of(case))
    except Exception as fault:  # noqa: BLE001 -- whatever broke, it is no verdict on the product
        return Outcome(case.id, broken=f"{type(fault).__name__}: {fault}")


async def _played(case: Case, kept: Kept, reading: Reading) -> Outcome:
    ground = reading.ground
    clock, journal = CaseClock(ground.now), CaseJournal()
    journal.steps.update(reading.steps)
    desk = PaperDesk(reading, clock)

    def opened(lane: Lane, grant: Grant) -> PaperDesk:
        del lane, grant
        return desk

    responder = Responder(
        open=opened,
        drafter=FrozenDrafter(kept),
        knowledge=ground.knowledge,
        policy=case.policy_at(reading.origin.host),
        clock=clock,
        ticket_url=lambda ticket: FRESHDESK.ticket_url(reading.origin, ticket),
        limits=keyed.LIMITS,
    )
    trigger = Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId(case.trigger.ticket))
    try:
        result = await respond(trigger, by=responder, journal=journal, run="r000000000001")
        attempt = Attempt(1, 0.0, "done")
    except (HelpdeskError, ResponderError) as fault:
        result, attempt = None, Attempt(1, 0.0, type(fault).__name__, str(fault))
    reading.steps.update({name: kept for name, kept in journal.steps.items() if name == "read"})
    draft = journal.draft
    return Outcome(
        case=case.id,
        skip=result.skip if result is not None else None,
        draft=draft,
        decision=journal.decision,
        receipt=(result.receipt if result is not None else None) or journal.last,
        cited=await cited(draft, ground) if draft is not None else (),
        written=tuple(desk.written),
        public=tuple(one.html for one in desk.written if one.public),
        status=int(reading.view.ticket.status_id),
        attempts=(attempt,),
        credits=desk.credits,
        charged=desk.credits,
        elapsed=clock.steady(),
    )
