"""A machine that writes from another address each time ends in notes; people are answered."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from agent.journal import Journal
from agent.model import Alike, Disposition, Earlier
from server import views
from server.replay import replay
from server.store import runs
from server.store.inbox import State
from tests.chaos import crowd
from tests.chaos.crowd import Crowd
from tests.chaos.props import NAMES, Props
from tests.chaos.robots import DAY, HOUR
from tests.chaos.test_two_responders import AT_ONCE, Dawdling
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tests.server.front_door import quiet
from tools.freshdesk.sandbox import people
from tools.model import AccountId, PersonId, TicketId

MOST = 3
NAMES_OF_PEOPLE = ("Ida Brenner", "Olaf Sund", "Mireille Caro", "Pim de Witt", "Jo Ann Lee")
WORDS = (
    "<p>Dear support,</p><p>{name} has a question (case {number}, part 2). How do I return an item,"
    " and how long do I have?</p>"
)
OTHERS = (
    "<p>Hello,</p><p>we bought two of them. How do I return an item, and how long do I have?</p>"
)


def _few(theatre: Theatre, most: int = MOST) -> None:
    policy = replace(theatre.responder.policy, same_words_per_day=most)
    theatre.account = replace(
        theatre.account, responder=replace(theatre.responder, policy=policy, reread=None)
    )


async def _write(theatre: Theatre, number: int, words: str = WORDS) -> int:
    name = NAMES_OF_PEOPLE[number % len(NAMES_OF_PEOPLE)]
    said = words.format(name=name, number=7000 + 13 * number)
    message = people.Message("Our message", said, f"robot{number}@other.example", name=name)
    ticket = people.write_in(theatre.desk, message).id
    theatre.deliver(ticket)
    await theatre.work()
    return ticket


def _run(theatre: Theatre, ticket: int) -> runs.Run:
    return theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]


async def test_the_same_words_from_one_address_too_many_get_a_note(theatre: Theatre) -> None:
    """The caps of a ticket and of a requester never see a machine that changes both."""
    _few(theatre)
    tickets = [await _write(theatre, number) for number in range(MOST + 3)]

    assert [1] * MOST + [0] * 3 == [len(theatre.said(one)) for one in tickets]
    assert [0] * MOST + [1] * 3 == [len(theatre.said(one, "note")) for one in tickets]


async def test_the_note_and_why_say_what_held_the_reply(theatre: Theatre) -> None:
    """Whoever reads it must know that it was no fault of the draft, and which number to raise."""
    _few(theatre)
    last = [await _write(theatre, number) for number in range(MOST + 1)][-1]
    told = "3 other requesters wrote the same words within the day"
    why = views.why(_run(theatre, last))

    assert told in theatre.said(last, "note")[0]
    assert "same_words_per_day" in theatre.said(last, "note")[0]
    assert any(one.startswith(f"same_words: {told}") for one in why["reasons"])


async def test_other_words_are_answered_meanwhile(theatre: Theatre) -> None:
    """One machine must not silence us towards everybody."""
    _few(theatre)
    for number in range(MOST + 1):
        await _write(theatre, number)

    assert 1 == len(theatre.said(await _write(theatre, 77, OTHERS)))


async def test_customers_who_ask_in_their_own_words_are_all_answered(theatre: Theatre) -> None:
    """A wave of people about one thing is what we are there for."""
    _few(theatre)
    asks = [OTHERS.replace("Hello", hello) for hello in ("Hello", "Hi", "Hey", "Morning", "Servus")]
    tickets = [await _write(theatre, number, words) for number, words in enumerate(asks)]

    assert [1] * len(asks) == [len(theatre.said(one)) for one in tickets]


async def test_it_stays_in_notes_as_long_as_the_machine_goes_on(theatre: Theatre) -> None:
    """Counting replies alone would feed it some more every day."""
    _few(theatre)
    for number in range(MOST):
        await _write(theatre, number)
    later = list[int]()
    for number in range(MOST, MOST + 9):
        theatre.clock.advance(DAY / 4)
        later.append(await _write(theatre, number))

    assert [0] * 9 == [len(theatre.said(one)) for one in later]


async def test_after_a_day_of_quiet_it_is_answered_again(theatre: Theatre) -> None:
    """What looked like a machine may have been a form on a busy day."""
    _few(theatre)
    for number in range(MOST + 1):
        await _write(theatre, number)
    theatre.clock.advance(DAY + 60)

    assert 1 == len(theatre.said(await _write(theatre, 50)))


async def test_another_life_of_the_process_still_knows(theatre: Theatre) -> None:
    """A machine goes on through our restarts, and writes to all of our processes."""
    _few(theatre)
    for number in range(MOST):
        await _write(theatre, number)
        theatre.restart()

    assert 0 == len(theatre.said(await _write(theatre, MOST)))


async def test_one_requester_who_says_it_again_is_counted_once(theatre: Theatre) -> None:
    """A person may be impatient; the other caps are for that."""
    _few(theatre)
    for _ in range(MOST + 2):
        theatre.clock.advance(HOUR)
        await _write(theatre, 1)

    assert 1 == len(theatre.said(await _write(theatre, 2)))


async def test_a_held_run_is_decided_again_to_the_same(theatre: Theatre) -> None:
    """`replay` and `policy diff` must know what had been written before."""
    _few(theatre)
    last = [await _write(theatre, number) for number in range(MOST + 1)][-1]
    await _write(theatre, MOST + 1)
    run = _run(theatre, last)
    earlier = theatre.store.read_now(lambda c: runs.before(c, run))
    policy = theatre.account.responder.policy
    found = replay(run.result, policy, earlier=earlier)
    bolder = replace(policy, same_words_per_day=MOST + 1)
    again = replay(run.result, bolder, earlier=earlier)

    assert MOST == earlier.alike
    assert found is not None
    assert () == found.differences
    assert again is not None
    assert any(Disposition.PUBLIC_REPLY.name in one for one in again.differences)


class Forgetful:
    """A journal that does not count who wrote the same: the mutant without the breaker."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def earlier(  # noqa: D102  as the journal's
        self,
        account: AccountId,
        ticket_id: TicketId,
        requester: PersonId | None,
        *,
        alike: Alike,
        now: Any,
    ) -> Earlier:
        none = replace(alike, shape="")
        return await self._inner.earlier(account, ticket_id, requester, alike=none, now=now)


async def test_without_the_count_the_machine_is_answered_for_ever(theatre: Theatre) -> None:
    """The machine must be one that nothing else stops."""
    _few(theatre)
    theatre.journals = lambda run: cast("Journal", Forgetful(theatre.journal(run)))
    tickets = [await _write(theatre, number) for number in range(MOST + 3)]

    assert [1] * (MOST + 3) == [len(theatre.said(one)) for one in tickets]


def _burst(props: Props, slow: Callable[[Crowd, str], Journal]) -> int:
    """Let sixteen addresses write in one moment; return the public replies."""

    async def play() -> int:
        on = Crowd(props, props.shelf(NAMES[0]), replace(auto(), same_words_per_day=MOST))
        on.journals = lambda run: slow(on, run)
        for number in range(AT_ONCE):
            wrote = on.company.house.write(email=f"robot{number}@other.example")
            await on.hook(on.company, wrote)
        await on.work(seconds=HOUR)
        assert {State.DONE} == {one.state for one in on.deliveries()}
        log = on.company.house.desk.log
        return len([one for one in log if one.via == "api" and one.kind == "reply"])

    with quiet():
        return crowd.run(play)


def test_addresses_that_write_at_one_moment_share_the_number(props: Props) -> None:
    """A machine writes faster than a run takes; counting before them all is no breaker."""

    def slow(on: Crowd, run: str) -> Journal:
        inner = on.journal(run)
        return cast("Journal", Dawdling(inner, inner))

    assert MOST == _burst(props, slow)


def test_without_a_second_look_the_number_is_passed(props: Props) -> None:
    """The burst must be one that only the look in the commit itself can hold."""

    def slow(on: Crowd, run: str) -> Journal:
        return cast("Journal", Dawdling(on.journal(run), on.journal(run)))

    assert _burst(props, slow) > MOST
