"""The product on Postgres: the main job, kills, several workers, and what the dead leave behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.databases import fresh, postgres_or_skip
from tests.e2e.processes import Process, World, until, world

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]
ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A Postgres server."""
    with postgres_or_skip() as url:
        yield url


@pytest.fixture
def running(server: str, tmp_path: Path) -> Iterator[World]:
    """Both processes, on a database of their own."""
    with fresh(server) as url, world(tmp_path, DESKHAND_DATABASE_URL=url) as both:
        yield both


def _worker(running: World, name: str) -> Process:
    home = {"DESKHAND_HOME": str(running.home / name)}
    return Process(["worker"], running.serve.environment | home, running.home / f"{name}.log")


def test_a_message_becomes_one_note(running: World) -> None:
    """The same program, another URL."""
    ticket = running.write(ASKED)

    why = running.settled(ticket)

    assert "PRIVATE_NOTE" == why["disposition"]
    assert 1 == len(running.log(ticket, "note", "reply"))


@pytest.mark.faults
def test_killed_in_mid_run_and_restarted_leaves_exactly_one_note(running: World) -> None:
    """The restarted process finds its own work again, at once: its old self surely is dead."""
    plan = {"match": "POST /tickets/*/notes", "fault": "slow-drip", "times": 1, "seconds": 3}
    running.control("faults", plan)
    ticket = running.write(ASKED)
    until(lambda: running.faults() == [], what="the run in the middle of its post")
    running.serve.kill()

    running.serve.start()
    running.ready()
    why = running.settled(ticket)

    assert "adopted" == why["receipt"]["landing"]
    assert 1 == len(running.log(ticket, "note", "reply"))


@pytest.mark.faults
def test_another_worker_finishes_what_a_killed_one_left(running: World) -> None:
    """A machine that does not come back must not take its tickets with it."""
    other = _worker(running, "other")
    other.start()
    try:
        until(lambda: "works for account" in other.said(), what="the worker up")
        plan = {"match": "GET /tickets/*", "fault": "slow-drip", "times": 4, "seconds": 4}
        running.control("faults", plan)
        tickets = [running.write(ASKED) for _ in range(8)]
        until(lambda: len(running.faults()) == 0, what="runs in the middle of reading")
        began = time.monotonic()
        running.serve.kill()

        for ticket in tickets:
            running.wait_for(ticket, "note")
        seconds = time.monotonic() - began
    finally:
        stopped = other.stop()
        other.kill()

    assert [1] * 8 == [len(running.log(ticket, "note", "reply")) for ticket in tickets]
    assert seconds < 30
    assert stopped <= 10


def test_processes_that_start_at_one_moment_make_the_tables_once(
    server: str, tmp_path: Path
) -> None:
    """A deploy starts all replicas together, on an empty database the first time."""
    with fresh(server) as url, world(tmp_path, DESKHAND_DATABASE_URL=url) as running:
        running.serve.kill()
    with fresh(server) as url:
        running.serve.environment["DESKHAND_DATABASE_URL"] = url
        workers = [_worker(running, f"worker{n}") for n in range(3)]
        try:
            for one in workers:
                one.start()
            until(
                lambda: all("works for account" in one.said() for one in workers),
                what="three workers up",
            )
            assert not any("Traceback" in one.said() for one in workers)
        finally:
            for one in workers:
                one.kill()
