"""Agent-assist: draft on demand, never posts; health and metrics beside it."""

import hmac
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel

from agent.errors import DraftFailed, ModelUnavailable
from agent.model import Trigger, TriggerKind
from agent.respond import draft_only
from server import views
from server.accounts import Accounts
from server.errors import UnknownAccount
from server.metrics import CONTENT_TYPE, Metrics
from server.store import inbox
from server.store.db import Database, reachable
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
    409: "Nothing to draft for",
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
        result = await draft_only(trigger, by=owner.responder)
    except (UnknownAccount, NotFound) as fault:
        raise HTTPException(404, str(fault)) from fault
    except (Retryable, ModelUnavailable) as fault:
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


def _admit(request: Request, api: Api) -> None:
    """Compare the bearer token in constant time; without a configured one nobody is admitted."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    expected = api.token or ""
    same = hmac.compare_digest(expected.encode(), shown.strip().encode())
    if not (same and expected and scheme.lower() == "bearer"):
        detail = "Send the header Authorization: Bearer with the value of DESKHAND_API_TOKEN."
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
