"""What every test stands on: a closed network, and skips that may be forbidden."""

import ipaddress
import os
import socket
from collections.abc import Iterator

import pytest

FORBIDDEN: list[str] = []
"""Addresses somebody tried to reach, noted even where the error was swallowed."""

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


class OutsideLoopback(OSError):
    """A test tried to reach something that is not on this machine."""


def _is_loopback(host: object) -> bool:
    if not isinstance(host, str | bytes) or host in {"", "localhost", b"localhost"}:
        return True
    text = host.decode() if isinstance(host, bytes) else host
    try:
        return ipaddress.ip_address(text.split("%")[0]).is_loopback
    except ValueError:
        return False


def _check(address: object) -> None:
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        FORBIDDEN.append(str(address[0]))
        raise OutsideLoopback(f"tests reach only the loopback, not {address[0]!r}")


def _guarded_connect(self: socket.socket, address: object) -> None:
    _check(address)
    _connect(self, address)  # type: ignore[arg-type]  # whatever the caller gave


def _guarded_connect_ex(self: socket.socket, address: object) -> int:
    _check(address)
    return _connect_ex(self, address)  # type: ignore[arg-type]  # whatever the caller gave


def _guarded_lookup(host: object, *args: object, **kwargs: object) -> object:
    if not _is_loopback(host):
        FORBIDDEN.append(str(host))
        raise OutsideLoopback(f"tests look up only the loopback, not {host!r}")
    return _getaddrinfo(host, *args, **kwargs)  # type: ignore[arg-type]  # passed on unchanged


def pytest_configure(config: pytest.Config) -> None:
    """Close the network before anything is collected."""
    del config
    socket.socket.connect = _guarded_connect  # type: ignore[assignment,method-assign]  # the guard
    socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[assignment,method-assign]
    socket.getaddrinfo = _guarded_lookup  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _only_the_loopback() -> Iterator[None]:
    FORBIDDEN.clear()
    yield
    assert not FORBIDDEN, f"this test tried to reach {FORBIDDEN}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Turn a skip into a failure where one is forbidden, so that CI cannot pass without it."""
    required = os.environ.get("REQUIRE_POSTGRES") or os.environ.get("REQUIRE_CHROMIUM")
    if report.skipped and required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and REQUIRE_… forbids that: {report.longrepr}"
