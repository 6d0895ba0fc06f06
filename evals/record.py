"""Ask a model for what no draw answers yet: quoted before, resumed after a stop, kept if clean."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from agent.llm.prices import Prices
from agent.model import Usage
from evals.case import Case, Model, Tier
from evals.endpoint import Tape, Upstream
from evals.ground import Grounds
from evals.keyed import LIMITS, recorded, sampling
from evals.outcome import Outcome
from evals.run import play
from evals.stats import SEED, Interval, wilson

_CHARS_A_TOKEN = 3
_LONGEST = 2 * LIMITS.seconds


@dataclass(frozen=True, slots=True)
class Need:
    """A trial of a case that has to ask the model.

    Attributes:
        read, written: tokens of its first request and answer, estimated: rather too many.
    """

    case: Case
    model: Model
    trial: int
    read: int
    written: int


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one need.

    Attributes:
        asked: how often the model was.
        fault: why nothing, or not all, was kept, or "".
    """

    need: Need
    asked: int
    ended: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """How often the model of today ended otherwise than its recording.

    Attributes:
        others: cases and trials, each with how it ended then and now.
        of: how many were asked again and answered.
    """

    others: tuple[str, ...]
    of: int

    @property
    def interval(self) -> Interval:
        """Wilson's, of the share."""
        return wilson(len(self.others), self.of)


async def needs(
    cases: Sequence[Case], *, model: str, trials: int, grounds: Grounds, refresh: str = ""
) -> list[Need]:
    """Return the trials that no recording answers, by playing each offline.

    Args:
        cases: those of other tiers are passed over.
        model: put in place of the one they name; "" leaves it.
        trials: how many of each are wanted.
        grounds: the worlds and the recordings.
        refresh: id of a case that is asked anew.
    """
    found: list[Need] = []
    for case, own in recorded(cases, model):
        for trial in range(trials):
            tape = Tape(grounds.recordings.draws, trial)
            await play(case, grounds=grounds, tape=tape)
            asked = [miss.asked for miss in tape.misses]
            if case.id == refresh:
                asked += [draw.request for draw in tape.played]
            if asked:
                read, written = len(str(asked[0])) // _CHARS_A_TOKEN, sampling(own).output_tokens
                found.append(Need(case, own, trial, read, written))
    return found


def quoted(wanted: Sequence[Need], prices: Prices) -> Iterator[str]:
    """Yield what recording will take, before a token is spent."""
    for name in sorted({one.model.model for one in wanted}):
        own = [one for one in wanted if one.model.model == name]
        read, written = sum(one.read for one in own), sum(one.written for one in own)
        cases = len({one.case.id for one in own})
        yield (
            f"{name}: {cases} cases, {len(own)} trials to record: about {read:,} tokens to read "
            f"and up to {written:,} to write; more where it asks for tools or is told an objection."
        )
        cost = prices.cost(name, Usage(input_tokens=read, output_tokens=written))
        told = f"about {cost:.4f} {prices.currency}" if cost is not None else prices.unknown(name)
        yield f"Cost: {told}."


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
        tell: told of each, with the seconds that are left by what the others took.
    """
    done: list[Done] = []
    started = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            for number, need in enumerate(wanted, start=1):
                fresh = need.case.id == refresh
                done.append(await _recorded(need, upstream, grounds, fresh=fresh))
                spent = time.monotonic() - started
                tell(done[-1], spent / number * (len(wanted) - number))
                if done[-1].fault and not done[-1].asked:
                    break  # it would only fail again
    except TimeoutError:
        pass
    return done


async def _recorded(need: Need, upstream: Upstream, grounds: Grounds, *, fresh: bool) -> Done:
    recordings = grounds.recordings
    tape = Tape(recordings.draws, need.trial, asking=upstream.ask, fresh=fresh)
    outcome = await play(need.case, grounds=grounds, longest=_LONGEST, tape=tape)
    fault = tape.fault or outcome.broken
    if outcome.draft is not None and not outcome.draft.failed and not fault:
        recordings.drafts.add(need.case.id, need.trial, outcome.draft)
    return Done(need, tape.asked, _ended(outcome), fault)


async def verify(
    cases: Sequence[Case], upstream: Upstream, *, share: float, trials: int, grounds: Grounds
) -> Drift:
    """Ask again what is recorded, for a share of the plays, and keep nothing of it.

    Raises:
        OSError: the model cannot be asked.
    """
    kept: list[tuple[Case, int, Outcome]] = []
    for case, _ in recorded(cases):
        for trial in range(trials):
            then = await play(case, grounds=grounds, trial=trial)
            if not then.unrecorded and not then.broken:
                kept.append((case, trial, then))
    number = min(len(kept), max(1, round(share * len(kept))))
    others: list[str] = []
    for case, trial, then in Random(SEED).sample(kept, number):  # noqa: S311 -- the same share
        tape = Tape(grounds.recordings.draws, trial, asking=upstream.ask, fresh=True, keep=False)
        now = await play(case, grounds=grounds, longest=_LONGEST, tape=tape)
        if tape.fault or now.broken:
            raise OSError(tape.fault or now.broken)
        if _ended(then) != _ended(now):
            others.append(f"{case.id} in trial {trial}: {_ended(then)} then, {_ended(now)} now")
    return Drift(tuple(others), number)


def _ended(outcome: Outcome) -> str:
    """Return the draft's outcome and what became of it, in two words."""
    drafted = outcome.draft.outcome.value if outcome.draft is not None else "no draft"
    done = outcome.disposition
    return (
        f"{drafted}, {done.name.lower() if done is not None else outcome.error or 'nothing done'}"
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """What a whole run of the keyed cases reached, for `gc`.

    Attributes:
        keys: of draws that were played.
        names: of drafts whose case and trial still stand.
        stale: cases with a draft whose questions are asked in other words by now.
    """

    keys: frozenset[tuple[str, int]]
    names: frozenset[tuple[str, int, str]]
    stale: tuple[str, ...]


async def reached(cases: Sequence[Case], *, grounds: Grounds) -> Reached:
    """Play every keyed case in every recorded trial; of any model that is recorded."""
    draws, drafts = grounds.recordings.draws, grounds.recordings.drafts
    trials = 1 + max((n for _, n in draws.keys), default=0)
    models = {str(one.get("model")) for one in draws.requests}
    keys: set[tuple[str, int]] = set()
    stale: list[str] = []
    for case, own in [pair for model in sorted(models) for pair in recorded(cases, model)]:
        for trial in range(trials):
            tape = Tape(draws, trial)
            await play(case, grounds=grounds, tape=tape)
            keys |= {(draw.key, draw.n) for draw in tape.played}
            kept = (case.id, trial, own.model) in drafts.names
            stale += [case.id] if tape.misses and kept else []
    ids = {case.id for case in cases if case.tier is Tier.KEYED}
    names = frozenset(name for name in drafts.names if name[0] in ids)
    return Reached(frozenset(keys), names, tuple(dict.fromkeys(stale)))
