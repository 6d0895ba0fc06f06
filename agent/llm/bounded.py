"""A model endpoint's answer may not go on for ever: its body is read up to a number of bytes."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2


class Endless(Exception):
    """A body is larger than any answer we asked for."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, body: httpx2.AsyncByteStream, most: int) -> None:
        self._body = body
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        came = 0
        async for chunk in self._body:
            came += len(chunk)
            if came > self._most:
                raise Endless
            yield chunk

    async def aclose(self) -> None:
        """Close the body."""
        await self._body.aclose()


def bounding(most: int) -> Callable[[httpx2.Response], Awaitable[None]]:
    """Return a hook for responses after which no body is longer than so many bytes."""

    async def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Endless  # packed though we asked for plain bytes: it could unfold without end
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, most)

    return bound
