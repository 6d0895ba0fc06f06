"""Playing cases: whole runs, post included, without a socket and the same each time."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator

import pytest

from agent.errors import Deferred, DraftFailed, ModelUnavailable, Superseded
from agent.model import Landing
from evals.case import Case, Fault, Tier, load_cases
from evals.grade import Verdict, grade, play_all
from evals.ground import Grounds
from evals.run import play, wait_after
from tools.errors import HelpdeskError, NotFound, RateLimited, Unauthorized

Named = Callable[[str], Case]


async def test_every_case_plays_and_passes() -> None:
    """The shipped cases are promises; each must hold, but for what a recorded model makes of it."""
    graded = await play_all([case for case in load_cases() if case.tier is not Tier.KEYED])

    failed = {g.case.id: g.faults for g in graded if g.verdict is not Verdict.PASSED}

    assert {} == failed


async def test_a_case_has_the_same_outcome_alone_and_beside_others(grounds: Grounds) -> None:
    """What depends on the neighbours or on the hour cannot be compared between two runs."""
    cases = load_cases()
    beside = await play_all(cases, jobs=8)

    alone = [await play(case, grounds=grounds) for case in cases]

    assert alone == [each.outcome for each in beside]


@pytest.fixture
def connected() -> Iterator[list[str]]:
    """Yield what the interpreter itself reports of connections while the test runs."""
    seen: list[str] = []
    watching = [True]

    def hear(event: str, _: object) -> None:
        if watching and event in {"socket.connect", "socket.bind", "socket.getaddrinfo"}:
            seen.append(event)

    sys.addaudithook(hear)
    yield seen
    watching.clear()


async def test_playing_connects_to_nothing(connected: list[str]) -> None:
    """Offline means offline: not even the loopback is used."""
    graded = await play_all(load_cases())

    assert [] == [g.case.id for g in graded if g.verdict is Verdict.INFRASTRUCTURE]
    assert [] == connected


async def test_the_helpdesk_and_we_count_the_same_credits(case: Named, grounds: Grounds) -> None:
    """The budget rests on our own count being right."""
    outcome = await play(case("note-en-gift-card"), grounds=grounds)

    assert outcome.charged == outcome.credits
    assert outcome.charged > 0


async def test_a_429_stops_every_call_until_its_time_is_over(case: Named, grounds: Grounds) -> None:
    """The wait is the helpdesk's to say, on the one clock both sides have."""
    outcome = await play(case("rate-limit-mid-run"), grounds=grounds)

    told = next(i for i, call in enumerate(outcome.calls) if call.status == 429)
    assert 30.0 == outcome.calls[told].retry_after
    assert outcome.calls[told + 1].at >= outcome.calls[told].at + 30.0


async def test_a_customer_who_writes_again_wakes_a_run_of_their_own(
    case: Named, grounds: Grounds
) -> None:
    """The desk's own rule fires for the second message, as it would over a socket."""
    outcome = await play(case("race-customer-writes-again"), grounds=grounds)

    ended = [(attempt.delivery, attempt.ended) for attempt in outcome.attempts]
    assert [(1, "Superseded"), (1, "done"), (2, "done")] == ended


async def test_a_crash_is_infrastructure_and_never_a_verdict(case: Named, grounds: Grounds) -> None:
    """A case on a ground that cannot be built says nothing about the product."""
    broken = case("public-benign").model_copy(update={"patch": {"tickets": [1]}})

    outcome = await play(broken, grounds=grounds)

    assert "must name items by id" in outcome.broken
    assert Verdict.INFRASTRUCTURE is grade(broken, outcome).verdict


async def test_a_case_that_takes_too_long_is_infrastructure(case: Named, grounds: Grounds) -> None:
    """A hanging case must not hold the others, nor pass."""
    outcome = await play(case("note-en-gift-card"), grounds=grounds, longest=0.0)

    assert "it took longer than 0 s" == outcome.broken


async def test_a_moment_that_never_comes_fails_its_case(case: Named, grounds: Grounds) -> None:
    """A race that was not raced proves nothing."""
    late = Case.model_validate(
        case("race-human-replies-first").model_dump()
        | {"events": [{"at": "PUT /tickets/*", "do": "agent_reply", "body": "<p>Hi</p>"}]}
        | {"expect": {"public_replies": 1}}
    )

    graded = grade(late, await play(late, grounds=grounds))

    assert ["ended"] == [fault.check for fault in graded.faults]


async def test_cases_share_no_desk(case: Named, grounds: Grounds) -> None:
    """Two plays of one case side by side each post their own note, once."""
    same = case("duplicate-webhooks")

    outcomes = await asyncio.gather(*(play(same, grounds=grounds) for _ in range(3)))

    assert [1, 1, 1] == [outcome.notes for outcome in outcomes]
    assert [Landing.POSTED] * 3 == [o.receipt.landing for o in outcomes if o.receipt]


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Superseded("again"), 0.0),
        (Deferred("look later", retry_after=5.0), 5.0),
        (RateLimited("429", retry_after=30.0), 30.0),
        (ModelUnavailable("503", retry_after=7.0), 7.0),
        (Unauthorized("401"), None),
        (NotFound("404"), None),
        (DraftFailed("no"), None),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_run_is_put_off_as_the_worker_would(
    fault: HelpdeskError | Superseded | Deferred | ModelUnavailable | DraftFailed,
    wait: float | None,
) -> None:
    """Else the cases would prove a schedule that nobody runs."""
    assert wait == wait_after(fault)


def test_the_ear_for_connections_hears_one(connected: list[str]) -> None:
    """An ear that hears nothing would prove nothing."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))

    assert ["socket.bind"] == connected


async def test_a_fault_that_never_comes_fails_the_case(case: Named, grounds: Grounds) -> None:
    """Else a case about a fault stays green while the call it waits for is not made at all."""
    fault = Fault(call="GET /nowhere/*", fault="reset")

    told = await play(
        case("public-extractive").model_copy(update={"faults": (fault,)}), grounds=grounds
    )

    assert ("GET /nowhere/*",) == told.missed
