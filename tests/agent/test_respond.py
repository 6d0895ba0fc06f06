"""The whole run, where a rule of its own decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.journal import MemoryJournal
from agent.model import TriggerKind
from agent.policy.terms import Mode
from agent.respond import MISSED, respond
from tests.agent.test_grants import Opened, opened

__all__ = ["opened"]


@pytest.mark.parametrize(
    ("kind", "age", "replies"),
    [
        (TriggerKind.RECONCILE, MISSED + timedelta(hours=1), 0),
        (TriggerKind.RECONCILE, MISSED - timedelta(hours=1), 1),
        (TriggerKind.WEBHOOK, MISSED + timedelta(hours=1), 1),
    ],
    ids=["old-and-only-touched", "missed-over-a-weekend", "webhook"],
)
async def test_reconciliation_does_not_answer_what_is_merely_old(
    opened: Opened, kind: TriggerKind, age: timedelta, replies: int
) -> None:
    """An agent who tidies an old ticket must not set a reply to last month's question off."""
    trigger = replace(opened.ask(), kind=kind)
    opened.clock.advance(age.total_seconds())

    await respond(trigger, by=opened.responder(Mode.AUTO), journal=MemoryJournal(), run="r1")

    said = [e for e in opened.desk.log if str(e.ticket_id) == trigger.ticket_id]
    assert replies == [e.kind for e in said].count("reply")
