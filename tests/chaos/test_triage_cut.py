"""What comes between triage and its update: cut connections, people, and deaths."""

import random
from typing import Any

import pytest

from agent.model import Landing
from server.store.inbox import State
from tests.chaos.dying import Dying, Fate
from tests.chaos.memory import Killed
from tests.chaos.sorting import (
    GROUP,
    SET,
    UNSET,
    change,
    ends,
    fields,
    once,
    puts,
    run_of,
    sort,
    under,
)
from tests.chaos.theatre import Theatre
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.faults import Planned


async def test_a_429_puts_the_update_off_and_it_is_made_once(theatre: Theatre) -> None:
    """The helpdesk applied nothing, so nothing need be looked for."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "429", retry_after=30))
    ticket = await sort(theatre)

    assert SET == fields(theatre, ticket)
    assert 2 == puts(theatre)
    assert [(State.DONE, "triage")] == ends(theatre)


@pytest.mark.parametrize("fault", ["after-apply-cut", "5xx-after-apply", "late-apply"])
async def test_an_update_that_landed_unheard_is_read_back_and_not_made_again(
    theatre: Theatre, fault: Any
) -> None:
    """The ticket itself says whether it landed."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", fault, seconds=3.0))
    ticket = await sort(theatre)

    proof = run_of(theatre, ticket).result.receipt
    assert SET == fields(theatre, ticket)
    assert 1 == puts(theatre)
    assert proof
    assert Landing.ADOPTED is proof.landing


async def test_an_update_that_never_landed_is_made_again_after_the_last_look(
    theatre: Theatre,
) -> None:
    """Twice changes nothing, but only a ticket that stands as it stood is touched again."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply"))
    began = theatre.clock.now()

    ticket = await sort(theatre)

    assert SET == fields(theatre, ticket)
    assert 2 == puts(theatre)
    assert (theatre.clock.now() - began).total_seconds() >= 240


async def test_an_update_that_is_lost_time_and_again_is_held_for_a_person(
    theatre: Theatre,
) -> None:
    """Two tries and all their looks: then somebody has to see why."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply", times=9))

    ticket = await sort(theatre)

    assert UNSET == fields(theatre, ticket)
    assert 2 == puts(theatre)
    reason = "the update may or may not have landed, and was not found"
    assert [(State.HELD, reason)] == ends(theatre)


async def test_tags_that_came_while_an_update_was_uncertain_stay(theatre: Theatre) -> None:
    """An update replaces tags: the second one carries what is there by then."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply"))
    once(theatre, lambda n: change(theatre, n, {"tags": ["vip"]}), nth=4)

    ticket = await sort(theatre)

    assert ("Refund", 1, GROUP, ["vip", "return", "lang-en"]) == fields(theatre, ticket)


async def test_what_a_person_changes_while_an_update_is_uncertain_ends_it(
    theatre: Theatre,
) -> None:
    """Nobody's word is written over, on the second try either."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "before-apply"))
    once(theatre, lambda n: change(theatre, n, {"type": "Problem"}), nth=4)

    ticket = await sort(theatre)

    assert ("Problem", *UNSET[1:]) == fields(theatre, ticket)
    assert 1 == puts(theatre)
    reason = "somebody changed the ticket meanwhile: type"
    assert [(State.SKIPPED, reason)] == ends(theatre)


async def test_a_person_who_undoes_what_landed_unheard_keeps_the_last_word(
    theatre: Theatre,
) -> None:
    """An update lands whole or not at all: one value of ours shows that it was there."""
    under(theatre)
    theatre.app.faults.planned.append(Planned("PUT /tickets/*", "after-apply-cut"))
    once(theatre, lambda n: change(theatre, n, {"type": None, "group_id": None}), nth=3)

    ticket = await sort(theatre)

    assert (None, 1, None, SET[3]) == fields(theatre, ticket)
    assert 1 == puts(theatre)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"type": "Problem"}, "type"),
        ({"priority": 4}, "priority"),
        ({"responder_id": 73000451003}, "agent"),
        ({"status": 3}, "status"),
    ],
)
async def test_a_ticket_that_a_person_takes_up_meanwhile_is_left_to_them(
    theatre: Theatre, changes: dict[str, object], named: str
) -> None:
    """I4 binds fields as it binds words: the look before the write has the say."""
    under(theatre)
    once(theatre, lambda n: change(theatre, n, changes))

    await sort(theatre)

    assert 0 == puts(theatre)
    assert [(State.SKIPPED, f"somebody changed the ticket meanwhile: {named}")] == ends(theatre)


async def test_a_tag_that_comes_meanwhile_is_kept(theatre: Theatre) -> None:
    """Tags take nothing from each other, so they are merged at the last look."""
    under(theatre)
    once(theatre, lambda n: change(theatre, n, {"tags": ["vip"]}))

    ticket = await sort(theatre)

    assert ["vip", "return", "lang-en"] == theatre.desk.tickets[ticket].tags


async def test_a_customer_who_writes_meanwhile_is_read_before_anything_is_set(
    theatre: Theatre,
) -> None:
    """What they add may make another ticket of it."""
    under(theatre)

    def write(number: int) -> None:
        people.customer_reply(theatre.desk, theatre.desk.tickets[number], "<p>It is a gift.</p>")

    once(theatre, write)

    ticket = await sort(theatre)

    shot = run_of(theatre, ticket).result.snapshot
    assert shot
    assert shot.turn
    assert "It is a gift." == shot.turn.text
    assert 1 == puts(theatre)


class _Death(Fate):
    """The process dies once, at one place."""

    def __init__(self, place: str) -> None:
        super().__init__(random.Random(1), often=0)  # noqa: S311 -- nothing is left to chance
        self.left = [place]

    def at(self, place: str) -> None:
        """Die here, if this is the place."""
        if place in self.left:
            self.left.remove(place)
            raise Killed


@pytest.mark.parametrize(
    "place",
    [
        "draft, kept",
        "fence passed",
        "intent committed",
        "sending PUT",
        "sent PUT",
        "before the receipt",
        "receipt committed",
    ],
)
async def test_a_death_around_the_update_leaves_it_made_once(theatre: Theatre, place: str) -> None:
    """Between the update and its receipt the ticket is all that knows."""
    under(theatre)
    fate, product = _Death(place), theatre.journals
    theatre.journals = lambda run: Dying(product(run), fate, lambda _: None)
    theatre.wire.before = lambda request: fate.at(f"sending {request.method}")
    theatre.wire.after = lambda request, _: fate.at(f"sent {request.method}")

    ticket = await sort(theatre)

    assert [] == fate.left
    assert SET == fields(theatre, ticket)
    assert 1 == puts(theatre)
    assert [(State.DONE, "triage")] == ends(theatre)
