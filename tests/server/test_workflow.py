"""What becomes of a delivery whose run failed: each fault has its visible state and wait."""

import pytest

from agent.errors import Deferred, DraftFailed, ModelUnavailable, Superseded
from agent.model import TriggerKind
from server.store.inbox import Delivery, State
from server.workflow import PASSING, PATIENCE, after
from tools.errors import (
    BudgetExhausted,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Unexpected,
)
from tools.model import AccountId, TicketId

NOW = 1_000_000.0


def _delivery(*, attempt: int = 0, first_failed_at: float | None = None) -> Delivery:
    return Delivery(
        id=1,
        account=AccountId("a"),
        ticket_id=TicketId("1"),
        kind=TriggerKind.WEBHOOK,
        state=State.RUNNING,
        reason="",
        received_at=NOW - 10,
        due_at=NOW,
        burst_at=NOW - 10,
        attempt=attempt,
        starts=1,
        first_failed_at=first_failed_at,
        run_id=None,
        settled_at=None,
        event="",
    )


@pytest.mark.parametrize(
    ("fault", "state", "wait"),
    [
        (RateLimited("429", retry_after=34), State.WAITING, 34),
        (BudgetExhausted("held back", retry_after=3), State.WAITING, 3),
        (Unavailable("502", retry_after=1), State.WAITING, 4),
        (ModelUnavailable("down", retry_after=15), State.WAITING, 15),
        (Deferred("uncertain", retry_after=5), State.WAITING, 5),
        (Superseded("wrote again"), State.WAITING, 0),
        (Unauthorized("401"), State.PARKED, 0),
        (Forbidden("403"), State.DEAD, None),
        (NotFound("404"), State.DEAD, None),
        (Rejected("400"), State.DEAD, None),
        (Unexpected("shape"), State.WAITING, 5),
        (DraftFailed("no draft"), State.DEAD, None),
        (ZeroDivisionError("ours"), State.DEAD, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_fault_has_a_state(fault: Exception, state: State, wait: float | None) -> None:
    """Nothing ends in silence: it waits, is parked, or is dead with its reason."""
    verdict = after(fault, _delivery(attempt=2), now=NOW)

    assert (state, wait) == (verdict.state, verdict.wait)
    assert verdict.reason


def test_patience_has_an_end() -> None:
    """A helpdesk that never comes back must not keep work waiting for ever, unseen."""
    old = _delivery(attempt=50, first_failed_at=NOW - PATIENCE - 1)
    verdict = after(Unavailable("502", retry_after=1), old, now=NOW)

    assert State.DEAD is verdict.state
    assert "48 hours" in verdict.reason


def test_an_answer_that_stays_unreadable_is_said_soon() -> None:
    """One bad byte of a proxy must not cost a ticket; a changed shape does not mend itself."""
    old = _delivery(attempt=8, first_failed_at=NOW - PASSING - 1)
    verdict = after(Unexpected("GET /x: the answer is not JSON"), old, now=NOW)

    assert State.DEAD is verdict.state
    assert "not JSON" in verdict.reason


def test_a_fault_of_ours_shows_its_type_and_never_its_text() -> None:
    """An exception's text may hold a customer's words; its type does not."""
    verdict = after(ValueError("Dear Mrs Smith"), _delivery(), now=NOW)

    assert "ValueError" in verdict.reason
    assert "Smith" not in verdict.reason
