"""D1: kill -9 at random while clients post webhooks; drain; then look for every one of them."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.clients import Clients, Kept, judge
from tests.chaos.stage import Stage
from tests.e2e.processes import until

SLOW = {"match": "* /tickets*", "fault": "latency", "times": 1_000_000, "seconds": 0.1}
"""The helpdesk takes as long as a real one, so that a kill finds runs at every step."""
AT_THE_DOOR = 10
"""Every so many kills one comes as soon as the first webhook is acknowledged, while most of the
process is still loading."""
AIMED = 3
"""Every so many kills one waits until a run stands at the step that was killed least so far: the
last step takes so few milliseconds that chance alone may spare it sixty times."""
AIMS_FOR = 3.0
"""Seconds it waits at most."""
STEPS = ("reading", "drafting", "deciding", "posting", "settling")
DRAINED = 300.0
EACH = 0.2
"""Seconds after the last kill by which all work must have ended, and those for each delivery that
is open then: clients post faster than a process that is killed all the time can work."""


@dataclass
class Outcome:
    """What came of it all.

    Attributes:
        inside: kills that found work under way.
        at_step: at which step of a run how many runs were killed.
        recovery: seconds from each restart to the first 202.
        drained: seconds from the last restart until all had ended.
    """

    kills: int = 0
    at_the_door: int = 0
    inside: int = 0
    at_step: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STEPS, 0))
    recovery: list[float] = field(default_factory=list[float])
    drained: float = 0.0
    kept: Kept = field(default_factory=Kept)


def kill_at_random(
    on: Stage,
    *,
    kills: int,
    chance: random.Random,
    at_the_door: int = AT_THE_DOOR,
    mutant: str = "",
    tell: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Kill so many times under load, let the last life finish, and count.

    Args:
        on: the stage.
        kills: how many.
        chance: draws the moments.
        at_the_door: every so many kills one that comes with the first acknowledgement.
        mutant: a protection to take away.
        tell: called with each kill's number.
    """
    outcome = Outcome()
    serve = on.dying(at="never", mutant=mutant) if mutant else on.world.serve
    on.world.control("faults", SLOW)
    serve.start()
    on.world.ready()
    clients = Clients(on)
    clients.start()
    try:
        for number in range(1, kills + 1):
            if number % at_the_door:
                _let_work(on, chance, deep=number % 3 > 0)
                if number % AIMED == 0:
                    _aim(on, min(STEPS, key=lambda step: outcome.at_step[step]))
            serve.kill()
            _count(on, outcome, at_the_door=number % at_the_door == 0)
            began = time.monotonic()
            serve.start()
            outcome.recovery.append(clients.first_after(began) - began)
            tell(number)
    finally:
        clients.stop()
    on.world.client.delete(f"{on.world.helpdesk}/sandbox/faults")
    began = time.monotonic()
    if not mutant:
        within = DRAINED + EACH * on.open()
        until(lambda: on.open() == 0, what="all work ended", within=within)
    outcome.drained = time.monotonic() - began
    serve.kill()
    outcome.kept = judge(on, clients.posted)
    return outcome


def _let_work(on: Stage, chance: random.Random, *, deep: bool) -> None:
    """Wait a random while, two times in three until after a reply of this life has landed."""
    on.world.ready()
    if deep:
        before = _posted(on)
        until(lambda: _posted(on) > before, what="a reply landed")
    time.sleep(chance.uniform(0.1, 1.2))


def _aim(on: Stage, step: str) -> None:
    """Wait until a run stands at this step, or for a few seconds."""
    until_then = time.monotonic() + AIMS_FOR
    while not standing(on)[step] and time.monotonic() < until_then:
        pass


def _posted(on: Stage) -> int:
    return int(on.ask("SELECT count(*) FROM posts WHERE landing IS NOT NULL")[0][0])


def _count(on: Stage, outcome: Outcome, *, at_the_door: bool) -> None:
    found = standing(on)
    outcome.kills += 1
    outcome.at_the_door += at_the_door
    outcome.inside += bool(found)
    for step, runs in found.items():
        outcome.at_step[step] += runs


def standing(on: Stage) -> Counter[str]:
    """Return how many unfinished runs stand at which step, by what they left in the database."""
    steps: dict[str, set[str]] = {}
    for work, step in on.ask(
        "SELECT o.workflow_uuid, o.function_name FROM {schema}operation_outputs o "
        "JOIN {schema}workflow_status w ON w.workflow_uuid = o.workflow_uuid "
        "WHERE w.status = 'PENDING'"
    ):
        steps.setdefault(str(work), set()).add(str(step))
    posts = {str(t): landing for t, landing in on.ask("SELECT ticket_id, landing FROM posts")}
    found: Counter[str] = Counter()
    for number, attempt, ticket in on.ask(
        "SELECT id, attempt, ticket_id FROM deliveries WHERE state = 'running'"
    ):
        done = steps.get(f"delivery-{number}-{attempt}", set())
        found[_step(done, posts, str(ticket))] += 1
    return found


def _step(done: set[str], posts: dict[str, Any], ticket: str) -> str:
    if "draft" in done:
        if ticket not in posts:
            return "deciding"
        return "posting" if posts[ticket] is None else "settling"
    return "drafting" if "read" in done else "reading"
