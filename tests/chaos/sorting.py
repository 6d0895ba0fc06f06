"""What tests of triage share: a policy that sets fields, and looks at what was set."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.model import Slot
from agent.policy.terms import Mode, Policy, Topic, Triaging
from server.store import runs
from server.store.inbox import State
from tests.chaos.theatre import ACCOUNT, ASKED, Theatre
from tools.freshdesk.sandbox import people
from tools.message import Request

RETURNS = Topic(
    "returns",
    words=("return",),
    sets={Slot.TYPE: ("Refund",), Slot.GROUP: ("Returns & Refunds",), Slot.TAGS: ("return",)},
)
POLICY = Policy(
    Mode.TRIAGE,
    version="triage",
    topics=(RETURNS,),
    triage=Triaging(tuple(Slot), priorities=("Low", "Medium", "High"), tags=("gift",)),
)
GROUP = 73000032002
SET = ("Refund", 1, GROUP, ["return", "lang-en"])
UNSET: tuple[object, ...] = (None, 1, None, [])


def under(theatre: Theatre, policy: Policy = POLICY, **changes: Any) -> None:
    """Put our account under a policy."""
    responder = replace(theatre.responder, policy=policy, **changes)
    theatre.account = replace(theatre.account, responder=responder)


async def sort(theatre: Theatre, body: str = ASKED[0]) -> int:
    """Let a customer write, and do all that comes of it; return the ticket."""
    ticket = theatre.write(body)
    theatre.deliver(ticket)
    await theatre.work()
    return ticket


def fields(theatre: Theatre, ticket: int) -> tuple[object, ...]:
    """Return what a ticket shows: type, priority, group and tags."""
    found = theatre.desk.tickets[ticket]
    return found.type, found.priority, found.group_id, found.tags


def puts(theatre: Theatre) -> int:
    """Return how often we sent an update."""
    return sum(call[1] == "PUT" for call in theatre.wire.calls)


def run_of(theatre: Theatre, ticket: int) -> runs.Run:
    """Return the newest run of a ticket."""
    return theatre.store.read_now(lambda c: runs.of_ticket(c, ACCOUNT, str(ticket)))[0]


def ends(theatre: Theatre) -> list[tuple[State, str]]:
    """Return how the deliveries ended."""
    return [(one.state, one.reason) for one in theatre.deliveries()]


def once(theatre: Theatre, act: Callable[[int], None], *, nth: int = 2) -> None:
    """Do something just before the ticket is looked at for the nth time."""
    looks = 0

    def before(request: Request) -> None:
        nonlocal looks
        number = request.path.rpartition("/tickets/")[2]
        if request.method == "GET" and number.isdecimal():
            looks += 1
            if looks == nth:
                act(int(number))

    theatre.wire.before = before


def change(theatre: Theatre, number: int, changes: dict[str, object]) -> None:
    """Change a ticket as a person does."""
    people.update(theatre.desk, theatre.desk.tickets[number], changes)
