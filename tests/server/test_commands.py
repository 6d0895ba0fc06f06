"""What an operator does beside a running service: reconcile, pause, replay, check the record."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.processes import DESKHAND, TOKEN, World, world

pytestmark = pytest.mark.e2e
ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both processes."""
    with world(tmp_path_factory.mktemp("commands")) as both:
        yield both


def _deskhand(running: World, *words: str) -> tuple[int, Any]:
    done = subprocess.run(
        [DESKHAND, *words],
        env=running.serve.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout or done.stderr
    return done.returncode, json.loads(told) if "--json" in words and done.stdout else told


def test_what_a_dropped_webhook_missed_is_reconciled_by_hand(running: World) -> None:
    """After an outage nobody wants to wait, nor to guess what would happen."""
    running.control("webhooks", {"drop": True})
    ticket = running.write(ASKED)
    running.control("webhooks", {})

    until_ripe = ("reconcile", "--since", "1h", "--json")
    dry: dict[str, list[str]] = {"missed": []}
    for _ in range(20):
        code, dry = _deskhand(running, *until_ripe, "--dry-run")
        assert 0 == code
        if ticket in dry["missed"]:
            break
    _, swept = _deskhand(running, *until_ripe)
    running.wait_for(ticket, "note")

    assert ticket in dry["missed"]
    assert ticket in swept["missed"]
    assert 1 == len(running.log(ticket, "note"))


def test_a_moment_that_means_nothing_is_refused_with_an_example(running: World) -> None:
    """`--since yesterday` must not silently become something else."""
    code, told = _deskhand(running, "reconcile", "--since", "yesterday")

    assert 2 == code
    assert "3h" in told


def test_paused_work_waits_and_goes_on_within_seconds(running: World) -> None:
    """A pause is no loss: what came meanwhile is answered when writing is resumed."""
    _deskhand(running, "pause", "--reason", "an incident")
    ticket = running.write(ASKED)
    parked = running.reached(ticket, "parked")
    before = running.log(ticket, "note", "reply")

    _deskhand(running, "resume")
    running.wait_for(ticket, "note", within=15)

    assert "an incident" in parked["timeline"][0]["reason"]
    assert [] == before


def test_a_run_is_replayed_and_the_record_is_whole(running: World) -> None:
    """The same decision, from the kept record alone; and nobody changed what was done."""
    ticket = running.write(ASKED)
    running.wait_for(ticket, "note")
    run = running.settled(ticket)["run"]

    replayed = _deskhand(running, "replay", run, "--json")
    checked = _deskhand(running, "audit", "verify", "--json")

    assert (0, True) == (replayed[0], replayed[1]["same"])
    assert (0, []) == (checked[0], checked[1]["faults"])
    assert checked[1]["rows"] >= 2


def test_a_proposed_reply_is_sent_when_a_person_approves_it(running: World) -> None:
    """The note holds the draft; whoever reads it can have it sent, and their name is kept."""
    ticket = running.write(ASKED)
    running.wait_for(ticket, "note")
    run = running.settled(ticket)["run"]

    code, taken = _deskhand(running, "approve", run, "--by", "kim", "--json")
    running.wait_for(ticket, "reply")
    told = running.reached(ticket, "done")

    assert (0, "kim") == (code, taken["approved_by"])
    assert 1 == len(running.log(ticket, "reply"))
    assert "kim" == told["approved_by"]


def test_an_approval_through_the_api_is_kept_before_it_is_answered(running: World) -> None:
    """A console of somebody's own needs the same button."""
    ticket = running.write(ASKED)
    running.wait_for(ticket, "note")
    run = running.settled(ticket)["run"]
    url = f"{running.responder}/api/runs"
    token = {"Authorization": f"Bearer {TOKEN}"}
    words = {"by": "kim", "text": "You have 30 days."}

    refused = running.client.post(f"{url}/{run}/approve", json=words)
    unknown = running.client.post(f"{url}/rnone/approve", json=words, headers=token)
    taken = running.client.post(f"{url}/{run}/approve", json=words, headers=token)
    running.wait_for(ticket, "reply")

    assert [401, 409, 202] == [one.status_code for one in (refused, unknown, taken)]
    assert "no run 'rnone'" in unknown.json()["detail"]
    (said,) = running.log(ticket, "reply")
    assert "<p>You have 30 days.</p>" in said["body"]
