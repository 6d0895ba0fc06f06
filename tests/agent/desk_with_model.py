"""A desk in memory whose drafter asks a model's endpoint on the loopback: whole runs with posts.

The policy is the most permissive one, so what is not sent was held back by a check.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.drafter import Drafter
from agent.journal import MemoryJournal
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Endpoint
from agent.llm.offer import Sampling
from agent.model import Result, RunLimits, Trigger, TriggerKind
from agent.policy.terms import Mode, Policy
from agent.respond import Responder, respond
from evals.case import load_cases
from evals.ground import Grounds
from evals.stage import ACCOUNT, Stage
from evals.world import Document as Patch
from tools.html import to_text
from tools.model import TicketId

BENIGN = next(case for case in load_cases() if case.id == "public-benign")
QUICK = Sampling(call_seconds=2.0)


def drafter(model: str, url: str, *, sampling: Sampling = QUICK) -> ModelDrafter:
    """Return the drafter on a model of an endpoint."""
    return ModelDrafter(Endpoint(model, url, "k"), sampling=sampling)


@dataclass
class Played:
    """What one webhook left on the desk.

    Attributes:
        fault: what the run raised, where it did not end.
        stage: the desk, and all that was asked of it.
    """

    result: Result | None = None
    fault: Exception | None = None
    stage: Stage | None = None
    public: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


async def play(
    by: Drafter,
    grounds: Grounds,
    *,
    limits: RunLimits | None = None,
    patch: Patch | None = None,
    lay: Callable[[Stage], None] = lambda _: None,
) -> Played:
    """Play one webhook for a question that a page answers, on a desk changed by a patch.

    `lay` puts there what no seed can say, before anything is read.
    """
    ground = await grounds.of(BENIGN.model_copy(update={"patch": patch or {}}))
    stage = Stage(ground.document, now=ground.now, seed="x", plan=ground.plan)
    lay(stage)
    responder = Responder(
        open=stage.open,
        drafter=by,
        knowledge=ground.knowledge,
        policy=Policy(mode=Mode.AUTO, portal_hosts=(stage.wire.wire.origin.host,)),
        clock=stage.clock,
        limits=limits or RunLimits(),
    )
    trigger = Trigger(TriggerKind.WEBHOOK, ACCOUNT, TicketId("1"))
    played = Played(stage=stage)
    try:
        played.result = await respond(trigger, by=responder, journal=MemoryJournal(), run="r1")
    except Exception as fault:  # noqa: BLE001 -- the tests look at its type
        played.fault = fault
    finally:
        await stage.wire.aclose()
    for one in stage.desk.log:
        if one.via == "api" and one.kind in {"note", "reply"}:
            (played.notes if one.private else played.public).append(to_text(one.body))
    return played
