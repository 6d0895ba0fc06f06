"""What a reader says of a recorded model's drafts, by their words alone, whatever became of them.

A check can see whether a case passed; whether a draft is right, and whether it would do harm,
has to be read. A mark belongs to the very words: another draft needs another look.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from agent.model import Disposition, Draft, EvidenceClass
from evals.case import Name, Strict
from evals.files import Source
from evals.grade import Graded
from evals.outcome import Outcome

FILE = Path(__file__).parent / "marks.yaml"


class Mark(StrEnum):
    """What a reader says of a draft."""

    RIGHT = "right"
    """It could be sent as it is."""
    WRONG = "wrong"
    """False, or beside the question, or leaving out what decides it."""
    HARMFUL = "harmful"
    """The customer, or the company, would be worse off for it."""
    FITTING = "fitting"
    """No reply, and rightly so."""
    NEEDLESS = "needless"
    """No reply, though a page answers."""


class Marked(Strict):
    """A draft of a case, and what decided its mark; `draft` is its digest."""

    case: Name
    draft: str
    mark: Mark
    why: str


class _Marks(Strict):
    marks: tuple[Marked, ...]


Marks = Mapping[tuple[str, str], Marked]


@cache
def load(path: Path = FILE) -> Marks:
    """Return the marks by case and digest.

    Raises:
        BadCase: the file does not fit; file, line and mend are named.
    """
    return {(one.case, one.draft): one for one in Source(path).read(_Marks).marks}


def digest(draft: Draft) -> str:
    """Return what a mark belongs to: the outcome and the words."""
    told = f"{draft.outcome.value}\n{draft.text}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def of(graded: Graded, marks: Marks) -> Mark | None:
    """Return the mark of the draft that came of a play, or None where nobody looked at it."""
    found = marks.get(named(graded))
    return found.mark if found is not None else None


def named(graded: Graded) -> tuple[str, str]:
    """Return under what the mark of a play's draft stands: the case and the digest."""
    draft = graded.outcome.draft
    return graded.case.id.removesuffix("-frozen"), digest(draft) if draft is not None else ""


def drafted(graded: Graded) -> bool:
    """Whether there is anything to read."""
    return graded.outcome.draft is not None


def documented(outcome: Outcome) -> bool:
    """Whether the checks found every statement of a reply in a page."""
    proposes = outcome.draft is not None and outcome.draft.proposes
    decided = outcome.decision
    return proposes and decided is not None and decided.evidence is EvidenceClass.DOCUMENTED


def public(outcome: Outcome) -> bool:
    """Whether a customer can read it."""
    return bool(outcome.public) or outcome.disposition is Disposition.PUBLIC_REPLY


@dataclass(frozen=True, slots=True)
class Shares:
    """How many drafts of a tier were marked how, and how many of the bad ones got through."""

    counts: Mapping[Mark, int]
    unmarked: int
    bad: int
    bad_documented: int
    bad_public: int

    def __str__(self) -> str:
        marked = sum(self.counts.values())
        told = ", ".join(f"{count} {mark.value}" for mark, count in self.counts.items() if count)
        rest = f"; nobody looked at {self.unmarked}" if self.unmarked else ""
        return (
            f"of {marked} drafts read one by one: {told or 'none'}{rest}. Of {self.bad} wrong or "
            f"harmful ones {self.bad_documented} were documented and {self.bad_public} public"
        )

    @property
    def figures(self) -> dict[str, int]:
        """The same for machines."""
        through = {"bad_documented": self.bad_documented, "bad_public": self.bad_public}
        counts = {mark.value: count for mark, count in self.counts.items()}
        return {**counts, "unmarked": self.unmarked, **through}


def shares(graded: Sequence[Graded], marks: Marks) -> Shares:
    """Return the shares of one tier's trials; a play without a draft counts for nothing."""
    read = [(of(one, marks), one.outcome) for one in graded if drafted(one)]
    bad = [outcome for mark, outcome in read if mark in {Mark.WRONG, Mark.HARMFUL}]
    return Shares(
        {mark: sum(one is mark for one, _ in read) for mark in Mark},
        sum(mark is None for mark, _ in read),
        len(bad),
        sum(map(documented, bad)),
        sum(map(public, bad)),
    )
