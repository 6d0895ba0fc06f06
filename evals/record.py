"""Ask a model for what no draw answers yet: quoted before, resumed after a stop, kept if clean."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.llm.prices import Prices
from agent.model import Usage
from evals import frozen
from evals.case import Case, Model, Tier
from evals.draws import Unrecorded
from evals.endpoint import Tape, Upstream
from evals.grade import Graded, Verdict, grade
from evals.ground import Grounds
from evals.keyed import LIMITS, sampling
from evals.run import play
from evals.stats import Interval, wilson

_CHARS_A_TOKEN = 3
_LONGEST = 2 * LIMITS.seconds


@dataclass(frozen=True, slots=True)
class Need:
    """A trial of a case that has to ask the model.

    Attributes:
        read, written: tokens of its first request and answer, estimated: rather too many.
    """

    case: Case
    trial: int
    read: int
    written: int


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one need.

    Attributes:
        asked: how often the model was.
        fault: why there is no draft, or "".
    """

    need: Need
    asked: int
    seconds: float
    ended: str
    fault: str = ""


def keyed(cases: Sequence[Case], model: str = "") -> list[Case]:
    """Return the cases of a recorded model, put to another one if it is named."""
    return [_put(case, model) for case in cases if case.tier is Tier.KEYED]


def _put(case: Case, model: str) -> Case:
    if not model or not isinstance(case.drafter, Model):
        return case
    return case.model_copy(update={"drafter": case.drafter.model_copy(update={"model": model})})


async def needs(
    cases: Sequence[Case], *, trials: int, grounds: Grounds, refresh: str = ""
) -> list[Need]:
    """Return the trials that no recording answers, by playing each offline.

    Args:
        cases: of the keyed tier.
        trials: how many of each are wanted.
        grounds: the worlds and the recordings.
        refresh: id of a case that is asked anew.
    """
    found: list[Need] = []
    for case in cases:
        for trial in range(trials):
            tape = Tape(grounds.recordings.draws, trial)
            await play(case, grounds=grounds, tape=tape)
            missed = next((one.asked for one in tape.misses), None)
            if missed is None and case.id == refresh and tape.played:
                missed = tape.played[0].request
            if missed is not None:
                room = sampling(case.drafter).output_tokens
                found.append(Need(case, trial, len(str(missed)) // _CHARS_A_TOKEN, room))
    return found


def quoted(wanted: Sequence[Need], *, prices: Prices) -> Iterator[str]:
    """Yield what recording will take, before a token is spent."""
    models = {model.model for one in wanted if isinstance(model := one.case.drafter, Model)}
    for model in sorted(models):
        own = [one for one in wanted if one.case.drafter.model == model]  # type: ignore[union-attr]
        read, written = sum(one.read for one in own), sum(one.written for one in own)
        cases = len({one.case.id for one in own})
        yield (
            f"{model}: {cases} cases, {len(own)} trials not recorded: about {read:,} tokens to "
            f"read and at most {written:,} to write, more where an answer has to be asked again."
        )
        cost = prices.cost(model, Usage(input_tokens=read, output_tokens=written))
        known = f"about {cost:.4f} {prices.currency}" if cost is not None else "not known"
        hint = "" if cost is not None else f": {prices.unknown(model)}"
        yield f"Cost: {known}{hint}."


async def record(
    wanted: Sequence[Need],
    upstream: Upstream,
    *,
    grounds: Grounds,
    seconds: float | None = None,
    refresh: str = "",
    tell: Callable[[Done, float], None] = lambda _, __: None,
) -> list[Done]:
    """Ask the model for what is wanted, one play after the other; what came is kept at once.

    Args:
        wanted: trials, in order.
        upstream: the model itself.
        grounds: worlds, and the recordings that grow.
        seconds: after which it stops, in the middle of an answer if need be; None for no limit.
        refresh: id of the case whose recordings are replaced.
        tell: told of each with the seconds that are left, by what the last ones took.
    """
    done: list[Done] = []
    started = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            for number, need in enumerate(wanted, start=1):
                done.append(await _one(need, upstream, grounds, fresh=need.case.id == refresh))
                spent = time.monotonic() - started
                tell(done[-1], spent / number * (len(wanted) - number))
                if done[-1].fault.startswith("the endpoint"):
                    break
    except TimeoutError:
        pass
    return done


async def _one(need: Need, upstream: Upstream, grounds: Grounds, *, fresh: bool) -> Done:
    began = time.monotonic()
    recordings = grounds.recordings
    tape = Tape(recordings.draws, need.trial, asking=upstream.ask, fresh=fresh)
    outcome = await play(need.case, grounds=grounds, longest=_LONGEST, tape=tape)
    fault = tape.fault or outcome.broken
    if outcome.draft is not None and not fault:
        recordings.drafts.add(need.case.id, need.trial, outcome.draft)
    seconds = time.monotonic() - began
    ended = outcome.draft.outcome.value if outcome.draft is not None else outcome.error or "no draft"
    return Done(need, tape.asked, seconds, ended, fault)
