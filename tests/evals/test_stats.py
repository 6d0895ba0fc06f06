"""The arithmetic against published values, counting by hand, and simulation with a known truth."""

import itertools
import math
from random import Random
from statistics import fmean, variance

import pytest

from evals.stats import (
    Change,
    bootstrap,
    clustered_error,
    compare,
    detectable,
    holm,
    mcnemar,
    none_seen,
    pass_at,
    pass_hat,
    sign_flip,
    wilson,
)

MAIZE = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)
"""Darwin's pairs of crossed and selfed plants, in eighths of an inch; Fisher 1935, section 21."""


def _chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 -- a simulation is to be the same each time


def _alone(values: list[float]) -> list[list[float]]:
    return [[value] for value in values]


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_pass_k_is_what_counting_every_choice_of_trials_gives(count: int) -> None:
    """The formula stands for drawing k of n trials without putting them back."""
    for passed, k in itertools.product(range(count + 1), range(1, count + 1)):
        trials = [place < passed for place in range(count)]
        choices = list(itertools.combinations(trials, k))

        assert math.isclose(fmean(map(all, choices)), pass_hat([(count, passed)], k) or 0.0)
        assert math.isclose(
            fmean(map(any, choices)), pass_at([(count, passed)], k) or 0.0, abs_tol=1e-12
        )


def test_pass_k_of_cases_with_fewer_trials_is_open() -> None:
    """A curve must not be carried on by the cases that happen to have more trials."""
    assert pass_hat([(4, 4), (2, 2)], 3) is None
    assert pass_at([(4, 4), (2, 2)], 3) is None
    assert pass_hat([], 1) is None


@pytest.mark.parametrize(
    ("passed", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    passed: int, of: int, low: float, high: float
) -> None:
    """The four examples of Newcombe, Statistics in Medicine 1998, table I."""
    told = wilson(passed, of)

    assert (low, high) == (round(told.low, 4), round(told.high, 4))


def test_wilson_mirrors_and_of_nothing_says_nothing() -> None:
    """All passed is as sure as none passed, and no trial is no news."""
    assert math.isclose(1.0 - wilson(0, 20).high, wilson(20, 20).low)
    assert (0.0, 1.0) == (wilson(0, 0).low, wilson(0, 0).high)


def test_nothing_seen_in_300_is_below_one_in_a_hundred() -> None:
    """Zero leaks is a bound, not a proof."""
    assert 0.0099 < none_seen(300) < 0.01
    assert none_seen(0) == 1.0


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [
        (0, 0, 1.0),
        (1, 9, 22 / 1024),
        (9, 1, 22 / 1024),
        (0, 5, 0.0625),
        (0, 6, 0.03125),
        (5, 5, 1.0),
    ],
)
def test_mcnemar_is_the_sign_test_on_discordant_pairs(better: int, worse: int, p: float) -> None:
    """Worked by hand from Pascal's triangle."""
    assert math.isclose(p, mcnemar(better, worse))


@pytest.mark.parametrize(("better", "worse"), [(3, 1), (2, 7), (6, 0), (7, 7)])
def test_mcnemar_and_the_signs_agree_on_single_trials(better: int, worse: int) -> None:
    """Two ways to the same exact answer."""
    pairs = _alone([1.0] * better + [-1.0] * worse + [0.0] * 9)

    assert math.isclose(mcnemar(better, worse), sign_flip(pairs))


def test_flipped_signs_give_fishers_answer_for_darwins_plants() -> None:
    """Of 32,768 arrangements 1,726 are as far out; with fifteen pairs they are drawn."""
    assert abs(1726 / 32768 - sign_flip(_alone(list(map(float, MAIZE))))) < 0.005


@pytest.mark.parametrize("seed", range(5))
def test_flipped_signs_are_what_trying_them_all_gives(seed: int) -> None:
    """A cluster's cases keep together, and so does their sign."""
    chance = _chance(seed)
    groups = [[chance.gauss(0.3, 1) for _ in range(chance.randint(1, 3))] for _ in range(8)]
    sums = [sum(group) for group in groups]
    flipped = [
        abs(sum(s * sign for s, sign in zip(sums, signs, strict=True)))
        for signs in itertools.product((1, -1), repeat=8)
    ]

    assert math.isclose(fmean(f >= abs(sum(sums)) - 1e-9 for f in flipped), sign_flip(groups))


def test_holm_gives_the_textbook_values() -> None:
    """Four at once, each adjusted by those not less sure, and never out of order."""
    told = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})

    assert {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02} == {k: round(p, 9) for k, p in told.items()}
    assert list("abcd") == list(told)


def test_the_error_of_single_cases_is_the_usual_one() -> None:
    """Clusters of one change nothing."""
    values = [1.0, 0.0, 0.0, 1.0, 1.0, 0.5]

    assert math.isclose(math.sqrt(variance(values) / 6), clustered_error(_alone(values)))


def test_copies_of_a_case_are_no_more_cases() -> None:
    """Asking the same thing four times must not halve the interval."""
    values = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]
    copied = [[value] * 4 for value in values]

    assert math.isclose(clustered_error(_alone(values)), clustered_error(copied))
    assert bootstrap(_alone(values)) == bootstrap(copied)


def test_the_bootstrap_gives_the_same_bytes_twice() -> None:
    """A report is compared byte by byte."""
    values = _alone([math.sqrt(place) for place in range(30)])

    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values, seed=1) != bootstrap(values, seed=2)


def test_the_bootstrap_of_symmetric_values_is_near_the_normal_one() -> None:
    """With many plain values the corrections vanish."""
    chance = _chance(3)
    values = [chance.gauss(0, 1) for _ in range(400)]
    told = bootstrap(_alone(values))
    reach = 1.96 * math.sqrt(variance(values) / 400)

    assert abs(told.low - (fmean(values) - reach)) < 0.01
    assert abs(told.high - (fmean(values) + reach)) < 0.01


def test_intervals_of_clustered_rates_hold_the_truth() -> None:
    """95 % are promised; with 40 skewed clusters 90 % is the least that is tolerable."""
    chance, held = _chance(11), 0
    for turn in range(300):
        groups = []
        for _ in range(40):
            rate = 0.95 if chance.random() < 0.8 else 0.2
            groups.append([float(chance.random() < rate) for _ in range(chance.randint(1, 4))])
        told = bootstrap(groups, seed=turn, draws=400)
        held += told.low <= 0.8 <= told.high

    assert 270 <= held


def _pairs(chance: Random, better: float, worse: float, count: int) -> list[list[float]]:
    drawn = (chance.random() for _ in range(count))
    return [[1.0 if u < better else -1.0 if u < better + worse else 0.0] for u in drawn]


@pytest.mark.parametrize("single", [True, False], ids=["pairs", "clusters"])
def test_the_same_twice_is_seldom_called_different(*, single: bool) -> None:
    """A/A: at most 5 % false verdicts, with 40 cases that often come out otherwise."""
    chance, called, runs = _chance(5), 0, 1000 if single else 200
    for _ in range(runs):
        pairs = _pairs(chance, 0.15, 0.15, 40)
        if not single:
            pairs = [group * 2 for group in pairs]
        told = compare(pairs, single=single, draws=1)
        called += told.change(margin=0.05) in {Change.IMPROVED, Change.REGRESSED}

    assert 0 < called <= runs * 0.05


def test_a_known_effect_is_found_at_the_stated_power() -> None:
    """What is called detectable is detected in 80 of 100 runs, and not in nearly all of them."""
    chance, found, runs = _chance(8), 0, 600
    effect = detectable([[1.0]] * 15 + [[-1.0]] * 15 + [[0.0]] * 170)
    for _ in range(runs):
        pairs = _pairs(chance, (0.15 - effect) / 2, (0.15 + effect) / 2, 200)
        found += compare(pairs, single=True, draws=1).change(margin=0.05) is Change.REGRESSED

    assert 0.8 * runs <= found <= 0.95 * runs


@pytest.mark.parametrize(
    ("values", "margin", "change"),
    [
        ([1.0] * 6 + [0.0] * 20, 0.05, Change.IMPROVED),
        ([-1.0] * 6 + [0.0] * 20, 0.05, Change.REGRESSED),
        ([-1.0] * 5 + [0.0] * 20, 0.05, Change.INCONCLUSIVE),
        ([0.0] * 20, 0.05, Change.INCONCLUSIVE),
        ([0.0] * 1000, 0.05, Change.NO_EFFECT),
        ([], 0.05, Change.INCOMPARABLE),
    ],
)
def test_the_verdict_keeps_to_what_can_be_known(
    values: list[float], margin: float, change: Change
) -> None:
    """Five of five worse is no proof yet, and twenty alike are no proof of sameness."""
    assert change is compare(_alone(values), single=True, draws=200).change(margin=margin)


def test_an_adjusted_p_decides_a_slice() -> None:
    """One of ten slices is below 5 % often enough."""
    told = compare(_alone([-1.0] * 6 + [0.0] * 4), single=True, draws=200)

    assert Change.REGRESSED is told.change(margin=0.05)
    assert Change.INCONCLUSIVE is told.change(margin=0.05, p=10 * told.p)
