"""A sample of `make simulate`, and each protection taken away to see that a play can fail."""

from collections import Counter

import pytest

from tests.chaos.mutants import MUTANTS
from tests.chaos.props import Props
from tests.chaos.simulate import play

SAMPLE = range(1000, 1030)
MOST = 40
"""Seeds within which plays without a protection must have failed."""


async def test_what_must_hold_holds_in_every_play(props: Props) -> None:
    """Duplicates, people in between, cut posts, deaths and a wrong clock, in so many orders."""
    found = await play(props, SAMPLE)

    assert [] == [(one.seed, one.wrong) for one in found if one.wrong]
    assert sum(one.replies for one in found) >= len(SAMPLE)
    assert sum(one.kills.total() for one in found) >= len(SAMPLE)
    assert sum((one.acts for one in found), Counter[str]()).total() >= len(SAMPLE)


@pytest.mark.parametrize("name", list(MUTANTS))
async def test_without_this_protection_plays_fail(props: Props, name: str) -> None:
    """A simulation that cannot fail shows nothing; it must be this invariant that breaks."""
    mutant = MUTANTS[name]

    found = await play(props, range(MOST), mutant, until=mutant.breaks)

    assert [one for one in found[-1].wrong if one.startswith(f"{mutant.breaks}:")]


async def test_a_seed_gives_the_same_play_again(props: Props) -> None:
    """A failing seed is worth nothing if it cannot be looked at again."""
    first, second = await play(props, [1001]), await play(props, [1001])

    assert first[0].story
    assert first[0].story == second[0].story
