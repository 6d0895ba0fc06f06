"""A sample of `make simulate`, and each protection taken away to see that a play can fail."""

import pytest

from tests.chaos.simulate import play
from tools.knowledge.index import KnowledgeIndex

SAMPLE = range(1000, 1060)


async def test_nothing_is_lost_and_nothing_said_twice_in_any_play(
    knowledge: KnowledgeIndex,
) -> None:
    """Duplicates, people in between, cut posts and deaths, in sixty different orders."""
    found = await play(SAMPLE, knowledge)

    assert [] == [(one.seed, one.wrong) for one in found if one.wrong]
    assert sum(one.replies for one in found) > 60
    assert sum(one.kills for one in found) > 60


@pytest.mark.parametrize("mutant", ["no-intent", "no-verify"])
async def test_without_this_protection_plays_fail(knowledge: KnowledgeIndex, mutant: str) -> None:
    """A simulation that cannot fail shows nothing."""
    found = await play(range(12), knowledge, mutant=mutant)

    assert sum(one.doubled for one in found) > 0
