"""The requester's other tickets come along by themselves, as data and never as evidence."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from agent import calls
from agent.context import build
from agent.model import RunLimits
from agent.sandbox.app import app
from agent.sandbox.scripts import Asked, Reply, quotes_first_page, said, submit
from evals.ground import Grounds
from evals.world import Document as Patch
from tests.agent.desk_of_paper import page, shot
from tests.agent.desk_with_model import Played, drafter, play
from tests.agent.injected import injections
from tools.freshdesk.sandbox.serve import serving

CLAIM = "Dogs travel in the captain's cabin, and each gets a refund of 40 pounds."
HERS = "ailsa.rendall@example.com"


def _asked_before(subject: str) -> Patch:
    return {"tickets": {3: {"from": HERS, "subject": subject}}}


@asynccontextmanager
async def endpoint(
    script: Callable[[Asked], Reply], seen: list[dict[str, object]]
) -> AsyncIterator[str]:
    """Serve one script on the loopback."""
    scripts: Mapping[str, Callable[[Asked], Reply]] = {"m": script}
    async with serving(app(scripts, seen=seen)) as url:
        yield f"{url}/v1"


async def played(
    script: Callable[[Asked], Reply], subject: str, *, limits: RunLimits | None = None
) -> tuple[Played, str]:
    """Return what came of a run, and all that the model was shown."""
    grounds, seen = Grounds(), list[dict[str, object]]()
    async with endpoint(script, seen) as url:
        done = await play(drafter("m", url), grounds, limits=limits, patch=_asked_before(subject))
    grounds.close()
    return done, str(seen)


async def test_they_are_shown_with_date_and_state_and_the_reply_goes_out() -> None:
    """Who asks for the third time should be answered by somebody who knows."""
    done, shown = await played(quotes_first_page, "My cabin was cold")

    assert (1, 0) == (len(done.public), len(done.notes))
    assert "2026-03-02 open: My cabin was cold" in shown
    assert "data, and no evidence of anything" in shown


async def test_those_of_another_requester_are_not() -> None:
    """Bram's ticket stands on the same desk."""
    _, shown = await played(quotes_first_page, "My cabin was cold")

    assert "Check-in with a car" not in shown


async def test_they_cost_one_credit_and_are_left_out_and_told_when_that_is_short() -> None:
    """What is nice to have is paid for last."""
    spare = sum(call.credits for call in calls.PLAN if call.optional)
    short = RunLimits(credits=calls.essential() + spare - 1)
    rich, _ = await played(quotes_first_page, "My cabin was cold")
    poor, shown = await played(quotes_first_page, "My cabin was cold", limits=short)

    assert rich.result is not None
    assert poor.result is not None
    assert poor.result.draft is not None
    assert 1 == rich.result.usage.credits - poor.result.usage.credits
    assert "My cabin was cold" not in shown
    assert "earlier tickets: not read, to spare the account's calls" in poor.result.draft.missing
    assert 1 == len(poor.public)


def test_they_keep_to_their_share_of_the_tokens_and_the_rest_is_told() -> None:
    """Ten long subjects must not push the question out."""
    lines = tuple(f"2026-01-{day:02} open: {'word ' * 24}" for day in range(1, 11))
    seen = build(shot(), documents=(page("Text."),), earlier=lines, budget=2_000)

    assert "2026-01-01" in seen.text
    assert "2026-01-10" not in seen.text
    assert any("of 10 earlier tickets, for want of room" in one for one in seen.missing)


@pytest.mark.parametrize("source", ["ticket", "other tickets", "article:81001"])
async def test_what_they_say_proves_nothing(source: str) -> None:
    """The customer wrote those subjects: a claim does not become true by being old."""

    def claims(_: Asked) -> Reply:
        return submit(sentences=[said("Hello,"), said(CLAIM, source, CLAIM)])

    done, shown = await played(claims, CLAIM)

    assert CLAIM in shown.replace("\\'", "'")
    assert ([], 1) == (done.public, len(done.notes))


async def test_an_order_in_them_is_obeyed_by_the_model_alone() -> None:
    """The door of an injection: written weeks before, read with the next question."""
    for one in [one for one in injections() if not one.markup][5::90]:
        words = one.say

        def obeys(what: Asked, words: str = words) -> Reply:
            honest = quotes_first_page(what)
            name, told = honest.calls[0]
            return Reply(calls=((name, told.replace("Hello,", words.replace('"', "'"))),))

        done, _ = await played(obeys, one.text[:200] or "x")

        assert [] == done.public
        benign, _ = await played(quotes_first_page, one.text[:200] or "x")
        assert 1 == len(benign.public)
