"""One POST over a real socket with nothing but the standard library, for webhooks."""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

_STATUS_AT = 1


async def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float) -> int | None:  # noqa: ASYNC109 - seconds for the whole exchange
    """Send the body and return the answer's status; None if no whole answer came in time."""
    try:
        async with asyncio.timeout(timeout):
            return await _exchange(url, body, headers)
    except (OSError, TimeoutError, ValueError, IndexError):
        return None


async def _exchange(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    context = ssl.create_default_context() if secure else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        writer.write(_head(parts.netloc, parts.path or "/", parts.query, len(body), headers) + body)
        await writer.drain()
        status = int((await reader.readline()).split()[_STATUS_AT])
        while (await reader.readline()).strip():
            pass
    finally:
        writer.close()
    return status


def _head(host: str, path: str, query: str, length: int, headers: Mapping[str, str]) -> bytes:
    target = f"{path}?{query}" if query else path
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        f"Content-Length: {length}",
        "Connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
