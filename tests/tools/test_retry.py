"""Reads are tried again on a clock that stands still; an account that fails is left alone."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.tools.freshdesk.conftest import START
from tools.breaker import Breaker, CircuitOpen
from tools.clock import StoppedClock
from tools.errors import (
    BudgetExhausted,
    HelpdeskError,
    NotFound,
    NotGranted,
    RateLimited,
    Unauthorized,
    Unavailable,
    Uncertain,
)
from tools.retry import read_again

DOWN = Unavailable("down", retry_after=5)


def saying(*outcomes: HelpdeskError | str) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    """Return a call with these outcomes, and a list that grows with each attempt."""
    left, attempts = list(outcomes), list[int]()

    async def call() -> str:
        attempts.append(1)
        outcome = left.pop(0)
        if isinstance(outcome, HelpdeskError):
            raise outcome
        return outcome

    return call, attempts


async def again(call: Callable[[], Awaitable[str]], clock: StoppedClock) -> str:
    """Make the call as reads are made."""
    return await read_again(call, clock=clock, rng=random.Random(1))  # noqa: S311  a fixed draw


async def test_a_passing_fault_is_tried_again_after_a_little_while() -> None:
    """Two more attempts, further and further apart."""
    clock = StoppedClock(START)
    call, attempts = saying(DOWN, DOWN, "well")

    assert "well" == await again(call, clock)
    assert 3 == len(attempts)
    assert 0.9 <= clock.steady() <= 1.5


@pytest.mark.parametrize(
    "fault",
    [
        RateLimited("429", retry_after=9),
        BudgetExhausted("spent", retry_after=9),
        CircuitOpen("open", retry_after=9),
        NotFound("gone"),
        Unauthorized("revoked"),
        Uncertain("perhaps"),
    ],
)
async def test_everything_else_is_told_at_once(fault: HelpdeskError) -> None:
    """A second attempt would only cost a credit."""
    call, attempts = saying(fault, "never")
    with pytest.raises(type(fault)):
        await again(call, StoppedClock(START))

    assert 1 == len(attempts)


async def test_the_last_fault_is_the_one_that_is_told() -> None:
    """Not the retry library's own error."""
    call, attempts = saying(DOWN, DOWN, DOWN)
    with pytest.raises(Unavailable):
        await again(call, StoppedClock(START))

    assert 3 == len(attempts)


async def fail(breaker: Breaker, fault: HelpdeskError, times: int = 1) -> None:
    """Let calls through the breaker fail."""
    for _ in range(times):
        call, _ = saying(fault)
        with pytest.raises(type(fault)):
            await breaker.guard(call)


async def test_five_faults_in_a_row_open_the_circuit_and_a_probe_closes_it() -> None:
    """Writes that may have landed count like reads that failed."""
    clock = StoppedClock(START)
    breaker = Breaker(clock)
    await fail(breaker, DOWN, 4)
    await fail(breaker, Uncertain("cut"))
    call, attempts = saying("well", "well")
    with pytest.raises(CircuitOpen) as closed:
        await breaker.guard(call)
    clock.advance(30)

    assert 30 == closed.value.retry_after
    assert "well" == await breaker.guard(call)
    assert "closed" == breaker.state
    assert 1 == len(attempts)


async def test_a_probe_that_fails_opens_it_again() -> None:
    """One call in half a minute is all that a broken helpdesk costs us."""
    clock = StoppedClock(START)
    breaker = Breaker(clock)
    await fail(breaker, DOWN, 5)
    clock.advance(30)
    await fail(breaker, DOWN)
    with pytest.raises(CircuitOpen):
        await breaker.guard(saying("never")[0])

    assert "opened" == breaker.state


async def test_a_success_in_between_starts_the_count_anew() -> None:
    """Only faults in a row mean that the helpdesk is down."""
    breaker = Breaker(StoppedClock(START))
    for _ in range(4):
        await fail(breaker, DOWN, 4)
        await breaker.guard(saying("well")[0])

    assert "closed" == breaker.state


@pytest.mark.parametrize(
    "fault",
    [NotFound("x"), RateLimited("x", retry_after=1), NotGranted("x"),
     BudgetExhausted("x", retry_after=1)],
)  # fmt: skip
async def test_an_answer_is_an_answer(fault: HelpdeskError) -> None:
    """A helpdesk that says no is not down, and what we held back says nothing of it."""
    breaker = Breaker(StoppedClock(START))
    await fail(breaker, fault, 20)

    assert "closed" == breaker.state


async def test_a_refused_credential_opens_it_at_once_and_says_so_again() -> None:
    """Every run of the account then ends in the same words, at no cost."""
    clock = StoppedClock(START)
    breaker = Breaker(clock)
    await fail(breaker, Unauthorized("the key was reset"))
    call, attempts = saying("never")
    with pytest.raises(Unauthorized, match="the key was reset"):
        await breaker.guard(call)
    breaker.reset()

    assert [] == attempts
    assert "never" == await breaker.guard(call)


async def test_only_one_probe_goes_out_at_a_time() -> None:
    """Forty waiting runs must not all be the probe."""
    clock = StoppedClock(START)
    breaker = Breaker(clock)
    await fail(breaker, DOWN, 5)
    clock.advance(31)
    answered = asyncio.Event()

    async def slow() -> str:
        await answered.wait()
        return "well"

    probe = asyncio.create_task(breaker.guard(slow))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await breaker.guard(saying("never")[0])
    answered.set()

    assert "well" == await probe
