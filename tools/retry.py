"""When a read is tried again. A write never is: only its caller can look for what landed."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_base

from tools.breaker import CircuitOpen
from tools.clock import Clock
from tools.errors import Unavailable

T = TypeVar("T")

_ATTEMPTS = 3
_FIRST_WAIT = 0.4


async def read_again(
    call: Callable[[], Awaitable[T]],
    *,
    clock: Clock,
    rng: random.Random,
    attempts: int = _ATTEMPTS,
) -> T:
    """Make a read, and again when it failed on its way: 0.4 s and 0.8 s later, with jitter.

    Only for reads. A 429, a spent budget and an open circuit are not waited for here.

    Args:
        call: makes one attempt.
        clock: waits between attempts.
        rng: for the jitter.
        attempts: how many in all.
    """
    try:
        return await call()  # nearly every read ends here, and pays nothing for the machinery
    except Unavailable as fault:
        wait = _Doubling(rng)
        if not _is_passing(fault) or attempts < 2:  # noqa: PLR2004
            raise
        await clock.sleep(wait.after(1))
    retrying = AsyncRetrying(
        stop=stop_after_attempt(attempts - 1),
        retry=retry_if_exception(_is_passing),
        wait=wait,
        sleep=clock.sleep,
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            return await call()
    raise AssertionError("the last attempt raises")


def _is_passing(fault: BaseException) -> bool:
    return isinstance(fault, Unavailable) and not isinstance(fault, CircuitOpen)


class _Doubling(wait_base):
    """Seconds doubling from attempt to attempt, each within a quarter of its place."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def __call__(self, retry_state: object) -> float:
        return self.after(1 + int(getattr(retry_state, "attempt_number", 1)))

    def after(self, attempt: int) -> float:
        """Return the seconds to wait after this many attempts."""
        return float(_FIRST_WAIT * 2 ** (attempt - 1) * self._rng.uniform(0.75, 1.25))
