"""The door to embeddings: real requests to a local endpoint, and every way in which it may fail."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.llm.embed import OpenAIEmbedder
from agent.llm.endpoint import Endpoint
from agent.sandbox.app import Traits, app
from agent.sandbox.scripts import SCRIPTS
from tools.clock import StoppedClock
from tools.freshdesk.sandbox.serve import serving
from tools.knowledge.meaning import NoVectors

MODEL = next(iter(SCRIPTS))
SECRET = "The customer's own words"


@asynccontextmanager
async def door(
    endpoint: Starlette, *, key: str = "none", clock: StoppedClock | None = None
) -> AsyncGenerator[OpenAIEmbedder]:
    """Return the door to an endpoint that is served for the length of a block."""
    time = clock or StoppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    async with (
        serving(endpoint) as url,
        OpenAIEmbedder(Endpoint(MODEL, f"{url}/v1", key), clock=time) as embeds,
    ):
        yield embeds


def answering(*answers: Response) -> Starlette:
    """Return an endpoint that gives these answers in turn, the last one for ever."""
    left = list(answers)

    async def embed(_: Request) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    return Starlette(routes=[Route("/v1/embeddings", embed, methods=["POST"])])


def vectors(*told: object) -> Response:
    """Return an answer with these embeddings."""
    return JSONResponse({"data": [{"index": at, "embedding": one} for at, one in enumerate(told)]})


async def test_each_text_gets_its_own_vector() -> None:
    """A vector under another text's name would quote the wrong page."""
    async with door(app()) as embeds:
        one, other, again = await embeds.embed(["a lamp", "my refund", "a lamp"], seconds=5.0)

    assert one == again
    assert one != other
    assert MODEL == embeds.model


async def test_an_answer_out_of_order_is_put_in_order() -> None:
    """The format numbers its vectors, and does not promise their order."""
    mixed = {"data": [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0]}]}

    async with door(answering(JSONResponse(mixed))) as embeds:
        found = await embeds.embed(["first", "second"], seconds=5.0)

    assert ((1.0, 0.0), (0.0, 1.0)) == found


@pytest.mark.parametrize(
    "answer",
    [
        vectors([1.0, 0.0]),
        vectors([1.0, 0.0], [1.0]),
        vectors([0.0, 0.0], [1.0, 0.0]),
        vectors([1.0, None], [1.0, 0.0]),
        Response(b'{"data": [{"embedding": [1e999, 1]}, {"embedding": [1, 1]}]}'),
        vectors([], []),
        Response(b"<html>gateway</html>"),
        JSONResponse({"object": "list"}),
        JSONResponse([]),
        Response(b'{"data": [' + b"[" * 100_000),
    ],
    ids=["too few", "two sizes", "zero", "null", "infinite", "empty", "html", "no data", "list",
         "nested"],
)  # fmt: skip
async def test_what_holds_no_vectors_is_no_vector(answer: Response) -> None:
    """A vector that points nowhere would be near to everything or to nothing."""
    async with door(answering(answer)) as embeds:
        with pytest.raises(NoVectors, match="holds no vectors"):
            await embeds.embed([SECRET, "b"], seconds=5.0)


@pytest.mark.parametrize(
    ("status", "refused", "wait"),
    [(400, True, 0.0), (413, True, 0.0), (401, False, 60.0), (404, False, 60.0),
     (429, False, 42.0), (500, False, 60.0), (503, False, 60.0)],
)  # fmt: skip
async def test_a_refusal_of_the_texts_is_told_from_a_failure(
    status: int, *, refused: bool, wait: float
) -> None:
    """One text that is too long must not stop the others; a wrong key must."""
    headers = {"retry-after": "42"} if status == 429 else {}
    answer = JSONResponse({"error": {"message": SECRET}}, status_code=status, headers=headers)

    async with door(answering(answer)) as embeds:
        with pytest.raises(NoVectors) as failed:
            await embeds.embed([SECRET], seconds=5.0)

    assert (refused, wait) == (failed.value.refused, failed.value.retry_after)
    assert SECRET not in str(failed.value)


async def test_after_a_failure_nobody_waits_again_for_a_while() -> None:
    """A dead endpoint must cost one run two seconds, not every run."""
    clock = StoppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    failing = answering(Response(status_code=503), vectors([1.0, 0.0]))

    async with door(failing, clock=clock) as embeds:
        for _ in range(2):
            with pytest.raises(NoVectors):
                await embeds.embed(["a"], seconds=5.0)
        clock.advance(61.0)

        assert ((1.0, 0.0),) == await embeds.embed(["a"], seconds=5.0)


async def test_nobody_there_is_a_failure_that_may_pass() -> None:
    """The endpoint is another program, and programs are restarted."""
    async with OpenAIEmbedder(Endpoint(MODEL, "http://127.0.0.1:9/v1", "none")) as embeds:
        with pytest.raises(NoVectors, match="cannot be reached"):
            await embeds.embed(["a"], seconds=5.0)


async def test_the_key_goes_with_the_request_and_into_no_message() -> None:
    """A key in an error would stand in every log."""
    async with door(app(traits=Traits(api_key="s3cret")), key="s3cret") as embeds:
        assert 1 == len(await embeds.embed(["a"], seconds=5.0))
    async with door(app(traits=Traits(api_key="s3cret")), key="wr0ng") as embeds:
        with pytest.raises(NoVectors) as failed:
            await embeds.embed(["a"], seconds=5.0)

    assert "wr0ng" not in str(failed.value)
