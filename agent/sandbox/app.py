"""A local endpoint in OpenAI's wire format; the model a request names chooses the script."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.sandbox.scripts import SCRIPTS, Reply, Script, asked
from agent.sandbox.talk import small_talk, vector

_CREATED = 1_700_000_000
_CHARS_A_TOKEN = 4
_PART = 64 * 1024


@dataclass(frozen=True, slots=True)
class Traits:
    """What an endpoint can do, for those that cannot do everything.

    Attributes:
        context: tokens of a question at most, or None without a limit.
        truncates: a longer one is cut without a word, not refused.
        lists: its list of models tells the size of the context.
        api_key: the key it asks for, or None where any will do.
        bare: it refuses a temperature and a seed.
        seconds: before every answer.
    """

    tools: Literal["required", "auto", "none"] = "required"
    json_schema: bool = True
    streaming: bool = True
    context: int | None = None
    truncates: bool = False
    lists: bool = False
    api_key: str | None = None
    bare: bool = False
    seconds: float = 0.0


ALL = Traits()


class _Cut(Response):
    """A body that ends before its announced length."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", b"9999")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        raise ConnectionAbortedError("cut on purpose")


def app(
    scripts: Mapping[str, Script] = SCRIPTS,
    *,
    traits: Traits = ALL,
    seen: list[dict[str, object]] | None = None,
    keys: list[str] | None = None,
    embeds: Callable[[str], Sequence[float]] = vector,
) -> Starlette:
    """Return the endpoint: `POST /v1/chat/completions`, `/v1/embeddings` and `GET /v1/models`.

    A request that hands no rules over is no draft: it is answered as a capable model would.

    Args:
        scripts: by model name.
        traits: what it can do.
        seen: every request's body is appended to it, where given.
        keys: and every key that came with one.
        embeds: a text as a vector, whatever model is named.
    """
    door = _Door(traits, frozenset(scripts), keys)

    async def complete(request: Request) -> Response:
        body = json.loads(await request.body())
        if seen is not None:
            seen.append(body)
        refusal = door.refusal(request, body) or _cannot(body, traits)
        if refusal is not None:
            return refusal
        what = asked(body)
        reply = scripts[str(body["model"])](what) if what.rules else small_talk(body)
        await asyncio.sleep(reply.delay + traits.seconds)
        return _response(_in_form(reply, body), body, traits)

    async def embed(request: Request) -> Response:
        body = json.loads(await request.body())
        return door.refusal(request, body) or JSONResponse(_vectors(body, embeds))

    async def models(request: Request) -> Response:
        return door.refusal(request) or JSONResponse(_list(scripts, traits))

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/embeddings", embed, methods=["POST"]),
            Route("/v1/models", models),
        ]
    )


@dataclass(frozen=True, slots=True)
class _Door:
    """Who may come in, and for which model."""

    traits: Traits
    known: frozenset[str]
    keys: list[str] | None

    def refusal(
        self, request: Request, body: Mapping[str, object] | None = None
    ) -> Response | None:
        came = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.keys is not None:
            self.keys.append(came)
        if self.traits.api_key is not None and came != self.traits.api_key:
            return _error(401, "Incorrect API key provided")
        if body is not None and body.get("model") not in self.known:
            return _error(404, f"The model {body.get('model')!r} does not exist")
        return None


def _vectors(
    body: Mapping[str, object], embeds: Callable[[str], Sequence[float]]
) -> dict[str, object]:
    told = body.get("input")
    given = told if isinstance(told, list) else [told]
    data = [
        {"object": "embedding", "index": at, "embedding": [*embeds(str(text))]}
        for at, text in enumerate(given)
    ]
    read = len(str(given)) // _CHARS_A_TOKEN
    usage = {"prompt_tokens": read, "total_tokens": read}
    return {"object": "list", "model": body.get("model"), "data": data, "usage": usage}


def _list(names: Iterable[str], traits: Traits) -> dict[str, object]:
    size = {"context_length": traits.context} if traits.lists else {}
    same = {"object": "model", "created": _CREATED, "owned_by": "sandbox", **size}
    return {"object": "list", "data": [{"id": name, **same} for name in names]}


def _cannot(body: Mapping[str, object], able: Traits) -> Response | None:
    """Return the refusal of what an endpoint cannot do, as endpoints word it."""
    if body.get("tools") and able.tools == "none":
        return _error(400, "tools are not supported by this model")
    if body.get("tool_choice") == "required" and able.tools == "auto":
        return _error(400, "tool_choice must be 'auto' or 'none'")
    if body.get("response_format") and not able.json_schema:
        return _error(400, "response_format of type json_schema is not supported")
    if body.get("stream") and not able.streaming:
        return _error(400, "stream is not supported")
    if able.bare and body.keys() & {"temperature", "seed"}:
        return _error(400, "Unsupported parameter: 'temperature' is not supported with this model")
    size = _size(body)
    if able.context is not None and size > able.context and not able.truncates:
        told = f"maximum context length is {able.context} tokens, you requested {size} tokens"
        return _error(400, f"This model's {told}")
    return None


def _in_form(reply: Reply, body: Mapping[str, object]) -> Reply:
    """Return a reply in the form that was asked for: without tools, a draft is its JSON alone."""
    if not reply.calls or body.get("tools"):
        return reply
    return Reply(content=reply.calls[0][1], finish=reply.finish)


def _response(reply: Reply, body: Mapping[str, object], able: Traits) -> Response:
    if reply.raw is not None:
        return Response(reply.raw, media_type="application/json", headers=dict(reply.headers))
    if reply.pours:
        return StreamingResponse(_pour(), media_type="application/json")
    if reply.status != 200:  # noqa: PLR2004
        return _error(reply.status, reply.content or "no", reply.headers)
    whole = _completion(reply, body, able)
    if body.get("stream"):
        return StreamingResponse(_pieces(reply.content, body), media_type="text/event-stream")
    return _Cut(json.dumps(whole)[:80]) if reply.cut else JSONResponse(whole)


async def _pour() -> AsyncIterator[bytes]:
    """Begin a completion whose text never ends."""
    yield b'{"id": "x", "object": "chat.completion", "choices": [{"message": {"content": "'
    while True:
        yield b"a" * _PART
        await asyncio.sleep(0.01)


async def _pieces(text: str, body: Mapping[str, object]) -> AsyncIterator[bytes]:
    said = [{"role": "assistant", "content": ""}, *({"content": f"{w} "} for w in text.split())]
    for delta in said:
        chunk = {
            "id": "chatcmpl-sandbox",
            "object": "chat.completion.chunk",
            "created": _CREATED,
            "model": body.get("model"),
            "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
        }
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    said = {"message": message, "type": "server_error", "code": status}
    return JSONResponse({"error": said}, status_code=status, headers=dict(headers or {}))


def _size(body: Mapping[str, object]) -> int:
    return len(json.dumps(body.get("messages"))) // _CHARS_A_TOKEN


def _completion(reply: Reply, body: Mapping[str, object], able: Traits) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": reply.content or None}
    if reply.refusal:
        message["refusal"] = reply.refusal
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{at}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for at, (name, arguments) in enumerate(reply.calls)
        ]
    read = min(_size(body), able.context or _size(body))
    written = len(json.dumps(message)) // _CHARS_A_TOKEN
    read, written = reply.counts or (read, written)
    usage: dict[str, object] = {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": reply.cached},
    }
    finish = reply.finish or ("tool_calls" if reply.calls else "stop")
    return {
        "id": "chatcmpl-sandbox",
        "object": "chat.completion",
        "created": _CREATED,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }
