"""From a host name to addresses that may be connected to, looked up now and then."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence

from tools.egress import Origin, as_address, is_loopback, refusal
from tools.message import NotSent, Refused

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses, best first."""

_LIFE = 60.0
_TRIED = 2
_MOST_HOSTS = 32


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Lookup:
    """Names of hosts, looked up and checked, then believed for a minute.

    What was checked is what is connected to, so a second opinion of the resolver changes nothing.

    Args:
        resolver: None takes every name for an address already, as in this process.
        patience: seconds for one look-up.
    """

    def __init__(self, resolver: Resolver | None, *, patience: float) -> None:
        self._resolver = resolver
        self._patience = patience
        self._known: dict[str, tuple[list[str], float]] = {}

    async def addresses(self, origin: Origin) -> list[str]:
        """Return where the host is, two addresses at most; one bad address spoils them all.

        Raises:
            NotSent: the name has no address.
            Refused: an address of it is not public.
        """
        if self._resolver is None or (origin.loopback and as_address(origin.host)):
            return [origin.host]
        known = self._known.get(origin.host)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        found = await self._found(self._resolver, origin)
        if len(self._known) >= _MOST_HOSTS:
            self._known.clear()
        self._known[origin.host] = (found, time.monotonic() + _LIFE)
        return found

    def forget(self, origin: Origin) -> None:
        """Look the name up anew next time, as after a failed connection."""
        self._known.pop(origin.host, None)

    async def _found(self, resolver: Resolver, origin: Origin) -> list[str]:
        try:
            async with asyncio.timeout(self._patience):
                found = await resolver(origin.host, origin.port)
        except (OSError, UnicodeError) as fault:
            raise NotSent(f"the name {origin.host!r} did not resolve") from fault
        for address in found:
            _admit(origin, address)
        if not found:
            raise NotSent(f"the name {origin.host!r} has no address")
        return list(dict.fromkeys(found))[:_TRIED]


def _admit(origin: Origin, address: str) -> None:
    why = refusal(address)
    if origin.loopback:
        why = None if is_loopback(address) else "not the loopback"
    if why is not None:
        raise Refused(f"the name {origin.host!r} leads to {address} ({why}), which is refused")
