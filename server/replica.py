"""Who this process is among several on one database: its slot, its lease, and the dead ones' work.

An executor id must be the same after a restart, or the engine does not find its own work again;
so processes take numbered slots. On SQLite there is one process and one slot, held by a lock on
a file. On Postgres a slot is a lease: whoever does not renew it is taken for dead, and its work
goes back to the queue.
"""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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


def take(database: Database, contract: str) -> int:
    """Take a slot for this process, which runs the work of one contract."""
    if database.is_sqlite:
        return ONLY
    me = myself(contract)
    return database.write_now(lambda c: executors.take(c, me, lasts=LASTS, is_dead=is_dead))


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
            await self.database.write(lambda c: executors.release(c, self.slot, self._me))

    def hands(self) -> dict[str, str]:
        """Return the contract each process runs, by its executor id; none for one surely dead.

        A lease that has run out still counts until it is swept: see `STEADY`.
        """
        if self.database.is_sqlite:
            return {name(self.slot): self.engine.contract}
        held = self.database.read_now(executors.holders)
        return {name(n): "" if is_dead(one) else _contract(one) for n, one in held.items()}

    def sweep(self, connection: Connection) -> int:
        """Hand back the work of every executor that is gone."""

        def hand_back(slots: list[int]) -> int:
            works = self.engine.hand_back([name(slot) for slot in slots])
            log.info("executors gone", slots=slots, works=works)
            return works

        return executors.sweep(connection, is_dead=is_dead, hand_back=hand_back)

    def _renew(self, connection: Connection) -> bool:
        return executors.renew(connection, self.slot, self._me, lasts=LASTS)

    @property
    def _me(self) -> str:
        return myself(self.engine.contract)


def myself(contract: str) -> str:
    """Return this process's name: machine and process namespace, number, start time, contract."""
    pid = os.getpid()
    return "|".join((_place(), str(pid), _started(pid) or "", contract))


def _contract(holder: str) -> str:
    return holder.rpartition("|")[2]


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
