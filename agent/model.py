"""What a run handles, from why it began to proof of what it posted: plain data."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Self

from tools.model import (
    AccountId,
    AgentIdentity,
    Company,
    Contact,
    ConversationId,
    FieldValue,
    PersonId,
    Posted,
    Thread,
    Ticket,
    TicketId,
)


class Disposition(IntEnum):
    """What is done with a draft, from bold to cautious: a higher number is more cautious."""

    PUBLIC_REPLY = 0
    PRIVATE_NOTE = 1
    HANDOFF = 2
    """One private note that says why a person should take the ticket."""
    TRIAGE = 4
    """Fields of the ticket are set; nobody is told anything."""
    SKIP = 5
    """Nothing is posted, and nothing is set."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Return what a number stood for in records of before there was triage."""
        return cls.SKIP if value == 3 else None  # noqa: PLR2004


class Outcome(StrEnum):
    """What a drafter made of the turn."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    """A question back to the customer."""
    FOR_AGENT = "for_agent"
    """Facts for the person who takes the ticket; not a reply."""
    NO_ANSWER = "no_answer"
    """Nothing in reach answers it."""
    HUMAN = "human"
    """The customer wants a person, or the matter does."""
    TRIAGE = "triage"
    """No words at all: only what is to be set on the ticket."""


class EvidenceClass(StrEnum):
    """What a reply rests on, checked by code."""

    DOCUMENTED = "documented"
    """Every factual sentence stands in a help-centre page a customer may see."""
    FROM_TICKET = "from_ticket"
    """What is not in a page is the customer's own words given back."""
    INFERRED = "inferred"
    """Something rests on nothing we can show."""


class SourceKind(StrEnum):
    """Where a piece of evidence comes from."""

    ARTICLE = "article"
    FILE = "file"
    """A page of the account's own knowledge folder."""
    CANNED = "canned"
    TICKET = "ticket"
    """The customer's own words or a field of this ticket."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text fetched in this run that a draft may quote.

    Attributes:
        id: `kind:id`, such as "article:86000012001"; what a draft cites.
        text: plain text, exactly as the drafter saw it.
        quotable: a customer may be told of it.
        digest: sha256 of the text, hexadecimal.
    """

    id: str
    kind: SourceKind
    title: str
    text: str
    url: str | None
    language: str
    quotable: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a sentence may be said: an exact quote from a document of this run.

    Attributes:
        source: a `Document.id`.
        digest: of the document quoted from.
    """

    source: str
    quote: str
    digest: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a reply, and what it rests on; pleasantries rest on nothing."""

    text: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that stand together; `items` makes each sentence a list item."""

    sentences: tuple[Sentence, ...]
    items: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run has used.

    Attributes:
        cached_tokens: of the input tokens, those the endpoint had read before.
        cost: in the currency of the price table, or None where no price is known.
        currency: of the cost, as the price table names it.
    """

    credits: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None
    cached_tokens: int = 0
    currency: str = ""

    def __add__(self, other: Self) -> Self:
        """Return both together; the cost is known only where that of every model call is."""
        unknown = any(one.model_calls and one.cost is None for one in (self, other))
        known = [one.cost for one in (self, other) if one.cost is not None]
        return replace(
            self,
            credits=self.credits + other.credits,
            model_calls=self.model_calls + other.model_calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            seconds=self.seconds + other.seconds,
            cost=None if unknown or not known else sum(known),
            cached_tokens=self.cached_tokens + other.cached_tokens,
            currency=self.currency or other.currency,
        )


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may use at most.

    Attributes:
        money: in the currency of the price table; None sets no limit. Where it is set, a model
            without a known price is not called.
    """

    credits: int = 24
    model_calls: int = 6
    tokens: int = 60_000
    seconds: float = 400.0
    money: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call of a read-only tool during drafting, for the trace: no customer text."""

    name: str
    ok: bool
    credits: int
    ms: int
    found: tuple[str, ...] = ()


class Slot(StrEnum):
    """What triage may set on a ticket, in a policy's words."""

    TYPE = "type"
    PRIORITY = "priority"
    GROUP = "group"
    TAGS = "tags"
    """Added to those that are there."""
    LANGUAGE = "language"
    """Added as a tag, such as `lang-de`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that is to be set on a ticket, checked against what the account offers.

    Attributes:
        value: as the helpdesk wants it; for tags, the one to be added.
        label: as people call it.
        by: who chose it: `policy`, `rule` or the model's name.
    """

    slot: Slot
    value: str | int
    label: str
    by: str

    @property
    def key(self) -> str:
        """The key of the ticket that it changes."""
        keys = {Slot.GROUP: "group_id", Slot.LANGUAGE: "tags"}
        return keys.get(self.slot, self.slot.value)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was proposed for a ticket and is not set, and why: no customer text."""

    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class Triage:
    """What is to be set on a ticket, and what of the proposal is not."""

    sets: tuple[Setting, ...] = ()
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed answer: data, never markup.

    Attributes:
        language: two-letter code of the reply.
        reason: for the agents, never for the customer: why this outcome.
        summary: for the agents: what the customer wants, in a sentence or two.
        documents: everything the drafter fetched and may quote.
        drafter: `extractive`, `scripted` or the model's name.
        prompt: `name@version`, or "" for drafters without one.
        missing: what could not be read or was cut, in words for the agents.
        fallback: it comes from a model that stands in for the configured one.
        failed: no draft came out; it only says why a person must take the ticket.
        triage: what is to be set on the ticket, where that is all there is.
        doubt: why it may be proposed to the agents, but not be sent without them; "" for none.
    """

    outcome: Outcome
    language: str
    paragraphs: tuple[Paragraph, ...] = ()
    reason: str = ""
    summary: str = ""
    documents: tuple[Document, ...] = ()
    drafter: str = ""
    prompt: str = ""
    usage: Usage = Usage()
    tools: tuple[ToolUse, ...] = ()
    missing: tuple[str, ...] = ()
    fallback: bool = False
    failed: bool = False
    triage: Triage = Triage()
    doubt: str = ""

    @property
    def proposes(self) -> bool:
        """Whether its words are meant for the customer."""
        return self.outcome in {Outcome.ANSWER, Outcome.CLARIFY}

    @property
    def text(self) -> str:
        """The reply as plain text, paragraphs apart."""
        return "\n\n".join(
            ("\n" if paragraph.items else " ").join(s.text for s in paragraph.sentences)
            for paragraph in self.paragraphs
        )


class TriggerKind(StrEnum):
    """Why a run began."""

    WEBHOOK = "webhook"
    ASSIST = "assist"
    RECONCILE = "reconcile"
    RETRY = "retry"
    APPROVAL = "approval"
    """A person decided that a proposed reply is to be sent."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a run began, and on which ticket."""

    kind: TriggerKind
    account: AccountId
    ticket_id: TicketId


@dataclass(frozen=True, slots=True)
class Turn:
    """The customer's newest word on a ticket: what a run answers.

    Attributes:
        key: `account|ticket|conversation`, or `…|#description` for a first message; makes
            work unique for ever.
        text: plain words of the customer, quoted history and signature folded away.
        language: two-letter code, or "" where it cannot be told.
        at: when the customer said it, UTC.
        cut: about how many characters of a very long message were not read.
    """

    key: str
    account: AccountId
    ticket_id: TicketId
    conversation_id: ConversationId | None
    author_id: PersonId | None
    text: str
    language: str
    at: datetime
    auto_response: bool = False
    cut: int = 0


def run_of(turn: str) -> str:
    """Return the reference of the run that answers a turn: one delivery may answer several."""
    return f"r{hashlib.sha256(turn.encode()).hexdigest()[:12]}"


def approved(turn: str) -> str:
    """Return the key under which a turn's approved reply is unique for ever."""
    return f"{turn}|approved"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was read of a ticket, at one moment.

    Attributes:
        turn: None where no customer has said anything.
        fields: custom fields by label, those a prompt may see.
        missing: what could not be read or was left out, in words for the agents.
        closed_at: when a resolved or closed ticket became so, where the helpdesk says; UTC.
    """

    account: AccountId
    ticket: Ticket
    thread: Thread
    contact: Contact | None
    company: Company | None
    fields: tuple[FieldValue, ...]
    me: AgentIdentity
    turn: Turn | None
    read_at: datetime
    group: str | None = None
    missing: tuple[str, ...] = ()
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What came before a turn, as far as it bounds what goes out in public.

    Attributes:
        here: our public replies on the ticket in an hour.
        theirs: our public replies to the requester in a day, on any ticket.
        alike: other requesters who wrote the same words in a day, numbers and names apart.
    """

    here: int = 0
    theirs: int = 0
    alike: int = 0


@dataclass(frozen=True, slots=True)
class Alike:
    """By what the same words of other requesters are counted.

    Attributes:
        shape: of the turn, see `agent.mail.shapes`; "" counts nobody.
        most: others whom the policy lets write the same before it takes them for machines.
    """

    shape: str = ""
    most: int = 0


@dataclass(frozen=True, slots=True)
class Skip:
    """A reason to leave a turn alone: a stable name for machines, words for people."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What reading a ticket came to: a snapshot, or the reason there is none."""

    snapshot: Snapshot | None
    usage: Usage
    skip: Skip | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A guard's objection.

    Attributes:
        reason: what is wrong, in words that name the place but quote no customer text.
        most: the boldest disposition it still allows.
    """

    guard: str
    reason: str
    most: Disposition


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a public reply, and whether it held."""

    name: str
    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What is set on the ticket so that a promise is kept; what is empty stays as it is.

    Attributes:
        due: until when, UTC.
    """

    tag: str = ""
    group: str = ""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with a draft, and why.

    Attributes:
        policy: version of the policy it was decided under.
        mode: what that policy allows on this ticket, before anything else is asked.
        topics: what the ticket is about, by the policy's own lists.
        spent: money the account's models had cost in the day, where a cap is set.
        actions: what keeps the promises of a public reply; done before it leaves.
    """

    disposition: Disposition
    evidence: EvidenceClass
    findings: tuple[Finding, ...] = ()
    gates: tuple[Gate, ...] = ()
    reasons: tuple[str, ...] = ()
    policy: str = ""
    mode: str = ""
    topics: tuple[str, ...] = ()
    spent: Decimal | None = None
    actions: tuple[Action, ...] = ()


class Write(StrEnum):
    """The three things the responder may write."""

    NOTE = "note"
    REPLY = "reply"
    UPDATE = "update"
    """Fields of the ticket, and no words."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be posted, committed before the request leaves.

    Attributes:
        key: the turn's key; at most one intent may be open for a ticket.
        requester_id: whom the ticket belongs to, for the caps.
        disposition: what the write is for; a handoff is a note too.
        html: the body exactly as it will be sent.
        fingerprint: of its normalised text, see `agent.fingerprint`.
        author_id: our own agent id, by which a post of ours is known again.
        after: the newest conversation id seen before it, as a number where ids are numbers.
        seen: how many conversations the thread had then.
        attempt: 1 for the first.
        changes: keys of the ticket that an update sets, or that are set before a reply leaves, to
            keep what it promises.
        shape: of the words that it answers, by which mail of many senders is told.
        before: what an update may change, and who had the ticket, as they were just before it.
        since: the ticket's last change before it, by the helpdesk's clock: ours may be wrong.
    """

    key: str
    account: AccountId
    ticket_id: TicketId
    requester_id: PersonId | None
    disposition: Disposition
    write: Write
    html: str
    fingerprint: str
    author_id: PersonId
    after: str
    seen: int
    at: datetime
    attempt: int = 1
    changes: Mapping[str, object] = field(default_factory=dict[str, object])
    since: datetime | None = None
    before: Mapping[str, object] = field(default_factory=dict[str, object])
    shape: str = ""


class Landing(StrEnum):
    """How a post ended."""

    POSTED = "posted"
    ADOPTED = "adopted"
    """It was uncertain, was looked for and found."""
    NOTHING = "nothing"
    """Nothing was to be posted."""
    HELD = "held"
    """It may or may not have landed; a person decides."""
    SUPERSEDED = "superseded"
    """Something newer was said on the ticket before we wrote."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of what was posted, or why nothing was.

    Attributes:
        gates: those that did not hold any more in the look before the write.
        changed_at: the ticket's time of change after an update, by the helpdesk's clock.
    """

    disposition: Disposition
    landing: Landing
    posted: Posted | None = None
    reason: str = ""
    gates: tuple[Gate, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that a run's proposed reply is to be sent.

    Attributes:
        run: whose proposal.
        by: who decided, as they name themselves.
        text: plain words to send instead, paragraphs apart by empty lines; "" for the proposal's.
    """

    run: str
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended: everything `why` shows."""

    snapshot: Snapshot | None
    skip: Skip | None = None
    draft: Draft | None = None
    decision: Decision | None = None
    receipt: Receipt | None = None
    usage: Usage = field(default_factory=Usage)
    approval: Approval | None = None
