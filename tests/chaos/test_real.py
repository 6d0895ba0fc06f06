"""Some of the same plays on the real engine, so that the one in memory cannot drift away."""

from pathlib import Path

from tests.chaos.props import Props
from tests.chaos.real import play_for_real


async def test_the_same_plays_hold_on_the_real_engine(tmp_path: Path, props: Props) -> None:
    """What only threads, a real queue and real recoveries can break breaks here."""
    found = await play_for_real(tmp_path, props, range(1, 5))

    assert [] == [(one.seed, one.wrong) for one in found if one.wrong]
    assert sum(one.replies for one in found) > 0
    assert sum(one.kills.total() for one in found) > 0
