"""Cases in processes of their own: the same verdicts, whatever happens to a process."""

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agent.policy.terms import Policy
from evals.case import Case, load_cases
from evals.grade import Graded, Verdict
from evals.ground import Ground, Grounds
from evals.offline import Offline, ReachedOut
from evals.results import results, write
from evals.run import play
from evals.workers import play as play_in

NOWHERE = ("127.0.0.1", 9)


def _some() -> list[Case]:
    return [*load_cases()[:24]]


def _told(graded: tuple[Graded, ...]) -> str:
    return write(results(graded))


@contextmanager
def _killing(*, until: Callable[[int], bool]) -> Iterator[list[int]]:
    """Kill processes that play, one after the other, until enough have died."""
    died: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.is_set() and not until(len(died)):
            for child in multiprocessing.active_children():
                if child.pid and child.pid not in died:
                    died.append(child.pid)
                    child.kill()
                    break
            time.sleep(0.05)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield died
    finally:
        over.set()
        thread.join()


def test_how_many_processes_play_changes_no_byte() -> None:
    """A result that depends on who played beside it can be compared with nothing."""
    alone = play_in(_some(), jobs=1, trials=2)
    beside = play_in(_some(), jobs=3, trials=2)

    assert _told(alone) == _told(beside)


def test_a_play_whose_process_was_killed_is_played_again() -> None:
    """Somebody's process table is full, and the verdicts are those of any other day."""
    with _killing(until=lambda died: died >= 1) as died:
        graded = play_in(_some(), jobs=2)

    assert died
    assert _told(play_in(_some(), jobs=1)) == _told(graded)


class Fatal(Case):
    """A case that runs into what takes the whole process with it."""

    def policy_at(self, host: str) -> Policy:
        """Go down as an exhausted machine does: without a word."""
        os._exit(len(host))


def test_a_play_that_ends_its_process_is_told_and_costs_no_other_its_verdict() -> None:
    """A crash speaks of the machine or of our code, and nothing may hide behind it."""
    good = _some()
    bad = Fatal.model_validate(good[5].model_dump())
    graded = play_in([*good[:5], bad, *good[6:]], jobs=2)

    assert [Verdict.INFRASTRUCTURE] == [one.verdict for one in graded if one.case is bad]
    assert "it ended the process that played it" in graded[5].outcome.broken
    assert 23 == sum(one.verdict is Verdict.PASSED for one in graded)


def test_how_far_it_is_gets_told() -> None:
    """Two and a half thousand plays take their time."""
    heard: list[tuple[int, int]] = []
    play_in(_some(), jobs=2, tell=lambda done, of: heard.append((done, of)))

    assert [(number, 24) for number in range(1, 25)] == heard


class Reaching(Grounds):
    """A ground that is fetched from somewhere, and makes light of it where it cannot."""

    def __init__(self, *, swallows: bool) -> None:
        super().__init__()
        self._swallows = swallows

    async def of(self, case: Case) -> Ground:
        """Open a connection, and then do what is right."""
        try:
            socket.create_connection(NOWHERE)
        except ReachedOut:
            if not self._swallows:
                raise
        return await super().of(case)


@pytest.mark.parametrize("swallows", [False, True])
async def test_a_case_that_reaches_out_is_broken(*, swallows: bool) -> None:
    """A suite that needs the network passes on one machine alone."""
    outcome = await play(load_cases()[0], grounds=Reaching(swallows=swallows))

    assert "connections" in outcome.broken or "reach out" in outcome.broken


def test_afterwards_connections_are_as_free_as_before() -> None:
    """Whoever plays a case in a program of their own keeps their network."""
    with Offline() as offline, pytest.raises(ReachedOut):
        socket.create_connection(NOWHERE)

    assert 1 == len(offline.tried)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(NOWHERE)
