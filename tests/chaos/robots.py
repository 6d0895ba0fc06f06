"""Another helpdesk's auto-responder and us, facing each other for thousands of rounds.

`python -m tests.chaos.robots 10000` plays so many rounds of each kind; `make chaos` does as well.
"""

import asyncio
import random
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.journal import Journal
from tests.chaos.house import Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.report import Row, Tell
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tests.server.front_door import quiet
from tools.freshdesk.sandbox import people

ADDRESS = "service@other.example"
PER_HOUR, PER_DAY, SAME_WORDS = 2, 5, 10
"""The caps as they are unless somebody changes them: a ticket in an hour, a requester in a day,
requesters who write the same words in a day."""
HOUR, DAY = 3600.0, 86_400.0
_GAPS = (2.0, 20.0, 60.0, 300.0, 900.0)
"""Seconds until it writes again."""
_HELLO = ("Hello", "Hi there", "Good day", "Dear colleagues", "Greetings", "Good morning", "Hey")
_SINCE = (
    "we have looked into what you wrote",
    "your last message has reached us",
    "this is about our earlier exchange",
    "one of us has read your answer",
    "we are still on it",
    "we come back to you once more",
)
_ASK = (
    "How do I return an item, and how long do I have?",
    "How long do I have to return an item, and how is it done?",
    "How do I reset my password?",
    "Can you tell me how to reset my password?",
)
_END = ("Kind regards", "All the best", "Yours", "Many greetings", "Until then", "Best wishes")


@dataclass(frozen=True)
class Robot:
    """What we face; it never uses the same words twice.

    Attributes:
        fresh: it opens a ticket of its own with every message.
        marked: its mail says that it is automatic, by the helpdesk's mark or by its subject.
        roams: it writes from another address each time, always the same but for numbers and names.
    """

    fresh: bool
    marked: bool
    roams: bool = False

    @property
    def a_day(self) -> int:
        """The most public replies that it may get in a day."""
        return SAME_WORDS if self.roams else PER_DAY

    @property
    def name(self) -> str:
        """The kind in words."""
        if self.roams:
            return "a new address each"
        where = "a new ticket each" if self.fresh else "one ticket"
        return f"{where}, {'marked' if self.marked else 'not marked'} as automatic"

    def words(self, chance: random.Random, number: int) -> str:
        """Return what it writes: a person could, and we have an answer to it."""
        if self.roams:
            case, name = chance.randrange(10**6), self.calls_itself(number)
            return f"<p>Hello from {name},</p><p>case {case}, part {number}. {_ASK[0]}</p>"
        hello, since = chance.choice(_HELLO), chance.choice(_SINCE)
        return (
            f"<p>{hello} {chance.choice(('', 'again', 'all'))},</p>"
            f"<p>{since} (case {chance.randrange(10**6)}, part {number}). "
            f"{chance.choice(_ASK)}</p><p>{chance.choice(_END)}</p>"
        )

    @staticmethod
    def calls_itself(number: int) -> str:
        """Return the name it bears with one of its addresses."""
        return f"Moon{'abcdefghij'[number % 10]} Kor{'klmnoprst'[number % 9]}"


@dataclass
class Facing:
    """What came of it; `at_most` are the most public replies in any hour and in any day."""

    rounds: int = 0
    replies: int = 0
    at_most: tuple[int, int] = (0, 0)
    silent: list[str] = field(default_factory=list[str])
    """States of deliveries that have no end."""


PROTECTED: Callable[[Journal], Journal] = lambda journal: journal  # noqa: E731 -- a default


async def face(
    props: Props, robot: Robot, rounds: int, *, journals: Callable[[Journal], Journal] = PROTECTED
) -> Facing:
    """Let it write so often, whether it is answered or not, and count our public replies.

    Everything else is allowed to us: the caps alone, and what we make of its mail, can stop it.
    """
    policy = replace(
        auto(), replies_per_hour=PER_HOUR, replies_per_day=PER_DAY, same_words_per_day=SAME_WORDS
    )
    theatre = Theatre(props, 1, Setting(ACCOUNT, props.shelf(NAMES[0]), policy))
    theatre.journals = lambda run: journals(theatre.journal(run))
    chance, ticket = random.Random(9), 0  # noqa: S311 -- the same robot each time
    told: list[tuple[float, int]] = []
    heard = 0
    for number in range(rounds):
        theatre.clock.advance(chance.choice(_GAPS))
        ticket = _write(theatre, robot, robot.words(chance, number), ticket, number)
        theatre.deliver(ticket)
        await theatre.work()
        fresh, heard = theatre.desk.log[heard:], len(theatre.desk.log)
        told += [
            (entry.at.timestamp(), entry.ticket_id)
            for entry in fresh
            if entry.via == "api" and entry.kind == "reply" and entry.ticket_id is not None
        ]
    by_ticket = {name: [at for at, where in told if where == name] for _, name in told}
    hours = [most_within(moments, HOUR) for moments in by_ticket.values()]
    found = Facing(
        rounds,
        len(told),
        (max(hours, default=0), most_within([at for at, _ in told], DAY)),
        [one.state.value for one in theatre.unfinished()],
    )
    await theatre.close()
    return found


def _write(theatre: Theatre, robot: Robot, words: str, ticket: int, number: int) -> int:
    if robot.roams:
        address, name = f"robot{number}@other.example", robot.calls_itself(number)
        message = people.Message("Our message", words, address, name=name)
        return people.write_in(theatre.desk, message).id
    if robot.fresh or not ticket:
        subject = "Automatic reply: your message" if robot.fresh and robot.marked else "Our message"
        message = people.Message(subject=subject, description=words, email=ADDRESS)
        return people.write_in(theatre.desk, message).id
    people.customer_reply(
        theatre.desk, theatre.desk.tickets[ticket], words, auto_response=robot.marked
    )
    return ticket


def most_within(moments: list[float], seconds: float) -> int:
    """Return the most of these moments that lie within so many seconds of each other."""
    most, window = 0, deque[float]()
    for moment in moments:
        window.append(moment)
        while window[0] <= moment - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


ROBOTS = (
    *(Robot(fresh, marked) for fresh in (False, True) for marked in (False, True)),
    Robot(fresh=True, marked=False, roams=True),
)


async def _all(rounds: int, tell: Tell) -> list[tuple[Robot, Facing]]:
    found = list[tuple[Robot, Facing]]()
    with tempfile.TemporaryDirectory() as folder:
        props = Props(Path(folder))
        await props.stock()
        for number, robot in enumerate(ROBOTS):
            found.append((robot, await face(props, robot, rounds)))
            tell((number + 1) / len(ROBOTS), f"{rounds} rounds, {robot.name}")
        props.close()
    return found


def row(rounds: int, tell: Tell) -> Row:
    """R10: face each kind of robot for so many rounds."""
    with quiet():
        found = asyncio.run(_all(rounds, tell))
    made = Row("R10", "virtual", sum(one.rounds for _, one in found), 0, 0, 0, 0, [])
    for robot, one in found:
        hour, day = one.at_most
        made.more[robot.name] = {"replies": one.replies, "in an hour": hour, "in a day": day}
        made.bar(hour <= PER_HOUR, f"{robot.name}: {hour} replies in an hour on a ticket")
        made.bar(day <= robot.a_day, f"{robot.name}: {day} replies in a day")
        made.bar(one.replies > 0, f"{robot.name}: never answered, so this shows nothing")
        made.bar(not one.silent, f"{robot.name}: deliveries without an end: {one.silent}")
    return made


def main() -> int:
    """Play, and print what came of it; 1 where a cap was exceeded."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    made = row(rounds, lambda _, text: _say(text))
    for name, counted in made.more.items():
        _say(f"{name}: {counted}")
    for missed in made.missed:
        _say(missed)
    return 0 if made.passed else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
