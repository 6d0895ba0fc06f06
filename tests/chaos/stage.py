"""A helpdesk and a responder that is allowed to answer in public, to be killed at named steps."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from server.store import inbox
from server.store.db import Database, open_database
from server.store.inbox import OPEN, Delivery
from tests.e2e.processes import KEY, SECRET, Process, World, free_port, until

ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"
"""Answered in public where the policy allows it: the benign twin of every kill."""
PLAIN = 'mode = "auto"\nreplies_per_day = 1000000\nsame_words_per_day = 1000000\n'
"""Answers in public, and leaves a reply that never landed to a person."""
PERMISSIVE = PLAIN + "resend_lost = true\n"
"""The most a policy may allow: the owner chose that such a reply is sent once more."""
LOOKS = "0.3,0.7,1.2,2,3.5"
ROOT = Path(__file__).parents[2]


class Dying(Process):
    """A responder that ends itself at a step."""

    def start(self) -> None:
        """Start it by the tests' own entry."""
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.serve_and_die", *self.arguments],
                env=self.environment | {"PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )


@dataclass
class Stage:
    """One sandbox, one database, and as many lives of a responder as it takes."""

    world: World
    store: Database
    told: Path

    def dying(self, *, at: str, expect: int = 1, mutant: str = "", contract: str = "") -> Process:
        """Return a responder that dies at a step.

        Args:
            at: the step, or `never`.
            expect: how many runs must have come there.
            mutant: a protection to take away.
            contract: the workflow contract it runs; empty for the product's own.
        """
        arguments = ["--die-at", at, "--expect", str(expect), "--told", str(self.told)]
        if mutant:
            arguments += ["--mutant", mutant]
        if contract:
            arguments += ["--contract", contract]
        return Dying(arguments, self.world.serve.environment, self.world.serve.log)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Read the database; `{schema}` stands for where the engine keeps its tables."""
        query = text(question.format(schema="" if self.store.is_sqlite else "dbos."))
        return self.store.read_now(lambda c: [tuple(row) for row in c.execute(query)])

    def open(self) -> int:
        """Return how many deliveries have not ended."""
        return len(self.store.read_now(lambda c: inbox.of_state(c, OPEN, most=100_000)))

    def gathered(self) -> int:
        """Return how many runs stood at the step when it died."""
        return int(json.loads(self.told.read_text(encoding="utf-8"))["there"])

    def came(self, tickets: list[str]) -> dict[str, list[Delivery]]:
        """Return the deliveries of each ticket, newest first."""
        every = self.store.read_now(lambda c: inbox.latest(c, most=100_000))
        return {t: [d for d in every if d.ticket_id == t] for t in tickets}

    def ended(self, tickets: list[str]) -> bool:
        """Whether every delivery of these tickets has ended."""
        came = self.came(tickets).values()
        return all(them and all(d.state not in OPEN for d in them) for them in came)

    def replies(self, ticket: str) -> int:
        """Return how often the desk really answered the customer through our key."""
        said = self.world.log(ticket, "reply")
        return len([one for one in said if one["via"] == "api" and not one["private"]])

    def write(self, number: int) -> str:
        """Let a customer of their own write."""
        return self.world.write(ASKED, email=f"kim{number}@example.com")


@contextlib.contextmanager
def stage(
    home: Path, *, url: str | None = None, policy: str = PERMISSIVE, **settings: str
) -> Iterator[Stage]:
    """Start the helpdesk; the responder is started and ended by the test.

    Args:
        home: a folder for everything.
        url: a database instead of a file.
        policy: as in a policy file.
        settings: more of them, by name.
    """
    home.mkdir(parents=True, exist_ok=True)
    desk_port, port = free_port(), free_port()
    helpdesk, responder = f"http://127.0.0.1:{desk_port}", f"http://127.0.0.1:{port}"
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    (home / "policy.toml").write_text(policy)
    hook = ("--webhook", f"{responder}/hooks/default", "--webhook-secret", SECRET)
    arguments = ["sandbox", "--port", str(desk_port), "--api-key", KEY, *hook]
    sandbox = Process(arguments, plain, home / "sandbox.log")
    database = url or f"sqlite:///{home / 'state.db'}"
    environment = plain | {
        "DESKHAND_HOME": str(home / "home"),
        "DESKHAND_DATABASE_URL": database,
        "DESKHAND_PORT": str(port),
        "DESKHAND_FRESHDESK_DOMAIN": helpdesk,
        "DESKHAND_FRESHDESK_API_KEY": KEY,
        "DESKHAND_WEBHOOK_SECRET": SECRET,
        "DESKHAND_QUIET_SECONDS": "1",
        "DESKHAND_VERIFY_SECONDS": LOOKS,
        "DESKHAND_POLICY": str(home / "policy.toml"),
        **settings,
    }
    world = World(
        home, helpdesk, responder, sandbox, Process(["serve"], environment, home / "serve.log")
    )
    store = open_database(database)
    try:
        sandbox.start()
        until(lambda: _up(world), what="the sandbox up")
        yield Stage(world, store, home / "told.json")
    finally:
        world.serve.kill()
        sandbox.kill()
        world.client.close()
        store.close()


def _up(world: World) -> Any:
    return world.client.get(f"{world.helpdesk}/sandbox/log").status_code == 200
