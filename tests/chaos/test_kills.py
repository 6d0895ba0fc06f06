"""A sample of `make chaos`, and each protection taken away to see that the counting notices."""

import random
from pathlib import Path

import pytest

from tests.chaos.kills import kill_at_random
from tests.chaos.stage import PLAIN, Stage, stage
from tests.chaos.steps import kill_at

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
LAG = 5.0
"""Seconds until the helpdesk shows a conversation: longer than a restart takes."""
PATIENT = {"DESKHAND_VERIFY_SECONDS": "1,3,6,8", "DESKHAND_QUIET_SECONDS": "0.5"}
NOW = {"DESKHAND_QUIET_SECONDS": "0"}


def _slow_to_show(on: Stage) -> None:
    on.world.control("lag", {"seconds": LAG})


def test_killed_before_its_receipt_a_reply_is_found_and_not_sent_again(tmp_path: Path) -> None:
    """The customer must read one answer, though the helpdesk is slow to show that it has one."""
    with stage(tmp_path, **PATIENT) as on:
        _slow_to_show(on)
        found = kill_at(on, "sent", ("none", "latency", "429"))

    assert [] == found.wrong
    assert found.at_step["sent"] >= 2


def test_without_an_intent_the_customer_reads_it_twice(tmp_path: Path) -> None:
    """A test that cannot fail shows nothing: without the protection it must count doubles."""
    with stage(tmp_path, **PATIENT) as on:
        _slow_to_show(on)
        found = kill_at(on, "sent", ("none", "latency"), mutant="no-intent")

    assert found.doubled > 0


def test_where_nothing_is_sent_again_just_what_never_landed_is_held(tmp_path: Path) -> None:
    """Holding everything is not safety, and a reply that is held for nothing is read twice."""
    with stage(tmp_path, policy=PLAIN) as on:
        found = kill_at(on, "sending", ("none", "before-apply"))

    assert (0, 0, 0) == (found.lost, found.doubled, found.landed)
    assert found.held >= 1


def test_what_was_acknowledged_is_stored_and_answered_once_however_often_we_die(
    tmp_path: Path,
) -> None:
    """202 is a promise to a helpdesk that will not send it again; one life ends at the door."""
    with stage(tmp_path, **NOW) as on:
        found = kill_at_random(on, kills=2, chance=random.Random(1), at_the_door=2)  # noqa: S311

    assert [] == found.kept.wrong
    assert found.kept.acknowledged > 10
    assert found.inside >= 1


def test_an_acknowledgement_before_the_commit_is_found_out(tmp_path: Path) -> None:
    """Without the commit first, a kill at the right moment loses what was promised."""
    with stage(tmp_path, **NOW) as on:
        found = kill_at_random(
            on,
            kills=2,
            chance=random.Random(1),  # noqa: S311 -- repeatable
            at_the_door=1,
            mutant="ack-first",
        )

    assert [one for one in found.kept.wrong if "not stored" in one]
