"""The processes that the benchmarks of whole services start, and what is asked of them."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench.load import Load
from tests.e2e.processes import Process, free_port, until

ROOT = Path(__file__).parents[2]
KEY, SECRET, TOKEN = "bench-key", "bench-secret", "bench-token"
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 120.0
"""Seconds that a process may take to come up on a busy machine."""


@dataclass
class Program(Process):
    """A module of ours, run as a program; what it prints on its standard output is read."""

    def start(self) -> None:
        """Start it from the repository's root."""
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                env=self.environment | {"PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
            )

    def line(self) -> Any:
        """Return its first line of output, read as JSON."""
        if self.child is None or self.child.stdout is None:
            raise RuntimeError(f"{self.arguments[0]} was not started")
        said = self.child.stdout.readline()
        if not said:
            raise RuntimeError(f"{self.arguments[0]} ended: {self.said()[-2000:]}")
        return json.loads(said)

    @property
    def pid(self) -> int:
        """Return the process's number."""
        if self.child is None:
            raise RuntimeError(f"{self.arguments[0]} was not started")
        return self.child.pid

    def end(self) -> None:
        """Ask it to stop, and end it if it does not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        self.kill()
        if self.child is not None and self.child.stdout is not None:
            self.child.stdout.close()


def program(home: Path, environment: dict[str, str], *arguments: str) -> Program:
    """Return a program that logs into the home; nothing is started."""
    return Program(list(arguments), environment, home / f"{arguments[0].rpartition('.')[2]}.log")


def plain() -> dict[str, str]:
    """Return what any process needs of our environment."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def settings(home: Path, helpdesk: str, port: int, **more: str) -> dict[str, str]:
    """Return the environment of a service that answers at once."""
    return plain() | {
        "DESKHAND_HOME": str(home),
        "DESKHAND_PORT": str(port),
        "DESKHAND_FRESHDESK_DOMAIN": helpdesk,
        "DESKHAND_FRESHDESK_API_KEY": KEY,
        "DESKHAND_WEBHOOK_SECRET": SECRET,
        "DESKHAND_API_TOKEN": TOKEN,
        "DESKHAND_QUIET_SECONDS": "0",
        **more,
    }


@contextlib.contextmanager
def desk(home: Path, *, tickets: int, customers: int = 1000) -> Iterator[tuple[str, Program]]:
    """Run a helpdesk without limits in a process of its own; yield its address and the process."""
    port = free_port()
    arguments = ("--port", str(port), "--key", KEY, "--tickets", str(tickets))
    more = ("--customers", str(customers))
    running = program(home, plain(), "tests.bench.desk", *arguments, *more)
    running.start()
    try:
        address = f"http://127.0.0.1:{port}"
        up(running, f"{address}/sandbox/faults")
        yield address, running
    finally:
        running.end()


def up(running: Program, url: str) -> None:
    """Wait until a program answers there with 200.

    Raises:
        RuntimeError: it ended instead; its last words are told.
    """

    def answered() -> bool:
        if running.child is None or running.child.poll() is not None:
            raise RuntimeError(f"{running.arguments[0]} ended: {running.said()[-2000:]}")
        return client.get(url).status_code == httpx.codes.OK

    with httpx.Client(timeout=30.0) as client:
        until(answered, what=f"an answer from {url}", within=_PATIENCE)


def load(port: int, *, first: int, **more: float) -> Load:
    """Load a hook from a process of its own, and return what came of it.

    Args:
        port: of the service.
        first: the first delivery's ticket.
        more: `connections`, `seconds`, `most`.
    """
    arguments = {"port": port, "first": first, "secret": SECRET, **more}
    flags = [word for name, value in arguments.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", *flags],
        cwd=ROOT,
        env=plain() | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Load(**json.loads(done.stdout))


def cpu(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int) -> float:
    """Return the most memory that a process has held so far, in MB (millions of bytes)."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
