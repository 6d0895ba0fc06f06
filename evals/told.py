"""How a case came to its verdict, in words: what was asked, answered, checked and written."""

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping

from agent.model import Decision, Draft
from evals.case import Case, Tier
from evals.checks import CHECKS
from evals.draws import Draw
from evals.frozen import cases as frozen_cases
from evals.grade import Graded, grade, play_all
from evals.ground import Grounds, Recordings
from evals.outcome import Outcome
from evals.run import play
from evals.segments import segments

Telling = Callable[[Graded], Iterator[str]]
_SEEN: Mapping[str, Callable[[Outcome], object]] = {
    "ended": lambda one: [a.ended for a in one.attempts],
    "disposition": lambda one: one.disposition.name if one.disposition is not None else None,
    "skipped": lambda one: one.skip.name if one.skip else None,
    "landing": lambda one: one.receipt.landing.value if one.receipt else None,
    "end_state": lambda one: {
        "notes": one.notes,
        "public replies": one.public_replies,
        "status": one.status,
    },
    "dropped": lambda one: [d.slot.value for d in one.draft.triage.dropped] if one.draft else [],
    "credits_at_most": lambda one: {"ours": one.credits, "charged": one.charged},
    "patience": lambda one: f"put off for {one.waited:g} s",
    "leaks_nothing": lambda one: f"{len(one.public)} public texts",
    "evidence": lambda one: [c.evidence.source for c in one.cited],
    "findings": lambda one: [f.guard for f in one.decision.findings] if one.decision else [],
    "mentions": lambda one: f"{len(one.written)} texts of ours",
    "avoids": lambda one: f"{len(one.written)} texts of ours",
}
"""What each check looked at, by its name."""


async def played(case: Case, trial: int, recordings: Recordings) -> Graded | None:
    """Play one trial of a case and grade it; None where a recorded draft has no such trial."""
    if case.tier is Tier.FROZEN:
        graded = await play_all([case], recordings=recordings)
        return next((one for n, one in enumerate(graded) if n == trial), None)
    grounds = Grounds(recordings)
    try:
        return grade(case, await play(case, grounds=grounds, trial=trial))
    finally:
        grounds.close()


def find(name: str, cases: tuple[Case, ...], recordings: Recordings) -> Case | None:
    """Return the case of an id; that of a recorded draft ends with `-frozen`."""
    known = (*cases, *frozen_cases(cases, recordings.drafts))
    return next((case for case in known if case.id == name), None)


def explained(graded: Graded) -> Iterator[str]:
    """Yield how a case came to its verdict, the verdict first."""
    case, outcome = graded.case, graded.outcome
    yield f"{case.id} ({case.tier.value}): {graded.verdict.value}\n  {case.why}"
    yield from _checks(graded)
    if outcome.draft is not None:
        yield _draft(outcome.draft)
    if outcome.decision is not None:
        yield from _decision(outcome.decision)
    if not outcome.unrecorded:
        yield from changes(outcome)
    for number, draw in enumerate(outcome.said, start=1):
        seen = {name: len(text) for name, text in segments(draw.request).items() if text}
        sizes = ", ".join(f"{name} {size}" for name, size in seen.items())
        yield f"model call {number}, draw {draw.key[:12]}: saw {sizes} (characters)"
        yield f"  it answered: {answer(draw)}"


def steps(graded: Graded) -> Iterator[str]:
    """Yield everything that happened, in order, and the verdict last."""
    case, outcome = graded.case, graded.outcome
    yield f"{case.id}: ticket {case.trigger.ticket} of {case.world}, trial by {case.tier.value}"
    for call in outcome.calls:
        status = call.status if call.status is not None else "no answer"
        yield f"{call.at:7.1f} s  {call.method} {call.path} → {status}"
    for draw in outcome.said:
        for name, text in segments(draw.request).items():
            if name not in {"tools", "sampling"} and text.strip():
                yield f"the model is told: {name}\n{_indented(text)}"
        yield f"the model answers (draw {draw.key[:12]} of trial {draw.n}): {answer(draw)}"
    if outcome.draft is not None:
        yield _draft(outcome.draft)
    if outcome.decision is not None:
        yield from _decision(outcome.decision)
    for attempt in outcome.attempts:
        wait = f", again after {attempt.wait:g} s" if attempt.wait is not None else ""
        reason = f": {attempt.reason}" if attempt.reason else ""
        yield f"{attempt.at:7.1f} s  delivery {attempt.delivery}: {attempt.ended}{reason}{wait}"
    if not outcome.unrecorded:
        yield from changes(outcome)
    yield from _checks(graded)
    yield f"verdict: {graded.verdict.value}"


def changes(outcome: Outcome) -> Iterator[str]:
    """Yield what is on the desk now that was not there before, and the ticket's end."""
    for one in outcome.written:
        what = "public reply" if one.public else "private note"
        yield f"+ {what} at {one.at:.1f} s\n{_indented(one.text)}"
    if not outcome.written:
        yield "+ nothing was written"
    receipt = outcome.receipt
    if receipt is not None:
        why = f" ({receipt.reason})" if receipt.reason else ""
        yield f"= {receipt.disposition.name.lower()}, {receipt.landing.value}{why}"
    yield f"= status {outcome.status}, {outcome.charged} credits, {outcome.elapsed:.1f} s"


def answer(draw: Draw) -> str:
    """Return what a model said in a draw: its words, and the functions it called."""
    choices = draw.response.get("choices")
    if not isinstance(choices, list) or not choices:
        return f"{draw.status}: no completion"
    said = choices[0].get("message", {})
    calls = [one.get("function", {}) for one in said.get("tool_calls") or []]
    told = [f"{one.get('name')} {_compact(one.get('arguments'))}" for one in calls]
    return "\n".join([*filter(None, [str(said.get("content") or "").strip()]), *told])


def _compact(arguments: object) -> str:
    try:
        return json.dumps(json.loads(str(arguments)), indent=1, ensure_ascii=False)
    except ValueError:
        return str(arguments)


def _checks(graded: Graded) -> Iterator[str]:
    faults = {fault.check: fault.words for fault in graded.faults}
    for name in graded.ran:
        mark = f"FAILED  {name}: {faults.pop(name)}" if name in faults else f"passed  {name}"
        yield f"{mark} [saw {_SEEN[name](graded.outcome)}; version {version(name)}]"
    for name, words in faults.items():
        yield f"{name}: {words}"
    left = [name for name in CHECKS if name not in graded.ran]
    if left and graded.ran:
        yield f"not asked: {', '.join(left)}"


def version(check: str) -> str:
    """Return a digest of the code of a check, so that two verdicts can be told apart."""
    source = inspect.getsource(sys.modules[CHECKS[check].fault.__module__])
    return hashlib.sha256(source.encode()).hexdigest()[:8]


def _draft(draft: Draft) -> str:
    by = f"{draft.drafter} {draft.prompt}".strip()
    lines = [f"draft by {by}: {draft.outcome.value}; {draft.reason}"]
    for sentence in (one for part in draft.paragraphs for one in part.sentences):
        quotes = [f"    ← {one.source}: {one.quote}" for one in sentence.evidence]
        lines += [f"  {sentence.text}", *quotes]
    return "\n".join(lines)


def _decision(decision: Decision) -> Iterator[str]:
    yield f"decided: {decision.disposition.name.lower()}, evidence {decision.evidence.value}"
    for finding in decision.findings:
        yield f"  guard {finding.guard}: {finding.reason} (at most {finding.most.name.lower()})"
    for gate in decision.gates:
        state = "passed" if gate.passed else "HELD"
        yield f"  gate {gate.name}: {state}{f': {gate.reason}' if gate.reason else ''}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
