"""A sample of R4: replies that were applied though the connection was cut."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from agent.post import Looks
from tests.chaos.cut_off import LAGS, TOO_LONG, cut_off
from tests.chaos.props import Props


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Write no log lines: hundreds of runs write thousands."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("lag", LAGS)
async def test_every_reply_that_is_shown_in_time_is_adopted(props: Props, lag: float) -> None:
    """It stands on the desk: sent again the customer reads it twice, held an agent sends it."""
    found = await cut_off(props, seed=int(lag), lag=lag, many=40)

    assert [] == found.wrong
    assert 8 == found.cut == found.adopted


async def test_what_is_shown_too_late_is_held_and_never_doubled(props: Props) -> None:
    """After the last look only a person can know; nobody guesses."""
    found = await cut_off(props, seed=1, lag=TOO_LONG, many=40, resend=False)

    assert (0, 0) == (found.doubled, found.lost)
    assert 8 == found.cut == found.held


@pytest.mark.parametrize(
    ("looks", "forgetful"), [(None, True), (Looks((5,)), False)], ids=["no look", "one look"]
)
async def test_who_looks_less_says_it_twice(
    props: Props, looks: Looks | None, *, forgetful: bool
) -> None:
    """Without the looks, or with a single one, the same replies must be counted as doubled."""
    found = await cut_off(props, seed=1, lag=20.0, many=30, looks=looks, forgetful=forgetful)

    assert found.doubled > 0
