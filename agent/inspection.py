"""What a guard looks at: the snapshot, the draft and the policy, made comparable once."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agent.evidence.check import customer_words
from agent.model import Disposition, Document, Draft, Finding, Snapshot, SourceKind
from agent.policy.terms import Policy
from agent.text.words import fold


@dataclass(frozen=True, slots=True)
class Inspection:
    """One draft under inspection.

    Attributes:
        prompt: the text of the rules the model was given, or "".
        canaries: words planted where only a leak can take them from.
        reply: what the customer would read.
        told: everything the drafter wrote, the agents' part included.
        said: the customer's own words.
        pages: all documents a customer may be told of, as one text.
    """

    snapshot: Snapshot
    draft: Draft
    policy: Policy
    prompt: str
    canaries: tuple[str, ...]
    reply: str
    told: str
    said: str
    pages: str

    @property
    def shelf(self) -> tuple[str, ...]:
        """The same documents each by itself: what was found in one need not be looked for again."""
        return tuple(f"{one.title}\n{one.text}" for one in quotable(self.draft))

    @property
    def is_reply(self) -> bool:
        """Whether the draft is meant for the customer."""
        return self.draft.proposes


def inspect(
    snapshot: Snapshot,
    draft: Draft,
    policy: Policy,
    *,
    prompt: str = "",
    canaries: tuple[str, ...] = (),
) -> Inspection:
    """Return a draft with all its texts side by side."""
    return Inspection(
        snapshot=snapshot,
        draft=draft,
        policy=policy,
        prompt=prompt,
        canaries=canaries,
        reply=draft.text,
        told="\n".join(
            part for part in (draft.text, draft.reason, draft.summary, *draft.missing) if part
        ),
        said=customer_words(snapshot),
        pages="\n".join(f"{one.title}\n{one.text}" for one in quotable(draft)),
    )


def quotable(draft: Draft) -> tuple[Document, ...]:
    """Return the documents of a draft that a customer may be told of."""
    return tuple(
        one for one in draft.documents if one.quotable and one.kind is not SourceKind.TICKET
    )


def note_at_most(guard: str, reason: str) -> Finding:
    """Return a finding that keeps a draft from the customer but not from the agents."""
    return Finding(guard, reason, Disposition.PRIVATE_NOTE)


def withhold(guard: str, reason: str) -> Finding:
    """Return a finding that keeps the drafter's words from everybody."""
    return Finding(guard, reason, Disposition.HANDOFF)


@lru_cache(maxsize=256)
def grams(text: str, size: int) -> frozenset[tuple[str, ...]]:
    """Return every run of `size` words of a text."""
    found = re.findall(r"[^\W_]+", fold(text))
    return frozenset(tuple(found[at : at + size]) for at in range(len(found) - size + 1))
