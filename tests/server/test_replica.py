"""Slots, leases and the work of the dead: who runs under which executor id."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import replica
from server.errors import Unready
from server.store import executors
from server.store.db import Database, open_database
from server.store.held import hold
from server.store.migrate import migrate


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with this version's tables."""
    made = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(made)
    yield made
    made.close()


def _nobody_is_dead(_: str) -> bool:
    return False


def _take(database: Database, holder: str, *, lasts: float = 60.0, dead: str = "") -> int:
    return database.write_now(
        lambda c: executors.take(c, holder, lasts=lasts, is_dead=lambda h: h == dead)
    )


def test_processes_take_slots_of_their_own(database: Database) -> None:
    """Two processes under one executor id would run each other's work twice."""
    assert [0, 1, 2] == [_take(database, holder) for holder in ("a", "b", "c")]


def test_an_expired_slot_is_taken_again_and_its_old_holder_is_told(database: Database) -> None:
    """A process that was stopped for a while must notice that it was taken for dead."""
    _take(database, "a", lasts=0.0)

    taken = _take(database, "b")
    renewed = database.write_now(lambda c: executors.renew(c, 0, "a", lasts=60.0))

    assert 0 == taken
    assert not renewed


def test_the_slot_of_a_process_that_surely_died_is_taken_at_once(database: Database) -> None:
    """A restart on one machine need not wait for a lease to run out."""
    _take(database, "a")

    assert 0 == _take(database, "b", dead="a")


def test_the_work_of_the_dead_is_handed_back_once(database: Database) -> None:
    """Work handed back twice would run while somebody else already runs it."""
    _take(database, "a", lasts=0.0)
    handed: list[list[int]] = []

    def hand_back(slots: list[int]) -> int:
        handed.append(slots)
        return 3

    for _ in range(2):
        database.write_now(
            lambda c: executors.sweep(c, is_dead=_nobody_is_dead, hand_back=hand_back)
        )

    assert [[0]] == handed


def test_a_released_slot_is_swept_like_a_dead_one(database: Database) -> None:
    """What a stopping process could not finish goes to others at once."""
    _take(database, "a")
    database.write_now(lambda c: executors.release(c, 0, "a"))
    handed: list[int] = []

    database.write_now(
        lambda c: executors.sweep(
            c, is_dead=_nobody_is_dead, hand_back=lambda slots: len(handed.__iadd__(slots))
        )
    )

    assert [0] == handed


def test_only_a_process_of_this_machine_is_known_to_be_dead() -> None:
    """Another machine's silence may be the network's: only its lease tells."""
    place, pid, started, contract = replica.myself("7").split("|")

    assert not replica.is_dead(replica.myself("7"))
    assert not replica.is_dead(f"elsewhere|{pid}|{started}")
    assert replica.is_dead(f"{place}|{os.getpid()}|1")
    assert not replica.is_dead("nonsense")
    assert "7" == contract


def test_an_sqlite_file_is_held_by_one_process(tmp_path: Path) -> None:
    """Two writers on one file would run the same work twice."""
    with hold(tmp_path / "state.db"), pytest.raises(Unready, match="another process"):
        hold(tmp_path / "state.db")
