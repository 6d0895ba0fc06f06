"""One request and one answer in our own words, and the three ways an exchange can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside a multipart form: bytes in memory, already capped by whoever read them."""

    form_field: str
    name: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a helpdesk, addressed by path alone: the host belongs to the `Sender`.

    Attributes:
        query: pairs in order; a name may repeat.
        headers: the credential is here, so neither it nor a body is ever printed.
        json: the body as JSON, or None.
        form: text fields of a multipart form, used when `files` is not empty.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    json: Mapping[str, object] | None = field(default=None, repr=False)
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    files: tuple[Part, ...] = field(default=(), repr=False)

    @property
    def writes(self) -> bool:
        """Whether it may change something at the other end."""
        return self.method not in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        headers: names in lower case.
        body: decompressed, and never larger than the sender's cap.
        elapsed: seconds from sending to the last byte.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    elapsed: float = 0.0


class Sender(Protocol):
    """The way to one host."""

    async def send(self, request: Request) -> Answer:
        """Send it once.

        Raises:
            NotSent: it never reached the helpdesk.
            Refused: we would not send it there.
            Lost: it may have been received and applied.
        """
        ...

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Get a file from one of `hosts`, with no credential, at most `most` bytes.

        Raises:
            NotSent, Refused, Lost: as for `send`.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class Fault(Exception):
    """An exchange failed below HTTP; the message holds no customer text."""


class NotSent(Fault):
    """It surely never reached the helpdesk: DNS, connect, TLS, or no free connection."""


class Refused(NotSent):
    """We refused the host or its address ourselves; waiting will not help."""


class Lost(Fault):
    """It may have been received: a write or read broke, or the answer was cut or unreadable."""


class Oversized(Lost):
    """The answer was larger than the cap, or would have been once decompressed."""
