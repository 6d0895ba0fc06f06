"""Texts as vectors from any endpoint in OpenAI's format: the second door to the model library.

It stands apart from `agent/llm/chat.py`, whose libraries take seconds to load and are not needed
here.
"""

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Self

import openai

from agent.llm.bounded import Endless, bounding
from agent.llm.endpoint import Endpoint
from tools.clock import Clock, SystemClock
from tools.knowledge.meaning import NoVectors, Vector

ANSWER_BYTES = 32_000_000
"""Of one answer at most: a batch of the largest vectors that are sold is a tenth of it."""
_NUMBERS_MOST = 8_192
_WAIT = 60.0
"""Seconds in which nobody else waits for an endpoint that did not answer."""
_WAIT_MOST = 600.0
_TOLD_MOST = 300
_ITS_OWN = frozenset({401, 403, 404, 408, 409, 425, 429})
"""Statuses below 500 that say nothing of the texts: a key, a name, a rate."""


class OpenAIEmbedder:
    """Embeds texts through one endpoint; implements `Embeds`.

    After a failure nobody asks again for a while, so that a dead endpoint costs one run a wait and
    not every run. Nothing is redirected or tried again.
    """

    def __init__(self, endpoint: Endpoint, *, clock: Clock | None = None) -> None:
        self._endpoint = endpoint
        self._clock = clock or SystemClock()
        self._resting, self._why = 0.0, ""
        http = openai.DefaultAsyncHttpxClient(
            timeout=None,  # every call says how long it may take
            trust_env=False,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
            event_hooks={"response": [bounding(ANSWER_BYTES)]},
        )
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.api_key,
            base_url=endpoint.base_url,
            max_retries=0,
            http_client=http,
        )
        self._client.organization = self._client.project = None  # not what the environment says

    @property
    def model(self) -> str:
        """The model's name."""
        return self._endpoint.model

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def embed(self, texts: Sequence[str], *, seconds: float) -> tuple[Vector, ...]:
        """Return one vector for each text, all of one size, within so many seconds.

        Raises:
            NoVectors: it did not answer in time, or not in this form, or it failed lately.
        """
        left = self._resting - self._clock.steady()
        if left > 0:
            raise NoVectors(self._why, retry_after=left)
        try:
            return await self._asked(texts, seconds)
        except NoVectors as fault:
            if not fault.refused:
                self._resting, self._why = self._clock.steady() + fault.retry_after, str(fault)
            raise

    async def _asked(self, texts: Sequence[str], seconds: float) -> tuple[Vector, ...]:
        name = self.model
        try:
            async with asyncio.timeout(seconds):
                # raw, because the library takes half a second to make objects of a large answer
                answered = await self._client.embeddings.with_raw_response.create(
                    model=name, input=[*texts], encoding_format="float"
                )
                return await asyncio.to_thread(_read, answered.content, len(texts))
        except TimeoutError as error:
            told = f"{name}: no vectors within {seconds:g} s"
            raise NoVectors(told, retry_after=_WAIT) from error
        except openai.OpenAIError as error:
            raise _failure(error, name) from error
        except (
            Endless,
            ValueError,
            TypeError,
            AttributeError,
            LookupError,
            RecursionError,
        ) as error:
            told = f"{name}: the endpoint's answer holds no vectors"
            raise NoVectors(told, retry_after=_WAIT) from error


def _read(body: bytes, wanted: int) -> tuple[Vector, ...]:
    """Return an answer's vectors, in the order of the texts.

    Raises:
        ValueError, TypeError, LookupError: it is no JSON, or holds too few or too many vectors,
            of several sizes, without direction, or of what is no number.
    """
    data = sorted(json.loads(body)["data"], key=lambda one: one.get("index", 0))
    found = tuple(tuple(map(float, one["embedding"])) for one in data)
    sizes = {len(vector) for vector in found}
    if len(found) != wanted or len(sizes) > 1 or not all(0 < n <= _NUMBERS_MOST for n in sizes):
        raise ValueError(f"{len(found)} vectors of {len(sizes)} sizes for {wanted} texts")
    if not all(any(vector) and all(map(math.isfinite, vector)) for vector in found):
        raise ValueError("a vector without direction, or one that holds what is no number")
    return found


def _failure(error: openai.OpenAIError, model: str) -> NoVectors:
    match error:
        case openai.APIStatusError(status_code=status) if status < 500 and status not in _ITS_OWN:  # noqa: PLR2004
            said = f"{model}: the endpoint does not accept these texts ({status})"
            told = _told(error)
            return NoVectors(said, retry_after=0.0, refused=True, status=status, told=told)
        case openai.APIStatusError(status_code=status):
            said, wait = f"{model}: the endpoint answered {status}", _retry_after(error)
            return NoVectors(said, retry_after=wait, status=status, told=_told(error))
        case openai.APITimeoutError():
            return NoVectors(f"{model}: the endpoint timed out", retry_after=_WAIT)
        case openai.APIConnectionError():
            return NoVectors(f"{model}: the endpoint cannot be reached", retry_after=_WAIT)
        case _:
            told = f"{model}: the endpoint's answer holds no vectors"
            return NoVectors(told, retry_after=_WAIT)


def _told(error: openai.APIStatusError) -> str:
    return " ".join(error.message.split())[:_TOLD_MOST]


def _retry_after(error: openai.APIStatusError) -> float:
    told = error.response.headers.get("retry-after", "")
    try:
        return min(max(float(told), 1.0), _WAIT_MOST)
    except ValueError:
        return _WAIT
