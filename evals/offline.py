"""No case may reach out: whoever opens a connection is stopped, and the case says so."""

import sys
from functools import cache
from typing import Self

_REACHES = frozenset(
    {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"}
)


class ReachedOut(RuntimeError):
    """Something in a case tried to open a connection."""


class _Watch:
    """Stops every connection of this process while it is on, and remembers them."""

    def __init__(self) -> None:
        self.on = 0
        self.tried: list[str] = []
        sys.addaudithook(self._heard)  # stays for the life of the process, and sleeps while off

    def _heard(self, event: str, args: tuple[object, ...]) -> None:
        if not self.on or event not in _REACHES:
            return
        where = args[1] if event in {"socket.connect", "socket.bind"} else args[0]
        self.tried.append(f"{event} {where}")
        raise ReachedOut(f"a case must not open connections: {event} {where}")


@cache
def _watch() -> _Watch:
    return _Watch()


class Offline:
    """A stretch of work in which this process opens no connection; a context manager."""

    def __init__(self) -> None:
        self._from = len(_watch().tried)

    def __enter__(self) -> Self:
        """Begin."""
        self._from = len(_watch().tried)
        _watch().on += 1
        return self

    def __exit__(self, *_: object) -> None:
        """End; others may still be on."""
        _watch().on -= 1

    @property
    def tried(self) -> tuple[str, ...]:
        """What was stopped since it began, also where somebody swallowed the error."""
        return tuple(_watch().tried[self._from :])
