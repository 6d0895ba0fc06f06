"""Who drafts while the model is away, and that such a draft stays a note."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from agent.errors import DraftFailed, ModelUnavailable
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Endpoint
from agent.llm.fallback import Chain, StandIn
from agent.llm.offer import Sampling
from agent.llm.prices import parse
from agent.model import Disposition, EvidenceClass, RunLimits
from agent.sandbox.app import app
from evals.ground import Grounds
from tests.agent.desk_with_model import drafter, play
from tools.freshdesk.sandbox.serve import serving

PRICES = parse('currency = "EUR"\n[[price]]\nmodel = "quotes*"\ninput = 1\noutput = 1\n', where="p")


@pytest.fixture(scope="module")
def grounds() -> Grounds:
    """The worlds, read once."""
    return Grounds()


@pytest.fixture
async def endpoint() -> AsyncIterator[str]:
    """The scripted models on the loopback."""
    async with serving(app()) as url:
        yield f"{url}/v1"


async def test_a_stand_ins_draft_is_named_and_stays_a_note(endpoint: str, grounds: Grounds) -> None:
    """Nobody has passed a gate for it; the same words by the model itself go out in public."""
    spare = drafter("quotes-first-page", endpoint)
    chain = Chain((drafter("error-503", endpoint), StandIn(spare)))

    by_itself = await play(Chain((spare,)), grounds)
    stood_in = await play(chain, grounds)

    assert by_itself.result is not None
    assert by_itself.result.decision is not None
    assert Disposition.PUBLIC_REPLY is by_itself.result.decision.disposition
    assert stood_in.result is not None
    draft, decision = stood_in.result.draft, stood_in.result.decision
    assert draft is not None
    assert decision is not None
    assert ("quotes-first-page", True) == (draft.drafter, draft.fallback)
    assert EvidenceClass.DOCUMENTED is decision.evidence
    assert ["eval_gate"] == [gate.name for gate in decision.gates if not gate.passed]
    assert ([], 1) == (stood_in.public, len(stood_in.notes))
    assert "no eval gate has passed" in stood_in.notes[0]


async def test_a_bad_draft_is_not_tried_elsewhere(endpoint: str, grounds: Grounds) -> None:
    """Only an endpoint that is away is passed over; a model's own fault goes to a person."""
    chain = Chain((drafter("prose", endpoint), StandIn(drafter("quotes-first-page", endpoint))))
    done = await play(chain, grounds)

    assert done.result is not None
    assert done.result.draft is not None
    assert ("prose", False) == (done.result.draft.drafter, done.result.draft.fallback)
    assert 1 == len(done.notes)


async def test_a_stand_in_that_fails_is_the_one_that_is_named(
    endpoint: str, grounds: Grounds
) -> None:
    """Whoever mends it must look at the right model."""
    chain = Chain((drafter("error-503", endpoint), StandIn(drafter("wrong-schema", endpoint))))
    done = await play(chain, grounds)

    assert done.result is not None
    assert done.result.draft is not None
    assert "wrong-schema" == done.result.draft.drafter
    assert 3 == done.result.usage.model_calls  # the one that was away, and two bad answers


async def test_when_all_are_away_the_first_is_waited_for(endpoint: str, grounds: Grounds) -> None:
    """It is the one that the operator chose, and the one whose wait counts."""
    chain = Chain((drafter("error-503", endpoint), StandIn(drafter("rate-limited", endpoint))))
    done = await play(chain, grounds)

    assert isinstance(done.fault, ModelUnavailable)
    assert 7.0 == done.fault.retry_after
    assert done.fault.usage is not None
    assert 2 == done.fault.usage.model_calls


async def test_what_the_first_may_have_cost_counts_against_the_cap(
    endpoint: str, grounds: Grounds
) -> None:
    """An answer that broke off may be charged for: with a cap, an unknown charge ends the run."""
    spare = StandIn(
        ModelDrafter(
            Endpoint("quotes-first-page", endpoint, "k"), sampling=Sampling(), prices=PRICES
        )
    )
    unpriced = Chain((drafter("cut", endpoint), spare))
    capped = RunLimits(money=Decimal(1))

    assert (await play(Chain((spare,)), grounds, limits=capped)).fault is None
    done = await play(unpriced, grounds, limits=capped)
    assert done.result is not None
    assert "no price is known for the model 'cut'" in done.notes[0]


def test_a_chain_needs_somebody() -> None:
    """An empty chain would be a silent responder."""
    with pytest.raises(ValueError, match="a drafter"):
        Chain(())
    assert issubclass(DraftFailed, Exception)
