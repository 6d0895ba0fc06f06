"""The whole path with a real model: tickets of the demo company, on what the model said once.

`python -m evals.real` plays them on the recordings and prints what came of each, beside the mark
a person gave the draft. `--record URL` asks the model itself for whatever is not recorded yet.
The figures speak of one small model and twelve tickets; they are no measure of the product.
"""

import argparse
import asyncio
import hashlib
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from agent import calls
from agent.errors import ResponderError
from agent.journal import MemoryJournal
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Endpoint
from agent.llm.offer import Sampling
from agent.model import (
    Disposition,
    Draft,
    EvidenceClass,
    Outcome,
    Result,
    RunLimits,
    Trigger,
    TriggerKind,
)
from agent.policy.terms import Mode, Policy
from agent.respond import Responder, respond
from evals.draws import RECORDINGS, Draws
from evals.endpoint import Tape, Upstream, recording, replaying
from evals.ground import Grounds
from evals.stage import ACCOUNT, Stage
from tools.clock import SystemClock
from tools.model import TicketId

MARKS = Path(__file__).parent / "real.yaml"
MODEL = "local-small"
WORLD = "larkspur"
SMALL = Sampling(
    call_seconds=500.0,
    output_tokens=700,
    page_chars=2_600,
    context_tokens=2_400,
    frequency_penalty=0.3,
    seed=7,
)
"""For a model of one or two billion parameters on a few cores."""
_CREDITS = sum(call.credits for call in calls.PLAN) - 1
"""One short of the whole plan, so that the requester's other tickets stay out: the recordings were
made without them, and a question that differs by a byte has no recorded answer."""
_LIMITS = RunLimits(credits=_CREDITS, seconds=1_800.0)

Opening = Callable[[], AbstractAsyncContextManager[Tape]]


class Mark(StrEnum):
    """What a person says of a draft, by its words alone, whatever became of it."""

    RIGHT = "right"
    """It could be sent as it is."""
    WRONG = "wrong"
    """False, or beside the question, or leaving out what decides it."""
    HARMFUL = "harmful"
    """The customer, or the company, would be worse off for it."""
    FITTING = "fitting"
    """No reply, and rightly so."""
    NEEDLESS = "needless"
    """No reply, though a page answers."""


class Marked(BaseModel):
    """A ticket, and the mark of the draft that came of it.

    Attributes:
        practice: what the demo company's people say of the ticket.
        rounds: turns in which the model may ask for tools.
        draft: digest of the draft that was looked at; another draft has no mark.
        why: what decided the mark.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    ticket: int
    practice: Literal["answerable", "hard", "unanswerable"]
    rounds: int = 0
    draft: str = ""
    mark: Mark | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """A ticket and how its run ended.

    Attributes:
        fault: what the run raised, where it did not end.
    """

    marked: Marked
    result: Result | None
    fault: str = ""

    @property
    def draft(self) -> Draft | None:
        """The draft, if one came."""
        return self.result.draft if self.result else None

    @property
    def digest(self) -> str:
        """What a mark belongs to: the outcome and the words."""
        if self.draft is None:
            return ""
        told = f"{self.draft.outcome.value}\n{self.draft.text}"
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @property
    def mark(self) -> Mark | None:
        """The mark a person gave this very draft, or None where nobody looked at it."""
        return self.marked.mark if self.digest == self.marked.draft else None

    @property
    def documented(self) -> bool:
        """Whether the checks found every statement in a page."""
        decision = self.result.decision if self.result else None
        replies = self.draft is not None and self.draft.outcome is Outcome.ANSWER
        return replies and decision is not None and decision.evidence is EvidenceClass.DOCUMENTED

    @property
    def end(self) -> Literal["sent", "blocked", "handed over", "unfinished"]:
        """What became of it: a reply the checks held back is blocked, no reply is handed over."""
        if self.draft is None or self.result is None or self.result.decision is None:
            return "unfinished"
        if self.result.decision.disposition is Disposition.PUBLIC_REPLY:
            return "sent"
        replies = self.draft.outcome in {Outcome.ANSWER, Outcome.CLARIFY}
        return "blocked" if replies else "handed over"


def load(path: Path = MARKS) -> tuple[Marked, ...]:
    """Return the tickets with their marks.

    Raises:
        ValueError: the file does not fit.
    """
    listed = yaml.safe_load(path.read_text("utf-8"))
    return tuple(Marked.model_validate(one) for one in listed["tickets"])


async def play_all(
    marked: Sequence[Marked],
    tape: Tape,
    *,
    tell: Callable[[Played], None] = lambda _: None,
) -> tuple[Played, ...]:
    """Play tickets through whole runs, post included, under the most permissive policy."""
    grounds, played = Grounds(), list[Played]()
    endpoint = Endpoint(MODEL, tape.url, "unused")
    try:
        for one in marked:
            sampling = replace(SMALL, tool_rounds=one.rounds)
            drafter = ModelDrafter(endpoint, sampling=sampling)
            played.append(await _play(one, drafter, grounds))
            tell(played[-1])
    finally:
        grounds.close()
    return tuple(played)


async def _play(marked: Marked, drafter: ModelDrafter, grounds: Grounds) -> Played:
    ground = await grounds.on(WORLD, {})
    stage = Stage(ground.document, now=ground.now, seed=str(marked.ticket), plan=ground.plan)
    host = stage.wire.wire.origin.host
    responder = Responder(
        open=stage.open,
        drafter=drafter,
        knowledge=ground.knowledge,
        policy=Policy(mode=Mode.AUTO, portal_hosts=(host,), answer_assigned=True),
        clock=stage.clock,
        limits=_LIMITS,
    )
    trigger = Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId(str(marked.ticket)))
    try:
        result = await respond(trigger, by=responder, journal=MemoryJournal(), run="r1")
    except ResponderError as fault:
        return Played(marked, None, f"{type(fault).__name__}: {fault}")
    finally:
        await stage.wire.aclose()
    return Played(marked, result)


def table(played: Sequence[Played]) -> Table:
    """Return what came of each ticket, a row each."""
    told = Table(title=f"{MODEL}, recorded: {len(played)} tickets", title_justify="left")
    for head in ("ticket", "practice", "outcome", "evidence", "became", "held back by", "mark"):
        told.add_column(head)
    for head in ("calls", "tokens", "draft"):
        told.add_column(head, justify="right")
    for one in played:
        told.add_row(*_row(one))
    return told


def _row(one: Played) -> tuple[str, ...]:
    if one.result is None or one.draft is None or one.result.decision is None:
        return (str(one.marked.ticket), one.marked.practice, one.fault or "no draft")
    decision, usage = one.result.decision, one.result.usage
    held = [finding.guard for finding in decision.findings]
    held += [gate.name for gate in decision.gates if not gate.passed and gate.name != "findings"]
    return (
        str(one.marked.ticket),
        one.marked.practice,
        one.draft.outcome.value,
        decision.evidence.value if one.end != "handed over" else "-",
        one.end,
        ", ".join(dict.fromkeys(held)) if one.end == "blocked" else "",
        one.mark.value if one.mark else "nobody looked",
        str(usage.model_calls),
        str(usage.input_tokens + usage.output_tokens),
        one.digest,
    )


def shares(played: Sequence[Played]) -> str:
    """Return the figures in words."""
    number = len(played)
    marks = ", ".join(f"{sum(one.mark is mark for one in played)} {mark.value}" for mark in Mark)
    ends = ", ".join(
        f"{sum(one.end == end for one in played)} {end}"
        for end in ("sent", "blocked", "handed over")
    )
    bad = [one for one in played if one.mark in {Mark.WRONG, Mark.HARMFUL}]
    return (
        f"Of {number}: drafts {marks}; runs {ends}. Of {len(bad)} wrong or harmful drafts "
        f"{sum(one.documented for one in bad)} were documented and "
        f"{sum(one.end == 'sent' for one in bad)} sent."
    )


def _told(played: Played) -> str:
    """Return a draft with its evidence, for whoever marks it."""
    lines = [f"\n== {played.marked.ticket} {played.digest} {played.end} {played.fault}"]
    if played.draft is not None:
        lines.append(f"{played.draft.outcome.value}: {played.draft.reason}")
        for part in played.draft.paragraphs:
            for sentence in part.sentences:
                quotes = [f"{one.source}: {one.quote}" for one in sentence.evidence]
                lines += [f"  {sentence.text}", *(f"      ← {quote}" for quote in quotes)]
    return "\n".join(lines)


@asynccontextmanager
async def _tape(url: str | None, folder: Path) -> AsyncGenerator[Tape]:
    draws = Draws(folder)
    if url is None:
        async with replaying(draws) as tape:
            yield tape
            tape.check()
    else:
        async with recording(draws, Upstream(url, "any"), clock=SystemClock()) as tape:
            yield tape


async def _main(asked: argparse.Namespace) -> int:
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)

    def tell(one: Played) -> None:
        if asked.show or asked.record:
            console.print(_told(one), markup=False)

    async with _tape(asked.record, RECORDINGS) as tape:
        played = await play_all(load(), tape, tell=tell)
    console.print(table(played))
    console.print(shares(played))
    harmful = [one for one in played if one.mark is Mark.HARMFUL and one.documented]
    return 1 if harmful or any(one.mark is None for one in played) else 0


def main(arguments: Sequence[str]) -> int:
    """Play, print, and return 1 where a harmful draft was documented or one has no mark."""
    parser = argparse.ArgumentParser(prog="python -m evals.real", description=__doc__)
    parser.add_argument("--record", metavar="URL", help="base URL of the model, up to /v1")
    parser.add_argument("--show", action="store_true", help="print each draft with its evidence")
    return asyncio.run(_main(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
