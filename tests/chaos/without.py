"""A serving process without one of its protections, to see that the tests notice."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from server.app import Service
from server.handover import Handover
from server.replica import Replica
from server.store.db import Connection, Database, lock

T = TypeVar("T")

LATE = 0.3
"""Seconds after the acknowledgement at which the mutant `ack-first` commits."""


class AckFirst(Database):
    """Says that a delivery is kept, and commits it a moment later."""

    async def write_together(self, act: Callable[[Connection], T]) -> T:
        """Return what `act` returned, before it is on disk."""
        said: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._keep, args=(act, said), daemon=True).start()
        return await said

    def _keep(self, act: Callable[[Connection], T], said: "asyncio.Future[T]") -> None:
        with self.engine.begin() as connection:
            lock(connection)
            done = act(connection)
            said.get_loop().call_soon_threadsafe(said.set_result, done)
            threading.Event().wait(LATE)


class NoSweep(Replica):
    """Renews its own lease and leaves the work of the dead where it is."""

    def sweep(self, connection: Connection) -> int:
        """Hand nothing back."""
        del connection
        return 0


def without(service: Service, mutant: str) -> Service:
    """Return the service without what brings back work that nobody runs."""

    async def nothing() -> int:
        return 0

    def swept(loop: Any) -> Any:
        ours = loop.__self__
        if isinstance(ours, Replica):
            return NoSweep(ours.database, ours.engine, ours.clock, ours.slot, ours.lost).forever
        return loop

    if mutant == "no-sweep":
        return replace(service, loops=tuple(swept(loop) for loop in service.loops))
    if mutant == "no-handover":
        owned = [loop for loop in service.loops if not isinstance(_owner(loop), Handover)]
        return replace(service, hand_over=nothing, loops=tuple(owned))
    return service


def _owner(loop: Any) -> object:
    return loop.__self__
