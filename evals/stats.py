"""Rates, their intervals, and whether two runs over the same cases differ: pure arithmetic.

Sources: Wilson 1927 and Efron 1987 for the intervals, McNemar 1947 and Fisher 1935 for the paired
tests, Holm 1979 for several at once; pass^k as in tau-bench, without replacement.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from statistics import NormalDist, fmean

Trials = Sequence[tuple[int, int]]
"""How many trials a case had and how many of them passed, for each case."""
Clusters = Sequence[Sequence[float]]
"""Values of cases, together by what makes them alike: a cluster is drawn whole or not at all."""

ALPHA = 0.05
POWER = 0.8
SEED = 20260302
DRAWS = 10_000
_EXHAUSTIVE = 14
"""Up to so many clusters, every one of their 2^n signs is looked at."""
_FLIPS = 20_000
_NEAR = 1e-12
_NORMAL = NormalDist()


class Change(StrEnum):
    """What can be said of a difference; only the first two are claims."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    NO_EFFECT = "no effect detected"
    """A difference of the margin would have been seen, at the stated power."""
    INCONCLUSIVE = "inconclusive"
    """The cases are too few to have seen a difference of the margin."""
    INCOMPARABLE = "incomparable"
    """The two did not play the same thing."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Two bounds between which a rate or a difference lies, at 95 % unless said otherwise."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs over the same cases.

    Attributes:
        difference: mean of second minus first, over cases.
        better, worse: cases whose rate rose, and fell.
        p: of the exact test, two-sided; it is adjusted by whoever asks several at once.
        detectable: the least difference that these cases show at 80 % power.
    """

    cases: int
    difference: float
    interval: Interval
    better: int
    worse: int
    p: float
    detectable: float

    def change(self, *, margin: float, p: float | None = None) -> Change:
        """Return the verdict; `margin` is the difference that matters, `p` an adjusted one."""
        if not self.cases:
            return Change.INCOMPARABLE
        if (self.p if p is None else p) <= ALPHA:
            return Change.IMPROVED if self.difference > 0 else Change.REGRESSED
        return Change.NO_EFFECT if self.detectable <= margin else Change.INCONCLUSIVE


def pass_hat(trials: Trials, k: int) -> float | None:
    """Return pass^k: the chance that k trials of a case all pass; None if a case has fewer.

    Drawn without replacement; (c/n)^k would be biased upwards.
    """
    if k < 1 or not trials or any(count < k for count, _ in trials):
        return None
    return fmean(math.comb(passed, k) / math.comb(count, k) for count, passed in trials)


def pass_at(trials: Trials, k: int) -> float | None:
    """Return pass@k: the chance that any of k trials passes; None if a case has fewer."""
    failed = [(count, count - passed) for count, passed in trials]
    none = pass_hat(failed, k)
    return None if none is None else 1.0 - none


def wilson(passed: int, of: int, *, confidence: float = 0.95) -> Interval:
    """Return the interval of a plain share; of nothing it is the whole range."""
    if not of:
        return Interval(0.0, 1.0)
    z = _NORMAL.inv_cdf((1.0 + confidence) / 2.0)
    share, grown = passed / of, 1.0 + z * z / of
    middle = (share + z * z / (2 * of)) / grown
    reach = z * math.sqrt(share * (1.0 - share) / of + z * z / (4 * of * of)) / grown
    low = 0.0 if not passed else middle - reach
    return Interval(low, 1.0 if passed == of else middle + reach)


def none_seen(of: int, *, confidence: float = 0.95) -> float:
    """Return the share below which something lies that was not seen in so many."""
    return 1.0 - (1.0 - confidence) ** (1.0 / of) if of else 1.0


def clustered_error(clusters: Clusters) -> float:
    """Return the standard error of the mean over cases where cases of a cluster go together."""
    groups, number = len(clusters), sum(map(len, clusters))
    if groups < 2 or not number:  # noqa: PLR2004 -- one group has no spread
        return 0.0
    mean = sum(map(sum, clusters)) / number
    spread = sum((sum(group) - mean * len(group)) ** 2 for group in clusters)
    return math.sqrt(spread * groups / (groups - 1)) / number


def bootstrap(clusters: Clusters, *, seed: int = SEED, draws: int = DRAWS) -> Interval:
    """Return the interval of the mean over cases, corrected for bias and skew (BCa).

    Clusters are drawn whole: drawing cases inside them once more would count their spread twice.
    Where nothing varies the interval is a point; a share of all or none needs `wilson`.
    """
    sums = [(sum(group), len(group)) for group in clusters if group]
    if not sums:
        return Interval(0.0, 0.0)
    total, number = map(sum, zip(*sums, strict=True))
    mean = total / number
    if len(sums) < 2 or all(abs(s - mean * n) < _NEAR for s, n in sums):  # noqa: PLR2004
        return Interval(mean, mean)
    chance = Random(seed)  # noqa: S311 -- the same bytes twice are the point
    means = sorted(_mean(chance.choices(sums, k=len(sums))) for _ in range(draws))
    below = sum((one < mean - _NEAR) + (one <= mean + _NEAR) for one in means) / 2
    bias = _NORMAL.inv_cdf(min(max(below / draws, 0.5 / draws), 1.0 - 0.5 / draws))
    skew = _skew([(total - s) / (number - n) for s, n in sums])
    return Interval(*(_quantile(means, _shifted(z, bias, skew)) for z in (-1.959964, 1.959964)))


def mcnemar(better: int, worse: int) -> float:
    """Return the exact two-sided p of discordant pairs, one trial a case."""
    number = better + worse
    tail = sum(math.comb(number, j) for j in range(min(better, worse) + 1))
    return min(1.0, math.ldexp(tail, 1 - number))


def sign_flip(clusters: Clusters, *, seed: int = SEED) -> float:
    """Return the two-sided p of differences whose signs, by cluster, would be chance.

    Every choice of signs is looked at up to 2^14, else 20,000 drawn ones, the one seen included.
    """
    sums = [s for group in clusters if abs(s := sum(group)) > _NEAR]
    seen = abs(sum(sums)) - _NEAR * max(1, len(sums))
    if len(sums) <= _EXHAUSTIVE:
        totals = [0.0]
        for one in sums:
            totals = [total + signed for total in totals for signed in (one, -one)]
        return sum(abs(total) >= seen for total in totals) / len(totals)
    chance = Random(seed)  # noqa: S311 -- the same bytes twice are the point
    hits = sum(abs(_flipped(sums, chance.getrandbits(len(sums)))) >= seen for _ in range(_FLIPS))
    return (1 + hits) / (1 + _FLIPS)


def holm(ps: Mapping[str, float]) -> dict[str, float]:
    """Return p values adjusted for having asked them all, by the same names."""
    least, adjusted = 0.0, dict[str, float]()
    for place, name in enumerate(sorted(ps, key=lambda name: ps[name])):
        least = max(least, min(1.0, (len(ps) - place) * ps[name]))
        adjusted[name] = least
    return {name: adjusted[name] for name in ps}


def detectable(differences: Clusters, *, power: float = POWER, alpha: float = ALPHA) -> float:
    """Return the least difference in means that such cases show at a power; at most 1.

    From the spread around nothing, with the exact test's step of one case, so a little high rather
    than low. Where nothing differs, the share that may differ unseen stands in for the spread.
    """
    number = sum(map(len, differences))
    if not number:
        return 1.0
    squares = sum(sum(group) ** 2 for group in differences)
    squares = max(squares, none_seen(len(differences)) * number)
    reach = _NORMAL.inv_cdf(1.0 - alpha / 2.0) + _NORMAL.inv_cdf(power)
    fewest = math.ceil(1.0 - math.log2(alpha))  # so many pairs one way for any p to be so low
    return min(1.0, max(fewest / number, 1.0 / number + reach * math.sqrt(squares) / number))


def compare(
    differences: Clusters, *, single: bool, seed: int = SEED, draws: int = DRAWS
) -> Compared:
    """Return what two runs over the same cases say, from second minus first of each case.

    Args:
        differences: of each case, by cluster.
        single: each case had one trial, so that pairs are concordant or not.
        seed: for the drawn parts; the same seed gives the same bytes.
        draws: of the bootstrap.
    """
    flat = [one for group in differences for one in group]
    better, worse = sum(one > _NEAR for one in flat), sum(one < -_NEAR for one in flat)
    alone = single and all(len(group) == 1 for group in differences)
    return Compared(
        cases=len(flat),
        difference=fmean(flat) if flat else 0.0,
        interval=bootstrap(differences, seed=seed, draws=draws),
        better=better,
        worse=worse,
        p=mcnemar(better, worse) if alone else sign_flip(differences, seed=seed),
        detectable=detectable(differences),
    )


def _mean(sums: Sequence[tuple[float, int]]) -> float:
    return sum(s for s, _ in sums) / sum(n for _, n in sums)


def _flipped(sums: Sequence[float], bits: int) -> float:
    return sum(one if bits >> place & 1 else -one for place, one in enumerate(sums))


def _skew(without: Sequence[float]) -> float:
    """Return the acceleration, from the means with one cluster left out."""
    middle = fmean(without)
    squares = sum((middle - one) ** 2 for one in without)
    cubes = sum((middle - one) ** 3 for one in without)
    return cubes / (6.0 * squares**1.5) if squares > _NEAR else 0.0


def _shifted(z: float, bias: float, skew: float) -> float:
    below = 1.0 - skew * (bias + z)
    return _NORMAL.cdf(bias + (bias + z) / below) if below > 0 else _NORMAL.cdf(z)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
