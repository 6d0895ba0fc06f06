"""The writer that commits what is waiting together: one sync to disk for a whole burst."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from server.errors import Unready

T = TypeVar("T")

BATCH = 256
"""Writes committed together at most: one sync to disk for all of them."""
WAITING = 4096
"""Writes that may wait before new ones are told to come back."""
_UNUSABLE = (OperationalError, InterfaceError, InternalError)
"""What a database says that is gone, full, locked or read-only."""
_ENDING = 10.0
"""Seconds that what is waiting gets when the writer is closed."""


@dataclass(slots=True)
class _Job:
    """Something to do in the next transaction, and who waits for it."""

    act: Callable[[Connection], Any]
    told: "asyncio.Future[Any]"
    result: Any = None
    fault: Exception | None = None


class Writer:
    """One thread that takes whatever waits and does it in one transaction.

    A write that raises is undone, and what shared its transaction is done again without it: so
    whatever is handed over must be fit to be done twice before it is committed once.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False

    async def run(self, act: Callable[[Connection], T]) -> T:
        """Have it done and committed, and return its result.

        Whoever is cancelled meanwhile no longer hears of it; it is committed all the same.

        Raises:
            Unready: too much is waiting, or the database was closed.
            Exception: whatever it raised itself.
        """
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._submit(_Job(act, told))
        return await told

    def close(self) -> None:
        """Finish what is waiting and take no more."""
        with self._starting:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join(timeout=_ENDING)

    def _submit(self, job: _Job) -> None:
        with self._starting:
            if self._closed:
                raise Unready("the database was closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            try:
                self._jobs.put_nowait(job)
            except queue.Full as fault:
                raise Unready("too many deliveries are waiting to be stored") from fault

    def _run(self) -> None:
        while True:
            batch = self._next()
            jobs = [job for job in batch if job is not None]
            if jobs:
                self._commit(jobs)
                _tell(jobs)
            if len(jobs) < len(batch):
                return

    def _next(self) -> list[_Job | None]:
        batch = [self._jobs.get()]
        while len(batch) < BATCH and batch[-1] is not None:
            try:
                batch.append(self._jobs.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            with self._engine.begin() as connection:
                lock(connection)
                for job in jobs:
                    job.result = job.act(connection)
        except _UNUSABLE as fault:
            # it would refuse each of them as well, and take its time: a lock is waited for
            for job in jobs:
                job.fault = fault
        except Exception as fault:  # noqa: BLE001 -- whatever it was, whoever waits is told
            if len(jobs) == 1:
                jobs[0].fault = fault
                return
            for job in jobs:
                self._commit([job])


def lock(connection: Connection) -> None:
    """Take SQLite's write lock at the start, so that what is read stays true until commit."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _tell(jobs: list[_Job]) -> None:
    """Wake those who wait, each loop once."""
    for loop in {job.told.get_loop() for job in jobs}:
        theirs = [job for job in jobs if job.told.get_loop() is loop]
        with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            loop.call_soon_threadsafe(_wake, theirs)


def _wake(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.told.done():  # whoever waited was cancelled
            continue
        if job.fault is None:
            job.told.set_result(job.result)
        else:
            job.told.set_exception(job.fault)
