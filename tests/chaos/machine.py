"""S2: whatever is done in whatever order, our service does what a small model of it does.

Hypothesis chooses what happens next: customers write, webhooks come, also twice, work is done, its
waits run out, people answer, approve, edit, pause and drop, calls are cut, and the process dies
at any boundary. After each of these every invariant is judged, and the model asked.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from agent.model import Approval
from server import approvals
from server.attention import CUT_OFF, release
from server.store import audit, inbox, runs, switches
from server.store.audit import Kind
from server.store.inbox import OPEN, State
from tests.chaos.door import body_of
from tests.chaos.dying import PLACES
from tests.chaos.model import Talk
from tests.chaos.scene import MOST, Scene
from tests.chaos.script import FAULTS
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.faults import Planned

OWN_WORDS = "You have thirty days, as agreed on the phone, number {n}."
talks = st.integers(0, MOST - 1)


class Machine(Scene):
    """What may happen, and what must hold after it."""

    @initialize(lag=st.sampled_from((0.0, 3.0)), quiet=st.sampled_from((0.0, 20.0)))
    def begin(self, lag: float, quiet: float) -> None:
        """Furnish the companies."""
        self.furnish(lag, quiet)

    # what customers and the helpdesk do -------------------------------------

    @precondition(lambda self: len(self.talks) < MOST)
    @rule(company=st.integers(0, 1), sender=st.integers(1, 2), knock=st.booleans())
    def write(self, company: int, sender: int, *, knock: bool) -> None:
        """A customer opens a ticket; the webhook comes at once, or not yet."""
        house = self.on.houses[company]
        number = house.write(self._words(), email=f"kim{sender}@{house.id}.example")
        talk = Talk(house, number)
        self.talks.append(talk)
        talk.word(f"{house.id}|{number}|#description", killed=self._is_killed(talk))
        if knock:
            self._do(self.door.knock(house, body_of(house, number)))

    @precondition(lambda self: self.talks)
    @rule(which=talks)
    def reply(self, which: int) -> None:
        """A customer writes again."""
        talk = self._talk(which)
        ticket = talk.house.desk.tickets[talk.number]
        said = people.customer_reply(talk.house.desk, ticket, self._words())
        talk.word(f"{talk.house.id}|{talk.number}|{said.id}", killed=self._is_killed(talk))

    @precondition(lambda self: self.talks)
    @rule(which=talks, times=st.integers(1, 2))
    def knock(self, which: int, times: int) -> None:
        """A webhook comes, perhaps twice."""
        talk = self._talk(which)
        for _ in range(times):
            self._do(self.door.knock(talk.house, body_of(talk.house, talk.number)))

    @precondition(lambda self: self.talks)
    @rule(which=talks, fault=st.sampled_from(FAULTS))
    def cut(self, which: int, fault: Any) -> None:
        """One of our next writes on a ticket goes wrong."""
        talk = self._talk(which)
        plan = Planned(f"POST /tickets/{talk.number}/*", fault, seconds=20.0, retry_after=7)
        talk.house.app.faults.planned.append(plan)
        talk.cut(self._public(talk))

    # what we do ---------------------------------------------------------------

    @precondition(lambda self: self.due is not None)
    @rule()
    def work(self) -> None:
        """The next piece of work is done, if one is due."""
        self._do(self._next())

    @rule(seconds=st.sampled_from((10.0, 60.0, 300.0)))
    def expire(self, seconds: float) -> None:
        """Time goes by: quiet periods, verify deadlines and holds run out."""
        self._do(self.on.live(seconds))
        self.on.clock.advance(seconds / 2)

    @precondition(lambda self: self.due is not None)
    @rule(after=st.integers(0, 30))
    def crash(self, after: int) -> None:
        """The process dies in the next piece of work, at any boundary."""
        self.doom.after = after
        self._do(self._next())
        self.doom.after = None

    @precondition(lambda self: self.due is not None)
    @rule(place=st.sampled_from(PLACES))
    def crash_at(self, place: str) -> None:
        """It dies at a certain one, such as after the intent."""
        self.doom.place = place
        self._do(self._next())
        self.doom.place = None

    @rule(sweeps=st.booleans())
    def attend(self, *, sweeps: bool) -> None:
        """The loops look round."""
        self._do(self._tend(CUT_OFF, sweeps=sweeps))

    # what people do -----------------------------------------------------------

    @precondition(lambda self: self.talks)
    @rule(which=talks, act=st.sampled_from(("answer", "assign", "close", "spam", "note")))
    def person(self, which: int, act: str) -> None:
        """Somebody at the desk does something about a ticket."""
        talk = self._talk(which)
        desk, so_far = talk.house.desk, self._public(talk)
        ticket = desk.tickets[talk.number]
        match act:
            case "answer":
                people.agent_reply(desk, ticket, "<p>I will see to it.</p>")
            case "assign":
                people.update(desk, ticket, {"responder_id": desk.human().id})
            case "close":
                people.update(desk, ticket, {"status": 5})
            case "spam":
                people.update(desk, ticket, {"spam": True})
            case _:
                people.agent_note(desk, ticket, "<p>Somebody look at this.</p>")
        talk.person(so_far, joins=act != "close")

    @rule(company=st.integers(0, 1), level=st.sampled_from((switches.ALL, switches.PUBLIC)))
    def stop(self, company: int, level: str) -> None:
        """Somebody pauses an account, or only what it says in public."""
        house, now = self.on.houses[company], self._now()
        self.on.store.write_now(lambda c: switches.stop(c, house.id, level, reason="r", now=now))
        for talk in self.talks:
            if talk.house is house and level == switches.PUBLIC:
                talk.loosen(self._public(talk))

    @rule(company=st.integers(0, 1))
    def resume(self, company: int) -> None:
        """Somebody lets an account go on."""
        self._free(self.on.houses[company])

    @precondition(lambda self: any(talk.proposes for talk in self.talks))
    @rule(which=talks, edited=st.booleans())
    def approve(self, which: int, *, edited: bool) -> None:
        """Somebody has the proposal for the newest word sent, perhaps in other words."""
        proposed = [talk for talk in self.talks if talk.proposes]
        talk = proposed[which % len(proposed)]
        kept = self.on.store.read_now(lambda c: runs.of_turn(c, talk.turn))
        if kept is None:
            return
        self.said += 1
        asked = Approval(kept.id, "somebody", OWN_WORDS.format(n=self.said) if edited else "")
        now = self._now()
        try:
            self.on.store.write_now(
                lambda c: approvals.take(c, self.on.product_engine, asked, now=now)
            )
        except approvals.Refused:
            return
        talk.approved(asked.text)

    @rule(which=st.integers(0, 30), drop=st.booleans())
    def by_hand(self, which: int, *, drop: bool) -> None:
        """Somebody retries a delivery that has ended, or drops one that has not."""
        known = [
            one
            for one in self.on.deliveries()
            if one.ticket_id and (one.state in OPEN) == drop and one.event != "approval"
        ]
        if not known:
            return
        one, now = known[which % len(known)], self._now()
        self.judge.by_hand.add(one.id)

        def act(connection: Any) -> None:
            if drop:
                reason = "dropped by hand"
                inbox.settle(
                    connection, one.id, State.SKIPPED, reason=reason, run_id=one.run_id, now=now
                )
            else:
                release(connection, self.on.product_engine, one, now=now)
            kind = Kind.DROPPED if drop else Kind.RETRIED
            audit.add(connection, kind, one.account, f"delivery {one.id}")

        self.on.store.write_now(act)
        for talk in self.talks:
            if drop and (talk.house.id, str(talk.number)) == (one.account, one.ticket_id):
                talk.drop(self._public(talk))

    # what must hold -----------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        """Judge everything, and ask the model."""
        if hasattr(self, "on"):
            self._check(ended=False)

    def teardown(self) -> None:
        """Let nothing go wrong any more, and all come to its end; then judge once more."""
        if not hasattr(self, "on"):
            return
        try:
            if not self.judge.wrong:
                self._do(self._drain())
                ends = [(one.house, one.number) for one in self.talks if not one.dropped]
                self.judge.end(self.on.deliveries(), ends)
                self._check(ended=True)
        finally:
            type(self).kills += self.doom.kills
            self.judge.close()
            self._do(self.on.close())

    def _check(self, *, ended: bool) -> None:
        for talk in self.talks:
            for fault in talk.faults(self.judge.watches[talk.house.id].public, ended=ended):
                self.judge.say(fault)
        if self.judge.wrong:
            raise AssertionError("; ".join(self.judge.wrong))
