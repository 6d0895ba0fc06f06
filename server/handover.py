"""Start the work of every delivery that has none, and carry over what nobody would run.

A delivery can be worked on again from its beginning at any time: what was posted stands in our
own tables. So work begun under another contract is not translated, it is forgotten and begun
anew. What a living process still runs under its own contract is left to it.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from server.engine import Engine, Stranded
from server.store import inbox
from server.store.db import HANDOVER_LOCK, Connection, Database, one_at_a_time
from server.store.inbox import OPEN
from server.work import Work
from server.workflow import partition
from tools.clock import Clock

EVERY = 10.0
"""Seconds between two looks: a process of another version may end at any time."""
PAGE = 500
"""Deliveries begun in one transaction."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handover:
    """Finds what the engine would leave lying, and begins it again.

    Attributes:
        hands: the contract each process runs, by its executor id; none for one surely dead,
            whose work of our contract `server.replica` hands back.
    """

    database: Database
    engine: Engine
    clock: Clock
    hands: Callable[[], Mapping[str, str]]
    _one: threading.Lock = field(default_factory=threading.Lock)

    async def forever(self) -> None:
        """Look until cancelled."""
        await self.look()
        while True:
            await self.clock.sleep(EVERY)
            await asyncio.to_thread(self._look, at_start=False)

    async def look(self) -> int:
        """Begin what has no work, or none that would run; return how many deliveries that were."""
        return await asyncio.to_thread(self._look, at_start=True)

    def _look(self, *, at_start: bool) -> int:
        """Later on, deliveries lose their work only by our own hand: all need not be asked."""
        with self._one, one_at_a_time(self.database, HANDOVER_LOCK):
            hands = self.hands()
            carried = self._carry(hands)
            orphans = self.engine.runners() - hands.keys()
            if orphans:
                works = self.engine.hand_back(sorted(orphans))
                log.warning(
                    "work of executors that nobody is", executors=sorted(orphans), works=works
                )
            return self._begin() if carried or at_start else 0

    def _carry(self, hands: Mapping[str, str]) -> int:
        """Forget the work of other contracts that no living process runs; return how much."""
        found = self.engine.stranded()
        kept = [one for one in found if _is_in(hands, one)]
        if kept:
            log.info("work of another contract is left to its process", works=_by_contract(kept))
        gone = [one for one in found if not _is_in(hands, one)]
        if gone:
            log.warning("work of another contract begins anew here", works=_by_contract(gone))
            self.engine.forget([one.work for one in gone])
        return len(gone)

    def _begin(self) -> int:
        """Enqueue what the engine knows nothing of."""
        numbers = self.engine.unstarted()
        for first in range(0, len(numbers), PAGE):
            page = numbers[first : first + PAGE]
            self.database.write_now(lambda c, page=page: self._enqueue(c, page))  # type: ignore[misc]
        if numbers:
            log.info("deliveries begin that had no work", deliveries=len(numbers))
        return len(numbers)

    def _enqueue(self, connection: Connection, numbers: list[int]) -> None:
        now = self.clock.now().timestamp()
        for number in numbers:
            one = inbox.find(connection, number)
            if one is not None and one.state in OPEN:
                work = Work(one.id, one.attempt, partition(one))
                self.engine.enqueue(connection, work, delay=max(0.0, one.due_at - now))


def _is_in(hands: Mapping[str, str], one: Stranded) -> bool:
    """Whether a living process runs this work, or will."""
    if one.runner is not None:
        return hands.get(one.runner) == one.contract
    return one.contract in hands.values()


def _by_contract(works: list[Stranded]) -> dict[str, int]:
    return dict(Counter(one.contract for one in works))
