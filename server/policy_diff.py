"""Which past tickets two policies would have treated otherwise: offline, from the kept runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.model import Disposition, Earlier
from agent.policy.terms import Mode, Policy
from agent.redecide import Again, decided
from server import policies, views
from server.look import FAILED, OK, USAGE, complain, database, out, say, table
from server.store import runs
from server.store.db import Connection
from server.store.runs import Run

TOWARD_PUBLIC = FAILED
"""The exit code that stops a pipeline: some ticket would get, or might get, a bolder treatment."""
_UNKNOWN = "would be drafted"


@dataclass(frozen=True, slots=True)
class Change:
    """One past ticket that two policies treat otherwise.

    Attributes:
        toward: `public`, `cautious`, or `unknown` where the record holds no draft to decide on.
        why: the reasons of the second decision.
    """

    run: str
    ticket: str
    at: float
    before: str
    after: str
    toward: str
    why: tuple[str, ...]


async def run(old: Path, new: Path, *, last: int, as_json: bool, config: Path | None) -> int:
    """Decide the newest runs under both policies and list what changes, worst first."""
    if last < 1:
        complain(f"--last is {last}; it must be 1 or more")
        return USAGE
    first = policies.load(old, setting="policy diff")
    second = policies.load(new, setting="policy diff")
    async with database(config) as (store, settings):

        def look(connection: Connection) -> list[tuple[Run, Earlier]]:
            found = runs.latest(connection, settings.account, most=last)
            return [(each, runs.before(connection, each)) for each in found]

        kept = await store.read(look)
    known = [(each, earlier) for each, earlier in kept if each.result.approval is None]
    changes = sorted(compared(known, first, second), key=_worst_first)
    bolder = sum(one.toward != "cautious" for one in changes)
    if as_json:
        say(
            {
                "old": first.version,
                "new": second.version,
                "runs": len(known),
                "asked": last,
                "toward_public": bolder,
                "changes": [_row(one) for one in changes],
            }
        )
    else:
        _show(changes, looked=len(known), bolder=bolder)
    return TOWARD_PUBLIC if bolder else OK


def compared(kept: Iterable[tuple[Run, Earlier]], old: Policy, new: Policy) -> Iterable[Change]:
    """Yield every run that two policies decide otherwise: pure."""
    for each, earlier in kept:
        before = decided(each.result, old, earlier=earlier)
        after = decided(each.result, new, earlier=earlier)
        if before is None or after is None or _end(before) == _end(after):
            continue
        yield Change(
            each.id,
            each.ticket_id,
            each.created_at,
            _named(before),
            _named(after),
            _toward(before, after),
            _why(after),
        )


def _toward(before: Again, after: Again) -> str:
    one, other = _rank(before), _rank(after)
    if (before.undrafted or after.undrafted) and other is Disposition.PUBLIC_REPLY:
        return "unknown"
    return "public" if other < one else "cautious"


def _end(again: Again) -> tuple[Disposition, bool]:
    return _rank(again), again.undrafted


def _rank(again: Again) -> Disposition:
    """Return how bold an end is; a draft that nobody made counts as the boldest it may become."""
    if again.undrafted:
        return _BOLDEST.get(again.mode, Disposition.PRIVATE_NOTE)
    return again.decision.disposition if again.decision else Disposition.SKIP


_BOLDEST = {Mode.AUTO: Disposition.PUBLIC_REPLY, Mode.TRIAGE: Disposition.TRIAGE}


def _named(again: Again) -> str:
    if again.undrafted:
        known = "would be triaged" if again.mode is Mode.TRIAGE else _UNKNOWN
        return f"{known} ({again.mode.value})"
    if again.decision is None:
        return f"SKIP ({again.skip.name if again.skip else 'unknown'})"
    return f"{again.decision.disposition.name} ({again.decision.mode})"


def _why(again: Again) -> tuple[str, ...]:
    if again.undrafted:
        return ("the record holds no draft to decide on",)
    if again.decision is None:
        return (again.skip.reason,) if again.skip else ()
    return again.decision.reasons


def _worst_first(one: Change) -> tuple[int, int, float]:
    order = ("public", "unknown", "cautious")
    bold = [one.name for one in Disposition if one is not Disposition.SKIP]
    name = one.after.partition(" ")[0]
    place = bold.index(name) if name in bold else len(bold)
    return order.index(one.toward), place, -one.at


def _row(one: Change) -> dict[str, Any]:
    return {
        "run": one.run,
        "ticket": one.ticket,
        "at": views.moment(one.at),
        "before": one.before,
        "after": one.after,
        "toward": one.toward,
        "why": list(one.why),
    }


def _show(changes: list[Change], *, looked: int, bolder: int) -> None:
    rows = [_row(one) | {"why": "; ".join(one.why)} for one in changes]
    if rows:
        out.print(table("Changed", rows, ("ticket", "before", "after", "toward", "why")))
    told = f"{looked} runs decided under both: {len(changes)} change, {bolder} toward the public."
    out.print(told, markup=False)
