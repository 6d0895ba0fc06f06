"""Judge a draft with all that is known at a moment: guards, caps, switches, money, the policy."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from agent import decide, guards
from agent.errors import DraftFailed
from agent.journal import Journal
from agent.llm.spend import Purse
from agent.mail.shapes import shape
from agent.model import Alike, Decision, Draft, Snapshot
from agent.policy import rules
from agent.policy.terms import Policy
from prompts import library


async def judge(
    snapshot: Snapshot,
    draft: Draft,
    *,
    policy: Policy,
    journal: Journal,
    purse: Purse,
    now: datetime,
    before: Decision | None = None,
    own: int = 0,
) -> Decision:
    """Return what may be done with a draft, at the draft and once more before the write.

    Args:
        snapshot: what was read; it has a turn.
        draft: what is proposed.
        policy: the account's, as it is at this moment.
        journal: knows our replies and what is stopped.
        purse: knows what the day has cost.
        now: UTC.
        before: what was decided at the draft, where this is the look before the write.
        own: replies among those that the journal counts which are this one, sent before.
    """
    turn = snapshot.turn
    if turn is None:
        raise DraftFailed("there is no turn to decide on")
    past = await journal.earlier(
        turn.account,
        turn.ticket_id,
        snapshot.ticket.requester_id,
        alike=Alike(shape(snapshot), policy.same_words_per_day),
        now=now,
    )
    others = replace(past, here=max(0, past.here - own), theirs=max(0, past.theirs - own))
    about = rules.topics_of(policy, snapshot)
    stopped = await journal.halted(turn.account, marks(draft, about))
    cap = policy.spend.per_day
    return decide.decide(
        snapshot,
        draft,
        guards.check(snapshot, draft, policy, prompt=rules_of(draft)),
        policy,
        earlier=others,
        stopped=stopped,
        now=now,
        spent=None if cap is None else await purse.spent(cap=cap),
        before=before,
    )


def marks(draft: Draft, topics: Iterable[str]) -> frozenset[str]:
    """Return what a switch may stop a draft by: its topics, its model, its prompt's version."""
    told = {f"topic:{one}" for one in topics}
    return frozenset(told | {f"model:{draft.drafter}", f"prompt:{draft.prompt}"})


def rules_of(draft: Draft) -> str:
    """Return the rules the model was given, so that a reply which repeats them is caught."""
    name, _, version = draft.prompt.partition("@")
    if not version:
        return ""
    return "\n".join(text for _, text in library.find(name, version).segments)
