"""A full disk, a database that refuses writes, a stop under load: nothing acknowledged is lost."""

import resource
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.chaos.databases import fresh, postgres_or_skip
from tests.chaos.stage import Stage, stage
from tests.chaos.stops import QUICK, stop_under_load
from tests.e2e.processes import SECRET, Process, until

pytestmark = [pytest.mark.e2e, pytest.mark.faults]


def _post(on: Stage, ticket: str) -> httpx.Response:
    return on.world.client.post(
        f"{on.world.responder}/hooks/default",
        json={"ticket_id": ticket, "mark": "x"},
        headers={"X-Deskhand-Secret": SECRET},
    )


def _pid(on: Stage) -> int:
    child = on.world.serve.child
    assert child is not None
    return child.pid


def test_a_full_disk_is_said_and_passes(tmp_path: Path) -> None:
    """503 and Retry-After let the helpdesk keep what we cannot; 202 would be a lie."""
    with stage(tmp_path, DESKHAND_QUIET_SECONDS="0") as on:
        on.world.serve.start()
        on.world.ready()
        fine = _post(on, "1001")
        unlimited = resource.RLIM_INFINITY
        resource.prlimit(_pid(on), resource.RLIMIT_FSIZE, (4096, unlimited))
        refused = until(
            lambda: next((a for a in (_post(on, "1002"),) if a.status_code != 202), None),
            what="a refusal",
        )
        resource.prlimit(_pid(on), resource.RLIMIT_FSIZE, (unlimited, unlimited))
        until(lambda: _post(on, "1003").status_code == 202, what="storing again")

        until(lambda: on.ended(["1001", "1003"]), what="what was acknowledged ended")

    assert (202, 503) == (fine.status_code, refused.status_code)
    assert refused.headers["Retry-After"].isdigit()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A Postgres server."""
    with postgres_or_skip() as url:
        yield url


@pytest.mark.postgres
def test_a_database_that_refuses_writes_is_said_and_passes(server: str, tmp_path: Path) -> None:
    """A failover leaves a read-only replica for a while; runs wait, webhooks are sent back."""
    with (
        fresh(server) as url,
        stage(tmp_path, url=url, DESKHAND_QUIET_SECONDS="0") as on,
        psycopg.connect(server, autocommit=True) as admin,
    ):
        on.world.serve.start()
        on.world.ready()
        name = url.rpartition("/")[2]
        ticket = on.write(1)
        _writable(admin, name, "on")
        refused = until(
            lambda: next((a for a in (_post(on, "1002"),) if a.status_code != 202), None),
            what="a refusal",
        )
        _writable(admin, name, "off")
        until(lambda: _post(on, "1003").status_code == 202, what="storing again")

        until(lambda: on.ended([ticket, "1003"]), what="all ended", within=90)
        replies = on.replies(ticket)

    assert 503 == refused.status_code
    assert 1 == replies


def _writable(admin: "psycopg.Connection[tuple[object, ...]]", name: str, only: str) -> None:
    admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {only}'.encode())
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
    )


def test_a_stop_under_load_is_quick_and_loses_nothing(tmp_path: Path) -> None:
    """A deploy must not wait for a busy hour to pass, nor cost a ticket."""
    with stage(tmp_path, DESKHAND_QUIET_SECONDS="0") as on:
        found = stop_under_load(on, [], load=2.0)

    assert max(found.seconds) <= QUICK
    assert [] == found.kept.wrong
    assert found.open > 0


@pytest.mark.postgres
def test_a_stop_of_two_processes_at_once_loses_nothing(server: str, tmp_path: Path) -> None:
    """A whole deployment goes down together, and nobody is left to hand anything to."""
    with fresh(server) as url, stage(tmp_path, url=url, DESKHAND_QUIET_SECONDS="0") as on:
        home = {"DESKHAND_HOME": str(tmp_path / "other")}
        other = Process(["worker"], on.world.serve.environment | home, tmp_path / "other.log")
        try:
            found = stop_under_load(on, [other], load=2.0)
        finally:
            other.kill()

    assert max(found.seconds) <= QUICK
    assert [] == found.kept.wrong
    assert found.open > 0
