"""Graded cases as a table for people and a document for machines; every figure with its tier."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.model import Landing
from evals import marks
from evals.case import Tier
from evals.compare import SAFETY
from evals.grade import Graded, Verdict
from evals.outcome import Outcome
from evals.stats import pass_hat

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.UNRECORDED: "yellow",
    Verdict.INFRASTRUCTURE: "magenta",
}
_GRAVEST = (Verdict.FAILED, Verdict.INFRASTRUCTURE, Verdict.UNRECORDED, Verdict.PASSED)
_TRIED = {Verdict.PASSED, Verdict.FAILED}
SPEAKS_OF = {
    Tier.EXTRACTIVE: "the drafter without a model, on help-centre text",
    Tier.SCRIPTED: "our guards against drafts by rule; it says nothing about any model",
    Tier.FROZEN: "the guards, policy and post of today, on drafts that a model once made",
    Tier.KEYED: "one recorded model on the prompts of today, and no other model",
}


MODELS = frozenset({Tier.FROZEN, Tier.KEYED})
"""Tiers whose rate is a recorded model's."""


def document(graded: Sequence[Graded], *, seconds: float) -> dict[str, Any]:
    """Return what `--json` writes; `seconds` is the real time of the whole run."""
    tiers = [tier for tier in Tier if any(g.case.tier is tier for g in graded)]
    return {
        "tiers": {tier.value: _counts(_of(graded, tier)) for tier in tiers},
        "drafts": {
            tier.value: marks.shares(_of(graded, tier), marks.load()).figures
            for tier in tiers
            if tier in MODELS
        },
        "pass_k": {tier.value: _curve(_trials(_of(graded, tier))) for tier in tiers},
        "credits": _credits(graded),
        "seconds": round(seconds, 3),
        "cases": [_case(trials) for trials in _by_case(graded)],
    }


def show(graded: Sequence[Graded], *, seconds: float, console: Console) -> None:
    """Print the table, the faults in words and the totals of each tier."""
    console.print(_table(graded))
    for each in graded:
        for fault in each.faults:
            told = Text(f"{each.case.id}: ", style=_STYLES[each.verdict])
            told.append(f"{fault.check}: {fault.words}", style="default")
            console.print(told, soft_wrap=True)  # a command is copied from it
    console.print(_totals(graded, seconds))


def pass_k(trials: Sequence[tuple[int, int]], k: int) -> float | None:
    """Return the chance that k trials of a case all pass, without bias: pass^k.

    Args:
        trials: of each case, how many were played and how many passed.
        k: only cases with at least k trials count; None where there are none.
    """
    told = pass_hat([(n, c) for n, c in trials if n >= k], k)
    return None if told is None else round(told, 4)


def exit_code(graded: Sequence[Graded]) -> int:
    """Return 0 where all passed, 1 failed, 4 infrastructure, 3 unrecorded, in this order.

    What a recorded model gets wrong is its rate, which `gate` holds; here only harm counts.
    """
    verdicts = {each.verdict for each in graded if not _merely_wrong(each)}
    for verdict, code in (
        (Verdict.FAILED, 1),
        (Verdict.INFRASTRUCTURE, 4),
        (Verdict.UNRECORDED, 3),
    ):
        if verdict in verdicts:
            return code
    return 0


def _merely_wrong(each: Graded) -> bool:
    harm = any(fault.check in SAFETY for fault in each.faults)
    return each.case.tier in MODELS and each.verdict is Verdict.FAILED and not harm


def _of(graded: Sequence[Graded], tier: Tier) -> list[Graded]:
    return [each for each in graded if each.case.tier is tier]


def _by_case(graded: Sequence[Graded]) -> list[list[Graded]]:
    """Return the trials of each case, the gravest first."""
    found: dict[str, list[Graded]] = {}
    for each in graded:
        found.setdefault(each.case.id, []).append(each)
    return [
        sorted(trials, key=lambda one: _GRAVEST.index(one.verdict)) for trials in found.values()
    ]


def _trials(graded: Sequence[Graded]) -> list[tuple[int, int]]:
    """Return of each case how many trials it had and passed; what broke is no trial."""
    told = [
        [one.verdict is Verdict.PASSED for one in trials if one.verdict in _TRIED]
        for trials in _by_case(graded)
    ]
    return [(len(trials), sum(trials)) for trials in told if trials]


def _curve(trials: Sequence[tuple[int, int]]) -> dict[str, float | None]:
    most = max((count for count, _ in trials), default=1)
    return {str(k): pass_k(trials, k) for k in (1, 2, 4, 8) if k <= most}


def _counts(graded: Sequence[Graded]) -> dict[str, int]:
    counts = {v.value: sum(each.verdict is v for each in graded) for v in Verdict}
    return {"cases": len(_by_case(graded)), "trials": len(graded), **counts}


def _credits(graded: Sequence[Graded]) -> dict[str, int]:
    spent = sorted(each.outcome.charged for each in graded) or [0]
    return {"p50": spent[(len(spent) - 1) // 2], "max": spent[-1]}


def _case(trials: Sequence[Graded]) -> dict[str, Any]:
    each = trials[0]
    done = each.outcome.disposition
    return {
        "id": each.case.id,
        "tier": each.case.tier.value,
        "verdict": each.verdict.value,
        "trials": len(trials),
        "passed": sum(one.verdict is Verdict.PASSED for one in trials),
        "disposition": done.name if done is not None else None,
        "done": _done(each.outcome),
        "checks": list(each.ran),
        "faults": [{"check": fault.check, "fault": fault.words} for fault in each.faults],
        "credits": each.outcome.charged,
        "attempts": len(each.outcome.attempts),
        "virtual_seconds": round(each.outcome.elapsed, 3),
    }


def _table(graded: Sequence[Graded]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for head in ("case", "tier", "done"):
        table.add_column(head, no_wrap=True)
    for head in ("credits", "tries"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for trials in _by_case(graded):
        table.add_row(*_row(trials))
    return table


def _row(trials: Sequence[Graded]) -> tuple[RenderableType, ...]:
    each = trials[0]
    passed = sum(one.verdict is Verdict.PASSED for one in trials)
    share = f" {passed}/{len(trials)}" if len(trials) > 1 else ""
    return (
        Text(each.case.id),
        each.case.tier.value,
        _done(each.outcome),
        str(each.outcome.charged),
        str(len(each.outcome.attempts)),
        Text(f"{each.verdict.value}{share}", style=_STYLES[each.verdict]),
    )


def _done(outcome: Outcome) -> str:
    """Return what became of the ticket, in a word; a decision that was not posted is not one."""
    receipt, done = outcome.receipt, outcome.disposition
    if receipt is not None and receipt.landing in {Landing.HELD, Landing.SUPERSEDED}:
        return receipt.landing.value
    return done.name.lower() if done is not None else outcome.error or "-"


def _totals(graded: Sequence[Graded], seconds: float) -> Group:
    credits_ = _credits(graded)
    lines = [_tier_line(graded, tier) for tier in Tier]
    told = f"credits a case: median {credits_['p50']}, most {credits_['max']}; {seconds:.1f} s"
    return Group(*(line for line in lines if line is not None), Text(told))


def _tier_line(graded: Sequence[Graded], tier: Tier) -> Text | None:
    counts = _counts(_of(graded, tier))
    if not counts["cases"]:
        return None
    others = [f"{counts[v.value]} {v.value}" for v in Verdict if counts[v.value]]
    often = f" in {counts['trials']} trials" if counts["trials"] != counts["cases"] else ""
    line = Text(f"{tier.value}: ", style="bold")
    line.append(
        f"{counts['cases']} case{'s' * (counts['cases'] != 1)}{often}, {', '.join(others)}",
        style="default",
    )
    line.append(f" ({SPEAKS_OF[tier]})", style="dim")
    own = _of(graded, tier)
    return line.append(f"\n  {marks.shares(own, marks.load())}") if tier in MODELS else line
