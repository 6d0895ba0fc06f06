"""When an account is left alone for a while: a circuit breaker on our own clock."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from purgatory.domain.model import Context, HalfOpenedState

from tools.clock import Clock
from tools.errors import (
    BudgetExhausted,
    HelpdeskError,
    NotGranted,
    Rejected,
    Unauthorized,
    Unavailable,
    Uncertain,
)

T = TypeVar("T")

_NEVER = float("inf")
_LONGEST_KNOCK = 6 * 3600.0
"""Seconds between two tries of a credential that is refused again and again, at most."""


class CircuitOpen(Unavailable):
    """We left the helpdesk alone: it failed too often just now. Nothing was sent."""


class Breaker:
    """Leaves one account alone after repeated faults, at once after a refused credential.

    The state machine is the library's; the time is our clock's, so that it can stand still.

    Args:
        threshold: faults in a row that open it.
        rest: seconds it stays open after faults.
        refused: seconds it stays open after a refused credential; twice as long each time that it
            is refused again, for a locked-out key must not be knocked with.
        probes: requests let through at once when it tries again.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        threshold: int = 5,
        rest: float = 30.0,
        refused: float = 600.0,
        probes: int = 1,
    ) -> None:
        self._clock = clock
        self._rest = rest
        self._knock = self._first_knock = refused
        self._probes = probes
        self._circuit = Context("helpdesk", threshold=threshold, ttl=_NEVER)
        self._until = 0.0
        self._opened = 0
        self._probing = 0
        self._refused: Unauthorized | None = None

    @property
    def state(self) -> str:
        """Return "closed", "opened" or "half-opened"."""
        return self._circuit.state

    async def guard(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make the call unless the circuit is open, and count how it ended.

        Raises:
            CircuitOpen: too many faults just now; nothing was sent.
            Unauthorized: the credential was refused before; nothing was sent.
        """
        self._admit()
        probing, before = self.state == "half-opened", self._opened
        self._probing += probing
        try:
            result = await call()
        except HelpdeskError as fault:
            self._failed(fault, late=self._opened != before)
            raise
        else:
            self._went_well(late=self._opened != before)
            return result
        finally:
            self._probing -= probing

    def reset(self) -> None:
        """Close it, as after a new credential."""
        self._well()

    def _admit(self) -> None:
        if self.state == "opened" and self._clock.steady() >= self._until:
            self._circuit.set_state(HalfOpenedState())
        open_still = self.state == "opened"
        crowded = self.state == "half-opened" and self._probing >= self._probes
        if not open_still and not crowded:
            return
        left = max(1.0, self._until - self._clock.steady())
        if self._refused is not None:
            raise Unauthorized(f"{self._refused} (not asked again for {left:.0f} s)")
        raise CircuitOpen(
            f"the helpdesk failed repeatedly and is left alone for {left:.0f} s", retry_after=left
        )

    def _went_well(self, *, late: bool) -> None:
        """Close it, unless it opened while the call was on its way: that answer is old news."""
        if not late:
            self._well()

    def _failed(self, fault: HelpdeskError, *, late: bool) -> None:
        if isinstance(fault, NotGranted | BudgetExhausted | Rejected):
            return
        if isinstance(fault, Unauthorized):
            self._refused = fault
            self._knock_later(fault)
        elif isinstance(fault, Unavailable | Uncertain):
            self._open(fault, self._rest, at_once=False)
        else:
            self._went_well(late=late)

    def _knock_later(self, fault: Unauthorized) -> None:
        """Leave a refused credential alone; a call that was on its way meanwhile adds nothing."""
        if self.state != "opened":
            self._open(fault, self._knock, at_once=True)
            self._knock = min(_LONGEST_KNOCK, 2 * self._knock)

    def _open(self, fault: HelpdeskError, rest: float, *, at_once: bool) -> None:
        if self.state == "opened":
            return
        for _ in range(self._circuit.threshold if at_once else 1):
            if self.state != "opened":
                self._circuit.handle_exception(fault)
        if self.state == "opened":
            self._opened += 1
            self._until = self._clock.steady() + rest
        self._circuit.messages.clear()

    def _well(self) -> None:
        self._refused = None
        self._knock = self._first_knock
        if self.state == "opened":
            self._circuit.set_state(HalfOpenedState())
        self._circuit.handle_end_request()
        self._circuit.messages.clear()
