"""R10: another auto-responder writes whatever we do; we fall silent within the caps.

A sample of `python -m tests.chaos.robots`, which plays ten thousand rounds of each kind.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from agent.journal import Journal
from agent.model import Alike, Earlier, Intent
from server.store.inbox import State
from tests.chaos import crowd
from tests.chaos.crowd import Crowd
from tests.chaos.props import NAMES, Props
from tests.chaos.robots import ADDRESS, HOUR, PER_DAY, PER_HOUR, ROBOTS, Robot, face
from tests.chaos.theatre import auto
from tests.server.front_door import quiet
from tools.model import AccountId, PersonId, TicketId

ROUNDS = 20
AT_ONCE = 16


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)
async def test_two_responders_end_within_the_caps(props: Props, robot: Robot) -> None:
    """Two machines that answer each other fill both inboxes before anybody is awake."""
    with quiet():
        found = await face(props, robot, ROUNDS)

    assert found.at_most[0] <= PER_HOUR
    assert found.at_most[1] <= robot.a_day
    assert [] == found.silent
    if not robot.marked:
        assert found.replies >= PER_HOUR, "it must be taken for a person, and answered at first"


class Forgetful:
    """A journal that counts no replies: the mutant without caps."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def earlier(
        self,
        account: AccountId,
        ticket_id: TicketId,
        requester: PersonId | None,
        *,
        alike: Alike,
        now: datetime,
    ) -> Earlier:
        """Count nothing."""
        del account, ticket_id, requester, alike, now
        return Earlier()


@pytest.mark.parametrize("fresh", [False, True], ids=["one ticket", "a new ticket each"])
async def test_without_the_caps_they_go_on_for_ever(props: Props, *, fresh: bool) -> None:
    """The robots must be such that nothing else stops us."""
    robot = Robot(fresh=fresh, marked=False)
    with quiet():
        found = await face(
            props, robot, ROUNDS // 2, journals=lambda j: cast("Journal", Forgetful(j))
        )

    assert found.replies > PER_DAY
    assert found.at_most[1] > PER_DAY


class Dawdling:
    """A journal slow to commit, so that sixteen runs have counted before any of them replied.

    Attributes:
        commits: what an intent is committed with; the mutant's knows nothing of what was counted.
    """

    def __init__(self, inner: Journal, commits: Journal) -> None:
        self._inner, self._commits = inner, commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def intend(self, intent: Intent) -> None:
        """Commit an intent, later."""
        await asyncio.sleep(0.5)
        await self._commits.intend(intent)


def _burst(props: Props, *, second_look: bool) -> int:
    """Let it open sixteen tickets in one moment; return the public replies it reads that day."""

    async def play() -> int:
        policy = replace(auto(), replies_per_hour=PER_HOUR, replies_per_day=PER_DAY)
        on = Crowd(props, props.shelf(NAMES[0]), policy)

        def journal(run: str) -> Journal:
            inner = on.journal(run)
            slow = Dawdling(inner, inner if second_look else on.journal(run))
            return cast("Journal", slow)

        on.journals = journal
        for _ in range(AT_ONCE):
            await on.hook(on.company, on.company.house.write(email=ADDRESS))
        await on.work(seconds=HOUR)
        assert {State.DONE} == {one.state for one in on.deliveries()}
        log = on.company.house.desk.log
        return len([one for one in log if one.via == "api" and one.kind == "reply"])

    with quiet():
        return crowd.run(play)


def test_tickets_answered_at_one_moment_share_the_cap(props: Props) -> None:
    """A machine opens its tickets faster than a run takes; counting before them all is no cap."""
    assert PER_DAY == _burst(props, second_look=True)


def test_without_a_second_look_at_the_count_the_cap_is_passed(props: Props) -> None:
    """The burst must be one that only the look in the commit itself can hold."""
    assert _burst(props, second_look=False) > PER_DAY
