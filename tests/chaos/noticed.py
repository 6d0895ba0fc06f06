"""Each protection taken away once, on real processes: the counting must notice."""

import random
from collections.abc import Callable
from pathlib import Path

from server.engine import CONTRACT
from tests.chaos.kills import kill_at_random
from tests.chaos.redeploys import LOOKS, OLD, Redeploy, redeploy
from tests.chaos.stage import stage
from tests.chaos.steps import kill_at

LAG = 5.0
"""Seconds until the helpdesk shows a conversation: longer than a restart takes."""
BEYOND_A_LEASE = 25.0
"""Seconds after which a dead executor's work has been handed back, or never will."""
MANY = {"DESKHAND_VERIFY_SECONDS": "1,3,6,8", "DESKHAND_QUIET_SECONDS": "0.5"}
NOW = {"DESKHAND_QUIET_SECONDS": "0", "DESKHAND_VERIFY_SECONDS": LOOKS}


def _double(mutant: str) -> Callable[[Path, str | None], int]:
    def count(home: Path, url: str | None) -> int:
        with stage(home, url=url, **MANY) as on:
            on.world.control("lag", {"seconds": LAG})
            return kill_at(on, "sent", ("none", "latency"), mutant=mutant).doubled

    return count


def _unstored(home: Path, url: str | None) -> int:
    with stage(home, url=url, **NOW) as on:
        chance = random.Random(1)  # noqa: S311 -- repeatable
        found = kill_at_random(on, kills=3, chance=chance, at_the_door=1, mutant="ack-first")
        return len([one for one in found.kept.wrong if "not stored" in one])


def _stranded(way: Redeploy, mutant: str, patience: float) -> Callable[[Path, str | None], int]:
    def count(home: Path, url: str | None) -> int:
        with stage(home, url=url, **NOW) as on:
            return redeploy(on, way, mutant=mutant, patience=patience).lost

    return count


WITHOUT: dict[str, Callable[[Path, str | None], int]] = {
    "no-intent": _double("no-intent"),
    "no-verify": _double("no-verify"),
    "ack-first": _unstored,
    "no-handover": _stranded(Redeploy(OLD, moved=False, killed=True), "no-handover", 8.0),
    "no-sweep": _stranded(Redeploy(CONTRACT, moved=True, killed=True), "no-sweep", BEYOND_A_LEASE),
}
"""What takes each away, and returns how much of what it should protect was lost or doubled."""
ON_POSTGRES = frozenset({"no-sweep"})
"""There is nobody to sweep where one process holds the file."""


def names(database: str) -> list[str]:
    """Return the protections that are taken away on a database."""
    return [name for name in WITHOUT if database != "sqlite" or name not in ON_POSTGRES]
