"""From a seed document to a desk."""

# ruff: noqa: S311 - seeds, not secrets

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tools.freshdesk.sandbox import loader
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk


def test_ages_count_back_from_the_clock(desk: Desk, clock: VirtualClock) -> None:
    """A seeded desk is as old as its document says, whenever it is loaded."""
    ticket = desk.tickets[1]

    assert clock.now() - timedelta(days=3, hours=4) == ticket.created_at
    assert clock.now() - timedelta(days=1) == ticket.updated_at
    assert [] == desk.log


def test_people_find_their_company_and_group(desk: Desk) -> None:
    """Names in the document become ids on the desk."""
    assert 73000000301 == desk.contacts[73000000401].company_id
    assert [73000000103] == desk.groups[73000000202].agent_ids
    assert 73000000201 == desk.tickets[1].group_id
    assert desk.agents[desk.responder_id].responder


def test_new_ids_come_after_the_given_ones(desk: Desk) -> None:
    """No id is ever given twice, whatever the document numbered."""
    assert 4 < desk.fresh("ticket") < desk.fresh("ticket")
    taken = {*desk.contacts, *desk.agents, *desk.conversations, *desk.articles}
    assert desk.fresh("contact") not in taken


def test_practice_tickets_are_listed(document: dict[str, Any]) -> None:
    """The demo draws its customer from these."""
    assert [
        loader.Practice(
            "My kettle leaks",
            "<p>It leaks since Monday.</p>",
            "cleo@fern.example",
            "Cleo Stone",
            "en",
            "answerable",
        )
    ] == loader.practice(document)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ticketz": []}, "unknown keys in the seed: ticketz"),
        ({"groups": [{"name": "G", "agents": ["no@one.example"]}]}, "no agent"),
        ({"contacts": [{"name": "C", "email": "c@c.co", "company": "None"}]}, "no company"),
        (
            {"tickets": [{"subject": "x", "description": "x", "from": "a@b.co", "age": "a week"}]},
            "an age is written like",
        ),
        (
            {
                "tickets": [
                    {
                        "subject": "x",
                        "description": "x",
                        "from": "a@b.co",
                        "conversations": [{"kind": "shout", "body": "x"}],
                    }
                ]
            },
            "unknown kind 'shout'",
        ),
    ],
)
def test_a_seed_that_does_not_hold_together_is_refused(
    document: dict[str, Any], clock: VirtualClock, change: dict[str, Any], words: str
) -> None:
    """A misspelt seed must not become a smaller desk."""
    with pytest.raises(loader.BadSeed, match=words):
        loader.load({**document, **change}, clock=clock, rng=Random(1))


def test_an_empty_seed_is_a_desk_with_one_agent(clock: VirtualClock) -> None:
    """`--seed none` is a fresh account."""
    desk = loader.load({}, clock=clock, rng=Random(1))

    assert ["Deskhand"] == [it.name for it in desk.agents.values()]


def test_the_packaged_company_loads(clock: VirtualClock) -> None:
    """The demo's own desk is whole: threads, articles, and people to practise on."""
    desk = loader.demo(clock=clock, rng=Random(1))

    assert len(desk.tickets) >= 50
    assert len(desk.articles) >= 30
    assert desk.agents[desk.responder_id].responder
    assert {"answerable", "hard", "unanswerable"} == {
        it.kind for it in loader.practice(loader.demo_document())
    }
