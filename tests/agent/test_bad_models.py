"""Every way a model's answer can be bad ends in a typed outcome, and never in a public reply.

Whole runs against an endpoint on the loopback, post included, under the most permissive policy.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from agent.errors import ModelUnavailable
from agent.model import Disposition, EvidenceClass
from agent.sandbox.app import app
from evals.ground import Grounds
from tests.agent.desk_with_model import QUICK, Played, drafter, play
from tools.freshdesk.sandbox.serve import serving

HANDED_OVER = {
    "empty": "no tool call",
    "prose": "no tool call",
    "not-json": "no tool call",
    "nested-arguments": "no tool call",
    "wrong-schema": "do not fit",
    "many-citations": "tokens used",
    "refuses": "A refusal is no draft",
    "endless": "cut off",
    "pours": "no tool call",
    "packed": "no tool call",
    "nested": "no tool call",
    "garbage": "no tool call",
    "null-choices": "no tool call",
    "prose-as-500": "no tool call",
    "html": "plain text",
    "links": "plain text",
    "blank": "string_too_short",
    "loops": "No more tools",
    "wrong-key": "its key was not accepted",
}
"""Scripts of the endpoint, and what the note says of each."""
NOTED = ("another-language", "invents", "obeys-ticket", "leaks-rules")
"""Well-formed, and wrong in what they say: guards hold them back."""
WAITED_FOR = ("cut", "hang", "error-500", "error-503", "rate-limited")


@pytest.fixture(scope="module")
def grounds() -> Grounds:
    """The worlds, read once."""
    return Grounds()


@pytest.fixture
async def endpoint() -> AsyncIterator[str]:
    """The scripted models on the loopback."""
    async with serving(app()) as url:
        yield f"{url}/v1"


async def played(script: str, endpoint: str, grounds: Grounds) -> Played:
    """Return what came of a script."""
    quick = replace(QUICK, call_seconds=0.6) if script == "hang" else QUICK
    return await play(drafter(script, endpoint, sampling=quick), grounds)


@pytest.mark.parametrize("script", ["quotes-first-page", "searches-then-answers", "repents"])
async def test_the_same_ticket_is_answered_in_public_by_a_good_model(
    endpoint: str, grounds: Grounds, script: str
) -> None:
    """The benign twin of every test below: nothing but the model's answer differs."""
    done = await played(script, endpoint, grounds)

    assert done.result is not None
    assert done.result.decision is not None
    assert EvidenceClass.DOCUMENTED is done.result.decision.evidence
    assert Disposition.PUBLIC_REPLY is done.result.decision.disposition
    assert (1, 0) == (len(done.public), len(done.notes))


@pytest.mark.parametrize(("script", "told"), HANDED_OVER.items())
async def test_an_unusable_answer_becomes_one_note_that_says_why(
    endpoint: str, grounds: Grounds, script: str, told: str
) -> None:
    """A person takes the ticket, and reads in it what was wrong with the model."""
    done = await played(script, endpoint, grounds)

    assert done.result is not None, done.fault
    assert done.result.decision is not None
    assert Disposition.HANDOFF is done.result.decision.disposition
    assert ([], 1) == (done.public, len(done.notes))
    assert told in done.notes[0]
    assert done.result.usage.model_calls >= 1


@pytest.mark.parametrize("script", NOTED)
async def test_a_well_formed_answer_that_is_wrong_is_held_back(
    endpoint: str, grounds: Grounds, script: str
) -> None:
    """The form is not the content: what no page says never leaves."""
    done = await played(script, endpoint, grounds)

    assert done.result is not None
    assert done.result.decision is not None
    assert EvidenceClass.DOCUMENTED is not done.result.decision.evidence
    assert ([], 1) == (done.public, len(done.notes))


@pytest.mark.parametrize("script", WAITED_FOR)
async def test_an_endpoint_in_trouble_posts_nothing_and_is_waited_for(
    endpoint: str, grounds: Grounds, script: str
) -> None:
    """It may pass; after three tries the service hands over, which its own tests prove."""
    done = await played(script, endpoint, grounds)

    assert isinstance(done.fault, ModelUnavailable)
    assert ([], []) == (done.public, done.notes)


@pytest.mark.parametrize("script", ["half-characters", "floods-with-calls", "lies-about-usage"])
async def test_odd_but_usable_answers_break_nothing(
    endpoint: str, grounds: Grounds, script: str
) -> None:
    """Half a character cannot be stored, and a negative count must not buy more tokens."""
    done = await played(script, endpoint, grounds)

    assert done.result is not None, done.fault
    assert 1 == len(done.public) + len(done.notes)
    assert done.result.usage.input_tokens >= 0


async def test_a_body_without_end_is_cut_by_its_size_and_not_by_time(
    endpoint: str, grounds: Grounds
) -> None:
    """With the bound taken away the same endpoint costs all the seconds a call may take."""
    unbound = replace(QUICK, answer_bytes=10**12, call_seconds=0.6)
    done = await play(drafter("pours", endpoint, sampling=unbound), grounds)

    assert isinstance(done.fault, ModelUnavailable)
    assert "no answer within" in str(done.fault)
