"""Hand a kept run to another tool, as one JSON file: what was read, drafted, decided and posted."""

import json
import os
from pathlib import Path
from typing import Any

from agent.policy.terms import Policy
from server import wiring
from server.look import FAILED, OK, complain, database, out
from server.settings import load
from server.store import runs
from server.store.runs import Run

VERSION = 1
"""Of the file; raised when a reader of the one before would misread it."""
_POLICY = (
    "link_hosts", "portal_hosts", "replies_per_hour", "replies_per_day", "disclosure", "signature",
    "banned", "human_topics", "answer_assigned",
)  # fmt: skip


async def run(reference: str, *, to: Path | None, config: Path | None) -> int:
    """Write one kept run into a file that only its owner may read."""
    policy = wiring.policy(load(config=config))
    async with database(config) as (store, _):
        kept = await store.read(lambda c: runs.by_id(c, reference))
    if kept is None:
        complain(f"there is no run {reference!r}; `deskhand why TICKET` names a ticket's runs")
        return FAILED
    file = to or Path(f"run-{kept.id}.json")
    try:
        _write(file, json.dumps(document(kept, policy), ensure_ascii=False, indent=1) + "\n")
    except FileExistsError:
        complain(f"{file} is there already; move it away, or name another with --out")
        return FAILED
    except OSError as fault:
        complain(f"{file} cannot be written ({fault.strerror}); name another with --out")
        return FAILED
    said = "It holds the customer's own words: keep it to yourself and delete it afterwards."
    out.print(f"Run {kept.id} is in {file}. {said}", markup=False, soft_wrap=True)
    command = f"deskhand evals promote {file} --id NAME --why REASON --cluster NAME"
    out.print(f"A case without anybody's data: {command}", markup=False, soft_wrap=True)
    return OK


def document(kept: Run, policy: Policy) -> dict[str, Any]:
    """Return what the file holds: the record, and of the policy what a case can have. Pure."""
    decision = kept.result.decision
    terms = {name: getattr(policy, name) for name in _POLICY}
    mode = decision.mode if decision is not None and decision.mode else policy.mode.value
    return {
        "deskhand": "run",
        "version": VERSION,
        "run": kept.id,
        "policy": {"mode": mode, **terms},
        "result": json.loads(runs.dump(kept.result)),
    }


def _write(file: Path, text: str) -> None:
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        opened.write(text)
