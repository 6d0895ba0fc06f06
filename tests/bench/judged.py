"""A benchmark of the check of evidence: good replies, the same made false, milliseconds a draft."""

import statistics
import time
from dataclasses import asdict, dataclass

from rich.table import Table

from agent.evidence.check import judge as weigh
from agent.policy.terms import Policy
from tests.agent.mutants import CLAIMS, KINDS, mutants
from tests.agent.replies import SETS, Reply, is_public, judge, policy, replies
from tests.bench.figures import Bar, Bench, Part, Tick, at_least, at_most

_MOST = 6
"""Mutants of one class a reply."""
_LEAST = 150
"""Mutants that each class must have, on the first set."""


@dataclass(frozen=True, slots=True)
class Class:
    """One class of mutants of one set, and how many of them would have gone out."""

    file: str
    kind: str
    mutants: int
    out: int


@dataclass(frozen=True, slots=True)
class Good:
    """The good replies of one set, and how many of them were kept back.

    Attributes:
        check_ms: of the check of evidence by itself, at the median; processor time.
        all_ms: of every guard and the decision, at the median; processor time.
    """

    file: str
    replies: int
    blocked: int
    check_ms: float
    all_ms: float


def mutated(tick: Tick) -> Part:
    """Judge every good reply, and every mutant of it, under the boldest policy."""
    good, classes, claims = list[Good](), list[Class](), list[Class]()
    for file in SETS:
        good.append(_good(file))
        classes += [_class(file, kind) for kind in KINDS]
        claims += [_class(file, kind) for kind in CLAIMS]
        tick(file)
    table = Table(title="Replies made false", title_justify="left", header_style="bold")
    for place, name in enumerate(("class", *SETS)):
        table.add_column(name, justify="right" if place else "left")
    for kind in (*KINDS, *CLAIMS):
        mine = [one for one in (*classes, *claims) if one.kind == kind]
        table.add_row(kind, *(f"{one.mutants - one.out} of {one.mutants}" for one in mine))
    table.add_row("good ones kept back", *(f"{one.blocked} of {one.replies}" for one in good))
    table.add_row("check, ms", *(f"{one.check_ms:.2f}" for one in good))
    table.add_row("all guards, ms", *(f"{one.all_ms:.2f}" for one in good))
    return Part(
        "mutants",
        table,
        {
            "good": [asdict(one) for one in good],
            "classes": [asdict(one) for one in (*classes, *claims)],
        },
        (*_bars(good, classes), _claimed(claims)),
        (
            "Blocked: not a public reply, under a policy that sends every good one it can.",
            (
                "The checks were tuned on the first set and mended on the others in turn: none of"
                " the first eight is a hold-out any more. When first met, the second and the third"
                " had 98.9 % of their mutants blocked, and 24 % and 20 % of their good replies"
                " kept back; the fourth, 99.4 % and 41 %; the fifth, all of 1834 and 25 %. The"
                " sixth, 89 %, the seventh, 90 %, and all 66 of the eighth and the ninth, which put"
                " the page into the free words of present-day assistants. The checks were mended on"
                " the sixth to the eighth then; nothing of the ninth was looked at."
            ),
            (
                "The last five classes have no bar but for the first of them: rules do not know"
                " who acts, nor what was left out, and see another thing where its name is strange."
            ),
        ),
    )


def _claimed(claims: list[Class]) -> Bar:
    added = [one for one in claims if one.kind == "added claim"]
    share = 1 - sum(one.out for one in added) / sum(one.mutants for one in added)
    return at_least("of claims added in ordinary words blocked", share, 0.98)


def _good(file: str) -> Good:
    allowed = policy(file)
    blocked = sum(not is_public(judge(one, one.draft, allowed)) for one in replies(file))
    return Good(file, len(replies(file)), blocked, *_paces(replies(file), allowed))


def _paces(good: tuple[Reply, ...], allowed: Policy) -> tuple[float, float]:
    """Return the milliseconds of processor time a draft takes, each draft a new one."""
    alone, whole = list[float](), list[float]()
    for one in good:
        fresh = mutants(one, "digit", most=1, seed=1) or mutants(one, "unit", most=1, seed=1)
        for mutant in fresh:
            began = time.thread_time()
            weigh(one.snapshot, mutant.draft)
            alone.append(1000 * (time.thread_time() - began))
        for mutant in mutants(one, "invented exception", most=1, seed=1):
            began = time.thread_time()
            judge(one, mutant.draft, allowed)
            whole.append(1000 * (time.thread_time() - began))
    return statistics.median(alone), statistics.median(whole)


def _class(file: str, kind: str) -> Class:
    allowed = policy(file)
    made = [one for reply in replies(file) for one in mutants(reply, kind, most=_MOST)]
    return Class(
        file, kind, len(made), sum(is_public(judge(m.reply, m.draft, allowed)) for m in made)
    )


def _bars(good: list[Good], classes: list[Class]) -> tuple[Bar, ...]:
    every = sum(one.mutants for one in classes)
    first = [one for one in classes if one.file == SETS[0]]
    kinds = {kind: [one for one in classes if one.kind == kind] for kind in KINDS}
    worst = min(1 - sum(o.out for o in m) / sum(o.mutants for o in m) for m in kinds.values())
    return (
        at_least("good replies, first set", good[0].replies, 200),
        at_least("mutants in the smallest class, first set", min(o.mutants for o in first), _LEAST),
        at_least("mutants in all", every, 2000),
        at_least("of all mutants blocked", 1 - sum(one.out for one in classes) / every, 0.99),
        at_least("blocked in the worst class", worst, 0.97),
        at_most("of the good ones kept back, first set", good[0].blocked / good[0].replies, 0.02),
        at_most("ms a draft, check of evidence", max(one.check_ms for one in good), 3),
    )


BENCHES = (Bench("mutants", "good replies made false", mutated, len(SETS), 120.0),)
