"""The day's money for models: no set of runs, in no set of processes, spends more than the cap."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.errors import Deferred, DraftFailed
from agent.llm import pay
from agent.llm.spend import Level, Purse, Taken, level
from agent.model import Draft, Outcome, RunLimits, Snapshot, Usage
from agent.policy.terms import Policy, Spend
from server.purse import StorePurse
from server.store import spend
from server.store.db import open_database
from server.store.migrate import migrate
from tests.agent.desk_of_paper import shot
from tests.chaos.databases import fresh, postgres_or_skip
from tools.clock import StoppedClock
from tools.kit.tool import Desk
from tools.model import AccountId

NOW = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
ACCOUNT = AccountId("acme")
CAP = Decimal(1)
CALL = Decimal("0.03")
"""What one call costs, though two cents were expected of it."""
POLICY = Policy(spend=Spend(per_day=CAP, per_run=Decimal("0.1")))


@dataclass
class Spender:
    """A drafter that calls its model while its money lasts; implements `Drafter`."""

    name: str = "a-model"
    prompt: str = "draft_reply@v1"
    paid: Decimal = field(default=Decimal(0))
    fails: bool = False
    vanishes: bool = False

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Spend what is allowed, call by call, giving way to others in between."""
        del snapshot, desk, policy
        mine, calls, expected = Decimal(0), 0, Decimal("0.02")
        while limits.money is not None and mine + expected <= limits.money:
            await asyncio.sleep(0)
            mine, calls = mine + CALL, calls + 1
        self.paid += mine
        usage = Usage(model_calls=calls, cost=float(mine))
        if self.vanishes:
            raise KeyboardInterrupt
        if self.fails:
            fault = DraftFailed("nothing came of it")
            fault.usage = usage
            raise fault
        return Draft(Outcome.ANSWER, "en", drafter=self.name, usage=usage)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    with ExitStack() as open_things:
        if request.param == "sqlite":
            made = f"sqlite:///{tmp_path}/state.db"
        else:
            made = open_things.enter_context(fresh(open_things.enter_context(postgres_or_skip())))
        database = open_database(made)
        migrate(database)
        database.close()
        yield made


@pytest.fixture
def purses(url: str) -> Iterator[list[StorePurse]]:
    """The purses of three processes for one account."""
    made = [StorePurse(lambda: open_database(url), ACCOUNT, StoppedClock(NOW)) for _ in range(3)]
    yield made
    for purse in made:
        purse.close()


async def _run(by: Spender, purse: Purse, policy: Policy = POLICY) -> str:
    """Draft once; return how it ended."""
    try:
        made = await pay.draft(
            by,
            shot(),
            desk=None,  # type: ignore[arg-type]  # the spender looks at nothing
            policy=policy,
            limits=RunLimits(),
            purse=purse,
        )
    except (Deferred, DraftFailed) as fault:
        return type(fault).__name__
    return made.drafter


async def _rush(purses: list[Purse]) -> tuple[Decimal, list[str]]:
    """Let 60 runs draft at once on several workers; return what was really paid."""
    spenders = [Spender(fails=turn % 5 == 0) for turn in range(60)]
    ended = await asyncio.gather(
        *(_run(one, purses[turn % len(purses)]) for turn, one in enumerate(spenders))
    )
    return sum((one.paid for one in spenders), Decimal(0)), list(ended)


async def test_runs_at_once_on_several_workers_stay_within_the_cap(
    purses: list[StorePurse],
) -> None:
    """I9: model spend is at most the cap and one call, though each call cost more than expected."""
    paid, ended = await _rush([*purses])
    kept = await purses[0].spent(cap=CAP)

    assert paid == kept
    assert Decimal("0.7") <= paid <= CAP + CALL
    assert {"a-model", "Deferred", "DraftFailed"} <= set(ended)


class Careless(StorePurse):
    """A mutant: it looks first and takes afterwards, as a check without a lock does."""

    async def take(self, most: Decimal, *, cap: Decimal) -> Taken:
        """Set nothing aside."""
        left = cap - await self.spent(cap=cap)
        await asyncio.sleep(0)
        return Taken(max(Decimal(0), min(most, left)), "2026-03-02")


async def test_without_setting_money_aside_the_cap_is_passed(tmp_path: Path) -> None:
    """The test above can fail: this is how."""
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(database)

    paid, _ = await _rush([Careless(lambda: database, ACCOUNT, StoppedClock(NOW))])
    database.close()

    assert paid > CAP + CALL


@pytest.fixture
async def purse(tmp_path: Path) -> AsyncIterator[StorePurse]:
    """One account's purse on a database of its own."""
    made = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(made)
    yield StorePurse(lambda: made, ACCOUNT, StoppedClock(NOW))
    made.close()


async def test_what_a_failed_run_cost_is_counted(purse: StorePurse) -> None:
    """The vendor charges for an answer that we cannot use, too."""
    spender = Spender(fails=True)

    assert "DraftFailed" == await _run(spender, purse)
    assert spender.paid == await purse.spent(cap=CAP) > 0


async def test_what_a_run_that_vanished_set_aside_is_not_given_out_again(
    purse: StorePurse, tmp_path: Path
) -> None:
    """A process that died may have spent it all; who would know?"""
    assert Taken(Decimal("0.9"), "2026-03-02") == await purse.take(Decimal("0.9"), cap=CAP)

    later = StoppedClock(NOW)
    later.advance(60)
    beside = open_database(f"sqlite:///{tmp_path}/state.db")
    other = StorePurse(lambda: beside, ACCOUNT, later)
    now = await other.take(Decimal("0.9"), cap=CAP)
    beside.close()

    assert (Decimal("0.1"), Decimal(0)) == (now.amount, await purse.spent(cap=CAP))


async def test_what_nobody_settled_for_a_quarter_of_an_hour_counts_as_spent(
    tmp_path: Path,
) -> None:
    """Else the rest of the day would wait for a run that is long gone."""
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(database)
    now = NOW.timestamp()

    def take(at: float) -> Decimal:
        return database.write_now(
            lambda c: spend.take(c, ACCOUNT, "2026-03-02", most=CAP, cap=CAP, now=at)
        )

    assert (CAP, Decimal(0)) == (take(now), take(now + 60))
    assert Decimal(0) == take(now + 60 + spend.FORGOTTEN + 1)
    found = database.read_now(lambda c: spend.spent(c, ACCOUNT, "2026-03-02"))
    database.close()
    assert CAP == found
    assert Level.OFF is level(found, CAP)


async def test_who_asks_in_vain_does_not_keep_a_dead_run_s_money_aside(tmp_path: Path) -> None:
    """Deliveries that wait for money ask every half minute; they must not wait till midnight."""
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(database)
    now = NOW.timestamp()

    def take(at: float) -> Decimal:
        return database.write_now(
            lambda c: spend.take(c, ACCOUNT, "2026-03-02", most=CAP, cap=CAP, now=at)
        )

    first = take(now)
    in_vain = [take(now + after) for after in range(30, int(spend.FORGOTTEN) + 60, 30)]
    found = database.read_now(lambda c: spend.spent(c, ACCOUNT, "2026-03-02"))
    database.close()

    assert (CAP, {Decimal(0)}) == (first, set(in_vain))
    assert CAP == found


async def test_a_new_day_has_new_money_and_an_account_its_own(tmp_path: Path) -> None:
    """A run over midnight is counted on the day it began; I7: no row under another account."""
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(database)
    clock = StoppedClock(NOW)
    mine = StorePurse(lambda: database, ACCOUNT, clock)
    other = StorePurse(lambda: database, AccountId("other"), clock)
    taken = await mine.take(CAP, cap=CAP)
    clock.advance(1200)
    await mine.settle(taken, CAP)

    tomorrow = await mine.spent(cap=CAP)
    yesterday = database.read_now(lambda c: spend.spent(c, ACCOUNT, "2026-03-02"))
    theirs = await other.spent(cap=CAP)
    database.close()
    assert (Decimal(0), CAP, Decimal(0)) == (tomorrow, yesterday, theirs)


async def test_no_model_is_asked_once_the_money_is_nearly_gone(purse: StorePurse) -> None:
    """From there on a note says where the ticket belongs, and why nothing was drafted."""
    await purse.settle(await purse.take(CAP, cap=CAP), Decimal("0.96"))
    spender = Spender()

    ended = await _run(spender, purse)

    assert ("spend cap", Decimal(0)) == (ended, spender.paid)


async def test_without_a_cap_the_day_is_counted_all_the_same(purse: StorePurse) -> None:
    """Who sets a cap tomorrow wants to know what a day costs."""
    open_ended = Policy(spend=Spend(per_run=Decimal("0.1")))
    spender = Spender()

    await _run(spender, purse, open_ended)

    assert spender.paid == await purse.spent(cap=None) > 0


async def test_a_cap_of_nothing_asks_nobody(purse: StorePurse) -> None:
    """Zero is a cap like any other."""
    spender = Spender()

    assert "spend cap" == await _run(spender, purse, Policy(spend=Spend(per_day=Decimal(0))))
    assert Decimal(0) == spender.paid


async def test_money_that_runs_out_is_announced_once_and_again_when_it_is_back(
    purse: StorePurse,
) -> None:
    """An owner reads the log, not the table."""
    with capture_logs() as said:
        for used in ("0.5", "0.35", "0", "0.1", "0.1"):
            await purse.settle(Taken(Decimal(0)), Decimal(used))
            await purse.spent(cap=CAP)
        await purse.spent(cap=Decimal(100))

    assert ["private notes only", "no drafts", "no model is asked", "all is allowed again"] == [
        next(word for word in WORDS if word in str(one["means"])) for one in said
    ]


WORDS = ("private notes only", "no drafts", "no model is asked", "all is allowed again")
