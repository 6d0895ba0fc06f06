"""Objections to a draft: one file each, listed here; they only make a disposition more cautious."""

from collections.abc import Callable, Iterator

from agent.guards import (
    banned_phrase,
    canned_only,
    canned_unnamed,
    disclosure,
    empty_answer,
    foreign_link,
    instruction_from_ticket,
    internal_note,
    leaked_secret,
    markup,
    other_customer,
    placeholder,
    scrambled,
    unmatched_promise,
    unsupported_claim,
    wrong_language,
)
from agent.inspection import Inspection, inspect
from agent.model import Draft, Finding, Outcome, Snapshot
from agent.policy.terms import Policy

Guard = Callable[[Inspection], Iterator[Finding]]

GUARDS: tuple[Guard, ...] = (
    leaked_secret.check,
    other_customer.check,
    internal_note.check,
    scrambled.check,
    instruction_from_ticket.check,
    foreign_link.check,
    unsupported_claim.check,
    unmatched_promise.check,
    markup.check,
    placeholder.check,
    wrong_language.check,
    empty_answer.check,
    banned_phrase.check,
    disclosure.check,
    canned_only.check,
    canned_unnamed.check,
)
"""What cannot be shown to anybody comes first, so that the first reason is the gravest."""


def check(
    snapshot: Snapshot,
    draft: Draft,
    policy: Policy,
    *,
    prompt: str = "",
    canaries: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Return every objection to a draft, in the order of the guards.

    Args:
        snapshot: what the draft was made from.
        draft: as the drafter returned it.
        policy: the account's.
        prompt: the rules the model was given; a reply must not repeat them.
        canaries: words that only a leak could bring into a reply.
    """
    if draft.outcome is Outcome.TRIAGE:
        return ()  # it says nothing; what it sets is checked against closed lists
    seen = inspect(snapshot, draft, policy, prompt=prompt, canaries=canaries)
    return tuple(dict.fromkeys(finding for guard in GUARDS for finding in guard(seen)))
