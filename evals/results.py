"""The file a run leaves behind: what every trial came to, without a time of day."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from evals.case import WORLDS, Case, Strict, Tier
from evals.files import BadCase
from evals.grade import Graded, Verdict
from evals.told import explained

NOTHING = "nothing decided"
_STORY_MOST = 2_000
"""Characters of one part of a story."""


class Fault(Strict):
    """What a check found wrong."""

    check: str
    words: str


class Trial(Strict):
    """One trial of a case.

    Attributes:
        done: the disposition's name, or that nothing was decided.
        credits: as the helpdesk counts them.
        seconds: virtual ones.
        story: how it came to its verdict, where that was no pass: what the model was asked and
            said, what each check saw, and what was written on the ticket.
    """

    verdict: Verdict
    done: str
    credits: int
    attempts: int
    seconds: float
    checks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    story: tuple[str, ...] = ()


class Played(Strict):
    """A case with its trials.

    Attributes:
        digest: of the case and its world; another digest is another question.
        expected: dispositions that are right; empty where any is.
    """

    id: str
    why: str
    tier: Tier
    cluster: str
    tags: tuple[str, ...]
    digest: str
    expected: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def counted(self) -> tuple[int, int]:
        """How many trials speak of the product, and how many of them passed."""
        told = [trial.verdict for trial in self.trials]
        passed = told.count(Verdict.PASSED)
        return passed + told.count(Verdict.FAILED), passed

    @property
    def rate(self) -> float | None:
        """The share of trials that passed; None where none speaks of the product."""
        number, passed = self.counted
        return passed / number if number else None

    @property
    def worst(self) -> Trial:
        """The trial that ended worst, the earliest of them."""
        order = [Verdict.FAILED, Verdict.INFRASTRUCTURE, Verdict.UNRECORDED, Verdict.PASSED]
        return min(self.trials, key=lambda trial: order.index(trial.verdict))


class Results(Strict):
    """Everything a run came to.

    Attributes:
        reason: why these are the baseline, or "".
    """

    format: Literal[1] = 1
    reason: str = ""
    cases: tuple[Played, ...]

    def of(self, tier: Tier) -> tuple[Played, ...]:
        """Return the cases of a tier; rates of two tiers are never added up."""
        return tuple(case for case in self.cases if case.tier is tier)

    def accepted(self, reason: str) -> "Results":
        """Return them as a baseline: with the reason, and without the stories."""
        cases = tuple(
            case.model_copy(
                update={"trials": tuple(t.model_copy(update={"story": ()}) for t in case.trials)}
            )
            for case in self.cases
        )
        return self.model_copy(update={"reason": reason, "cases": cases})


def results(graded: Sequence[Graded]) -> Results:
    """Return what trials came to; those of a case stand next to each other."""
    groups = itertools.groupby(graded, key=lambda each: each.case.id)
    return Results(cases=tuple(_played(list(group)) for _, group in groups))


def write(told: Results) -> str:
    """Return the file's text, one case a line, the same for the same results."""
    head = json.dumps({"format": told.format, "reason": told.reason}, ensure_ascii=False)[:-1]
    cases = [one.model_dump(mode="json", exclude_defaults=True) for one in told.cases]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in cases)
    return f'{head}, "cases": [\n{lines}\n]}}\n'


def read(path: Path) -> Results:
    """Return the results of a file.

    Raises:
        BadCase: it is missing, cut or of another shape; the line is named.
    """
    mend = "write it again with 'deskhand evals run --out FILE'"
    try:
        return Results.model_validate(json.loads(path.read_text("utf-8")))
    except json.JSONDecodeError as fault:
        raise BadCase([f"{path}:{fault.lineno}: no results, {fault.msg}; {mend}"]) from fault
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = first["loc"]
        line = int(place[1]) + 2 if len(place) > 1 and place[0] == "cases" else 1
        said = f"{'.'.join(map(str, place))}: {first['msg']}"
        raise BadCase([f"{path}:{line}: no results, {said}; {mend}"]) from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise BadCase([f"{path}:1: cannot be read ({type(fault).__name__}); {mend}"]) from fault


def _played(graded: Sequence[Graded]) -> Played:
    case = graded[0].case
    return Played(
        id=case.id,
        why=case.why,
        tier=case.tier,
        cluster=case.cluster,
        tags=case.tags,
        digest=_digest(case),
        expected=case.expect.disposition,
        trials=tuple(map(_trial, graded)),
    )


def _trial(each: Graded) -> Trial:
    done = each.outcome.disposition
    return Trial(
        verdict=each.verdict,
        done=done.name if done is not None else NOTHING,
        credits=each.outcome.charged,
        attempts=len(each.outcome.attempts),
        seconds=round(each.outcome.elapsed, 3),
        checks=each.ran,
        faults=tuple(Fault(check=one.check, words=one.words) for one in each.faults),
        story=tuple(_story(each)),
    )


def _story(each: Graded) -> Iterator[str]:
    if each.verdict in {Verdict.FAILED, Verdict.UNRECORDED}:
        yield from (words[:_STORY_MOST] for words in explained(each))


def _digest(case: Case) -> str:
    told = json.dumps(case.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    world = (WORLDS / f"{case.world}.yaml").read_bytes()
    return hashlib.sha256(told.encode() + world).hexdigest()[:16]
