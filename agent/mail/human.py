"""Hear by rule, before any model, that a person is wanted: a wish, a complaint, a threat; pure."""

import re

from agent.mail.frames import means
from agent.mail.repeats import repetitions
from agent.model import Draft, Outcome, Snapshot
from agent.policy import rules
from agent.policy.terms import Policy
from agent.text.language import detect
from agent.text.lexicon import lexicons
from agent.text.words import fold

_REASONS = {
    "wish": "The customer asks for a person.",
    "complaint": "The customer complains formally.",
    "legal": "The customer speaks of legal steps.",
}
_AGAIN = "The customer says the same again after an answer: it did not help."
_SUMMARY = 280
_END = re.compile(r"[.!?…;]+(?=\s|$)|[¿¡]")


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
    sentences, told = _sentences(text), detect(text)
    heard = {means(one, "human") for one in sentences} | {_listed(one, told) for one in sentences}
    return next((reason for key, reason in _REASONS.items() if key in heard), None)


def _listed(sentence: str, told: str) -> str | None:
    """Return what the lists of a language hear that has no concepts yet."""
    books = [one for one in lexicons() if not one.concepts]
    for key, one in ((key, one) for key in _REASONS for one in books):
        if (key == "wish" or told in {"", one.code}) and one.found(f"human.{key}", sentence):
            return key
    return None


def _sentences(text: str) -> dict[str, None]:
    """Return folded sentences, each once: of the text as it flows, and of each line by itself."""
    lines = [_without_asides(fold(line)) for line in text.split("\n") if line.strip()]
    return dict.fromkeys(
        one for part in (" ".join(lines), *lines) for one in _END.split(part) if one.strip()
    )


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
