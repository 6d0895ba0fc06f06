"""A local endpoint in OpenAI's wire format; the model a request names chooses the script."""

import asyncio
import json
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.sandbox.scripts import SCRIPTS, Reply, Script, asked

_CREATED = 1_700_000_000
_CHARS_A_TOKEN = 4


class _Cut(Response):
    """A body that ends before its announced length."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", b"9999")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        raise ConnectionAbortedError("cut on purpose")


def app(
    scripts: Mapping[str, Script] = SCRIPTS, *, seen: list[dict[str, object]] | None = None
) -> Starlette:
    """Return the endpoint: `POST /v1/chat/completions` and `GET /v1/models`.

    Args:
        scripts: by model name.
        seen: every request's body is appended to it, where given.
    """

    async def complete(request: Request) -> Response:
        body = json.loads(await request.body())
        if seen is not None:
            seen.append(body)
        script = scripts.get(str(body.get("model")))
        if script is None:
            return _error(404, f"The model {body.get('model')!r} does not exist", {})
        reply = script(asked(body))
        if reply.delay:
            await asyncio.sleep(reply.delay)
        return _response(reply, body)

    async def models(_: Request) -> Response:
        listed = [{"id": name, "object": "model", "created": _CREATED} for name in scripts]
        return JSONResponse({"object": "list", "data": listed})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
        ]
    )


def _response(reply: Reply, body: Mapping[str, object]) -> Response:
    if reply.raw is not None:
        return Response(reply.raw, media_type="application/json")
    if reply.status != 200:  # noqa: PLR2004
        return _error(reply.status, reply.content or "no", reply.headers)
    whole = _completion(reply, body)
    return _Cut(json.dumps(whole)[:80]) if reply.cut else JSONResponse(whole)


def _error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    said = {"message": message, "type": "server_error", "code": status}
    return JSONResponse({"error": said}, status_code=status, headers=dict(headers))


def _completion(reply: Reply, body: Mapping[str, object]) -> dict[str, object]:
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
    read = len(json.dumps(body.get("messages"))) // _CHARS_A_TOKEN
    written = len(json.dumps(message)) // _CHARS_A_TOKEN
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    finish = reply.finish or ("tool_calls" if reply.calls else "stop")
    return {
        "id": "chatcmpl-sandbox",
        "object": "chat.completion",
        "created": _CREATED,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }
