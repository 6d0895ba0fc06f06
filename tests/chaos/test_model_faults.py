"""R8: a model that is down, slow, cut off or talks nonsense: asked three times at most, then held.

The endpoint is the sandbox's, over a loopback socket. The policy is the most permissive one, and a
sound model's draft is sent in public under it.
"""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from agent.drafter import Drafter
from agent.errors import Deferred, ModelUnavailable
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Endpoint
from agent.llm.offer import Sampling
from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from agent.sandbox.app import app
from server.store.inbox import Delivery, State
from server.workflow import MODEL_TRIES
from tests.chaos.house import Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tests.server.front_door import quiet
from tools.freshdesk.sandbox.faults import Planned
from tools.freshdesk.sandbox.serve import serving
from tools.kit.tool import Desk

PATIENCE = {"hang": 0.3, "pours": 0.3}
"""Seconds that one call may take here; the slow model takes sixty."""
TOLD = 2
"""Calls of one attempt at a model whose answer cannot be used: it is told once what was wrong."""
AWAY = ("down", "hang", "cut", "pours", "error-500", "error-503", "rate-limited")
UNUSABLE = (
    "garbage",
    "null-choices",
    "not-json",
    "prose",
    "wrong-schema",
    "nested",
    "nested-arguments",
    "empty",
    "refuses",
    "endless",
    "wrong-key",
)
HOURS = 12 * 3600.0


class Stage:
    """A play whose drafts come from a scripted endpoint, whose calls are counted."""

    def __init__(self, props: Props, url: str, seen: list[dict[str, object]]) -> None:
        self.theatre = Theatre(props, 1, Setting(ACCOUNT, props.shelf(NAMES[0]), auto()))
        self.seen, self._url = seen, url

    def drafter(self, script: str) -> ModelDrafter:
        """Return the product's drafter on a model that plays this script."""
        url = f"http://127.0.0.1:{_closed_port()}" if script == "down" else self._url
        endpoint = Endpoint(script, f"{url}/v1", "k")
        return ModelDrafter(
            endpoint,
            sampling=Sampling(call_seconds=PATIENCE.get(script, 30.0)),
            clock=self.theatre.own,
        )

    async def play(self, drafter: Drafter) -> int:
        """Let one customer ask, and work for half a day; return the ticket."""
        theatre = self.theatre
        account = theatre.account
        responder = replace(account.responder, drafter=drafter)
        theatre.account = replace(account, responder=responder)
        ticket = theatre.write()
        theatre.deliver(ticket)
        with quiet():
            await theatre.work(until=theatre.clock.now().timestamp() + HOURS)
        return ticket

    @property
    def delivery(self) -> Delivery:
        """The only one."""
        (found,) = self.theatre.deliveries()
        return found


def _closed_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture
def seen() -> list[dict[str, object]]:
    """What the endpoint was asked."""
    return []


@pytest_asyncio.fixture
async def stage(props: Props, seen: list[dict[str, object]]) -> AsyncIterator[Stage]:
    """A play and its endpoint."""
    async with serving(app(seen=seen)) as url:
        made = Stage(props, url, seen)
        yield made
        await made.theatre.close()


async def test_a_sound_models_draft_is_sent(stage: Stage) -> None:
    """The benign twin: what is not sent below was held back by what the model did."""
    ticket = await stage.play(stage.drafter("quotes-first-page"))

    assert 1 == len(stage.theatre.said(ticket))
    assert State.DONE is stage.delivery.state


@pytest.mark.parametrize("script", [*AWAY, *UNUSABLE])
async def test_a_models_fault_is_held_with_its_reason_and_nothing_is_sent(
    stage: Stage, script: str
) -> None:
    """The agents find one note that says why, the queue shows it, the customer reads nothing."""
    ticket = await stage.play(stage.drafter(script))

    (note,) = stage.theatre.said(ticket, "note")
    reason = stage.delivery.reason
    assert [] == stage.theatre.said(ticket)
    assert State.HELD is stage.delivery.state
    assert reason.startswith("handed over: ")
    assert script in reason, "which model it was"
    assert reason.removeprefix("handed over: ")[:40] in note
    assert len(stage.seen) <= (MODEL_TRIES if script in AWAY else TOLD)
    assert stage.seen or script == "down"


async def test_a_model_that_was_given_up_is_not_asked_again_because_the_helpdesk_is_busy(
    stage: Stage,
) -> None:
    """The note that hands over meets a 429 of its own; coming back from that is no new start."""
    refused = Planned("POST /tickets/*", "429", times=2, retry_after=30)
    stage.theatre.app.faults.planned.append(refused)

    ticket = await stage.play(stage.drafter("error-503"))

    assert MODEL_TRIES == len(stage.seen)
    assert State.HELD is stage.delivery.state
    assert 1 == len(stage.theatre.said(ticket, "note"))


async def test_a_helpdesk_that_is_left_alone_is_no_fault_of_the_models(stage: Stage) -> None:
    """It fails for minutes, the circuit opens, and when it is back the model's reply is sent."""
    down = Planned("GET /tickets/*", "5xx-html", times=3 * MODEL_TRIES + 5)
    stage.theatre.app.faults.planned.append(down)

    ticket = await stage.play(stage.drafter("quotes-first-page"))

    assert 0 == down.times
    assert 1 == len(stage.theatre.said(ticket))
    assert State.DONE is stage.delivery.state


class Uncounted:
    """A drafter whose absences nobody counts: the mutant that asks for ever."""

    def __init__(self, inner: Drafter) -> None:
        self._inner = inner
        self.name, self.prompt = inner.name, inner.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft, or come back later as if something else were to be waited for."""
        try:
            return await self._inner.draft(snapshot, desk=desk, policy=policy, limits=limits)
        except ModelUnavailable as fault:
            raise Deferred(str(fault), retry_after=3600.0) from fault


async def test_without_the_count_a_model_is_asked_for_ever(stage: Stage) -> None:
    """Half a day is long enough to see that nothing else ends it."""
    await stage.play(Uncounted(stage.drafter("error-503")))

    assert len(stage.seen) > 2 * MODEL_TRIES
    assert State.WAITING is stage.delivery.state
