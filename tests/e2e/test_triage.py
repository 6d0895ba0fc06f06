"""Triage as it is installed: both processes, a policy file, and an update that is cut off."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import DESKHAND, KEY, World, world

pytestmark = pytest.mark.e2e
ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"
POLICY = """\
mode = "triage"
[topics.returns]
words = ["return"]
set = { type = "Refund", group = "Returns & Refunds", tags = ["return"] }
[triage]
fields = ["type", "priority", "group", "tags", "language"]
"""
SET = ("Refund", 1, 73000032002, ["return", "lang-en"])


def _fields(running: World, ticket: str) -> tuple[Any, ...]:
    answer = running.client.get(f"{running.helpdesk}/api/v2/tickets/{ticket}", auth=(KEY, "X"))
    answer.raise_for_status()
    shown = answer.json()
    return shown["type"], shown["priority"], shown["group_id"], shown["tags"]


def test_a_webhook_sets_the_fields_once_and_says_nothing(tmp_path: Path) -> None:
    """From the customer's words to the desk's own fields, also where the answer never came."""
    file = tmp_path / "policy.toml"
    file.write_text(POLICY)
    with world(tmp_path, DESKHAND_POLICY=str(file)) as running:
        plain = running.write(ASKED)
        running.settled(plain)
        running.control("faults", {"match": "PUT /tickets/*", "fault": "after-apply-cut"})
        cut = running.write(ASKED)
        why = running.settled(cut)
        shown = [_fields(running, ticket) for ticket in (plain, cut)]
        said = [running.log(ticket, "note", "reply") for ticket in (plain, cut)]
        updates = [running.log(ticket, "update") for ticket in (plain, cut)]
        told = subprocess.run(
            [DESKHAND, "why", cut],
            env=running.serve.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert [SET, SET] == shown
    assert [[], []] == said
    assert [1, 1] == [len(one) for one in updates]
    assert ("TRIAGE", "adopted") == (why["disposition"], why["receipt"]["landing"])
    assert why["receipt"]["at"]
    assert "Returns & Refunds" in told
