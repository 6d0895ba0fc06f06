"""The sandbox as a web application: the API under `/api/v2`, control under `/sandbox`."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tools.freshdesk.sandbox import answers, call, control, routing
from tools.freshdesk.sandbox.allowance import MINUTE, Allowance, Plan
from tools.freshdesk.sandbox.answers import Answer, Refused
from tools.freshdesk.sandbox.automations import Automations, Webhook
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.faults import GATEWAY_PAGE, ConnectionCut, Faults, Planned
from tools.freshdesk.sandbox.routes import table
from tools.freshdesk.sandbox.routing import Route

Role = Literal["agent", "admin"]

_PREFIX = "/api/v2"
_JSON = "application/json; charset=utf-8"
_DRIPS = 8  # pieces of a slow body


class SandboxApp(Starlette):
    """A Freshdesk account behind HTTP. Build it with `create_app`.

    The API is answered beside Starlette's own routing: no middleware stands between a fault and
    the socket.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        api_key: str,
        role: Role,
        allowance: Allowance,
        automations: Automations,
        without: Collection[str],
    ) -> None:
        """Wire the parts together."""
        self.desk, self.allowance, self.automations, self.faults = (
            desk,
            allowance,
            automations,
            Faults(),
        )
        self._api_key, self._role, self._without = api_key, role, frozenset(without)
        self._table = table()
        parts = control.Parts(desk, allowance, automations, self.faults, self.catch_up)
        super().__init__(routes=control.routes(parts), lifespan=_lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or raise `ConnectionCut` where a fault asks for it."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.lstrip("/").startswith("api/v2"):
            await super().__call__(scope, receive, send)
            return
        self.catch_up()
        await self._api(Request(scope, receive), path, send)

    def catch_up(self) -> None:
        """Apply the late writes whose moment has come."""
        for moment, route, held in self.faults.due(self.desk.clock.now()):
            with self.desk.at(moment):
                self._apply(route, held)

    async def _api(self, request: Request, path: str, send: Send) -> None:
        below = "/" + path.lstrip("/").removeprefix("api/v2").strip("/").removesuffix(".json")
        planned = self.faults.take(request.method, below)
        if planned is not None:
            early = await self._before(planned)
            if early is not None:
                await early(request.scope, request.receive, send)
                return
        answer = await self._answer(request, below, planned, doubled=path.startswith("//"))
        response = self._response(answer, request)
        if planned is not None:
            response = self._after(planned, response)
        if planned is not None and planned.fault == "slow-drip":
            await _drip(response, planned.seconds, send)
        else:
            await response(request.scope, request.receive, send)

    async def _before(self, planned: Planned) -> Response | None:
        """Return what is answered instead of applying anything; None when the call goes on."""
        match planned.fault:
            case "before-apply":
                raise ConnectionCut("close")
            case "reset":
                raise ConnectionCut("reset")
            case "5xx-html":
                return _gateway()
            case "429":
                left = self.allowance.seconds_left(self.desk.now())
                wait = left if planned.retry_after is None else planned.retry_after
                return Response(
                    status_code=429, headers={"Retry-After": str(wait), "Content-Type": _JSON}
                )
            case "401":
                return _plain(answers.unauthorized().answer)
            case "403-suspended":
                return _plain(answers.suspended().answer)
            case "403-denied":
                return _plain(answers.denied().answer)
            case "400-required":
                return _plain(answers.validation([answers.missing("cf_order")]).answer)
            case "latency":
                await asyncio.sleep(planned.seconds)
                return None
            case _:
                return None

    def _after(self, planned: Planned, response: Response) -> Response:
        """Spoil the answer to a call that was applied."""
        match planned.fault:
            case "after-apply-cut" | "late-apply":
                raise ConnectionCut("close")
            case "truncated":
                raise ConnectionCut("truncated", response)
            case "5xx-after-apply":
                return _gateway()
            case _:
                return response

    async def _answer(
        self, request: Request, path: str, planned: Planned | None, *, doubled: bool
    ) -> Answer:
        credits_, name, headers = 1, "invalid", {}
        now = self.desk.now()
        try:
            if call.key_of(request.headers.get("authorization")) != self._api_key:
                raise answers.unauthorized()
            route, params = self._table.find(request.method, path)
            if doubled and request.method == "GET":
                # A trailing slash in a client's base address does this:
                # https://github.com/arjunkomath/node-freshdesk-api/issues/61
                raise answers.validation(
                    [answers.invalid_field(path.split("/")[1].removesuffix("s"))]
                )
            name, credits_ = route.name, route.credits(request.query_params.get("include", ""))
            verdict = self.allowance.charge(route.endpoint, name, credits_, now=now)
        except Refused as refused:
            verdict = self.allowance.charge("", name, 1, now=now)
            return (
                _limited(verdict.retry_after)
                if verdict.retry_after
                else _with(refused.answer, verdict.headers)
            )
        if verdict.retry_after is not None:
            return _with(_limited(verdict.retry_after), verdict.headers)
        headers = verdict.headers
        answer = await self._handle(request, route, path, params, planned)
        if answer.status >= HTTPStatus.BAD_REQUEST and credits_ > 1:
            self.allowance.refund(name, credits_ - 1, now=now)
        return _with(answer, headers)

    async def _handle(
        self,
        request: Request,
        route: Route,
        path: str,
        params: dict[str, str],
        planned: Planned | None,
    ) -> Answer:
        try:
            if route.admin and self._role != "admin":
                raise answers.denied()
            if route.feature in self._without:
                raise answers.unfeatured(route.feature)
            asked = await call.read(request, path, params)
        except Refused as refused:
            return refused.answer
        if planned is not None and planned.fault == "late-apply":
            due = self.desk.clock.now() + timedelta(seconds=planned.seconds)
            self.faults.late.append((due, route, asked))
            return answers.gone()
        return self._apply(route, asked)

    def _apply(self, route: Route, asked: Call) -> Answer:
        try:
            return routing.answer(route, self.desk, asked)
        except Refused as refused:
            return refused.answer

    def _response(self, answer: Answer, request: Request) -> Response:
        response = _plain(answer)
        number = self.desk.rng.getrandbits(128)
        response.headers["X-Request-Id"] = str(UUID(int=number))
        response.headers["Date"] = format_datetime(self.desk.now(), usegmt=True)
        response.headers["X-Freshdesk-Api-Version"] = "latest=v2; requested=v2"
        where = answer.headers.get("Location", "")
        if where.startswith("/"):
            response.headers["Location"] = (
                f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{where}"
            )
        return response


def _plain(answer: Answer) -> Response:
    if answer.body is not None:
        response: Response = JSONResponse(answer.body, answer.status, dict(answer.headers))
        response.headers["Content-Type"] = _JSON
        return response
    # 404, 405 and 429 come with an empty body:
    # https://github.com/arjunkomath/node-freshdesk-api/pull/292
    response = Response(status_code=answer.status, headers=answer.headers)
    if answer.status != HTTPStatus.NO_CONTENT:
        # That client reads a body as JSON unless told otherwise, and it does survive a 404.
        response.headers.setdefault("Content-Type", "text/html; charset=utf-8")
    return response


def _with(answer: Answer, headers: dict[str, str]) -> Answer:
    return Answer(answer.status, answer.body, {**answer.headers, **headers})


def _limited(retry_after: int) -> Answer:
    return Answer(
        HTTPStatus.TOO_MANY_REQUESTS, None, {"Retry-After": str(retry_after), "Content-Type": _JSON}
    )


def _gateway() -> Response:
    return Response(GATEWAY_PAGE, 502, media_type="text/html")


async def _drip(response: Response, seconds: float, send: Send) -> None:
    # A drip is about the socket, so it takes real seconds even when the desk's clock is virtual.
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )
    body = bytes(response.body)
    size = max(1, -(-len(body) // _DRIPS))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    if isinstance(app, SandboxApp):
        await app.automations.close()


def create_app(  # noqa: PLR0913 - each is one trait of an account
    desk: Desk,
    *,
    api_key: str,
    plan: Plan = "none",
    role: Role = "agent",
    webhook: Webhook | None = None,
    purchased: int | None = None,
    window_seconds: float = MINUTE,
    decimal_headers: bool | None = None,
    without: Collection[str] = (),
) -> SandboxApp:
    """Return an app that answers for the desk as Freshdesk would.

    Args:
        desk: the state; nobody else should change it while requests run.
        api_key: the one key, of the desk's responder.
        plan: the rate plan; `none` never refuses.
        role: what the key may do.
        webhook: where the automation rules send; None: there are no rules.
        purchased: 1000 or 2000 calls a minute bought on top.
        window_seconds: 60, or 3600 for an account still counted by the hour.
        decimal_headers: print rate headers as `50.0`; None: on trials only.
        without: features the plan lacks (`surveys`, `archive`), answered with `require_feature`.
    """
    allowance = Allowance(
        plan,
        rng=desk.rng,
        purchased=purchased,
        window_seconds=window_seconds,
        decimal_headers=decimal_headers,
    )
    automations = Automations(desk, allowance, webhook)
    return SandboxApp(
        desk,
        api_key=api_key,
        role=role,
        allowance=allowance,
        automations=automations,
        without=without,
    )
