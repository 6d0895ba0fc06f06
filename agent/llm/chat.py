"""The one door to LangChain and OpenAI: chat completions of any endpoint in that format.

One call at a time, bounded in bytes and seconds, tried once. What is said is the words
of `agent.llm.turns`; nothing of the libraries leaves this file.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol, cast

import httpx2
import langsmith
import openai
from langchain.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.errors import EndpointRefused, ModelUnavailable, ResponderError
from agent.llm.bounded import Endless, bounding
from agent.llm.endpoint import Answering, Endpoint
from agent.llm.offer import SUBMIT, Form, Sampling
from agent.llm.turns import Message, Said, Told, ToolCall, well_formed

_QUIRK = ("parse", "format", "grammar", "peg", "tool call", "json")
"""Small servers answer 500 with one of these words when the model's text fits no tool."""
_WAIT = 15.0
_WAIT_MOST = 600.0
_TOLD_MOST = 300
_HINTS = {
    401: "its key was not accepted",
    403: "its key may not use this model",
    404: "it does not know this model or address",
}
"""Why an endpoint refuses, for the operator; `deskhand doctor` tells more."""


_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout)


class Model:
    """An endpoint, opened for one piece of work."""

    def __init__(self, endpoint: Endpoint, sampling: Sampling, chat: ChatOpenAI) -> None:
        self.endpoint = endpoint
        self._sampling = sampling
        self._chat = chat

    async def say(self, messages: Sequence[Message], form: Form) -> Said:
        """Make one call. What is no chat completion at all comes back as an empty turn.

        Raises:
            ModelUnavailable: down, overloaded, cut off or slow; it may pass.
            EndpointRefused: the endpoint accepts no such request.
        """
        bound, talk = self._bound(form), [_theirs(message) for message in messages]
        with self._faults() as faulty:
            async with self._in_time():
                return _ours(await bound.ainvoke(talk))
        return faulty

    async def pieces(self, question: str) -> int:
        """Ask for an answer as a stream and return in how many pieces it came.

        Raises:
            ModelUnavailable, EndpointRefused: as for `say`.
        """
        count = 0
        with self._faults():
            async with self._in_time():
                stream = await self._chat.root_async_client.chat.completions.create(
                    model=self.endpoint.model,
                    messages=[{"role": "user", "content": question}],
                    max_completion_tokens=self._sampling.output_tokens,
                    stream=True,
                )
                async for piece in stream:
                    count += any(choice.delta.content for choice in piece.choices)
        return count

    async def listed(self) -> Mapping[str, object]:
        """Return what the endpoint's list of models says of this one; nothing where it has none.

        Raises:
            ModelUnavailable, EndpointRefused: as for `say`.
        """
        with self._faults():
            async with self._in_time():
                page = await self._chat.root_async_client.models.list()
                for one in page.data:
                    if one.id == self.endpoint.model:
                        return cast("Mapping[str, object]", one.model_dump())
        return {}

    def _bound(self, form: Form) -> "_Invokable":
        if form.schema is not None:
            schema = {"name": SUBMIT, "strict": True, "schema": form.schema}
            kept = {"type": "json_schema", "json_schema": schema}
            return cast("_Invokable", self._chat.bind(response_format=kept))
        if not form.functions:
            return cast("_Invokable", self._chat)
        choice = "required" if form.must_call else "auto"
        functions = [dict(one) for one in form.functions]
        return cast("_Invokable", self._chat.bind_tools(functions, tool_choice=choice))

    @asynccontextmanager
    async def _in_time(self) -> AsyncGenerator[None]:
        with langsmith.tracing_context(enabled=False):
            async with asyncio.timeout(self._sampling.call_seconds):
                yield

    @contextmanager
    def _faults(self) -> Generator[Said]:
        """Turn what goes wrong into our errors, or into a turn that says nothing."""
        name = self.endpoint.model
        try:
            yield Said("")
        except TimeoutError as error:
            told = f"{name}: no answer within {self._sampling.call_seconds:g} s"
            raise ModelUnavailable(told, retry_after=_WAIT, asked=True) from error
        except openai.OpenAIError as error:
            failed = _failure(error, name)
            if failed is not None:
                raise failed from error
        except (Endless, ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return  # bytes that are no chat completion: an unusable answer


@asynccontextmanager
async def opened(endpoint: Endpoint, sampling: Sampling) -> AsyncGenerator[Model]:
    """Open an endpoint; no environment is read, nothing is redirected or tried again."""
    http = openai.DefaultAsyncHttpxClient(
        timeout=sampling.call_seconds,
        trust_env=False,
        follow_redirects=False,
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [bounding(sampling.answer_bytes)]},
        transport=_InProcess(endpoint.answering) if endpoint.answering else None,
    )
    unused = openai.DefaultHttpxClient(trust_env=False, transport=httpx2.BaseTransport())
    try:
        yield Model(
            endpoint,
            sampling,
            ChatOpenAI(
                model=endpoint.model,
                base_url=endpoint.base_url,
                api_key=SecretStr(endpoint.api_key),
                http_async_client=http,
                http_client=unused,
                max_retries=0,
                timeout=sampling.call_seconds,
                temperature=sampling.temperature,
                seed=sampling.seed,
                frequency_penalty=sampling.frequency_penalty,
                max_completion_tokens=sampling.output_tokens,
                use_responses_api=False,
                streaming=False,
                stream_usage=False,
                cache=False,
            ),
        )
    finally:
        await http.aclose()
        unused.close()


class _InProcess(httpx2.AsyncBaseTransport):
    """Hands a request to somebody in this process; no connection is made."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return what is answered to a request's body."""
        status, body = await self._answering(await request.aread())
        return httpx2.Response(status, headers={"content-type": "application/json"}, content=body)


class _Invokable(Protocol):
    """A model with its options bound."""

    async def ainvoke(self, messages: Sequence[AnyMessage], /) -> AIMessage:
        """Make one call."""
        ...


def _theirs(message: Message) -> AnyMessage:
    """Return a message in LangChain's words."""
    match message:
        case Said():
            calls = [{"id": c.id, "name": c.name, "args": {**c.arguments}} for c in message.calls]
            return AIMessage(message.text, tool_calls=calls)
        case Told(role="rules"):
            return SystemMessage(message.text)
        case Told(role="tool"):
            return ToolMessage(message.text, tool_call_id=message.call)
        case Told():
            return HumanMessage(message.text)


def _ours(message: AIMessage) -> Said:
    """Return what came, in our own words.

    Raises:
        ValueError: it is nested beyond measure, or counts are no numbers.
    """
    counted, ended = message.usage_metadata, message.response_metadata.get("finish_reason")
    details = counted.get("input_token_details") if counted else None
    cached = details.get("cache_read", 0) if details else 0
    calls = [
        ToolCall(str(call["id"] or f"call_{at}"), str(well_formed(call["name"])), arguments)
        for at, call in enumerate(message.tool_calls)
        if isinstance(arguments := well_formed(call["args"]), dict)
    ]
    return Said(
        text=str(well_formed(message.text)),
        calls=tuple(calls),
        cut_off=ended == "length",
        refused=bool(message.additional_kwargs.get("refusal")) or ended == "content_filter",
        read=max(0, counted["input_tokens"]) if counted else None,
        written=max(0, counted["output_tokens"]) if counted else None,
        cached=max(0, cached or 0),
    )


def _failure(error: openai.OpenAIError, model: str) -> ResponderError | None:
    """Return our name for an endpoint's failure, or None where it is the model's own fault."""
    match error:
        case openai.APITimeoutError():
            told = f"{model}: the endpoint timed out"
            return ModelUnavailable(told, retry_after=_WAIT, asked=True)
        case openai.APIResponseValidationError():
            return None
        case openai.APIConnectionError():
            nobody = any(isinstance(one, _NOT_SENT) for one in _causes(error))
            told = "cannot be reached" if nobody else "broke off in its answer"
            return ModelUnavailable(
                f"{model}: the endpoint {told}", retry_after=_WAIT, asked=not nobody
            )
        case openai.RateLimitError():
            return ModelUnavailable(f"{model}: 429", retry_after=_retry_after(error))
        case openai.APIStatusError(status_code=status) if status >= 500:  # noqa: PLR2004
            if status == 500 and any(word in error.message.lower() for word in _QUIRK):  # noqa: PLR2004
                return None
            return ModelUnavailable(f"{model}: {status}", retry_after=_retry_after(error))
        case openai.APIStatusError(status_code=status):
            why = f": {_HINTS[status]}" if status in _HINTS else ""
            said = " ".join(error.message.split())[:_TOLD_MOST]
            refused = f"{model}: the endpoint refused the request ({status}{why})"
            return EndpointRefused(refused, status=status, told=said)
        case _:
            return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    found = error.__cause__
    while found is not None:
        yield found
        found = found.__cause__


def _retry_after(error: openai.APIStatusError) -> float:
    told = error.response.headers.get("retry-after", "")
    try:
        return min(max(float(told), 1.0), _WAIT_MOST)
    except ValueError:
        return _WAIT
