"""A recorded model as a case's drafter: how it is sampled, and where its draws are kept."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent.llm.dialogue import ModelDrafter
from agent.llm.offer import Sampling
from agent.model import RunLimits
from evals.case import Case, Model
from evals.endpoint import Tape
from tools.clock import Clock

LOCAL = "local-small"
"""The model of the recordings that ship."""
LIMITS = RunLimits(seconds=1_800.0)
"""A small model on a few cores takes minutes; nothing else is let through more easily."""
_DRAWN = Sampling(temperature=0.7, seed=None)
"""Without a seed, so that one request can have several draws."""
SAMPLINGS: Mapping[str, Sampling] = {
    LOCAL: replace(
        _DRAWN,
        call_seconds=500.0,
        output_tokens=500,
        page_chars=1_800,
        context_tokens=2_000,
        frequency_penalty=0.3,
        tool_rounds=0,
    ),
}
"""How models are asked that cannot read as much as others."""


def sampling(asked: Model) -> Sampling:
    """Return how a case's model is asked."""
    return replace(SAMPLINGS.get(asked.model, _DRAWN), tool_rounds=asked.rounds)


def drafter(asked: Model, tape: Tape, *, clock: Clock) -> ModelDrafter:
    """Return the product's own drafter on a model's recorded answers."""
    return ModelDrafter(tape.endpoint(asked.model), sampling=sampling(asked), clock=clock)


def put(case: Case, model: str) -> Case:
    """Return a case of a recorded model put to another one; any other case as it is."""
    if not model or not isinstance(case.drafter, Model):
        return case
    return case.model_copy(update={"drafter": case.drafter.model_copy(update={"model": model})})


def recorded(cases: Iterable[Case], model: str = "") -> list[tuple[Case, Model]]:
    """Return the cases of a recorded model, and that model; "" leaves the one they name."""
    every = (put(case, model) for case in cases)
    return [(case, case.drafter) for case in every if isinstance(case.drafter, Model)]


def missed(case: Case, tape: Tape) -> str:
    """Return which answer a play lacked, what differs from the nearest, and the mend; or ""."""
    if tape.fault:
        return tape.fault
    if not tape.misses:
        return ""
    return f"{tape.misses[0]}\n  to mend it: {mend(case.id, tape.trial + 1)}"


def mend(case: str = "", trials: int = 1) -> str:
    """Return the command that records what is missing, of one case or of all."""
    only = f" -k {case}" if case else ""
    often = f" --trials {trials}" if trials > 1 else ""
    return f"deskhand evals record --missing{only}{often} --base-url URL"
