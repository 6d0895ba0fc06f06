"""Agent-assist and approvals; health and metrics beside them. Nothing here posts by itself."""

import hmac
from dataclasses import dataclass, replace

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from agent.errors import Deferred, DraftFailed, ModelUnavailable
from agent.model import Approval, Trigger, TriggerKind
from agent.respond import draft_only
from server import approvals, views
from server.accounts import Accounts
from server.approvals import MOST_NAME, MOST_TEXT
from server.drafters import at_once
from server.engine import Engine
from server.errors import UnknownAccount, Unready
from server.metrics import CONTENT_TYPE, Metrics
from server.store import inbox
from server.store.db import Database, reachable
from tools.clock import Clock
from tools.errors import Forbidden, HelpdeskError, NotFound, Retryable, Unauthorized
from tools.model import TicketId

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes need, from `request.app.state.api`.

    Attributes:
        token: the bearer token; None answers 401 to all.
    """

    accounts: Accounts
    database: Database
    engine: Engine
    clock: Clock
    metrics: Metrics
    token: str | None


class Problem(BaseModel):
    """What went wrong, in RFC 9457's form."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


PROBLEMS = {
    401: "The token is missing or wrong",
    404: "Not found",
    409: "Nothing to draft or to send",
    502: "The helpdesk refused",
    503: "Come back later",
}
_ANSWERS: dict[int | str, dict[str, object]] = {
    code: {"model": Problem, "description": title} for code, title in PROBLEMS.items()
}


@router.post(
    "/api/accounts/{account}/tickets/{ticket}/draft",
    responses=_ANSWERS,
    tags=["assist"],
)
async def draft(account: str, ticket: str, request: Request) -> views.Drafted:
    """Draft a reply to a ticket's newest customer word and post nothing."""
    api: Api = request.app.state.api
    _admit(request, api)
    try:
        owner = api.accounts.find(account)
        trigger = Trigger(TriggerKind.ASSIST, owner.id, TicketId(ticket))
        by = replace(owner.responder, drafter=at_once(owner.responder.drafter))
        result = await draft_only(trigger, by=by)
    except (UnknownAccount, NotFound) as fault:
        raise HTTPException(404, str(fault)) from fault
    except (Retryable, ModelUnavailable, Deferred) as fault:
        after = {"Retry-After": str(max(1, round(fault.retry_after)))}
        raise HTTPException(503, str(fault), after) from fault
    except (Unauthorized, Forbidden, HelpdeskError, DraftFailed) as fault:
        raise HTTPException(502, str(fault)) from fault
    if result.draft is None:
        reason = result.skip.reason if result.skip else "there is no customer word to answer"
        gone = result.skip is not None and result.skip.name == "gone"
        raise HTTPException(404 if gone else 409, reason)
    return views.drafted(result)


@router.get("/livez", tags=["health"])
async def livez() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "ok"}


@router.get("/readyz", tags=["health"])
async def readyz(request: Request, response: Response) -> dict[str, str]:
    """Say whether deliveries can be stored and worked on; 503 if not."""
    api: Api = request.app.state.api
    fault = None if request.app.state.ready else "starting"
    fault = fault or await api.database.read(lambda _: reachable(api.database))
    if fault is not None:
        response.status_code = 503
    return {"status": fault or "ok"}


@router.get("/metrics", tags=["health"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Return the counters; needs the API token."""
    api: Api = request.app.state.api
    _admit(request, api)
    for state, number in (await api.database.read(inbox.count)).items():
        api.metrics.queue.labels(state).set(number)
    return Response(api.metrics.text(), media_type=CONTENT_TYPE)


class ApprovalAsked(BaseModel):
    """Who decided that a proposed reply is to be sent, and other words if they changed them."""

    by: str = Field(min_length=1, max_length=MOST_NAME)
    text: str = Field(default="", max_length=MOST_TEXT)


class ApprovalTaken(BaseModel):
    """The approval is kept; the reply goes out after one more look at the ticket."""

    delivery: int


@router.post("/api/runs/{run}/approve", status_code=202, responses=_ANSWERS, tags=["review"])
async def approve(run: str, asked: ApprovalAsked, request: Request) -> ApprovalTaken:
    """Send a run's proposed reply in public, as proposed or in other words.

    It is a delivery of its own: 202 once it is kept. The ticket is looked at once more before
    anything is sent; what became of it stands in the queue and in `deskhand why`.
    """
    api: Api = request.app.state.api
    _admit(request, api)
    now = api.clock.now().timestamp()
    word = Approval(run, asked.by, asked.text)
    try:
        number = await api.database.write(lambda c: approvals.take(c, api.engine, word, now=now))
    except approvals.Refused as fault:
        raise HTTPException(409, str(fault)) from fault
    except Unready as fault:
        raise HTTPException(503, str(fault), {"Retry-After": "30"}) from fault
    return ApprovalTaken(delivery=number)


def _admit(request: Request, api: Api) -> None:
    """Compare the bearer token in constant time; without a configured one nobody is admitted."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    expected = api.token or ""
    same = hmac.compare_digest(expected.encode(), shown.strip().encode())
    if not (same and expected and scheme.lower() == "bearer"):
        detail = "Send the header Authorization: Bearer with the value of DESKHAND_API_TOKEN."
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
