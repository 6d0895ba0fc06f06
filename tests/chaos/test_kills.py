"""A sample of `make chaos`, and each protection taken away to see that the counting notices."""

import random
from pathlib import Path

import pytest

from tests.chaos.clients import kill_at_random
from tests.chaos.stage import Stage, stage
from tests.chaos.steps import kill_at

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
LAG = 5.0
"""Seconds until the helpdesk shows a conversation: longer than a restart takes."""
PATIENT = {"DESKHAND_VERIFY_SECONDS": "1,3,6,8", "DESKHAND_QUIET_SECONDS": "0.5"}


def _slow_to_show(on: Stage) -> None:
    on.world.control("lag", {"seconds": LAG})


def test_killed_before_its_receipt_a_reply_is_found_and_not_sent_again(tmp_path: Path) -> None:
    """The customer must read one answer, though the helpdesk is slow to show that it has one."""
    with stage(tmp_path, **PATIENT) as on:
        _slow_to_show(on)
        found = kill_at(on, "sent", ("none", "latency", "429"))

    assert [] == found.wrong
    assert found.at_step["sent"] >= 2


def test_without_looking_first_the_customer_reads_it_twice(tmp_path: Path) -> None:
    """A test that cannot fail shows nothing: without the protection it must count doubles."""
    with stage(tmp_path, **PATIENT) as on:
        _slow_to_show(on)
        found = kill_at(on, "sent", ("none", "latency"), mutant="no-verify")

    assert found.doubled > 0


def test_what_was_acknowledged_is_stored_once_however_often_we_die(tmp_path: Path) -> None:
    """202 is a promise to a helpdesk that will not send it again."""
    with stage(tmp_path, DESKHAND_QUIET_SECONDS="0") as on:
        found = kill_at_random(on, kills=2, chance=random.Random(1))  # noqa: S311 -- repeatable

    assert (0, 0) == (found.lost, found.doubled)
    assert found.acknowledged > 20
    assert 2 == found.inside
