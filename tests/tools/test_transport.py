"""Refuse, spend, send, learn: in this order, whatever the helpdesk is."""

import random
from collections.abc import Mapping

import pytest

from tests.tools.freshdesk.conftest import START
from tools.budget import Allowance, Ask, Heard
from tools.clock import StoppedClock
from tools.errors import (
    BudgetExhausted,
    HelpdeskError,
    NotGranted,
    RateLimited,
    Rejected,
    Unavailable,
    Uncertain,
    Unexpected,
)
from tools.freshdesk.limits import FreshdeskRules
from tools.ledger import Key, MemoryLedger
from tools.message import Answer, Lost, NotSent, Oversized, Refused, Request
from tools.provider import Grant, Lane, Right
from tools.transport import BudgetedTransport, Spending

READ = Request("GET", "/api/v2/tickets/5")
NOTE = Request("POST", "/api/v2/tickets/5/notes", json={"body": "x"})
KEY = Key("freshdesk", "acme")


class Scripted:
    """A helpdesk that says what it is told to."""

    def __init__(self, *says: Answer | Exception) -> None:
        self.says = list(says)
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Answer:
        """Say the next thing."""
        self.sent.append(request)
        said = self.says.pop(0) if self.says else Answer(200, {}, b"{}")
        if isinstance(said, Exception):
            raise said
        return said

    async def fetch(self, url: str, *, hosts: frozenset[str], most: int) -> Answer:
        """Never called here."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing is open."""


class Setting:
    """One transport and what it stands on."""

    def __init__(self, *says: Answer | Exception, lane: Lane = Lane.LIVE) -> None:
        self.clock = StoppedClock(START)
        self.ledger = MemoryLedger()
        self.desk = Scripted(*says)
        grant = Grant(frozenset({Right.READ, Right.NOTE}))
        rng = random.Random(1)  # noqa: S311  a fixed draw
        spending = Spending(KEY, lane, self.ledger, self.clock, rng)
        self.way = BudgetedTransport(self.desk, FreshdeskRules(), grant=grant, spending=spending)


def headers(total: object, left: object, used: object = 1) -> Mapping[str, str]:
    """Return rate headers in lower case, as answers carry them."""
    return {
        "x-ratelimit-total": str(total),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-used-currentrequest": str(used),
    }


async def test_what_is_not_granted_costs_nothing() -> None:
    """Refused before a credit is spent, and before anything is sent."""
    at = Setting()
    with pytest.raises(NotGranted, match="reply"):
        await at.way.send(Request("POST", "/api/v2/tickets/5/reply", json={}))

    assert [] == at.desk.sent
    assert await at.ledger.standing(KEY, now=0) is None


async def test_the_helpdesks_own_count_is_believed() -> None:
    """A search may cost two; only the header knows."""
    at = Setting(Answer(200, headers("200.0", "190.0", "7.0"), b"{}"))
    await at.way.send(READ)
    standing = await at.ledger.standing(KEY, now=START.timestamp())

    assert (7, 1) == (at.way.credits, at.way.calls)
    assert standing
    assert ("growth", 190, 7) == (standing.allowance.plan, standing.left, standing.ours)


@pytest.mark.parametrize(
    ("fault", "read", "write"),
    [
        (NotSent("dns"), Unavailable, Unavailable),
        (Lost("cut"), Unavailable, Uncertain),
        (Refused("private"), Rejected, Rejected),
        (Oversized("large"), Unexpected, Uncertain),
    ],
)
async def test_a_failure_is_named_for_where_it_happened(
    fault: Exception, read: type[HelpdeskError], write: type[HelpdeskError]
) -> None:
    """What surely did not arrive may be sent again; what may have is looked for."""
    with pytest.raises(read) as seen:
        await Setting(fault).way.send(READ)
    assert read is type(seen.value)
    with pytest.raises(write) as wrote:
        await Setting(fault).way.send(NOTE)
    assert write is type(wrote.value)


async def test_short_waits_are_slept_and_long_ones_put_off() -> None:
    """A worker is held for two seconds, not for a minute."""
    at = Setting()

    async def until_put_off() -> None:
        while True:
            await at.way.send(READ)

    with pytest.raises(BudgetExhausted) as put_off:
        await until_put_off()

    assert 38 <= len(at.desk.sent) <= 40
    assert at.clock.steady() > 0
    assert 2 < put_off.value.retry_after <= 61


async def test_a_429_holds_everybody_for_as_long_as_it_said() -> None:
    """Max-merged in the ledger, so that every process stops."""
    at = Setting(Answer(200, headers(200, 150), b"{}"), Answer(429, {"retry-after": "34"}))
    await at.way.send(READ)
    with pytest.raises(RateLimited) as limited:
        await at.way.send(READ)
    standing = await at.ledger.standing(KEY, now=START.timestamp())

    assert 34 < limited.value.retry_after <= 35
    assert standing
    assert 34 < standing.paused_for <= 36


async def test_a_sweep_waits_where_a_run_is_put_off() -> None:
    """Reconciliation would lose its place in a list, and holds no worker."""
    at = Setting(lane=Lane.BACKFILL)
    for _ in range(60):
        await at.way.send(READ)

    assert 60 == len(at.desk.sent)


async def test_an_answer_without_headers_is_no_reason_to_stop() -> None:
    """Proxies drop headers; the plan assumed at first still bounds us."""
    at = Setting()
    for _ in range(20):
        await at.way.send(READ)
    standing = await at.ledger.standing(KEY, now=at.clock.now().timestamp())

    assert standing
    assert ("trial", 20, None) == (standing.allowance.plan, standing.ours, standing.left)


async def test_a_standing_says_where_the_pool_went() -> None:
    """The owner reads ours, others, reserve, limits, lanes and a forecast."""
    ledger, now = MemoryLedger(), START.timestamp()
    growth = Allowance("growth", 200, 60, {"ticket_list": 20})
    for left in (150, 147):
        ask = Ask(Lane.RECONCILE, "ticket_list")
        assert 0 == await ledger.spend(KEY, ask, assume=growth, now=now)
        await ledger.learn(KEY, ask, Heard(growth, left, 1), sent=now, now=now)
    standing = await ledger.standing(KEY, now=now)

    assert standing
    assert (2, 51, 10, 147) == (standing.ours, standing.others, standing.reserve, standing.left)
    assert {"ticket_list": 2} == standing.kinds
    assert {Lane.RECONCILE: 2} == standing.lanes
    assert standing.forecast is not None
    assert 147 > standing.forecast
