"""R5 for whole runs: one answer of the helpdesk is garbage, wherever it comes in the run."""

import random
from collections import Counter
from typing import Any, cast

from server.store.inbox import State
from tests.chaos.theatre import Theatre
from tests.server import garbage
from tests.server.front_door import quiet
from tools.errors import HelpdeskError
from tools.http import Wire
from tools.message import Answer, Request
from tools.model import Thread, TicketId
from tools.provider import Helpdesk, Lane

RUNS = 60
CALLS = 9
"""A run makes about so many; one of them is answered with garbage."""


class Spoiling:
    """A wire one of whose answers is spoilt; implements `Sender`."""

    def __init__(self, inner: Wire, chance: random.Random) -> None:
        self._inner, self._chance = inner, chance
        self._left = 0
        self.spoilt: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def strike(self) -> None:
        """Let one of the next calls be answered with garbage."""
        self._left = self._chance.randint(1, CALLS)

    async def send(self, request: Request) -> Answer:
        """Send it once."""
        answer = await self._inner.send(request)
        self._left -= 1
        if self._left != 0:
            return answer
        kind = self._chance.choice(garbage.LIGHT)
        self.spoilt[request.method] += 1
        return Answer(answer.status, answer.headers, kind(self._chance, answer.body))


async def _play(theatre: Theatre, runs: int) -> Spoiling:
    wire = Spoiling(theatre.wire.wire, random.Random(2))  # noqa: S311 -- the same each time
    theatre.wire.wire = cast("Wire", wire)
    with quiet():
        for number in range(runs):
            theatre.restart()
            wire.strike()
            theatre.deliver(theatre.write(email=f"kim{number}@example.com"))
            await theatre.work()
    return wire


async def test_one_garbage_answer_costs_no_ticket_its_answer(theatre: Theatre) -> None:
    """What a proxy garbles once is asked for again; a write behind it is looked for, not sent."""
    wire = await _play(theatre, RUNS)

    ends = {(one.state, one.reason) for one in theatre.deliveries()}
    tickets = [int(one.ticket_id or 0) for one in theatre.deliveries()]
    assert not [reason for _, reason in ends if "ours" in reason]
    assert {State.DONE} == {state for state, _ in ends}
    assert all(1 == len(theatre.said(t) + theatre.said(t, "note")) for t in tickets)
    assert sum(len(theatre.said(t)) for t in tickets) > RUNS / 2
    assert wire.spoilt["GET"] > RUNS / 2
    assert wire.spoilt["POST"] > 0


class Trusting:
    """A helpdesk that hands a garbled thread on as it came."""

    def __init__(self, inner: Helpdesk) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the conversations, or whatever came in their place."""
        try:
            return await self._inner.thread(ticket_id, most_calls=most_calls)
        except HelpdeskError:
            return Thread(cast("tuple[Any, ...]", ({},)))


async def test_a_client_that_passes_garbage_on_is_noticed(theatre: Theatre) -> None:
    """Without the client's checks the garbage reaches the run, and the counting sees it."""

    def trusting(_: Lane, desk: Helpdesk) -> Helpdesk:
        return cast("Helpdesk", Trusting(desk))

    theatre.house.opening = trusting
    await _play(theatre, RUNS // 2)

    assert [one for one in theatre.deliveries() if "fault of ours" in one.reason]
