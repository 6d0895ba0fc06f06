"""The main job on the loopback: a ticket arrives, a webhook fires, a cited note answers."""

import asyncio
import contextlib
import logging
import random
import socket
import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from html import escape
from typing import Any

import uvicorn
from rich.console import Console
from rich.panel import Panel

from server import views, wiring
from server.app import Service, create_app
from server.errors import Unready
from server.logs import configure
from server.look import complain, say
from server.serving import web
from server.settings import load, of_the_environment
from server.store import inbox, runs
from server.store.inbox import OPEN, Delivery, State
from tools.freshdesk.sandbox import loader, people
from tools.freshdesk.sandbox.app import create_app as create_sandbox
from tools.freshdesk.sandbox.automations import Webhook
from tools.freshdesk.sandbox.clock import RealClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import serving
from tools.html import to_text

KEY = "demo-key"
SECRET = "demo-secret"  # noqa: S105 -- of a helpdesk that lives for a demo
LOOK = 0.02
"""Seconds between two looks at how far the run has come."""
WITHIN = 1200.0
"""Seconds the first ticket may take: a small local model on a busy machine is slow."""
WHO = ("Robin Sample", "robin.sample@example.com")
"""Who asks when the words are the user's own."""
MODEL = ("DESKHAND_MODEL_NAME", "DESKHAND_MODEL_BASE_URL", "OPENAI_API_KEY")


@dataclass(frozen=True, slots=True)
class Question:
    """What the customer writes."""

    subject: str
    html: str
    name: str
    email: str


@dataclass(slots=True)
class Stage:
    """The running demo."""

    console: Console
    desk: Desk
    service: Service
    helpdesk: str
    responder: str
    started: float
    drafter: str | None = None
    told: set[int] = field(default_factory=set[int])
    first_note: float | None = None
    credits: int = 0
    notes: int = 0
    evidence: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


async def run(
    *, once: bool, as_json: bool, ask: str | None, seed: int | None, started: float
) -> int:
    """Play the demo; return the exit code.

    Args:
        once: end after the first ticket; otherwise stay up until Ctrl-C.
        as_json: print one JSON document instead of the story.
        ask: the customer's words, instead of a seeded ticket.
        seed: draws the same seeded ticket again.
        started: when the process began, on the steady clock.
    """
    configure(logging.ERROR)
    drawn = random.SystemRandom().randrange(10_000) if seed is None else seed
    console = Console(highlight=False, quiet=as_json)
    async with _stage(console, started) as stage:
        question = _question(ask, drawn)
        if not as_json:
            _open_scene(stage, drawn, own_words=ask is not None)
        ticket = await _arrive(stage, question)
        try:
            await asyncio.wait_for(_until_told(stage, ticket), timeout=WITHIN)
        except TimeoutError:
            complain(f"no note within {WITHIN / 60:.0f} minutes: is the model answering?")
            return 1
        if as_json:
            say(_summary(stage, ticket, drawn))
        if not once and not as_json:
            await _stay(stage)
    return 0 if stage.notes else 1


@contextlib.asynccontextmanager
async def _stage(console: Console, started: float) -> AsyncGenerator[Stage]:
    with tempfile.TemporaryDirectory(prefix="deskhand-demo-") as home:
        desk = loader.demo(clock=RealClock(), rng=random.Random(7))  # noqa: S311 -- a phase
        door = _free_port()
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        hook = Webhook(f"{address}/hooks/demo", SECRET)
        async with serving(create_sandbox(desk, api_key=KEY, webhook=hook)) as helpdesk:
            loaded = load(_environment(home, helpdesk))
            service = wiring.serving(loaded)
            model = loaded.settings.model_name
            stage = Stage(console, desk, service, helpdesk, address, started, model)
            async with _serving(service, door):
                yield stage


def _environment(home: str, helpdesk: str) -> dict[str, str]:
    """Return the demo's own settings; of the user's, only the model's are taken."""
    return of_the_environment(MODEL) | {
        "DESKHAND_HOME": home,
        "DESKHAND_ACCOUNT": "demo",
        "DESKHAND_FRESHDESK_DOMAIN": helpdesk,
        "DESKHAND_FRESHDESK_API_KEY": KEY,
        "DESKHAND_WEBHOOK_SECRET": SECRET,
        "DESKHAND_QUIET_SECONDS": "0",
    }


@contextlib.asynccontextmanager
async def _serving(service: Service, door: socket.socket) -> AsyncGenerator[None]:
    server = _Quiet(web(create_app(service, "demo"), host="127.0.0.1", port=0))
    task = asyncio.create_task(server.serve(sockets=[door]))
    try:
        while not server.started:
            if task.done():
                raise Unready("the demo's own service did not start")
            await asyncio.sleep(LOOK)
        yield
    finally:
        server.should_exit = True
        await task


class _Quiet(uvicorn.Server):
    """A web server that leaves Ctrl-C to the demo."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:  # noqa: ANN401 -- the base class's own signature
        yield


def _free_port() -> socket.socket:
    # Named as TCP, or asyncio leaves Nagle's delay on: 40 ms a call.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.bind(("127.0.0.1", 0))
    return door


def _question(ask: str | None, seed: int) -> Question:
    if ask is not None:
        words = ask.strip() or "Hello?"
        subject = words.splitlines()[0][:80]
        return Question(subject, _paragraphs(words), *WHO)
    drawn = [p for p in loader.practice(loader.demo_document()) if p.kind == "answerable"]
    one = random.Random(seed).choice(drawn)  # noqa: S311 -- a draw, not a secret
    return Question(one.subject, one.description, one.name, one.email)


def _paragraphs(words: str) -> str:
    blocks = [" ".join(block.split()) for block in words.split("\n\n")]
    return "".join(f"<p>{escape(block)}</p>" for block in blocks if block)


async def _arrive(stage: Stage, question: Question) -> int:
    message = people.Message(
        subject=question.subject,
        description=question.html,
        email=question.email,
        name=question.name,
    )
    ticket = people.write_in(stage.desk, message)
    words = to_text(question.html)
    head = f"Ticket {ticket.id}, {question.name} writes: {question.subject}"
    stage.console.print(Panel(words, title=head, title_align="left", border_style="cyan"))
    return ticket.id


async def _until_told(stage: Stage, ticket: int) -> None:
    """Follow a ticket's deliveries until one has ended, and tell what came of it."""
    kept, reasons = False, set[str]()
    while True:
        came = await stage.service.api.database.read(
            lambda c: inbox.latest(c, most=20, ticket=str(ticket))
        )
        if came and not kept:
            kept = True
            stage.console.print(
                f"  webhook   received and stored as delivery {came[-1].id}, answered 202 "
                f"({_clock(stage)})"
            )
            if stage.drafter is not None:
                stage.console.print(f"  drafting  with {stage.drafter}, which may take a while")
        for delivery in came:
            if delivery.state is State.WAITING and delivery.reason not in reasons:
                reasons.add(delivery.reason)
                stage.console.print(f"  waiting   {delivery.reason}", markup=False)
        ended = [d for d in came if d.state not in OPEN]
        if ended and len(ended) == len(came):
            for delivery in reversed(ended):
                await _tell(stage, delivery)
            return
        await asyncio.sleep(LOOK)


async def _tell(stage: Stage, delivery: Delivery) -> None:
    stage.told.add(delivery.id)
    run_id = delivery.run_id
    kept = None
    if run_id is not None:
        kept = await stage.service.api.database.read(lambda c: runs.by_id(c, run_id))
    if kept is None:
        stage.console.print(f"  {delivery.state.value:<9} {delivery.reason}", markup=False)
        return
    document = views.why(kept)
    result = kept.result
    stage.credits += result.usage.credits
    _tell_reading(stage, result)
    told: set[str] = set()
    for one in document["evidence"]:
        stage.evidence.append(one)
        if one["source"] not in told:
            told.add(one["source"])
            stage.console.print(f"  evidence  {one['title']}", markup=False)
            stage.console.print(f"            {one['url'] or one['source']}", markup=False)
    note = next(
        (
            e
            for e in reversed(stage.desk.log)
            if e.kind == "note" and str(e.ticket_id) == kept.ticket_id
        ),
        None,
    )
    if note is None:
        reason = delivery.reason or document["disposition"]
        stage.console.print(f"  {delivery.state.value:<9} {reason}", markup=False)
        return
    stage.notes += 1
    if stage.first_note is None:
        stage.first_note = time.monotonic() - stage.started
    handed = document["disposition"] == "HANDOFF"
    title = "Private note: handed over to a person" if handed else "Private note"
    stage.console.print(
        Panel(
            to_text(note.body),
            title=f"{title}, in the ticket after {stage.first_note:.1f} s",
            title_align="left",
            border_style="yellow" if handed else "green",
        )
    )
    tokens = result.usage.input_tokens + result.usage.output_tokens
    stage.console.print(
        f"  done      {document['disposition']}, {result.usage.credits} credits, {tokens} tokens, "
        f"run {kept.id} ({_clock(stage)})"
    )


def _tell_reading(stage: Stage, result: Any) -> None:  # noqa: ANN401 -- an agent.model.Result
    shot = result.snapshot
    if shot is None:
        return
    read = [f"ticket {shot.ticket.id}", f"{len(shot.thread.conversations)} conversations"]
    if shot.contact:
        read.append(f"contact {shot.contact.name}")
    if shot.company:
        read.append(f"company {shot.company.name}")
    read += [f"{value.label}: {value.value}" for value in shot.fields]
    drafter = result.draft.drafter if result.draft else "none"
    credit = result.usage.credits
    stage.console.print(f"  read      {'; '.join(read)}", markup=False)
    stage.console.print(f"  cost      {credit} credits to read, look once more and post")
    stage.console.print(f"  drafter   {drafter}", markup=False)


def _open_scene(stage: Stage, seed: int, *, own_words: bool) -> None:
    company = stage.desk.account.get("name", "the demo company")
    stage.console.print(f"[bold]Deskhand demo[/bold]: {company}'s helpdesk, all on this machine")
    stage.console.print(f"  helpdesk sandbox  {stage.helpdesk}", markup=False)
    stage.console.print(f"  responder         {stage.responder}", markup=False)
    if not own_words:
        stage.console.print(f"  seed              {seed}  (again with --seed {seed})")


def _summary(stage: Stage, ticket: int, seed: int) -> dict[str, Any]:
    return {
        "notes_posted": stage.notes,
        "first_note_seconds": None if stage.first_note is None else round(stage.first_note, 2),
        "credits": stage.credits,
        "evidence": stage.evidence,
        "ticket": str(ticket),
        "seed": seed,
    }


async def _stay(stage: Stage) -> None:
    """Stay up and tell what happens, until Ctrl-C."""
    write = (
        f"curl -s -X POST {stage.helpdesk}/sandbox/tickets -H 'Content-Type: application/json' \\\n"
        '    -d \'{"subject": "Returns", "description": "How long may I return an order?", '
        '"email": "you@example.com"}\''
    )
    stage.console.print("\nUp until Ctrl-C. Write as a customer from another terminal:")
    stage.console.print(f"  {write}", markup=False, soft_wrap=True)
    while True:
        came = await stage.service.api.database.read(lambda c: inbox.latest(c, most=50))
        for delivery in reversed(came):
            if delivery.id not in stage.told and delivery.state not in OPEN:
                stage.console.print(f"\nTicket {delivery.ticket_id}", style="bold")
                await _tell(stage, delivery)
        await asyncio.sleep(0.2)


def _clock(stage: Stage) -> str:
    return f"{time.monotonic() - stage.started:.1f} s"
