"""What people do at a helpdesk, and with us, while we are busy."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from server.store import switches
from server.store.db import Database
from tests.chaos.house import House
from tools.clock import Clock
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.records import Ticket

LIKELY: Mapping[str, int] = {
    "customer": 4,
    "agent": 3,
    "note": 1,
    "reassign": 1,
    "close": 1,
    "merge": 1,
    "spam": 1,
    "delete": 1,
    "pause": 2,
    "kill": 2,
    "resume": 4,
    "sort": 0,
}
"""What somebody does, and how often beside the rest."""
SORTED = 12
"""How often somebody sorts a ticket where we do so, too."""
ENDS = {"spam": {"spam": True}, "delete": {"deleted": True}, "close": {"status": 5}}


@dataclass(frozen=True)
class Acts:
    """People, who act by chance.

    Attributes:
        words: what a customer says.
        own: our clock, by which switches are dated.
        only: what they may do; empty: anything.
        alone: no other play shares the service, so that it may be stopped for everybody.
        sorts: they fill in the same fields as we do.
    """

    chance: random.Random
    database: Database
    own: Clock
    words: Callable[[], str]
    only: tuple[str, ...] = ()
    alone: bool = True
    sorts: bool = False

    def act(self, house: House, ticket: Ticket, *, tickets: list[int]) -> str:
        """Do something about a ticket, and return what.

        Args:
            house: whose ticket.
            ticket: which.
            tickets: of the same company, to merge with.
        """
        known = self.only or tuple(LIKELY)
        often = {**LIKELY, "sort": SORTED if self.sorts else 0}
        act = self.chance.choices(known, [often[one] for one in known])[0]
        desk = house.desk
        match act:
            case "customer":
                people.customer_reply(desk, ticket, self.words())
            case "agent":
                people.agent_reply(desk, ticket, "<p>I will see to it.</p>")
            case "note":
                people.agent_note(desk, ticket, "<p>Somebody look at this.</p>")
            case "reassign":
                people.update(desk, ticket, {"responder_id": desk.human().id})
            case "sort":
                people.update(desk, ticket, self._sorted(ticket))
            case "merge":
                other = next((n for n in tickets if n != ticket.id), None)
                if other is not None:
                    people.update(desk, ticket, {"merged_into": other})
            case "resume":
                self.resume(house)
            case "pause" | "kill":
                self._stop(house, switches.ALL if act == "pause" else switches.PUBLIC)
            case _:
                people.update(desk, ticket, dict(cast("Mapping[str, object]", ENDS[act])))
        return act

    def resume(self, *houses: House) -> None:
        """Lift every stop of these companies, and what is stopped everywhere."""
        freed = {switches.EVERYBODY, *(house.id for house in houses)}
        for whose in sorted(freed):
            for level in (switches.ALL, switches.PUBLIC):
                self.database.write_now(partial(switches.release, account=whose, level=level))

    def _sorted(self, ticket: Ticket) -> dict[str, object]:
        """Return what a person fills in."""
        found: tuple[dict[str, object], ...] = (
            {"type": "Problem"},
            {"priority": 3},
            {"group_id": 73000032001},
            {"tags": [*ticket.tags, "vip"]},
        )
        return self.chance.choice(found)

    def _stop(self, house: House, level: str) -> None:
        known = (switches.EVERYBODY, house.id) if self.alone else (house.id,)
        whose = self.chance.choice(known)
        now = self.own.now().timestamp()
        self.database.write_now(
            lambda c: switches.stop(c, whose, level, reason="somebody stopped it", now=now)
        )
