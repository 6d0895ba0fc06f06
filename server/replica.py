"""Who this process is among several on one database: its slot, its lease, and the dead ones' work.

An executor id must be the same after a restart, or the engine does not find its own work again;
so processes take numbered slots. On SQLite there is one process and one slot, held by a lock on
a file. On Postgres a slot is a lease: whoever does not renew it is taken for dead, and its work
goes back to the queue.
"""

import fcntl
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from server.engine import Engine
from server.errors import Unready
from server.store import executors
from server.store.db import Connection, Database
from tools.clock import Clock

LASTS = 10.0
"""Seconds after which an executor that did not renew its lease counts as dead."""
RENEW = 2.0
"""Seconds between two renewals, and two looks for dead ones."""
STEADY = 3
"""Renewals in a row before we call others dead: after an outage everybody renews first."""
ONLY = 0
"""The one slot of an SQLite file."""

log = structlog.get_logger()


def name(slot: int) -> str:
    """Return a slot's executor id."""
    return f"slot-{slot}"


def hold(path: Path) -> IO[str]:
    """Hold an SQLite file for this process alone, for as long as the result is open.

    Raises:
        Unready: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Unready(
            f"another process is serving {path}. Stop it first, or give this one its own "
            "DESKHAND_HOME; several processes need Postgres (DESKHAND_DATABASE_URL)."
        ) from None
    return lock


def take(database: Database) -> int:
    """Take a slot for this process."""
    if database.is_sqlite:
        return ONLY
    return database.write_now(lambda c: executors.take(c, myself(), lasts=LASTS, is_dead=is_dead))


@dataclass(frozen=True, slots=True)
class Replica:
    """Keeps this process's lease and hands back the work of dead ones; nothing on SQLite.

    Attributes:
        lost: called when another process has taken our slot: we must stop.
    """

    database: Database
    engine: Engine
    clock: Clock
    slot: int
    lost: Callable[[], None]

    async def forever(self) -> None:
        """Renew and sweep until cancelled."""
        steady = 0
        while not self.database.is_sqlite:
            await self.clock.sleep(RENEW)
            try:
                if not await self.database.write(self._renew):
                    log.error("another process took this one's slot: stopping", slot=self.slot)
                    self.lost()
                    return
                steady += 1
                if steady >= STEADY:
                    await self.database.write(self.sweep)
            except Unready as fault:
                steady = 0
                log.warning("lease not renewed", error=str(fault))

    async def release(self) -> None:
        """Let the slot go, so that nobody has to wait for it to expire."""
        if not self.database.is_sqlite:
            await self.database.write(lambda c: executors.release(c, self.slot, myself()))

    def sweep(self, connection: Connection) -> int:
        """Hand back the work of every executor that is gone."""

        def hand_back(slots: list[int]) -> int:
            works = self.engine.hand_back([name(slot) for slot in slots])
            log.info("executors gone", slots=slots, works=works)
            return works

        return executors.sweep(connection, is_dead=is_dead, hand_back=hand_back)

    def _renew(self, connection: Connection) -> bool:
        return executors.renew(connection, self.slot, myself(), lasts=LASTS)


def myself() -> str:
    """Return this process's name: machine, process namespace, number and start time."""
    pid = os.getpid()
    return "|".join((_place(), str(pid), _started(pid) or ""))


def is_dead(holder: str) -> bool:
    """Whether a process surely runs no more: only one of this machine can be known to."""
    place, pid, started = (*holder.split("|"), "", "")[:3]
    if place != _place() or not started or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


def _place() -> str:
    """Return what tells whose process numbers these are: the machine's boot and the namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str | None:
    """Return when a process of this machine started, in the kernel's ticks; None if it is gone."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = status.rpartition(")")[2].split()
    return None if state in {"Z", "X"} else fields[18]
