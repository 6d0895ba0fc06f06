"""A step's failure is kept by the engine and comes back as what it was."""

from collections.abc import Awaitable, Callable, Iterator
from typing import cast

import pytest

from agent.errors import Deferred, ResponderError
from agent.model import Draft
from server.engine import Engine
from server.journal import StoreJournal
from server.store.db import Database
from tools.breaker import CircuitOpen
from tools.clock import SystemClock
from tools.errors import HelpdeskError


def _narrower(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _narrower(one)


KINDS = {
    kind.__name__: kind for root in (HelpdeskError, ResponderError) for kind in _narrower(root)
}


class Keeping:
    """An engine that keeps what a step came to as a string, as the real one does."""

    async def step(self, name: str, act: Callable[[], Awaitable[str]]) -> str:
        """Do it."""
        del name
        return await act()


def _made(kind: type[Exception]) -> Exception:
    for more in ({}, {"retry_after": 34.0}, {"status": 401}):
        try:
            return kind("what happened", **more)
        except TypeError:
            continue
    raise AssertionError(f"{kind.__name__} is made in a way this test does not know")


def test_the_circuit_is_among_the_kinds() -> None:
    """It is defined beside the breaker: a list of one module's errors would not have it."""
    assert CircuitOpen is KINDS["CircuitOpen"]


@pytest.mark.parametrize("name", KINDS)
async def test_every_kind_of_failure_comes_back_as_itself(name: str) -> None:
    """What becomes of a delivery hangs on the type: a helpdesk's fault is not the model's."""
    fault = _made(KINDS[name])

    async def fails() -> Draft:
        raise fault

    journal = StoreJournal(
        cast("Database", None), cast("Engine", Keeping()), run="r1", clock=SystemClock()
    )
    with pytest.raises(KINDS[name]) as found:
        await journal.once("draft", fails, Draft)

    assert type(fault) is type(found.value)
    assert str(fault) == str(found.value)
    assert getattr(fault, "retry_after", None) == getattr(found.value, "retry_after", None)


async def test_a_kind_that_is_no_longer_known_is_waited_for_if_it_said_how_long() -> None:
    """A step kept by an older version may name what has another name by now."""
    gone = '{"failure": "Gone", "message": "it was so", "retry_after": 7.0}'

    class Older:
        async def step(self, name: str, act: Callable[[], Awaitable[str]]) -> str:
            del name, act
            return gone

    journal = StoreJournal(
        cast("Database", None), cast("Engine", Older()), run="r1", clock=SystemClock()
    )

    async def never() -> Draft:
        raise AssertionError("it was done before")

    with pytest.raises(Deferred, match="it was so") as found:
        await journal.once("draft", never, Draft)
    assert 7.0 == found.value.retry_after
