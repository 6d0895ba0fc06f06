"""What is worked on, and how its work is started: plain data, so that intake loads no engine."""

from dataclasses import dataclass
from typing import Protocol

from server.store.db import Connection


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt at one delivery.

    Attributes:
        partition: work of one partition runs one at a time: a ticket.
    """

    delivery: int
    attempt: int
    partition: str

    @property
    def id(self) -> str:
        """The engine's id for it: the same work enqueued twice is one."""
        return f"delivery-{self.delivery}-{self.attempt}"


class Starts(Protocol):
    """Starts work in the caller's transaction."""

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Enqueue work inside the caller's transaction, to begin after `delay` seconds."""
        ...


class Later:
    """Stands in for an engine that is still loading; implements `Starts`.

    What is kept until then has no work yet. Its row is what it is found by: see
    `server.handover`, which the start of the engine runs.
    """

    def __init__(self) -> None:
        self.engine: Starts | None = None

    def enqueue(self, connection: Connection, work: Work, *, delay: float = 0.0) -> None:
        """Enqueue work where there is an engine already."""
        if self.engine is not None:
            self.engine.enqueue(connection, work, delay=delay)
