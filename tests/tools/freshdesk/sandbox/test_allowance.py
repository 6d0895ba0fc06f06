"""Windows, credits, sub-limits and the neighbour."""

# ruff: noqa: S311 - seeds, not secrets

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from tools.freshdesk.sandbox.allowance import Allowance, Plan
from tools.freshdesk.sandbox.clock import VirtualClock

Open = Callable[..., Awaitable[httpx.AsyncClient]]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _spend(pool: Allowance, calls: int, *, now: datetime, endpoint: str = "") -> int:
    """Return how many of so many calls passed."""
    verdicts = [pool.charge(endpoint, "x", 1, now=now) for _ in range(calls)]
    return sum(verdict.retry_after is None for verdict in verdicts)


@pytest.mark.parametrize(
    ("plan", "total"), [("trial", 50), ("growth", 200), ("pro", 400), ("enterprise", 700)]
)
def test_a_plan_has_its_total(plan: Plan, total: int) -> None:
    """The numbers are the vendor's table."""
    pool = Allowance(plan, rng=Random(1))

    assert total == _spend(pool, total + 5, now=START)


def test_bought_calls_replace_the_plan() -> None:
    """Purchased tiers have totals and sub-limits of their own."""
    pool = Allowance("growth", rng=Random(1), purchased=1000)

    assert 400 == _spend(pool, 500, now=START, endpoint="ticket_create")
    assert 600 == _spend(pool, 700, now=START)


@pytest.mark.parametrize(
    ("endpoint", "bound"),
    [("ticket_create", 80), ("ticket_update", 80), ("tickets_list", 20), ("contacts_list", 20)],
)
def test_a_sub_limit_binds_before_the_total(endpoint: str, bound: int) -> None:
    """A 429 may come with much of the pool left, and other calls still pass."""
    pool = Allowance("growth", rng=Random(1))

    assert bound == _spend(pool, 100, now=START, endpoint=endpoint)
    assert 200 - bound == pool.remaining(START)
    assert 1 == _spend(pool, 1, now=START)


def test_a_window_is_fixed_and_its_phase_is_unknown() -> None:
    """The wait is to the end of the window, never a whole minute from the first call."""
    waits = set()
    for seed in range(20):
        pool = Allowance("trial", rng=Random(seed))
        _spend(pool, 50, now=START)
        wait = pool.charge("", "x", 1, now=START).retry_after
        assert wait is not None
        assert pool.charge("", "x", 1, now=START + timedelta(seconds=wait)).retry_after is None
        waits.add(wait)

    assert all(1 <= wait <= 60 for wait in waits)
    assert len(waits) > 5


def test_an_hour_may_be_the_window() -> None:
    """Accounts that were never migrated count by the hour."""
    pool = Allowance("trial", rng=Random(4), window_seconds=3600)
    _spend(pool, 50, now=START)

    assert 60 < pool.seconds_left(START) <= 3600


def test_a_neighbour_eats_the_pool() -> None:
    """Its calls lower what is left, evenly, and stop when it stops."""
    pool = Allowance("growth", rng=Random(2))
    start = START + timedelta(seconds=pool.seconds_left(START))
    pool.neighbour(120, now=start)
    later = start + timedelta(seconds=30)

    assert 140 == pool.remaining(later)
    pool.neighbour(0, now=later)
    assert 140 == pool.remaining(later + timedelta(seconds=20))
    assert 60 == pool.usage(later)["neighbour"]["calls"]


def test_a_neighbour_can_take_it_all() -> None:
    """Then even the first call of a window's end is refused."""
    pool = Allowance("trial", rng=Random(2))
    start = START + timedelta(seconds=pool.seconds_left(START))
    pool.neighbour(600, now=start)

    assert pool.charge("", "x", 1, now=start + timedelta(seconds=30)).retry_after is not None


def test_no_plan_never_refuses() -> None:
    """The default sandbox counts and lets everything pass."""
    pool = Allowance("none", rng=Random(1))

    assert pool.charge("", "x", 200_000, now=START).retry_after is None
    assert 0 == pool.remaining(START)
    assert 1 == _spend(pool, 1, now=START)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("tickets/1", 1),
        ("tickets/1?include=requester", 2),
        ("tickets/1?include=requester,company", 3),
        ("tickets/1?include=conversations", 2),
        ("tickets", 1),
        ("tickets?include=stats", 3),
        ("tickets?include=stats,requester", 5),
        ("tickets/1/conversations?per_page=100", 1),
        ('search/tickets?query="status:2"', 1),
        ("tickets/999?include=requester,company", 1),
        ("tickets?include=stats&page=301", 1),
        ("nothing", 1),
    ],
)
async def test_a_call_costs(opened: Open, path: str, cost: int) -> None:
    """What the header says a call cost is what leaves the pool; a wrong call costs one."""
    api = await opened(plan="pro")
    before = (await api.get("/sandbox/usage")).json()["window"]["remaining"]
    await api.get(f"/api/v2/{path}")

    assert before - cost == (await api.get("/sandbox/usage")).json()["window"]["remaining"]


@pytest.mark.asyncio
async def test_headers_may_be_decimals(opened: Open) -> None:
    """A trial account was seen to answer `50.0`; whole numbers are the rule elsewhere."""
    trial = await (await opened(plan="trial")).get("/api/v2/tickets/1?include=stats")
    paid = await (await opened(plan="growth")).get("/api/v2/tickets/1")

    names = ("x-ratelimit-total", "x-ratelimit-remaining", "x-ratelimit-used-currentrequest")
    assert ["50.0", "48.0", "2.0"] == [trial.headers[name] for name in names]
    assert ["200", "199", "1"] == [paid.headers[name] for name in names]


@pytest.mark.asyncio
async def test_a_refusal_is_empty_and_says_how_long(opened: Open, clock: VirtualClock) -> None:
    """The body of a 429 is empty; waiting exactly as long as told is enough."""
    api = await opened(plan="growth")
    for _ in range(20):
        await api.get("/api/v2/tickets")

    refused = await api.get("/api/v2/tickets")

    assert (429, b"") == (refused.status_code, refused.content)
    assert "180" == refused.headers["x-ratelimit-remaining"]
    assert 200 == (await api.get("/api/v2/tickets/1")).status_code
    clock.advance(int(refused.headers["retry-after"]))
    assert 200 == (await api.get("/api/v2/tickets")).status_code


@pytest.mark.asyncio
async def test_usage_is_told_by_minute_and_endpoint(opened: Open, clock: VirtualClock) -> None:
    """A bench reads self-inflicted refusals here."""
    api = await opened(plan="trial")
    await api.post("/sandbox/neighbour", json={"calls_per_minute": 10})
    await api.get("/api/v2/tickets/1?include=requester")
    await api.get("/api/v2/tickets/2")
    clock.advance(60)
    for _ in range(60):
        await api.post("/api/v2/tickets/1/notes", json={"body": "x"})

    usage = (await api.get("/sandbox/usage")).json()

    first, second = usage["minutes"]
    assert {"calls": 2, "credits": 3, "refused": 0} == first["endpoints"]["GET /tickets/{id}"]
    assert 60 == second["calls"] + second["refused"]
    assert usage["refused"] == second["refused"] > 0
    assert {"calls_per_minute": 10.0, "calls": 10} == usage["neighbour"]
