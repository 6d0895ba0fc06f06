"""What a probe finds out of an endpoint, and that drafts are asked for accordingly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace

import pytest

from agent.errors import EndpointRefused, ModelUnavailable
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Abilities, Endpoint, fitted, needed
from agent.llm.offer import Sampling, Strategy
from agent.llm.probe import probe, told_size
from agent.model import Outcome
from agent.sandbox.app import Traits, app
from evals.drafting import ArticleData, Case, play
from tools.freshdesk.sandbox.serve import serving

MODEL = "quotes-first-page"
SMALL = Sampling(call_seconds=5.0, context_tokens=3_000, output_tokens=400)
ABLE = Abilities("required", json_schema=True, streaming=True, truncates=False)
CASE = Case(
    id="1",
    why="",
    language="en",
    subject="Pause",
    html="<p>How do I pause my subscription?</p>",
    answer="article:1",
    articles=(
        ArticleData(
            id="1",
            language="en",
            title="How do I pause my subscription?",
            html="<p>You can pause for up to 12 weeks at a time.</p>",
        ),
    ),
)


@asynccontextmanager
async def served(traits: Traits, seen: list[dict[str, object]]) -> AsyncIterator[Endpoint]:
    """Serve an endpoint that can do so much and no more."""
    async with serving(app(traits=traits, seen=seen)) as url:
        yield Endpoint(MODEL, f"{url}/v1", "k")


@pytest.mark.parametrize(
    ("traits", "differs", "strategy"),
    [
        (Traits(), {}, "tools"),
        (Traits(tools="auto"), {"tools": "auto"}, "json"),
        (Traits(tools="auto", json_schema=False), {"tools": "auto", "json_schema": False}, "auto"),
        (Traits(tools="none", streaming=False), {"tools": "none", "streaming": False}, "json"),
        (Traits(tools="none", json_schema=False), {"tools": "none", "json_schema": False}, "text"),
        (Traits(context=2_048, lists=True), {"context": 2_048, "truncates": None}, "tools"),
        (Traits(context=4_096), {"context": 4_096}, "tools"),
        (Traits(bare=True), {"bare": True}, "tools"),
        (Traits(context=1_500, truncates=True), {"context": 1_500, "truncates": True}, "tools"),
    ],
    ids=[
        "all",
        "auto",
        "auto alone",
        "no tools",
        "nothing",
        "listed",
        "refused",
        "bare",
        "truncated",
    ],
)
async def test_a_probe_finds_what_an_endpoint_can_do_and_a_draft_comes_of_it(
    traits: Traits, differs: dict[str, object], strategy: Strategy
) -> None:
    """A strategy that the endpoint cannot follow is a failed draft on every ticket."""
    async with served(traits, []) as endpoint:
        told = await probe(endpoint, SMALL, thorough=True)
        drafter = ModelDrafter(endpoint, sampling=fitted(SMALL, told))
        draft = await play(CASE, drafter)

    assert asdict(ABLE) | differs == asdict(told)
    assert strategy == told.strategy
    assert Outcome.ANSWER is draft.outcome
    assert draft.paragraphs[-1].sentences[-1].evidence


@pytest.mark.parametrize(
    ("traits", "strategy"),
    [
        (Traits(tools="auto"), "tools"),
        (Traits(json_schema=False), "json"),
        (Traits(tools="none"), "auto"),
    ],
)
async def test_a_strategy_the_endpoint_cannot_follow_comes_to_no_draft(
    traits: Traits, strategy: Strategy
) -> None:
    """The twin of the test above: without the probe's choice the same endpoints fail."""
    async with served(traits, []) as endpoint:
        drafter = ModelDrafter(endpoint, sampling=replace(SMALL, strategy=strategy))

        with pytest.raises(EndpointRefused, match="400"):
            await play(CASE, drafter)


async def test_the_short_probe_asks_no_more_than_it_must() -> None:
    """It stands before somebody's first draft, and may cost money."""
    seen: list[dict[str, object]] = []
    async with served(Traits(context=9_000, lists=True), seen) as endpoint:
        found = await probe(endpoint, SMALL, thorough=False)

    assert 1 == len(seen)
    assert ("tools", 9_000) == (found.strategy, found.context)
    assert len(str(seen)) < 2_000


async def test_a_wrong_key_is_told_with_the_endpoints_own_words() -> None:
    """The operator needs them; a probe's questions hold nothing of a customer."""
    async with served(Traits(api_key="other"), []) as endpoint:
        with pytest.raises(EndpointRefused) as refused:
            await probe(endpoint, SMALL, thorough=True)

    assert 401 == refused.value.status
    assert "Incorrect API key" in refused.value.told
    assert "Incorrect API key" not in str(refused.value)


async def test_an_endpoint_that_is_away_cannot_be_probed() -> None:
    """Nothing was found, so nothing may be kept."""
    with pytest.raises(ModelUnavailable) as gone:
        await probe(Endpoint("any", "http://127.0.0.1:9/v1", "k"), SMALL, thorough=True)

    assert not gone.value.asked


def test_a_small_context_leaves_less_of_a_ticket_to_the_model() -> None:
    """A question that does not fit is an error on every long ticket, or worse: a silent cut."""
    wide, none = Sampling(), Abilities("required")
    small = fitted(wide, replace(none, context=6_000))
    tiny = fitted(wide, replace(none, context=500))

    assert wide == fitted(wide, none)
    assert wide == fitted(wide, replace(none, context=needed(wide)))
    assert 6_000 == needed(small)
    assert small.page_chars <= wide.page_chars
    assert (800, 1_440) == (tiny.context_tokens, tiny.page_chars)


@pytest.mark.parametrize(
    ("message", "size"),
    [
        ("This model's maximum context length is 8192 tokens, you requested 9000", 8_192),
        ("request (11005 tokens) exceeds the available context size (4,096 tokens)", 4_096),
        ("'n_prompt_tokens': 11005, 'n_ctx': 2048", 2_048),
        ("too long", None),
        ("maximum context length is 7 tokens", None),
    ],
)
def test_the_size_is_read_out_of_a_refusal(message: str, size: int | None) -> None:
    """Endpoints word it in their own ways, and few list it."""
    assert size == told_size(message)
