"""What must hold in a play: told of everything that happens, it says which invariant broke.

I3 to I6 and I8 are judged on the wire of each company (`watch`), I7 at every statement
(`tenancy`); here are those that our own tables tell: I1, I2, I9 and I10.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.model import Intent, RunLimits, approved
from server.engine import Engine, Work
from server.store import audit, inbox, runs
from server.store.db import Connection, Database
from server.store.inbox import OPEN, Delivery, State
from tests.chaos.house import House
from tests.chaos.tenancy import Tenancy, strangers
from tests.chaos.thinking import CALL
from tests.chaos.watch import Watch
from tools.model import AccountId

_GOES_ON = {"posting", "waiting", "parked"}
_BY_HAND = {(State.HELD, State.DONE)}
"""Ends that a person may change: what was held is done once they approved it."""


@dataclass(frozen=True)
class Knock:
    """A webhook that we acknowledged."""

    account: str
    ticket: str | None
    body: bytes


class Judge:
    """Judges one play.

    Attributes:
        wrong: what broke, in words, each beginning with the invariant's name.
        watches: one a company, by account.
        by_hand: deliveries that somebody retried or dropped, so that their end may change.
    """

    def __init__(
        self,
        houses: Sequence[House],
        database: Database,
        engine: Callable[[], Engine],
        *,
        slack: float = 0.0,
        paced: bool = True,
    ) -> None:
        self.wrong: list[str] = []
        self._database, self._engine = database, engine
        names = [house.id for house in houses]
        self.watches = {
            house.id: Watch(
                house,
                database,
                [name for name in names if name != house.id],
                self.say,
                slack=slack,
                paced=paced,
            )
            for house in houses
        }
        self._tenancy = Tenancy(database, names, self.say)
        self._acknowledged: dict[int, Knock] = {}
        self._ended: dict[int, Delivery] = {}
        self.by_hand: set[int] = set()
        self._bills: dict[tuple[str, str], Decimal] = {}

    def close(self) -> None:
        """Judge no longer."""
        self._tenancy.close()

    def say(self, text: str) -> None:
        """Note what broke, once."""
        if text not in self.wrong:
            self.wrong.append(text)

    def intended(self, intent: Intent) -> None:
        """Hear of an intent, before it is committed."""
        self.watches[intent.account].intended[intent.ticket_id] = intent

    def acknowledged(self, number: int, knock: Knock) -> None:
        """Hear of a 202."""
        self._acknowledged[number] = knock
        self._tenancy.numbers[number] = knock.account

    def charged(self, account: str, cost: Decimal, calls: int, limits: RunLimits) -> None:
        """I9: hear of a model's call, as it is charged for.

        Args:
            account: for whom it was made.
            cost: of the call.
            calls: made for this draft so far.
            limits: of the run.
        """
        if calls > limits.model_calls:
            self.say(f"I9: {calls} model calls for a draft that may take {limits.model_calls}")
        house = self.watches[AccountId(account)].house
        bill = (account, f"{house.desk.now():%Y-%m-%d}")
        self._bills[bill] = self._bills.get(bill, Decimal(0)) + cost
        cap = house.responder.policy.spend.per_day
        if cap is not None and self._bills[bill] > cap + CALL:
            self.say(f"I9: {account} was charged {self._bills[bill]} in a day; it may spend {cap}")

    def look(self, deliveries: Iterable[Delivery]) -> None:
        """Judge where every delivery stands, between two pieces of work."""
        found = {one.id: one for one in deliveries}
        self._tenancy.numbers.update({number: one.account for number, one in found.items()})
        for number, knock in self._acknowledged.items():
            kept = found.get(number)
            if kept is None or (kept.account, kept.ticket_id) != (knock.account, knock.ticket):
                self.say(f"I1: delivery {number} was acknowledged and is not there")
        waiting = [one for one in found.values() if one.state in OPEN]
        works = {_work(one): one for one in waiting if one.state is not State.PARKED}
        for work in self._engine().over(list(works)):
            one = works[work]
            self.say(f"I2: delivery {one.id} is {one.state.value}, and nothing will bring it back")
        for one in found.values():
            self._check_end(one)

    def _check_end(self, one: Delivery) -> None:
        before = self._ended.get(one.id)
        changed = before is not None and before.state is not one.state
        by_hand = before is None or (before.state, one.state) in _BY_HAND
        if before is not None and changed and not by_hand and one.id not in self.by_hand:
            told = f"{before.state.value} and became {one.state.value}"
            self.say(f"I2: delivery {one.id} had ended as {told}")
        if one.state in OPEN:
            return
        self._ended[one.id] = one
        if not one.reason or one.settled_at is None:
            self.say(f"I2: delivery {one.id} ended as {one.state.value} without a reason")
        if one.state is State.DEAD and "fault of ours" in one.reason:
            self.say(f"I2: delivery {one.id} is dead: {one.reason}")

    def end(self, deliveries: Iterable[Delivery], tickets: Iterable[tuple[House, int]]) -> None:
        """Judge what a play came to, once nothing goes wrong any more and all had time to end."""
        for watch in self.watches.values():
            watch.house.app.catch_up()
            watch.hear()
        for one in deliveries:
            if one.state in OPEN:
                self.say(f"I10: delivery {one.id} still is {one.state.value}: {one.reason}")
            elif self._acknowledged.get(one.id) and self._body(one.id) != self._knock(one.id).body:
                self.say(f"I1: delivery {one.id} is not what was sent")
        for house, ticket in tickets:
            if not self._is_dealt_with(house, ticket):
                self.say(f"I2: the newest word on {ticket} of {house.id} was never looked at")
        self._check_tables()

    def _check_tables(self) -> None:
        for fault in self._database.read_now(audit.verify).faults:
            self.say(f"I8: the audit: {fault}")
        accounts = list(self.watches)
        for text in self._database.read_now(lambda c: strangers(c, accounts)):
            self.say(text)

    def _knock(self, number: int) -> Knock:
        return self._acknowledged[number]

    def _body(self, number: int) -> bytes | None:
        return self._database.read_now(lambda c: inbox.body(c, number))

    def _is_dealt_with(self, house: House, number: int) -> bool:
        """Whether the customer's newest word has a run that ended, or nobody should answer it."""
        ticket = house.desk.tickets[number]
        words = [e for e in house.desk.log if e.ticket_id == number and e.kind == "customer"]
        if ticket.spam or ticket.deleted:
            return True
        turn = str(words[-1].id) if words else "#description"

        key = f"{house.id}|{number}|{turn}"

        def ended(connection: Connection) -> bool:
            found = (runs.of_turn(connection, name) for name in (key, approved(key)))
            return any(one is not None and one.state not in _GOES_ON for one in found)

        return self._database.read_now(ended)


def _work(one: Delivery) -> str:
    return Work(one.id, one.attempt, "").id
