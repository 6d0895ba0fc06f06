"""The door is open before the house is built: webhooks are taken while the rest still loads."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.chaos.stage import Stage, stage
from tests.e2e.processes import SECRET, until

NOW = {"DESKHAND_QUIET_SECONDS": "0"}
HEAVY = ("dbos", "fastapi", "alembic", "langchain_core", "openai")


def _post(on: Stage, ticket: str) -> int:
    answer = on.world.client.post(
        f"{on.world.responder}/hooks/default",
        json={"ticket_id": ticket},
        headers={"X-Deskhand-Secret": SECRET},
    )
    return answer.status_code


def _tell_at_the_door(on: Stage, ticket: str) -> httpx.Response:
    """Start the responder and tell of a ticket as early as can be; return whether it is ready."""
    on.world.serve.start()
    until(lambda: _post(on, ticket) == httpx.codes.ACCEPTED, what="the first acknowledgement")
    return on.world.client.get(f"{on.world.responder}/readyz")


def _quietly_written(on: Stage) -> str:
    on.world.control("webhooks", {"drop": True})
    return on.write(1)


def test_the_door_needs_nothing_of_what_answers_tickets() -> None:
    """What loads before the first acknowledgement keeps a restarted service deaf."""
    code = f"import sys, server.serving; print([m for m in {HEAVY} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.e2e
@pytest.mark.faults
@pytest.mark.parametrize(("mutant", "replies"), [("", 1), ("no-handover", 0)])
def test_killed_at_the_door_the_next_life_answers(
    tmp_path: Path, mutant: str, replies: int
) -> None:
    """All there is of it is its row; without the handover nobody would look at it for long."""
    with stage(tmp_path, **NOW) as on:
        ticket = _quietly_written(on)
        ready = _tell_at_the_door(on, ticket)
        on.world.serve.kill()
        again = on.dying(at="never", mutant=mutant) if mutant else on.world.serve
        again.start()
        on.world.ready()
        other = on.write(2)
        _post(on, other)
        until(lambda: on.ended([other]), what="a later ticket answered")
        if not mutant:
            until(lambda: on.ended([ticket]), what="the ticket answered")
        said = on.replies(ticket)
        again.kill()

    assert (503, "starting") == (ready.status_code, ready.json()["status"])
    assert replies == said


@pytest.mark.e2e
@pytest.mark.faults
def test_a_stop_at_the_door_is_clean_and_leaves_the_work_to_the_next_start(tmp_path: Path) -> None:
    """Who stops a service that has hardly begun must neither wait nor lose anything."""
    with stage(tmp_path, **NOW) as on:
        tickets = [_quietly_written(on), on.write(2)]
        _tell_at_the_door(on, tickets[0])
        on.world.serve.stop()
        said = on.world.serve.said()
        _tell_at_the_door(on, tickets[1])
        until(lambda: on.ended(tickets), what="the tickets answered")
        replies = [on.replies(ticket) for ticket in tickets]

    assert "Traceback" not in said
    assert [1, 1] == replies


@pytest.mark.e2e
def test_what_cannot_be_built_behind_the_door_ends_the_command_with_the_reason(
    tmp_path: Path,
) -> None:
    """A wrong setting found late must still be said as one, not be lost in a thread."""
    with stage(tmp_path, DESKHAND_POLICY=str(tmp_path / "nowhere.toml")) as on:
        on.world.serve.start()
        child = on.world.serve.child
        until(lambda: child is not None and child.poll() is not None, what="the end")
        said = on.world.serve.said()

    assert child is not None
    assert 2 == child.returncode
    assert "DESKHAND_POLICY" in said
