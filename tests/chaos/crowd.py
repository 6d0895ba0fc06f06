"""Many runs at once, as a serving process has them: several companies, one workflow, virtual time.

The theatre plays one piece of work after the other. Here sixteen are under way together, so that
what runs do to one another shows: they race for a cap, a credit, or a key that was just revoked.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from agent.journal import Journal
from agent.policy.terms import Policy
from server.accounts import Account, Accounts
from server.attention import Attention
from server.engine import Engine
from server.journal import StoreJournal
from server.store import inbox
from server.store.inbox import Delivery
from server.workflow import Workflow
from tests.bench.virtual import START, VirtualLoop
from tests.chaos.house import House, Setting
from tests.chaos.memory import MemoryEngine, Queued
from tests.chaos.props import Props
from tests.server.front_door import Door, onto
from tools.freshdesk.sandbox.allowance import Plan
from tools.http import Wire
from tools.knowledge.article import Knowledge
from tools.ledger import Ledger, MemoryLedger
from tools.message import Answer, Request
from tools.provider import READ_ONLY, Lane

T = TypeVar("T")

AT_ONCE = 16
"""Runs under way together, as `server.engine` has them."""
_THERE, _BACK = (0.02, 0.12), 0.05
"""Seconds on the wire, one way and the other."""
_POLL = 0.1


class Loop(VirtualLoop):
    """A loop on virtual seconds; what asks for a thread is done at once."""

    def run_in_executor(  # type: ignore[override]  # as its callers call it
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """Do it here, before anything else happens."""
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as fault:  # noqa: BLE001 -- handed to whoever awaits
            done.set_exception(fault)
        return done


class LoopClock:
    """The running loop's time, for the helpdesks and for us; implements `PlayClock`."""

    def now(self) -> datetime:
        """Return the moment, UTC."""
        return START + timedelta(seconds=self.steady())

    def steady(self) -> float:
        """Return the loop's seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of the loop."""
        await asyncio.sleep(seconds)

    async def wait_until(self, moment: datetime) -> None:
        """Wait until the loop has reached the moment."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))

    def advance(self, seconds: float) -> datetime:
        """Let time be: it passes by itself here."""
        del seconds
        return self.now()


def run(play: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Play on a loop of its own, in virtual time."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(play())


class Far:
    """A wire on which calls take their time and may be answered otherwise; implements `Sender`.

    Attributes:
        inner: the wire itself.
        instead: returns what a call is answered with in place of the helpdesk's answer, or None.
        sent, answered: when each call left; when its answer came, and what it was.
    """

    def __init__(self, inner: Wire, chance: random.Random) -> None:
        self.inner, self._chance = inner, chance
        self.instead: Callable[[Request], Answer | None] = lambda _: None
        self.sent: list[tuple[float, Request]] = []
        self.answered: list[tuple[float, Answer]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def send(self, request: Request) -> Answer:
        """Send it once."""
        self.sent.append((_time(), request))
        await asyncio.sleep(self._chance.uniform(*_THERE))
        answer = self.instead(request) or await self.inner.send(request)
        await asyncio.sleep(_BACK)
        self.answered.append((_time(), answer))
        return answer

    def early(self, wait: Callable[[Answer], float]) -> list[tuple[float, float]]:
        """Return calls that left before a 429 allowed: when they left, and when it came."""
        told = [(at, at + wait(a)) for at, a in self.answered if a.status == 429]
        return [(left, at) for at, until in told for left, _ in self.sent if at < left < until]


class Abreast(MemoryEngine):
    """Works on sixteen tickets at once, and on each by itself."""

    async def work(self, handle: Callable[[int, int], Awaitable[None]], *, until: float) -> None:
        """Run what is due until nothing is left, or until that moment of the clock."""
        running: dict[str, asyncio.Task[bool]] = {}
        while True:
            now = self._clock.now().timestamp()
            running = {name: task for name, task in running.items() if not task.done()}
            for one in self._waiting():
                if one.due <= now and one.work.partition not in running and len(running) < AT_ONCE:
                    one.state = "running"
                    running[one.work.partition] = asyncio.create_task(self.run(one, handle))
            coming = [one.due for one in self._waiting() if one.work.partition not in running]
            next_due = min(coming, default=until)
            if not running and (not coming or next_due > until):
                return
            wait = max(_POLL, next_due - now)
            if running:
                await asyncio.wait(
                    running.values(), timeout=wait, return_when=asyncio.FIRST_COMPLETED
                )
            else:
                await asyncio.sleep(wait)

    def _waiting(self) -> list[Queued]:
        waiting = [one for one in self._queue.values() if one.state == "queued"]
        return sorted(waiting, key=lambda one: (one.due, one.order))


@dataclass(frozen=True)
class Company:
    """One of them: its helpdesk, and the way there."""

    house: House
    wire: Far

    def ended(self, deliveries: list[Delivery]) -> dict[str, float]:
        """Return when each of its tickets was settled, in seconds from the start; or never."""
        return {
            str(one.ticket_id): (one.settled_at or math.inf) - START.timestamp()
            for one in deliveries
            if one.account == self.house.id
        }


class Crowd:
    """Some companies and the service that answers for them; to be made on a running `Loop`."""

    def __init__(
        self,
        props: Props,
        knowledge: Knowledge,
        policy: Policy,
        *,
        names: tuple[str, ...] = ("one",),
        ledger: Ledger | None = None,
        plan: Plan = "enterprise",
    ) -> None:
        self.clock = LoopClock()
        self.engine = Abreast(self.clock, random.Random(1))  # noqa: S311 -- the same each time
        self.store = props.fresh()
        self.store.beside = self.engine
        self.journals: Callable[[str], Journal] = self.journal
        shared = ledger or MemoryLedger()
        self.companies = {
            name: self._company(Setting(name, knowledge, policy, plan=plan), number, shared)
            for number, name in enumerate(names, start=1)
        }
        self.company = self.companies[names[0]]

    def _company(self, setting: Setting, number: int, ledger: Ledger) -> Company:
        chance = random.Random(number)  # noqa: S311 -- the same each time
        house = House(
            setting,
            number=number,
            clock=self.clock,
            own=self.clock,
            ledger=ledger,
            chance=chance,
        )
        far = Far(house.wire.wire, chance)
        house.wire.wire = cast("Wire", far)
        return Company(house, far)

    @property
    def product_engine(self) -> Engine:
        """The engine, for whom only the product's own will do."""
        return cast("Engine", self.engine)

    def journal(self, reference: str) -> StoreJournal:
        """Return the product's own journal of one run."""
        return StoreJournal(self.store, self.product_engine, run=reference, clock=self.clock)

    def accounts(self) -> Accounts:
        """Return every company's account."""
        return Accounts({one.house.id: one.house.account for one in self.companies.values()})

    def workflow(self) -> Workflow:
        """Return the service's workflow."""

        async def ready(_: Account) -> None:
            return None

        return Workflow(
            self.store,
            self.product_engine,
            self.accounts(),
            self.clock,
            ready=ready,
            journals=self.journals,
        )

    def attention(self) -> Attention:
        """Return what brings waiting work back."""
        desks = {
            one.house.id: lambda house=one.house: house.open(Lane.BACKFILL, READ_ONLY)
            for one in self.companies.values()
        }
        return Attention(self.store, self.product_engine, self.clock, desks)

    def door(self) -> Door:
        """Return the service's front door."""
        return onto(self.store, self.engine, self.accounts(), self.clock)

    async def hook(self, company: Company, ticket: int) -> int:
        """Send a company's webhook through the front door; return the status."""
        account = company.house.account
        body = f'{{"ticket_id": "{ticket}"}}'.encode()
        return await self.door().post(body, secret=account.secrets[0], account=account.id)

    async def work(self, *, seconds: float) -> None:
        """Work for so long at most."""
        until = self.clock.now().timestamp() + seconds
        await self.engine.work(self.workflow().handle, until=until)

    def deliveries(self) -> list[Delivery]:
        """Return every delivery, oldest first."""
        return self.store.read_now(lambda c: inbox.latest(c, most=100_000))[::-1]


def _time() -> float:
    return asyncio.get_running_loop().time()
