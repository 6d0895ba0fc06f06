"""Who works at the same time: many runs together, or one by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Company:
    """Lets runs work together, and lets one that is suspected work with nobody beside it.

    A process that dies takes every run in it along, and nobody can tell which of them it died of.
    A run that is alone at the time can be blamed; its neighbours cannot be lost with it.
    """

    def __init__(self) -> None:
        self._together = 0
        self._alone = False
        self._suspects = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Work beside others; those that wait to be alone go first."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone and not self._suspects)
            self._together += 1
        try:
            yield
        finally:
            async with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Work with nobody beside; wait for whoever is at work now."""
        async with self._changed:
            self._suspects += 1
            try:
                await self._changed.wait_for(lambda: not self._alone and not self._together)
                self._alone = True
            finally:
                self._suspects -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            async with self._changed:
                self._alone = False
                self._changed.notify_all()
