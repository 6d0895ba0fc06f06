"""`kill -9` in the middle of a run, and a restart: exactly one note, whatever the moment."""

from pathlib import Path

import pytest

from tests.e2e.processes import until, world

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"


@pytest.mark.parametrize(
    ("match", "fault"),
    [
        ("GET /tickets/*", "slow-drip"),
        ("GET /tickets/*/conversations", "slow-drip"),
        ("POST /tickets/*/notes", "slow-drip"),
        ("POST /tickets/*/notes", "before-apply"),
        ("POST /tickets/*/notes", "after-apply-cut"),
    ],
    ids=["reading-ticket", "reading-thread", "note-applied", "note-cut-before", "note-cut-after"],
)
def test_killed_in_mid_run_and_restarted_leaves_exactly_one_note(
    tmp_path: Path, match: str, fault: str
) -> None:
    """The agents must find one note: not none after a crash, and not two after a restart."""
    with world(tmp_path) as running:
        running.control("faults", {"match": match, "fault": fault, "times": 1, "seconds": 3})
        ticket = running.write(ASKED)
        until(lambda: running.faults() == [], what="the run in the middle of the faulty call")
        running.serve.kill()

        running.serve.start()
        running.ready()
        running.settled(ticket)

        assert 1 == len(running.log(ticket, "note", "reply"))


def test_a_delivery_acknowledged_before_the_kill_is_not_lost(tmp_path: Path) -> None:
    """202 is a promise: what was acknowledged is answered after any crash."""
    with world(tmp_path, DESKHAND_QUIET_SECONDS="3") as running:
        tickets = [running.write(ASKED) for _ in range(5)]
        until(lambda: running.serve.said().count('"delivery"') >= 5, what="five acknowledged")
        running.serve.kill()

        running.serve.start()
        running.ready()

        for ticket in tickets:
            running.wait_for(ticket, "note")
            running.settled(ticket)
        assert [1] * 5 == [len(running.log(ticket, "note")) for ticket in tickets]


def test_a_graceful_stop_is_quick_and_loses_nothing(tmp_path: Path) -> None:
    """A deploy stops the process with work in flight; within ten seconds it must be gone."""
    with world(tmp_path) as running:
        tickets = [running.write(ASKED) for _ in range(5)]
        until(lambda: running.serve.said().count('"delivery"') >= 5, what="five acknowledged")

        seconds = running.serve.stop()
        complaints = [line for line in running.serve.said().splitlines() if '"error"' in line]
        running.serve.start()
        running.ready()
        for ticket in tickets:
            running.settled(ticket)

        assert seconds <= 10
        assert [] == complaints
        assert [1] * 5 == [len(running.log(ticket, "note")) for ticket in tickets]
