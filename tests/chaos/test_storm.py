"""R1: whatever a 429 says about when to come back, nobody calls before, and the work is done."""

import pytest

from server.store.inbox import State
from tests.chaos.theatre import Theatre
from tools.freshdesk.sandbox.faults import Planned

VALID = [1, 2, 7, 30, 59, 60, 61, 299, 900, 3600]
ODD = ["", "-1", "0", "soon", "1e3", "NaN", "9" * 30, "Wed, 21 Oct 2026 07:28:00 GMT", "12.5"]


@pytest.mark.parametrize("retry_after", [*VALID, *ODD])
@pytest.mark.parametrize("match", ["GET /tickets/*", "POST /tickets/*"])
async def test_a_429_is_obeyed_whatever_it_says(
    theatre: Theatre, match: str, retry_after: int | str
) -> None:
    """A call before the time earns the next 429, and in the end a lock-out."""
    plan = Planned(match, "429", times=2, retry_after=retry_after)
    theatre.app.faults.planned.append(plan)
    ticket = theatre.write()
    theatre.deliver(ticket)

    await theatre.work()

    told = [at for at, _, _, status in theatre.wire.calls if status == 429]
    early = [
        (at, refused)
        for refused in told
        for at, _, _, _ in theatre.wire.calls
        if refused < at < refused + (retry_after if isinstance(retry_after, int) else 0.5)
    ]
    assert 2 == len(told)
    assert [] == early
    assert 1 == len(theatre.said(ticket))
    assert [State.DONE] == [one.state for one in theatre.deliveries()]
