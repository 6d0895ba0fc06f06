"""Serve or work as `deskhand serve` and `deskhand worker` do, with a drafter that costs nothing.

Run as `python -m tests.bench.noop serve` or `… work`, configured as those are. All else is the
product's own wiring: every run reads, drafts, weighs, looks once more and posts its note.
"""

import asyncio
import signal
import sys
from dataclasses import replace

from agent.model import Draft, Outcome, RunLimits, Snapshot
from agent.policy.terms import Policy
from server import serving, wiring
from server.accounts import Accounts
from server.app import Service, create_app, running
from server.logs import configure
from server.opening import Rest
from server.settings import load
from server.store.held import open_held
from tools.kit.tool import Desk


class Nothing:
    """Hands every ticket to a person at once; implements `Drafter`."""

    name = "nothing"
    prompt = ""

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return a handoff."""
        del desk, policy, limits
        language = snapshot.turn.language if snapshot.turn else "en"
        return Draft(Outcome.HUMAN, language, reason="nothing is drafted here", drafter=self.name)


def drafting_nothing(service: Service) -> Service:
    """Return the service with that drafter in the place of the configured one."""
    found = service.workflow.accounts.by_id
    accounts = Accounts(
        {
            name: replace(one, responder=replace(one.responder, drafter=Nothing()))
            for name, one in found.items()
        }
    )
    return replace(service, workflow=replace(service.workflow, accounts=accounts))


def serve() -> None:
    """Take webhooks and work on them until SIGTERM."""
    loaded = load()
    held = open_held(loaded.settings.database)

    def rest() -> Rest:
        service = drafting_nothing(wiring.serving(loaded, held))
        app = create_app(service, "bench")
        return Rest(app, service.engine, service.hand_over, service.close)

    try:
        serving.run(loaded, held, rest)
    finally:
        held.close()


async def work() -> None:
    """Work beside a serving process until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with running(drafting_nothing(wiring.working(load()))):
        print("{}", flush=True)  # noqa: T201 -- ready
        await stopped.wait()


if __name__ == "__main__":
    configure()
    asyncio.run(work()) if sys.argv[1:] == ["work"] else serve()
