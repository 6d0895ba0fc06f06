"""A store that is locked or read-only: the sender is told to come back, nothing said is lost."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from server.store import inbox
from server.store.db import Database
from tests.server.front_door import Counting, Door, door

AT_ONCE = 60
PATIENCE = 0.3
"""Seconds a sender waits here."""


@contextmanager
def _locked(store: Database) -> Iterator[None]:
    """Hold the write lock, as another program does."""
    with closing(sqlite3.connect(str(store.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _read_only(store: Database) -> Iterator[None]:
    """Let no connection write, as on a disk that was mounted anew after a fault."""

    def refuse(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    def allow(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA query_only=OFF")

    event.listen(store.engine, "checkout", refuse)
    yield
    event.remove(store.engine, "checkout", refuse)
    event.listen(store.engine, "checkout", allow)


SHUT = {"locked": _locked, "read-only": _read_only}


async def _burst(at: Door, first: int) -> list[int]:
    return await asyncio.gather(
        *(at.post(b'{"ticket_id": "%d"}' % (first + n)) for n in range(AT_ONCE))
    )


@pytest.mark.parametrize("how", SHUT)
async def test_what_cannot_be_stored_is_refused_and_what_was_acknowledged_is_there(
    tmp_path: Path, how: str
) -> None:
    """202 is a promise to a helpdesk that will not send it again; 503 is not."""
    with door(tmp_path, Counting(), patience=PATIENCE) as at:
        before = await _burst(at, 1)
        with SHUT[how](at.store):
            during = await _burst(at, 1001)
        after = await _burst(at, 2001)
        kept = {
            int(one.ticket_id or 0)
            for one in at.store.read_now(lambda c: inbox.latest(c, most=1000))
        }

    assert ({202}, {503}, {202}) == (set(before), set(during), set(after))
    assert {*range(1, 1 + AT_ONCE), *range(2001, 2001 + AT_ONCE)} <= kept
    assert () == at.broken


async def test_a_locked_store_is_asked_once_for_all_who_wait(tmp_path: Path) -> None:
    """Each would wait for the lock by itself: two hours for a full batch, and nobody served."""
    begun = list[str]()

    def impatient(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    def note(_c: Any, _cursor: Any, statement: str, *_: object) -> None:
        begun.append(statement)

    with door(tmp_path, Counting()) as at:
        event.listen(at.store.engine, "checkout", impatient)
        event.listen(at.store.engine, "before_cursor_execute", note)
        with _locked(at.store):
            statuses = await _burst(at, 1)

    assert {503} == set(statuses)
    assert begun.count("BEGIN IMMEDIATE") < AT_ONCE / 4
