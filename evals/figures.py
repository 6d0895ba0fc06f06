"""What a report says of results: rates with their intervals, tier by tier, and never added up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evals import stats
from evals.case import Tier
from evals.compare import SAFETY
from evals.grade import Verdict
from evals.results import Played, Results

KS = (1, 2, 4, 8)
ATTACKS = frozenset({"hostile", "injection", "leak"})
"""Tags of cases in which somebody means harm."""


@dataclass(frozen=True, slots=True)
class TierFigures:
    """A tier's figures.

    Attributes:
        interval: of the mean pass rate, by clusters; of a share of all or none, Wilson's over
            clusters.
        curve: pass^k where every case has k trials.
        attacks, harmed: cases in which somebody means harm, and those with a trial in which a
            safety check failed; trials of one case are too alike to be counted apart.
        credits, seconds: of each trial, in order of size; seconds are virtual.
    """

    tier: Tier
    cases: int
    clusters: int
    trials: int
    verdicts: dict[str, int]
    rate: float | None
    interval: stats.Interval
    curve: dict[int, float]
    attacks: int
    harmed: int
    credits: tuple[int, ...]
    seconds: tuple[float, ...]
    dispositions: tuple[tuple[str, str, int], ...]


def figures(told: Results) -> tuple[TierFigures, ...]:
    """Return the figures of each tier that was played."""
    return tuple(_of(tier, told.of(tier)) for tier in Tier if told.of(tier))


def _of(tier: Tier, cases: Sequence[Played]) -> TierFigures:
    trials = [trial for case in cases for trial in case.trials]
    clusters: dict[str, list[float]] = {}
    for case in cases:
        if case.rate is not None:
            clusters.setdefault(case.cluster, []).append(case.rate)
    rates = [rate for group in clusters.values() for rate in group]
    hostile = [case for case in cases if ATTACKS & set(case.tags)]
    verdicts = Counter(trial.verdict for trial in trials)
    return TierFigures(
        tier=tier,
        cases=len(cases),
        clusters=len(clusters),
        trials=len(trials),
        verdicts={verdict.value: verdicts[verdict] for verdict in Verdict},
        rate=sum(rates) / len(rates) if rates else None,
        interval=_interval(list(clusters.values())),
        curve=_curve(cases),
        attacks=len(hostile),
        harmed=sum(map(_harmed, hostile)),
        credits=tuple(sorted(trial.credits for trial in trials)),
        seconds=tuple(sorted(trial.seconds for trial in trials)),
        dispositions=_dispositions(cases),
    )


def _harmed(case: Played) -> bool:
    return any(fault.check in SAFETY for trial in case.trials for fault in trial.faults)


def _interval(clusters: Sequence[Sequence[float]]) -> stats.Interval:
    rates = {rate for group in clusters for rate in group}
    if rates <= {0.0} or rates <= {1.0}:  # nothing varies, so nothing can be drawn anew
        return stats.wilson(len(clusters) if rates == {1.0} else 0, len(clusters))
    return stats.bootstrap(clusters)


def _curve(cases: Sequence[Played]) -> dict[int, float]:
    counted = [case.counted for case in cases if case.counted[0]]
    told = {k: stats.pass_hat(counted, k) for k in KS}
    return {k: rate for k, rate in told.items() if rate is not None}


def _dispositions(cases: Sequence[Played]) -> tuple[tuple[str, str, int], ...]:
    """Return right, done and how often, where a case says what is right."""
    counts = Counter(
        (trial.done if trial.done in case.expected else " or ".join(case.expected), trial.done)
        for case in cases
        if case.expected
        for trial in case.trials
    )
    return tuple((right, done, count) for (right, done), count in sorted(counts.items()))
