"""Real processes on the loopback: a helpdesk and a responder, to start and to kill."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from server.store import inbox
from server.store.db import open_database
from server.store.inbox import OPEN, Delivery

DESKHAND = str(Path(sys.executable).with_name("deskhand"))
KEY = "e2e-key"
SECRET = "e2e-secret"
TOKEN = "e2e-token"
PATIENCE = 40.0
"""Seconds until something that should happen counts as not happening."""


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], Any], *, what: str, within: float = PATIENCE) -> Any:
    """Ask again and again until the answer is true, and return it."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            found = true()
            if found:
                return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {within:.0f} s")


@dataclass
class Process:
    """One running command.

    Attributes:
        errors: where its standard error goes instead of `log`.
    """

    arguments: list[str]
    environment: dict[str, str]
    log: Path
    errors: Path | None = None
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, its output going to a file."""
        with self.log.open("ab") as output, (self.errors or self.log).open("ab") as errors:
            self.child = subprocess.Popen(
                [DESKHAND, *self.arguments],
                env=self.environment,
                stdout=output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        if self.child is not None:
            self.child.wait(timeout=10)

    def stop(self) -> float:
        """Ask it to stop; return the seconds it took."""
        began = time.monotonic()
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(timeout=15)
        return time.monotonic() - began

    def said(self) -> str:
        """Return what it printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass
class World:
    """A helpdesk and a responder that face each other."""

    home: Path
    helpdesk: str
    responder: str
    sandbox: Process
    serve: Process
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10.0))

    def write(self, description: str, **more: Any) -> str:
        """Let a customer write; return the ticket's id."""
        body = {"subject": "A question", "description": description, "email": "kim@example.com"}
        answer = self.client.post(f"{self.helpdesk}/sandbox/tickets", json=body | more)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def control(self, path: str, body: Any) -> Any:
        """Use a control route of the sandbox."""
        answer = self.client.post(f"{self.helpdesk}/sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def log(self, ticket: str, *kinds: str) -> list[dict[str, Any]]:
        """Return what the desk really did on a ticket."""
        answer = self.client.get(f"{self.helpdesk}/sandbox/log", params={"ticket": ticket})
        answer.raise_for_status()
        entries = answer.json()
        found = entries if isinstance(entries, list) else entries["log"]
        return [entry for entry in found if not kinds or entry["kind"] in kinds]

    def wait_for(self, ticket: str, kind: str, *, within: float = PATIENCE) -> dict[str, Any]:
        """Wait until the desk did something on a ticket."""
        found: list[dict[str, Any]] = until(
            lambda: self.log(ticket, kind), what=f"a {kind} on ticket {ticket}", within=within
        )
        return found[0]

    def why(self, ticket: str) -> dict[str, Any]:
        """Ask the command line why."""
        done = subprocess.run(
            [DESKHAND, "why", ticket, "--json"],
            env=self.serve.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def settled(self, ticket: str, *, within: float = PATIENCE) -> dict[str, Any]:
        """Wait until every delivery of a ticket has ended, and return why."""
        until(lambda: self._ended(ticket), what=f"ticket {ticket} settled", within=within)
        return self.why(ticket)

    def reached(self, ticket: str, state: str, *, within: float = PATIENCE) -> dict[str, Any]:
        """Wait until a ticket's newest delivery stands in a state, and return why."""
        until(
            lambda: [d.state for d in self._came(ticket)][:1] == [state],
            what=f"ticket {ticket} {state}",
            within=within,
        )
        return self.why(ticket)

    def _ended(self, ticket: str) -> bool:
        came = self._came(ticket)
        return bool(came) and all(delivery.state not in OPEN for delivery in came)

    def _came(self, ticket: str) -> list[Delivery]:
        home = self.serve.environment["DESKHAND_HOME"]
        url = self.serve.environment.get("DESKHAND_DATABASE_URL", f"sqlite:///{home}/deskhand.db")
        store = open_database(url)
        try:
            return store.read_now(lambda c: inbox.latest(c, most=1000, ticket=ticket))
        finally:
            store.close()

    def faults(self) -> list[Any]:
        """Return the faults still planned: an empty list once they have struck."""
        planned: list[Any] = self.client.get(f"{self.helpdesk}/sandbox/faults").json()
        return planned

    def ready(self) -> None:
        """Wait until the responder is ready."""
        until(
            lambda: self.client.get(f"{self.responder}/readyz").status_code == 200,
            what="the responder ready",
        )


@contextlib.contextmanager
def world(home: Path, **settings: str) -> Iterator[World]:
    """Start both processes, configured by environment alone, for the length of a block."""
    desk_port, port = free_port(), free_port()
    helpdesk, responder = f"http://127.0.0.1:{desk_port}", f"http://127.0.0.1:{port}"
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    hook = f"{responder}/hooks/default"
    sandbox = Process(
        [
            *("sandbox", "--port", str(desk_port), "--api-key", KEY),
            *("--webhook", hook, "--webhook-secret", SECRET),
        ],
        plain,
        home / "sandbox.log",
    )
    environment = plain | {
        "DESKHAND_HOME": str(home / "home"),
        "DESKHAND_PORT": str(port),
        "DESKHAND_FRESHDESK_DOMAIN": helpdesk,
        "DESKHAND_FRESHDESK_API_KEY": KEY,
        "DESKHAND_WEBHOOK_SECRET": SECRET,
        "DESKHAND_API_TOKEN": TOKEN,
        "DESKHAND_QUIET_SECONDS": "0",
        "DESKHAND_VERIFY_SECONDS": "0.2,0.5,1,2",
        **settings,
    }
    serve = Process(["serve"], environment, home / "serve.log")
    running = World(home, helpdesk, responder, sandbox, serve)
    try:
        sandbox.start()
        until(
            lambda: running.client.get(f"{helpdesk}/sandbox/log").status_code == 200,
            what="the sandbox up",
        )
        serve.start()
        running.ready()
        yield running
    finally:
        serve.kill()
        sandbox.kill()
        running.client.close()
