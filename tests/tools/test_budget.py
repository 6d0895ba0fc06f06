"""The budget's promises: our share in every sliding window, believed headers, served lanes."""

import heapq
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import budget as pool
from tools.budget import SHARES, Allowance, Ask, Budget, Heard
from tools.freshdesk.limits import PLANS
from tools.pool import dump, load

T0 = 1_790_000_000.0
GROWTH = PLANS[1]
asks = st.builds(
    Ask,
    lane=st.integers(0, 4),
    kind=st.sampled_from(["", "ticket_update", "ticket_list"]),
    credits=st.integers(1, 5),
)
steps = st.lists(st.tuples(st.floats(0, 20), asks), max_size=120)


def fill(budget: Budget, ask: Ask, now: float) -> tuple[Budget, int]:
    """Spend as often as it is allowed at one moment."""
    spent = 0
    while (verdict := pool.spend(budget, ask, now=now)).wait == 0:
        budget, spent = verdict.budget, spent + ask.credits
        budget = pool.learn(budget, ask, Heard(), sent=now, now=now)
    return budget, spent


@given(steps, st.sampled_from(PLANS))
def test_no_sliding_window_ever_holds_more_than_our_share(
    plan_steps: list[tuple[float, Ask]], plan: Allowance
) -> None:
    """The helpdesk's window has an unknown phase, so every sixty seconds must be within limits."""
    budget, now, charged = Budget(plan), T0, list[tuple[float, int, str]]()
    for gap, ask in plan_steps:
        now += gap
        verdict = pool.spend(budget, ask, now=now)
        budget = verdict.budget
        if verdict.wait == 0:
            charged.append((now, ask.credits, ask.kind))
            budget = pool.learn(budget, ask, Heard(), sent=now, now=now)

    for start, _, _ in charged:
        window = [c for c in charged if start <= c[0] < start + plan.window]
        assert sum(c[1] for c in window) <= plan.total * SHARES.ours
        for kind, limit in plan.classes.items():
            assert sum(c[1] for c in window if c[2] == kind) <= limit * SHARES.ours


@given(steps, st.floats(1, 3600))
def test_nobody_spends_before_a_pause_has_passed(
    plan_steps: list[tuple[float, Ask]], wait: float
) -> None:
    """A 429 stops every lane for exactly as long as the helpdesk asked."""
    budget = pool.pause(Budget(GROWTH), until=T0 + wait)
    now = T0
    for gap, ask in plan_steps:
        now += gap
        verdict = pool.spend(budget, ask, now=now)
        budget = verdict.budget

        assert verdict.wait > 0 or now >= T0 + wait


def test_an_earlier_pause_never_shortens_a_later_one() -> None:
    """Two workers meet a 429 each; the longer wait holds for both."""
    budget = pool.pause(pool.pause(Budget(GROWTH), until=T0 + 60), until=T0 + 10)

    assert T0 + 60 == budget.paused_until


def test_a_sub_limit_binds_before_the_total() -> None:
    """Growth lists tickets twenty times a minute; sweeping must not run into that."""
    budget, now, spent = Budget(GROWTH), T0, 0
    for _ in range(20):
        budget, more = fill(budget, Ask(0, "ticket_list"), now)
        spent, now = spent + more, now + 2.5

    assert 16 == spent


def test_the_waiting_time_is_enough_but_not_for_ever() -> None:
    """A deferred run comes back when told and is then served."""
    budget, now = Budget(PLANS[0]), T0
    for _ in range(30):
        budget, _ = fill(budget, Ask(0), now)
        now += 2
    wait = pool.spend(budget, Ask(0), now=now).wait

    assert 0 < wait <= 61
    assert pool.spend(budget, Ask(0), now=now + wait).wait == 0


def test_reported_credits_lower_our_view_at_once() -> None:
    """Another app has spent nearly everything: we stop before the helpdesk must refuse us."""
    budget = pool.spend(Budget(GROWTH), Ask(1), now=T0).budget
    budget = pool.learn(budget, Ask(1), Heard(GROWTH, 11, 1), sent=T0, now=T0 + 0.1)
    budget = pool.spend(budget, Ask(1), now=T0 + 0.2).budget

    assert pool.spend(budget, Ask(1), now=T0 + 0.3).wait > 1


def test_a_late_answer_never_raises_our_view() -> None:
    """Answers overtake each other; a higher number from before proves nothing."""
    budget = pool.spend(Budget(GROWTH), Ask(1), now=T0).budget
    budget = pool.spend(budget, Ask(1), now=T0 + 0.01).budget
    budget = pool.learn(budget, Ask(1), Heard(GROWTH, 10, 1), sent=T0 + 0.01, now=T0 + 0.5)
    budget = pool.learn(budget, Ask(1), Heard(GROWTH, 150, 1), sent=T0, now=T0 + 0.6)

    assert pool.spend(budget, Ask(1), now=T0 + 0.7).wait > 1


def test_only_a_request_sent_after_the_lower_report_proves_a_new_window() -> None:
    """The helpdesk began to count anew, and we need not sit out the rest of a minute."""
    budget = pool.spend(Budget(GROWTH), Ask(0), now=T0).budget
    budget = pool.learn(budget, Ask(0), Heard(GROWTH, 12, 1), sent=T0, now=T0 + 0.1)
    budget = pool.spend(budget, Ask(0), now=T0 + 5).budget
    budget = pool.learn(budget, Ask(0), Heard(GROWTH, 199, 1), sent=T0 + 5, now=T0 + 5.1)

    assert pool.spend(budget, Ask(4), now=T0 + 8).wait == 0


def test_lower_lanes_leave_the_reserve_alone() -> None:
    """The look before a write is never refused because a backfill took the last credits."""
    budget = pool.spend(Budget(GROWTH), Ask(0), now=T0).budget
    budget = pool.learn(budget, Ask(0), Heard(GROWTH, 10, 1), sent=T0, now=T0)

    assert [0.0, True, True, True, True] == [
        (wait := pool.spend(budget, Ask(lane), now=T0 + 0.01).wait) and wait > 0
        for lane in range(5)
    ]


def test_the_first_lane_finds_room_when_all_others_are_full() -> None:
    """Posting goes on while lower lanes have filled their parts."""
    budget, now = Budget(GROWTH), T0
    for _ in range(40):
        for lane in (4, 3, 2, 1):
            budget, _ = fill(budget, Ask(lane), now)
        now += 1.4

    assert pool.spend(budget, Ask(1), now=now).wait > 0
    assert pool.spend(budget, Ask(0), now=now + 2.1).wait == 0


def test_a_dearer_call_than_expected_is_charged_in_full() -> None:
    """The helpdesk's own count of a call is believed, in both directions."""
    budget = pool.spend(Budget(GROWTH), Ask(1, "", 1), now=T0).budget
    budget = pool.learn(budget, Ask(1, "", 1), Heard(GROWTH, None, 7), sent=T0, now=T0)
    dearer = sum(budget.lanes[1].values())
    budget = pool.learn(budget, Ask(1, "", 7), Heard(GROWTH, None, 2), sent=T0, now=T0)

    assert (7, 2) == (dearer, sum(budget.lanes[1].values()))


def test_a_silent_helpdesk_is_called_by_few_at_a_time() -> None:
    """Before the first answer we know nothing, so not everybody may call at once."""
    budget, now, at_once = Budget(GROWTH), T0, 0
    while (verdict := pool.spend(budget, Ask(0), now=now)).wait == 0:
        budget, at_once = verdict.budget, at_once + 1

    assert 1 <= at_once <= 10
    assert verdict.wait < 1


@pytest.mark.parametrize("hours", [1, 49])
def test_a_clock_that_was_set_back_stops_nobody_for_longer_than_a_window(hours: int) -> None:
    """What was spent by the wrong clock counts as spent just now, not until that clock is right."""
    budget, now, spent = Budget(GROWTH), T0, 0
    for _ in range(600):
        verdict = pool.spend(budget, Ask(0), now=now)
        budget = verdict.budget
        if verdict.wait == 0:
            spent += 1
            budget = pool.learn(budget, Ask(0), Heard(), sent=now, now=now)
        now += 0.09
    back = now - 3600 * hours
    at_once = pool.spend(budget, Ask(0), now=back)
    later = pool.spend(at_once.budget, Ask(0), now=back + GROWTH.window + 2)

    assert 100 < spent <= 160
    assert 0 < at_once.wait <= GROWTH.window + 2
    assert 0 == later.wait


def test_another_window_length_starts_the_count_anew() -> None:
    """An account still counted by the hour is not spent at a minute's pace."""
    hourly = Allowance("older", 3000, 3600.0)
    budget = pool.spend(Budget(PLANS[0]), Ask(1), now=T0).budget
    budget = pool.learn(budget, Ask(1), Heard(hourly, 2999, 1), sent=T0, now=T0)

    assert 2400 == pool.ours(budget)
    assert hourly == budget.allowance


@given(steps)
def test_a_stored_budget_decides_as_the_one_in_memory(
    plan_steps: list[tuple[float, Ask]],
) -> None:
    """Processes share the pool through text in a database; nothing may be lost on the way."""
    budget, now = Budget(GROWTH), T0
    for gap, ask in plan_steps:
        now += gap
        budget = pool.spend(budget, ask, now=now).budget
        budget = pool.learn(budget, ask, Heard(GROWTH, 150, 1), sent=now, now=now + 0.1)

    assert budget == load(dump(budget))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"allowance": 3}', "null"])
def test_a_spoilt_record_is_refused_by_name(text: str) -> None:
    """A ledger that cannot be read is rebuilt, so it must be told from a good one."""
    with pytest.raises(ValueError):  # noqa: PT011  json's own is one too
        load(text)


@dataclass
class Hour:
    """A helpdesk's fixed window, a neighbour and our workers, through one virtual hour."""

    plan: Allowance
    load: float
    rng: random.Random
    window: int = -1
    used: int = 0
    refused: int = 0
    served: dict[int, int] = field(default_factory=dict[int, int])
    beneath: int = 0

    def take(self, now: float, ask: Ask | None) -> int | None:
        """Charge one credit as the helpdesk would; None is a 429."""
        window = int((now + 17) // 60)
        if window != self.window:
            self.window, self.used = window, 0
        if self.used >= self.plan.total:
            self.refused += ask is not None
            return None
        self.used += 1
        left = self.plan.total - self.used
        if ask is not None:
            self.served[ask.lane] = self.served.get(ask.lane, 0) + 1
            self.beneath += ask.lane > 0 and left < self.plan.total * SHARES.reserve - 1
        return left

    def play(self) -> None:
        """Keep eight workers of all lanes busy, and the neighbour at its pace."""
        budget, now, count = Budget(self.plan), T0, 0
        queue: list[tuple[float, int, str, tuple[Ask, float, int | None]]] = []

        def at(moment: float, what: str, ask: Ask, sent: float = 0, left: int | None = 0) -> None:
            nonlocal count
            count += 1
            heapq.heappush(queue, (moment, count, what, (ask, sent, left)))

        for worker in range(8):
            at(T0 + self.rng.random(), "ask", Ask(worker % 5))
        gap = 60 / (self.plan.total * self.load) if self.load else 1e9
        at(T0 + gap, "neighbour", Ask(9))
        while now < T0 + 3600:
            now, _, what, (ask, sent, left) = heapq.heappop(queue)
            if what == "neighbour":
                self.take(now, None)
                at(now + gap, what, ask)
            elif what == "ask":
                verdict = pool.spend(budget, ask, now=now)
                budget, wait = verdict.budget, verdict.wait
                if wait:
                    at(now + wait + self.rng.uniform(0, 0.3), what, ask)
                else:
                    at(now + self.rng.uniform(0.02, 0.15), "arrive", ask, now)
            elif what == "arrive":
                at(now + 0.05, "answer", ask, sent, self.take(now, ask))
            else:
                heard = Heard(self.plan, left or 0, 1)
                budget = pool.learn(budget, ask, heard, sent=sent, now=now)
                at(now + self.rng.uniform(0, 0.02), "ask", ask)


@pytest.mark.parametrize("plan", PLANS[:4], ids=lambda plan: plan.plan)
@pytest.mark.parametrize("neighbour", [0, 0.3, 0.6, 0.9])
def test_a_busy_hour_draws_no_429_and_uses_what_is_ours(plan: Allowance, neighbour: float) -> None:
    """We fill our part beside other apps, keep the reserve, and never make the helpdesk refuse."""
    hour = Hour(plan, neighbour, random.Random(1))  # noqa: S311  a fixed draw
    hour.play()
    ours = min(SHARES.ours, 1 - neighbour - SHARES.reserve) * plan.total * 60

    assert 0 == hour.refused
    assert hour.beneath <= 2
    assert sum(hour.served.values()) >= (0.95 if neighbour < 0.9 else 0.6) * ours


@pytest.mark.parametrize("plan", PLANS[:4], ids=lambda plan: plan.plan)
def test_no_lane_starves_while_all_are_busy(plan: Allowance) -> None:
    """A backfill under full live load still gets its twentieth."""
    hour = Hour(plan, 0, random.Random(2))  # noqa: S311  a fixed draw
    hour.play()
    all_of_it = sum(hour.served.values())

    assert all(hour.served[lane] >= 0.03 * all_of_it for lane in range(5))
    assert hour.served[0] == max(hour.served.values())
