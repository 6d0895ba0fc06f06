"""The drafter on a language model: the one door to LangChain and OpenAI.

Speaks chat completions to any endpoint in that format. Pages are searched for before the first
call, so the common path is one call; the read-only tools stay within reach.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, cast

import langsmith
import openai
from langchain.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent import answer, context, offer, turns
from agent.answer import Answer, Refused
from agent.errors import DraftFailed, LimitReached, ModelUnavailable, ResponderError
from agent.extractive import document, mail_of
from agent.model import Draft, RunLimits, Snapshot
from agent.offer import Sampling
from agent.policy import Policy
from agent.tally import Tally
from agent.turns import HandedIn, Said, ToolCall
from prompts import library
from prompts.library import Prompt
from tools.clock import Clock, SystemClock
from tools.kit import TOOLS
from tools.kit.tool import Desk

_OBJECTIONS = 1
"""How often a model is told what was wrong before we give up."""
_CHARS_A_TOKEN = 3
"""For estimates before a call; the endpoint's own count replaces them."""
_QUIRK = ("parse", "format", "grammar", "peg", "tool call", "json")
"""Small servers answer 500 with one of these words when the model's text fits no tool."""
_WAIT = 15.0
_WAIT_MOST = 600.0


class LangChainDrafter:
    """Drafts with a model behind an OpenAI-compatible endpoint; implements `Drafter`."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str,
        sampling: Sampling | None = None,
        prompt: Prompt | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._model_name = model
        self._base_url = base_url
        self._api_key = api_key
        self._sampling = sampling or Sampling()
        self._prompt = prompt or library.live("draft_reply")
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model_name

    @property
    def prompt(self) -> str:
        """`name@version` of the prompt in use."""
        return self._prompt.reference

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return the model's draft with evidence checked against the pages of this run.

        Raises:
            ModelUnavailable: down, overloaded, or out of time; it may pass.
            DraftFailed: no usable answer, even after the model was told what was wrong.
            LimitReached: calls, tokens, seconds or credits ran out.
        """
        run = Tally(desk, limits, self._clock)
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._drafted(snapshot, run, policy)
        except TimeoutError as error:
            slow = LimitReached(f"drafting took longer than {limits.seconds:g} s")
            slow.usage = run.usage
            raise slow from error
        except ResponderError as error:
            error.usage = run.usage
            raise

    async def _drafted(self, snapshot: Snapshot, run: Tally, policy: Policy) -> Draft:
        hits = await run.search(mail_of(snapshot))
        pages = offer.pages(hits, most=self._sampling.page_chars)
        # No secret seed: the mark is a digest of the message, so no message can hold its own,
        # and the same ticket gives the same prompt.
        seen = context.build(snapshot, documents=pages, budget=self._sampling.context_tokens)
        run.missing += seen.missing
        filled = self._prompt.fill(
            {
                "context": seen.text,
                "language": run.desk.language or "as in the message",
                "tone": policy.tone or "polite and plain",
            }
        )
        rules, *rest = filled.values()
        messages: list[AnyMessage] = [SystemMessage(rules), HumanMessage("\n\n".join(rest))]
        async with self._open() as model:
            handed = await self._talk(model, messages, run)
        return self._as_draft(handed, run)

    async def _talk(self, model: ChatOpenAI, messages: list[AnyMessage], run: Tally) -> Answer:
        """Call the model until it hands in a usable answer; a hard end stands on every path."""
        objections = rounds = 0
        while True:
            said = await self._call(model, messages, run, tools_open=rounds < turns.TOOL_ROUNDS)
            try:
                wanted = turns.wanted(_said(said))
                if isinstance(wanted, HandedIn):
                    handed = answer.read(wanted.arguments, run.desk.fetched)
                    turns.insist(handed, run.desk, last=objections >= _OBJECTIONS)
                    return handed
                turns.still_open(rounds)
            except Refused as refused:
                if objections >= _OBJECTIONS:
                    raise DraftFailed(f"{self.name}: unusable answer: {refused}") from refused
                objections += 1
                messages += _objection(said, str(refused))
            else:
                rounds += 1
                messages.append(said)
                for call in wanted:
                    told = await run.use(call.name, call.arguments)
                    messages.append(ToolMessage(told, tool_call_id=call.id))

    async def _call(
        self, model: ChatOpenAI, messages: list[AnyMessage], run: Tally, *, tools_open: bool
    ) -> AIMessage:
        """Make one model call and count it.

        Raises:
            ModelUnavailable, DraftFailed: as `draft` says.
            LimitReached: the call would pass a limit.
        """
        size = sum(len(str(message.content)) for message in messages)
        read = size // _CHARS_A_TOKEN
        run.begin_call(tokens=read + self._sampling.output_tokens)
        try:
            with langsmith.tracing_context(enabled=False):
                async with asyncio.timeout(self._sampling.call_seconds):
                    said = await self._bound(model, tools_open=tools_open).ainvoke(messages)
        except TimeoutError as error:
            raise ModelUnavailable(
                f"{self.name}: no answer within {self._sampling.call_seconds:g} s",
                retry_after=_WAIT,
            ) from error
        except openai.OpenAIError as error:
            failed = _failure(error, self.name)
            if failed is None:
                run.end_call(read=read, written=0)
                return AIMessage("")
            raise failed from error
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            run.end_call(read=read, written=0)
            return AIMessage("")  # bytes that are no chat completion: an unusable answer
        counted = said.usage_metadata
        run.end_call(
            read=counted["input_tokens"] if counted else read,
            written=counted["output_tokens"] if counted else len(said.text) // _CHARS_A_TOKEN,
        )
        return said

    def _bound(self, model: ChatOpenAI, *, tools_open: bool) -> "_Invokable":
        """Return the model with tools, or with the draft's schema alone."""
        if self._sampling.strategy == "json":
            schema = {"name": offer.SUBMIT, "strict": True, "schema": answer.SCHEMA}
            form = {"type": "json_schema", "json_schema": schema}
            return cast("_Invokable", model.bind(response_format=form))
        offered = offer.functions(TOOLS if tools_open else ())
        return cast("_Invokable", model.bind_tools(offered, tool_choice="required"))

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[ChatOpenAI]:
        """Open the endpoint for one draft; no environment is read, nothing is tried again."""
        http = openai.DefaultAsyncHttpxClient(
            timeout=self._sampling.call_seconds, trust_env=False, follow_redirects=False
        )
        quiet = openai.DefaultHttpxClient(trust_env=False)
        try:
            yield ChatOpenAI(
                model=self._model_name,
                base_url=self._base_url,
                api_key=SecretStr(self._api_key),
                http_async_client=http,
                http_client=quiet,
                max_retries=0,
                timeout=self._sampling.call_seconds,
                temperature=self._sampling.temperature,
                seed=self._sampling.seed,
                frequency_penalty=self._sampling.frequency_penalty or None,
                max_completion_tokens=self._sampling.output_tokens,
                use_responses_api=False,
                streaming=False,
                stream_usage=False,
                cache=False,
            )
        finally:
            await http.aclose()
            quiet.close()

    def _as_draft(self, handed: Answer, run: Tally) -> Draft:
        language = handed.language or run.desk.language
        return Draft(
            outcome=handed.outcome,
            language=language,
            paragraphs=handed.paragraphs,
            reason=handed.reason or turns.REASONS[handed.outcome],
            summary=handed.summary,
            documents=tuple(document(page) for page in run.desk.fetched.values()),
            drafter=self.name,
            prompt=self.prompt,
            usage=run.usage,
            tools=tuple(run.uses),
            missing=tuple(run.missing),
        )


class _Invokable(Protocol):
    """A model with its options bound."""

    async def ainvoke(self, messages: Sequence[AnyMessage], /) -> AIMessage:
        """Make one call."""
        ...


def _said(message: AIMessage) -> Said:
    """Return a message in our own words."""
    return Said(
        text=message.text,
        calls=tuple(ToolCall(c["id"] or "", c["name"], c["args"]) for c in message.tool_calls),
        cut_off=message.response_metadata.get("finish_reason") == "length",
        refused=bool(message.additional_kwargs.get("refusal"))
        or message.response_metadata.get("finish_reason") == "content_filter",
    )


def _objection(said: AIMessage, reason: str) -> list[AnyMessage]:
    """Return the turn that tells the model what was wrong; every tool call gets its answer."""
    if said.tool_calls:
        calls = [c for c in said.tool_calls if c["id"]]
        return [said, *(ToolMessage(reason, tool_call_id=c["id"] or "") for c in calls)]
    return [AIMessage(said.text[:400] or "(nothing usable)"), HumanMessage(reason)]


def _failure(error: openai.OpenAIError, model: str) -> ResponderError | None:
    """Return our name for an endpoint's failure, or None where it is the model's own fault."""
    match error:
        case openai.APITimeoutError():
            return ModelUnavailable(f"{model}: the endpoint timed out", retry_after=_WAIT)
        case openai.APIResponseValidationError():
            return None
        case openai.APIConnectionError():
            return ModelUnavailable(f"{model}: the endpoint cannot be reached", retry_after=_WAIT)
        case openai.RateLimitError():
            return ModelUnavailable(f"{model}: 429", retry_after=_retry_after(error))
        case openai.APIStatusError(status_code=status) if status >= 500:  # noqa: PLR2004
            if status == 500 and any(word in error.message.lower() for word in _QUIRK):  # noqa: PLR2004
                return None
            return ModelUnavailable(f"{model}: {status}", retry_after=_retry_after(error))
        case openai.APIStatusError(status_code=status):
            return DraftFailed(f"{model}: the endpoint refused the request ({status})")
        case _:
            return None


def _retry_after(error: openai.APIStatusError) -> float:
    told = error.response.headers.get("retry-after", "")
    try:
        return min(max(float(told), 1.0), _WAIT_MOST)
    except ValueError:
        return _WAIT
