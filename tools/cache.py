"""What is remembered of one account between calls, shared by its openings for several lanes."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from tools.clock import Clock
from tools.model import (
    AgentIdentity,
    Company,
    CompanyId,
    Contact,
    PersonId,
    TicketField,
    TicketId,
)

K = TypeVar("K")
V = TypeVar("V")

_HOUR, _DAY = 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Kept(Generic[V]):
    """Something remembered; its value may be None, which says that nothing is there."""

    value: V
    until: float


class Shelf(Generic[K, V]):
    """Values by key, each for a while, the least used dropped first.

    Args:
        life: seconds a value is believed.
        most: values kept at once.
    """

    def __init__(self, clock: Clock, *, life: float, most: int = 10_000) -> None:
        self._clock = clock
        self._life = life
        self._most = most
        self._kept: OrderedDict[K, Kept[V]] = OrderedDict()

    def get(self, key: K) -> Kept[V] | None:
        """Return what is remembered, or None when that is nothing or too old."""
        kept = self._kept.get(key)
        if kept is None or kept.until <= self._clock.steady():
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: K, value: V) -> V:
        """Remember a value, and return it."""
        self._kept[key] = Kept(value, self._clock.steady() + self._life)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def drop(self, key: K) -> None:
        """Forget a value."""
        self._kept.pop(key, None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a ticket's last view told of its people, its way in, and its last change."""

    requester: PersonId | None
    responder: PersonId | None
    source_id: str
    changed: datetime | None = None


class DeskCache:
    """Definitions and our own id for a day; contacts and companies for an hour.

    Attributes:
        saved: credits that remembering has spared so far.
        missing: calls that answered 403, for a day.
        untranslated: help-centre folders without a word in some language, for six hours.
    """

    def __init__(self, clock: Clock) -> None:
        self.saved = 0
        self.lock = asyncio.Lock()
        self.me: Shelf[str, AgentIdentity] = Shelf(clock, life=_DAY)
        self.fields: Shelf[str, tuple[TicketField, ...]] = Shelf(clock, life=_DAY)
        self.groups: Shelf[str, dict[str, str]] = Shelf(clock, life=_DAY)
        self.contacts: Shelf[PersonId, Contact | None] = Shelf(clock, life=_HOUR)
        self.companies: Shelf[CompanyId, Company | None] = Shelf(clock, life=_HOUR)
        self.folders: Shelf[str, int | None] = Shelf(clock, life=_HOUR)
        self.seen: Shelf[TicketId, Seen] = Shelf(clock, life=_DAY)
        self.tails: Shelf[TicketId, int] = Shelf(clock, life=_DAY)
        self.refreshed: Shelf[str, bool] = Shelf(clock, life=_HOUR)
        self.untranslated: Shelf[str, bool] = Shelf(clock, life=6 * _HOUR, most=100_000)
        self._missing: Shelf[str, bool] = Shelf(clock, life=_DAY)
        self._named: set[str] = set()

    @property
    def missing(self) -> frozenset[str]:
        """Return the calls known to be forbidden."""
        return frozenset(name for name in self._named if self._missing.get(name))

    def forbid(self, name: str) -> None:
        """Remember that a call answered 403."""
        self._named.add(name)
        self._missing.put(name, value=True)

    def allow(self) -> None:
        """Forget what was forbidden, as when the key's role may have changed."""
        self._named.clear()

    def spared(self, credit: int = 1) -> None:
        """Count credits that were not spent."""
        self.saved += credit
