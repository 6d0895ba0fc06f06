"""A sample of D3: a new version takes over what the old one left, whatever contract it ran."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.databases import fresh, postgres_or_skip
from tests.chaos.redeploys import (
    LEFT_ALONE,
    LOOKS,
    OLD,
    TAKEN_OVER,
    Redeploy,
    beside,
    redeploy,
)
from tests.chaos.stage import stage
from tests.e2e.processes import Process

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
SETTINGS = {"DESKHAND_QUIET_SECONDS": "0", "DESKHAND_VERIFY_SECONDS": LOOKS}
UPGRADE = Redeploy(contract=OLD, moved=False, killed=True)


def test_a_new_version_answers_what_the_old_one_left_under_way(tmp_path: Path) -> None:
    """Who upgrades must not have to wait for a quiet hour, nor look for stranded tickets."""
    with stage(tmp_path, **SETTINGS) as on:
        found = redeploy(on, UPGRADE)
        said = on.world.serve.said()

    assert [] == found.wrong
    assert found.at_step["pending"] + found.at_step["delayed"] >= 2
    assert TAKEN_OVER in said


def test_without_the_handover_work_of_another_contract_is_stranded(tmp_path: Path) -> None:
    """The counting must notice what the engine by itself would leave lying."""
    with stage(tmp_path, **SETTINGS) as on:
        found = redeploy(on, UPGRADE, mutant="no-handover")

    assert found.lost > 0


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A Postgres server."""
    with postgres_or_skip() as url:
        yield url


@pytest.mark.postgres
def test_versions_work_side_by_side_until_the_old_one_ends(server: str, tmp_path: Path) -> None:
    """In a rolling upgrade nobody takes a living process's work, and nothing of it is lost."""
    with fresh(server) as url, stage(tmp_path, url=url, **SETTINGS) as on:
        home = {"DESKHAND_HOME": str(tmp_path / "new")}
        new = Process(["worker"], on.world.serve.environment | home, tmp_path / "new.log")
        try:
            found = beside(on, new)
        finally:
            new.kill()

    assert [] == found.wrong
    assert TAKEN_OVER in new.said().partition(LEFT_ALONE)[2]
