"""Serve as `deskhand serve` does, and end this process as a power cut would, at a named step.

A program of the tests: it builds the service by the product's own wiring and hands in a journal,
an opener and a workflow that stop at the step. The product itself has no such switch.
"""

import argparse
import asyncio
import json
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from agent.journal import Journal
from agent.model import Intent, Receipt, Write
from agent.respond import Opener
from server import serving, wiring
from server.accounts import Account, Accounts
from server.app import Service, create_app
from server.engine import CONTRACT
from server.logs import configure
from server.opening import Rest
from server.settings import load
from server.store.held import Held, open_held
from server.workflow import Workflow
from tests.chaos.without import AckFirst, without
from tools.model import AccountId, Posted, TicketId
from tools.provider import Grant, Helpdesk, Lane

T = TypeVar("T")

STEPS = (
    "begin",
    "read",
    "draft",
    "decide",
    "fence",
    "intent",
    "sending",
    "sent",
    "receipt",
    "settle",
)
"""Every step of a run, in order; a kill at a step means: right after it, before the next."""
MUTANTS = ("", "no-intent", "no-verify", "ack-first", "no-handover", "no-sweep")
"""Protections that can be taken away, to see that the tests notice."""
GATHER = 4.0
"""Seconds the first run at the step waits for the others."""
ON_THE_WIRE = 0.01
"""Seconds a request gets to leave before we die while sending."""


class Gate:
    """Holds runs at one step until all have come, and ends the process."""

    def __init__(self, step: str, expected: int, told: Path) -> None:
        self._step, self._expected, self._told = step, expected, told
        self._count = 0
        self._lock = threading.Lock()

    async def reached(self, step: str, *, hold: bool = True) -> None:
        """Come to a step; at the one where we die, wait there."""
        if step != self._step:
            return
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._in(GATHER)
            if self._count == self._expected:
                self._in(0.0 if hold else ON_THE_WIRE)
        if hold:
            await asyncio.sleep(3600)

    def _in(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._die)
        timer.daemon = True
        timer.start()

    def _die(self) -> None:
        self._told.write_text(json.dumps({"step": self._step, "there": self._count}))
        os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A journal that names the steps; implements `Journal`."""

    def __init__(self, inner: Journal, gate: Gate, mutant: str) -> None:
        self._inner, self._gate, self._mutant = inner, gate, mutant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def once(self, step: str, act: Callable[[], Awaitable[T]], kept: type[T]) -> T:
        """Do a step, and come to its end."""
        done = await self._inner.once(step, act, kept)
        await self._gate.reached(step)
        return done

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Return the open intent; the mutant forgets it, and so tries again at once."""
        found = await self._inner.open_intent(account, ticket_id)
        if found is not None and self._mutant == "no-verify":
            await self._inner.withdraw(found)
            return None
        return found

    async def allows(self, account: AccountId, write: Write) -> str | None:
        """Say whether one may write: the last thing behind the look at the ticket."""
        said = await self._inner.allows(account, write)
        await self._gate.reached("fence")
        return said

    async def intend(self, intent: Intent) -> None:
        """Commit an intent; the mutant does not."""
        if self._mutant != "no-intent":
            await self._inner.intend(intent)
        await self._gate.reached("intent")

    async def settle(self, intent: Intent, receipt: Receipt) -> None:
        """Commit a receipt; behind `sent`, which is reached before it."""
        await self._inner.settle(intent, receipt)
        await self._gate.reached("receipt")


class Sending:
    """A helpdesk that names the moments of a post; otherwise the one inside."""

    def __init__(self, inner: Helpdesk, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def reply(self, ticket_id: TicketId, html: str) -> Posted:
        """Write to the customer."""
        await self._gate.reached("sending", hold=False)
        posted = await self._inner.reply(ticket_id, html)
        await self._gate.reached("sent")
        return posted


class Ending:
    """A workflow that comes to its end."""

    def __init__(self, inner: Workflow, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    async def handle(self, number: int, attempt: int) -> None:
        """Handle a delivery."""
        await self._inner.handle(number, attempt)
        await self._gate.reached("settle")


def dying(service: Service, gate: Gate, mutant: str) -> Service:
    """Return the service with the gate at every step."""
    inner = service.workflow

    def opened(account: Account) -> Account:
        plain: Opener = account.responder.open

        def opening(lane: Lane, grant: Grant) -> Helpdesk:
            return cast("Helpdesk", Sending(plain(lane, grant), gate))

        return replace(account, responder=replace(account.responder, open=opening))

    async def ready(account: Account) -> None:
        await inner.ready(account)
        await gate.reached("begin")

    accounts = Accounts({name: opened(one) for name, one in inner.accounts.by_id.items()})
    workflow = replace(
        inner,
        accounts=accounts,
        ready=ready,
        journals=lambda run: Watched(inner.journals(run), gate, mutant),
    )
    service = without(service, mutant)
    return replace(service, workflow=cast("Workflow", Ending(workflow, gate)))


def main() -> None:
    """Serve until the step is reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--die-at", choices=("never", *STEPS), default="never")
    parser.add_argument("--expect", type=int, default=1)
    parser.add_argument("--told", type=Path, required=True)
    parser.add_argument("--mutant", choices=MUTANTS, default="")
    parser.add_argument("--contract", default=CONTRACT)
    asked = parser.parse_args()
    loaded = load().need("webhook_secret")
    configure()
    gate = Gate(asked.die_at, asked.expect, asked.told)
    held = open_held(loaded.settings.database)
    if asked.mutant == "ack-first":
        held = Held(AckFirst(held.database.engine), held.lock)

    def build() -> Rest:
        plain = wiring.serving(loaded, held, contract=asked.contract)
        service = dying(plain, gate, asked.mutant)
        app = create_app(service, "chaos")
        return Rest(app, service.engine, service.hand_over, service.close)

    serving.run(loaded, held, build)


if __name__ == "__main__":
    main()
