"""Results as people and machines read them: pure."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from agent.model import Decision, Draft, Receipt, Result
from server.store.inbox import Delivery
from server.store.runs import Run


class EvidenceView(BaseModel):
    """One quote a draft rests on."""

    kind: str
    source: str
    title: str
    url: str | None
    quote: str


class FindingView(BaseModel):
    """One guard's objection."""

    guard: str
    reason: str
    most: str


class Drafted(BaseModel):
    """A draft for the person who asked; nothing was posted."""

    outcome: str
    language: str
    text: str
    reason: str
    evidence_class: str
    evidence: list[EvidenceView]
    findings: list[FindingView]
    would_be: str
    missing: list[str]
    drafter: str
    prompt: str
    policy_note: str
    credits: int
    tokens: int
    cost: float | None


def drafted(result: Result) -> Drafted:
    """Return a draft with what it rests on."""
    draft, decision = result.draft, result.decision
    if draft is None or decision is None:
        raise ValueError("there is no draft to show")
    return Drafted(
        outcome=draft.outcome.value,
        language=draft.language,
        text=draft.text,
        reason=draft.reason,
        evidence_class=decision.evidence.value,
        evidence=evidence(draft),
        findings=findings(decision),
        would_be=decision.disposition.name,
        missing=list(draft.missing),
        drafter=draft.drafter,
        prompt=draft.prompt,
        policy_note="Nothing was posted: this is a draft for you.",
        credits=result.usage.credits,
        tokens=result.usage.input_tokens + result.usage.output_tokens,
        cost=result.usage.cost,
    )


def evidence(draft: Draft) -> list[EvidenceView]:
    """Return every quote once, in the order the reply uses them."""
    documents = {document.id: document for document in draft.documents}
    seen: dict[tuple[str, str], EvidenceView] = {}
    for paragraph in draft.paragraphs:
        for sentence in paragraph.sentences:
            for one in sentence.evidence:
                page = documents.get(one.source)
                seen.setdefault(
                    (one.source, one.quote),
                    EvidenceView(
                        kind=page.kind.value if page else one.source.partition(":")[0],
                        source=one.source,
                        title=page.title if page else "",
                        url=page.url if page else None,
                        quote=one.quote,
                    ),
                )
    return list(seen.values())


def findings(decision: Decision) -> list[FindingView]:
    """Return the guards' objections."""
    return [
        FindingView(guard=f.guard, reason=f.reason, most=f.most.name) for f in decision.findings
    ]


def moment(seconds: float) -> str:
    """Return unix seconds as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def nothing_yet(ticket: str, came: list[Delivery]) -> dict[str, Any]:
    """Return what is known of a ticket whose deliveries left no run: only how they ended."""
    return {
        "run": None,
        "ticket": ticket,
        "state": came[0].state.value,
        "turn": None,
        "skipped": [f"{d.state.value}: {d.reason}" for d in came if d.reason],
        "draft": None,
        "evidence": [],
        "findings": [],
        "disposition": "SKIP",
        "reasons": [],
        "gates": [],
        "receipt": None,
        "credits": 0,
        "tokens": {"in": 0, "out": 0},
        "cost": None,
        "currency": "",
        "prompt": "",
        "policy": "",
        "mode": "",
        "topics": [],
        "approved_by": None,
        "sets": [],
        "dropped": [],
    }


def _written_at(receipt: Receipt) -> str | None:
    at = receipt.posted.created_at if receipt.posted else receipt.changed_at
    return at.isoformat() if at else None


def why(run: Run) -> dict[str, Any]:
    """Return everything about a run that a person may ask for, ready for JSON."""
    result = run.result
    turn = result.snapshot.turn if result.snapshot else None
    decision, draft, receipt = result.decision, result.draft, result.receipt
    kind = decision.evidence.value if decision else ""
    return {
        "run": run.id,
        "ticket": run.ticket_id,
        "state": run.state,
        "turn": None
        if turn is None
        else {"key": turn.key, "text": turn.text, "language": turn.language},
        "skipped": [f"{result.skip.name}: {result.skip.reason}"] if result.skip else [],
        "draft": None
        if draft is None
        else {
            "outcome": draft.outcome.value,
            "language": draft.language,
            "text": draft.text,
            "reason": draft.reason,
            "drafter": draft.drafter,
            "missing": list(draft.missing),
        },
        "evidence": [
            {"class": kind, "source": e.source, "quote": e.quote, "title": e.title, "url": e.url}
            for e in (evidence(draft) if draft else [])
        ],
        "findings": [f.model_dump() for f in (findings(decision) if decision else [])],
        "disposition": decision.disposition.name if decision else "SKIP",
        "reasons": list(decision.reasons) if decision else [],
        "gates": [
            {"name": g.name, "passed": g.passed, "reason": g.reason}
            for g in (decision.gates if decision else ())
        ],
        "receipt": None
        if receipt is None
        else {
            "disposition": receipt.disposition.name,
            "landing": receipt.landing.value,
            "conversation": receipt.posted.id if receipt.posted else None,
            "at": _written_at(receipt),
            "reason": receipt.reason,
            "gates": [
                {"name": g.name, "passed": g.passed, "reason": g.reason} for g in receipt.gates
            ],
        },
        "credits": result.usage.credits,
        "tokens": {"in": result.usage.input_tokens, "out": result.usage.output_tokens},
        "cost": result.usage.cost,
        "currency": result.usage.currency,
        "prompt": draft.prompt if draft else "",
        "policy": decision.policy if decision else "",
        "mode": decision.mode if decision else "",
        "topics": list(decision.topics) if decision else [],
        "approved_by": result.approval.by if result.approval else None,
        "sets": [
            {"field": one.slot.value, "value": one.label, "by": one.by}
            for one in (draft.triage.sets if draft else ())
        ],
        "dropped": [
            {"field": one.slot.value, "reason": one.reason}
            for one in (draft.triage.dropped if draft else ())
        ],
    }
