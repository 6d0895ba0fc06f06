"""One clock for the desk and for the responder, so that a wait is a wait for both."""

import asyncio
from datetime import datetime

from tools.freshdesk.sandbox.clock import VirtualClock


class CaseClock(VirtualClock):
    """Stands still until somebody sleeps on it or advances it; both sides' `Clock`."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._start = self.now()

    def steady(self) -> float:
        """Return the virtual seconds since the start."""
        return (self.now() - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Advance at once, and let others run."""
        self.advance(seconds)
        await asyncio.sleep(0)
