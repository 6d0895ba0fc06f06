"""What came of a case, as far as any check may ask: plain data, the same each time it is played."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model import Decision, Disposition, Draft, Evidence, Receipt, Skip
from evals.draws import Draw
from evals.stage import Call
from tools.html import to_text
from tools.knowledge.article import Page


@dataclass(frozen=True, slots=True)
class Written:
    """Something our key wrote on the ticket, from the helpdesk's own truth log.

    Attributes:
        at: virtual seconds since the case began.
    """

    at: float
    public: bool
    html: str

    @property
    def text(self) -> str:
        """Its words."""
        return to_text(self.html)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start of a run, as the worker sees it.

    Attributes:
        delivery: which webhook it belongs to, from 1.
        at: virtual seconds since the case began.
        ended: `done`, or the name of the failure.
        wait: seconds it was put off for, or None where it was over.
    """

    delivery: int
    at: float
    ended: str
    reason: str = ""
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A piece of evidence of the draft, and the page it names as the world holds it."""

    evidence: Evidence
    page: Page | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case.

    Attributes:
        draft, decision: of the newest run that came so far.
        receipt: of the last write that was settled or given up.
        public: everything a customer can read on the ticket that was not there before.
        status: the ticket's status number at the end; None where there is no ticket.
        fields: what triage may set, as it is at the end, by API names.
        credits: as our client counts them; `charged` as the helpdesk does.
        elapsed: virtual seconds.
        missed: moments and faults the case names that never came.
        broken: why nothing can be said of the product, or "".
        unrecorded: which answer of a model nobody recorded, or "".
        said: what a recorded model was asked and answered, in order.
    """

    case: str
    skip: Skip | None = None
    draft: Draft | None = None
    decision: Decision | None = None
    receipt: Receipt | None = None
    cited: tuple[Cited, ...] = ()
    written: tuple[Written, ...] = ()
    public: tuple[str, ...] = ()
    status: int | None = None
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    attempts: tuple[Attempt, ...] = ()
    calls: tuple[Call, ...] = ()
    credits: int = 0
    charged: int = 0
    elapsed: float = 0.0
    missed: tuple[str, ...] = ()
    broken: str = ""
    unrecorded: str = ""
    said: tuple[Draw, ...] = ()

    @property
    def disposition(self) -> Disposition | None:
        """What was decided in the end, or None; whether it was posted, the receipt says."""
        if self.receipt is not None:
            return self.receipt.disposition
        if self.skip is not None:
            return Disposition.SKIP
        return None

    @property
    def waited(self) -> float:
        """Virtual seconds that runs were put off for."""
        return sum(attempt.wait or 0.0 for attempt in self.attempts)

    @property
    def error(self) -> str | None:
        """The failure the last run ended with, or None."""
        last = self.attempts[-1] if self.attempts else None
        return last.ended if last is not None and last.ended != "done" else None

    @property
    def notes(self) -> int:
        """How many private notes our key wrote."""
        return sum(not one.public for one in self.written)

    @property
    def public_replies(self) -> int:
        """How many public words our key wrote."""
        return sum(one.public for one in self.written)
