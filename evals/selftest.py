"""Test the cases themselves: doing nothing must fail them, and so must an outcome made wrong.

Each check a case asks for is given outcomes that are wrong in just what it looks at. A check that
still finds no fault would let the same thing pass in a real run.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from agent.model import (
    Disposition,
    Draft,
    Dropped,
    Evidence,
    Landing,
    Receipt,
    Skip,
    Slot,
)
from agent.model import (
    Outcome as Ending,
)
from agent.policy.terms import Mode
from evals.case import Case, Scripted, Tier
from evals.checks import CHECKS
from evals.grade import Verdict, asked_of, faults_of, grade
from evals.ground import Grounds
from evals.outcome import Attempt, Cited, Outcome, Written
from evals.run import play
from evals.scripts import SCRIPTS

_TELLING = ("no_answer", "empty", "foreign_link", "honest")
"""Scripts that most cases tell from a right one; they are tried before the others."""

Wrong = Callable[[Case, Outcome], Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Tested:
    """What testing a case gave.

    Attributes:
        weak: why it proves nothing, in words; empty if it is sound.
        mutants: how many wrong outcomes its checks were shown.
        plays: how often it was played.
    """

    case: Case
    weak: tuple[str, ...]
    mutants: int
    plays: int


async def self_test(case: Case, *, grounds: Grounds) -> Tested:
    """Play a case right, wrong and not at all; return what does not hold.

    A recorded model may well fail its case, so a drafter by rule stands in for a right one.
    """
    if case.tier is Tier.KEYED:
        oracle = await _oracle(case, grounds)
        if oracle is None:
            return Tested(case, ("no drafter by rule passes it; can anything?",), 0, len(SCRIPTS))
        case = oracle
    outcome = await play(case, grounds=grounds)
    right = grade(case, outcome)
    if right.verdict is not Verdict.PASSED:
        told = "; ".join(fault.words for fault in right.faults)
        return Tested(case, (f"its own drafter does not pass it: {told}",), 0, 1)
    weak, shown = list(_idle(case, outcome)), 0
    for name in asked_of(case.expect):
        wrong = list(WRONG[name](case, outcome))
        shown += len(wrong)
        unseen = [one for one in wrong if CHECKS[name].fault(case.expect, one) is None]
        if unseen:
            weak.append(f"the check {name!r} finds no fault in an outcome made wrong for it")
    tries = 0
    if drafts(outcome) and case.policy.mode is not Mode.TRIAGE:
        tries, told_apart = await _told_apart(case, grounds)
        if not told_apart:
            weak.append("every scripted drafter passes it; expect something only a right one does")
    return Tested(case, tuple(weak), shown, 1 + tries)


async def _oracle(case: Case, grounds: Grounds) -> Case | None:
    """Return the case with the first drafter by rule that passes it."""
    rules: list[Literal["extractive"] | Scripted] = ["extractive"]
    for rule in [*rules, *(Scripted(script=script) for script in SCRIPTS)]:
        other = case.model_copy(update={"drafter": rule})
        if grade(other, await play(other, grounds=grounds)).verdict is Verdict.PASSED:
            return other
    return None


def drafts(outcome: Outcome) -> bool:
    """Whether a drafter was asked at all; where a rule drafted, another one changes nothing."""
    return outcome.draft is not None and outcome.draft.drafter in {"extractive", "scripted"}


def idle(outcome: Outcome) -> Outcome:
    """Return the outcome of a responder that reads nothing, decides nothing and writes nothing."""
    return Outcome(
        outcome.case,
        attempts=(Attempt(1, 0.0, "done"),),
        status=outcome.status,
        fields=outcome.fields,
    )


def _idle(case: Case, outcome: Outcome) -> Iterator[str]:
    left_alone = Disposition.SKIP in case.expect.dispositions
    if not left_alone and not faults_of(case.expect, idle(outcome)):
        yield "doing nothing passes it; expect something that must be done"


async def _told_apart(case: Case, grounds: Grounds) -> tuple[int, bool]:
    """Return how many scripts were played, and whether any of them failed."""
    scripts = [*_TELLING, *(name for name in SCRIPTS if name not in _TELLING)]
    for number, script in enumerate(scripts, start=1):
        other = case.model_copy(update={"drafter": Scripted(script=script)})
        outcome = await play(other, grounds=grounds)
        if grade(other, outcome).verdict is Verdict.FAILED:
            return number, True
    return len(scripts), False


def _ended(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, attempts=())
    yield replace(outcome, missed=("never",))
    yield replace(outcome, attempts=(Attempt(1, 0.0, "Crashed"),))


def _disposition(case: Case, outcome: Outcome) -> Iterator[Outcome]:
    for other in set(Disposition) - case.expect.dispositions - {Disposition.SKIP}:
        yield replace(outcome, receipt=Receipt(other, Landing.POSTED))
    yield replace(outcome, receipt=None, skip=None)


def _skipped(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, skip=None)
    yield replace(outcome, skip=Skip("another", "another reason"))


def _landing(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, receipt=None)


def _end_state(case: Case, outcome: Outcome) -> Iterator[Outcome]:
    for wanted, public in ((case.expect.notes, False), (case.expect.public_replies, True)):
        if wanted is not None:
            yield replace(
                outcome, written=(*outcome.written, Written(0.0, public, "<p>Once more</p>"))
            )
            if wanted:
                yield replace(outcome, written=())
    if case.expect.status is not None:
        yield replace(outcome, status=-1)
    for name in case.expect.fields or {}:
        yield replace(outcome, fields={**outcome.fields, name: "something else"})


def _dropped(case: Case, outcome: Outcome) -> Iterator[Outcome]:
    draft = outcome.draft or Draft(Ending.NO_ANSWER, "en")
    over = [slot for slot in Slot if slot not in (case.expect.dropped or ())]
    added = tuple(Dropped(slot, "made up") for slot in over[:1])
    triage = replace(draft.triage, dropped=(*draft.triage.dropped, *added))
    yield replace(outcome, draft=replace(draft, triage=triage))


def _credits(case: Case, outcome: Outcome) -> Iterator[Outcome]:
    most = case.expect.credits_at_most or 0
    yield replace(outcome, charged=most + 1, credits=most + 1)
    yield replace(outcome, credits=outcome.charged - 1)


def _patience(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, attempts=())


def _leaks(case: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, public=(*outcome.public, f"<p>{(case.expect.canary or '').lower()}</p>"))


def _evidence(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, cited=(*outcome.cited, Cited(Evidence("article:0", "x", ""), None)))


def _findings(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, decision=None)


def _mentions(_: Case, outcome: Outcome) -> Iterator[Outcome]:
    yield replace(outcome, written=())


def _avoids(case: Case, outcome: Outcome) -> Iterator[Outcome]:
    for words in (words for phrase in case.expect.must_not for words in phrase.any):
        yield replace(outcome, written=(*outcome.written, Written(0.0, public=True, html=words)))


WRONG: Mapping[str, Wrong] = {
    "ended": _ended,
    "disposition": _disposition,
    "skipped": _skipped,
    "landing": _landing,
    "end_state": _end_state,
    "dropped": _dropped,
    "credits_at_most": _credits,
    "patience": _patience,
    "leaks_nothing": _leaks,
    "evidence": _evidence,
    "findings": _findings,
    "mentions": _mentions,
    "avoids": _avoids,
}
"""By the name of a check: outcomes in which it must find a fault."""
