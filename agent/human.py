"""Hear by rule, before any model, that a person is wanted: a wish, a complaint, a threat; pure."""

from agent import rules
from agent.language import detect
from agent.lexicon import lexicons
from agent.model import Draft, Outcome, Snapshot
from agent.policy import Policy
from agent.repeats import repetitions
from agent.words import fold

_REASONS = {
    "wish": "The customer asks for a person.",
    "complaint": "The customer complains formally.",
    "legal": "The customer speaks of legal steps.",
}
_AGAIN = "The customer says the same again after an answer: it did not help."
_SUMMARY = 280


def handoff(snapshot: Snapshot, policy: Policy) -> Draft | None:
    """Return the handoff a turn calls for, or None where a draft may be tried."""
    turn = snapshot.turn
    if turn is None:
        return None
    subject = snapshot.ticket.subject if turn.conversation_id is None else ""
    told = (
        why(f"{turn.text}\n{subject}")
        or _topic(f"{turn.text} {subject}", policy)
        or rules.for_people(policy, snapshot)
    )
    reason = told or (_AGAIN if repetitions(snapshot, turn) else None)
    if reason is None:
        return None
    return Draft(
        Outcome.HUMAN,
        turn.language,
        reason=reason,
        summary=turn.text[:_SUMMARY],
        drafter="rule",
    )


def why(text: str) -> str | None:
    """Return why a person must answer, or None; every language is tried."""
    lines = [_without_asides(fold(line)) for line in text.split("\n") if line.strip()]
    folded = " ".join(lines)
    told = detect(text)
    for key, reason in _REASONS.items():
        for one in lexicons():
            if told and one.code != told and key != "wish":
                continue
            parts = (folded, *lines) if key == "wish" else (folded,)
            if any(one.found(f"human.{key}", part) for part in parts):
                return reason
    return None


def _without_asides(folded: str) -> str:
    """Leave out what only sounds like a wish: `I spoke to a human`, `no complaints`."""
    for one in lexicons():
        aside = one.patterns.get("human.aside")
        folded = aside.sub(" ", folded) if aside else folded
    return folded


def _topic(text: str, policy: Policy) -> str | None:
    folded = f" {fold(text)} "
    for topic in policy.human_topics:
        if fold(topic) in folded:
            return f"The policy leaves {topic!r} to people."
    return None
