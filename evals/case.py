"""A case: a world, what happens in it, why that matters and what must hold at the end."""

import re
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent.model import Disposition, Landing, Slot
from agent.model import Outcome as Ending
from agent.policy.file import BadPolicy, parse
from agent.policy.terms import Mode, Policy
from evals.files import BadCase, Source, yaml_files
from evals.scripts import SCRIPTS
from tools.freshdesk.sandbox import faults

HERE = Path(__file__).parent
CASES = HERE / "cases"
WORLDS = HERE / "worlds"

_MOMENT = re.compile(r"(drafting|waiting|settled|(GET|POST|PUT|\*) /\S*)")

Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Number = Annotated[str, Field(pattern=r"^\d+$"), Field(coerce_numbers_to_str=True)]


class Tier(StrEnum):
    """Who drafted; a figure is never shown without it."""

    EXTRACTIVE = "extractive"
    """The drafter without a model: the figure speaks of retrieval and our guards."""
    SCRIPTED = "scripted"
    """Drafts by rule, hostile ones among them: the figure speaks of our guards alone."""
    FROZEN = "frozen"
    """A model's recorded drafts: the figure speaks of today's guards and checks on them."""
    KEYED = "keyed"
    """A model's recorded answers to today's prompts: the figure speaks of that model."""


class Strict(BaseModel):
    """A model that forbids unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hook(Strict):
    """What wakes the responder.

    Attributes:
        deliveries: how often the helpdesk sends the same webhook.
        body: the webhook's body where it is not the usual one.
    """

    ticket: Number
    deliveries: Annotated[int, Field(ge=1, le=5)] = 1
    body: dict[str, Any] | None = None


class Event(Strict):
    """Something a person does at a named moment of the run.

    Attributes:
        at: `drafting`, `waiting` (a run was put off), `settled` (a run has ended), or a call
            such as `POST /tickets/*/notes`, just before it.
        nth: the moment's how-manieth time.
        changes: what `update` changes, by API names.
    """

    at: str
    nth: Annotated[int, Field(ge=1)] = 1
    do: Literal["customer_reply", "agent_reply", "agent_note", "update"]
    body: str = ""
    email: str | None = None
    auto_response: bool = False
    changes: dict[str, Any] = {}

    @field_validator("at")
    @classmethod
    def _known(cls, at: str) -> str:
        if not _MOMENT.fullmatch(at):
            raise ValueError("write drafting, waiting, settled or a call such as 'GET /tickets/*'")
        return at


class Fault(Strict):
    """A call that goes wrong, as the sandbox plans it."""

    call: str
    fault: Annotated[str, Field(coerce_numbers_to_str=True)]
    times: Annotated[int, Field(ge=1)] = 1
    seconds: float = 1.0
    retry_after: int | None = None

    def planned(self) -> faults.Planned:
        """Return it in the sandbox's words."""
        return faults.read({**self.model_dump(exclude={"call"}), "match": self.call})

    @model_validator(mode="after")
    def _possible(self) -> Self:
        self.planned()
        return self


class Phrase(Strict):
    """Words to look for: any of some, or a pattern; letter case and white space do not matter."""

    any: tuple[Text, ...] = ()
    regex: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: object) -> object:
        return {"any": [given]} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if bool(self.any) == (self.regex is not None):
            raise ValueError("write a text, any: [...] or regex: ...")
        try:
            re.compile(self.regex or "")
        except re.error as fault:
            raise ValueError(f"{self.regex!r} is no pattern: {fault}") from fault
        return self

    def found_in(self, text: str) -> bool:
        """Whether the text says it."""
        if self.regex is not None:
            return re.search(self.regex, text, re.IGNORECASE) is not None
        flat = " ".join(text.casefold().split())
        return any(" ".join(one.casefold().split()) in flat for one in self.any)

    def __str__(self) -> str:
        return f"/{self.regex}/" if self.regex is not None else " or ".join(map(repr, self.any))


class Expect(Strict):
    """What must hold at the end; a key that is not written is not checked.

    Attributes:
        disposition: one, or a set of which any is right.
        skip: name of the reason to leave the turn alone.
        notes, public_replies: how many of ours stand on the ticket, exactly.
        status: the ticket's status number at the end.
        fields: the ticket's values at the end, by API names.
        dropped: fields for which something was proposed and not set, with a reason on record.
        must, must_not: phrases in what we wrote on the ticket, note or reply.
        sources: pages the draft must cite; all it cites must resolve, even with an empty list.
        findings: guards that must object; an empty list means that none may.
        canary: a secret planted in the world that no customer may read.
        waited_at_least: seconds that the run had to be put off in all.
        error: the typed failure a run is to end with.
    """

    disposition: tuple[
        Literal["PUBLIC_REPLY", "PRIVATE_NOTE", "HANDOFF", "TRIAGE", "SKIP"], ...
    ] = ()
    skip: str | None = None
    landing: Landing | None = None
    notes: Annotated[int, Field(ge=0)] | None = None
    public_replies: Annotated[int, Field(ge=0)] | None = None
    status: int | None = None
    fields: dict[str, Any] | None = None
    dropped: tuple[Slot, ...] | None = None
    must: tuple[Phrase, ...] = ()
    must_not: tuple[Phrase, ...] = ()
    sources: tuple[str, ...] | None = None
    findings: tuple[str, ...] | None = None
    credits_at_most: Annotated[int, Field(ge=0)] | None = None
    canary: Text | None = None
    waited_at_least: float | None = None
    error: str | None = None

    @field_validator("disposition", mode="before")
    @classmethod
    def _one_or_more(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @property
    def dispositions(self) -> frozenset[Disposition]:
        """The dispositions that are right."""
        return frozenset(Disposition[name] for name in self.disposition)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("a case that expects nothing cannot fail; say what must hold")
        return self


class Rules(Strict):
    """What the account allows: the keys of a policy file, read as one is."""

    model_config = ConfigDict(extra="allow", frozen=True)

    mode: Mode = Mode.NOTE

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            self.read()
        except BadPolicy as fault:
            raise ValueError("; ".join(fault.faults)) from fault
        return self

    def read(self) -> Policy:
        """Return the policy that a file with these keys is."""
        return parse(self.model_dump(mode="json"), version="case")


class Scripted(Strict):
    """A drafter that drafts by rule: a name of `evals.scripts.SCRIPTS`."""

    script: str

    @field_validator("script")
    @classmethod
    def _known(cls, script: str) -> str:
        if script not in SCRIPTS:
            raise ValueError(f"there is no script {script!r}; there are {', '.join(SCRIPTS)}")
        return script


class Quoted(Strict):
    """An exact quote from a page of the world."""

    source: Text
    quote: Text


class SaidSentence(Strict):
    """One sentence of a draft, and what it rests on."""

    text: Text
    evidence: tuple[Quoted, ...] = ()


class SaidParagraph(Strict):
    """Sentences that stand together, or the items of a list."""

    sentences: tuple[SaidSentence, ...]
    items: bool = False


class Said(Strict):
    """A drafter that hands in the draft of a real run, whatever was asked.

    Attributes:
        said: how it ended, such as `answer` or `no_answer`.
        pages: what it had found, best first.
    """

    said: Ending
    language: str
    paragraphs: tuple[SaidParagraph, ...] = ()
    pages: tuple[Text, ...] = ()
    reason: str = ""
    summary: str = ""
    doubt: str = ""
    failed: bool = False


class Model(Strict):
    """A drafter on a recorded model.

    Attributes:
        model: its name; how it is sampled stands in `evals.keyed`.
        rounds: turns in which it may ask for tools.
    """

    model: Text
    rounds: Annotated[int, Field(ge=0, le=4)] = 0


class Frozen(Strict):
    """A drafter that hands in what a model's run drafted once, whatever was asked."""

    frozen: Text
    model: Text


class Case(Strict):
    """One situation with what must come of it.

    Attributes:
        why: what it protects, in a sentence.
        cluster: cases that ask the same thing, for honest intervals.
        world: name of a file in `worlds/`.
        patch: changes to the world, by key and id.
        chooses: what a model would choose for triage, right or wrong; without it none is asked.
    """

    id: Name
    why: Annotated[str, Field(min_length=20)]
    tags: tuple[Name, ...] = ()
    cluster: Name
    world: Name
    patch: dict[str, Any] = {}
    trigger: Hook
    events: tuple[Event, ...] = ()
    faults: tuple[Fault, ...] = ()
    policy: Rules = Rules()
    chooses: dict[Slot, tuple[str, ...]] | None = None
    drafter: Literal["extractive"] | Scripted | Model | Frozen | Said = "extractive"
    expect: Expect

    def policy_at(self, host: str) -> Policy:
        """Return the policy it is played under, with the helpdesk's own host."""
        return replace(self.policy.read(), portal_hosts=(host,))

    @property
    def tier(self) -> Tier:
        """Who drafts."""
        if isinstance(self.drafter, Model):
            return Tier.KEYED
        if isinstance(self.drafter, Frozen | Said):
            return Tier.FROZEN
        ruled = self.drafter == "extractive" and self.chooses is None
        return Tier.EXTRACTIVE if ruled else Tier.SCRIPTED


def load_cases(folder: Path = CASES, *, worlds: Path = WORLDS) -> tuple[Case, ...]:
    """Return every case of a folder, in order of their names.

    Raises:
        BadCase: with all mistakes of all files: each names file, line and mend.
    """
    known = {path.stem for path in yaml_files(worlds)}
    found: dict[str, Case] = {}
    mistakes: list[str] = []
    for path in yaml_files(folder):
        try:
            source = Source(path)
            case = source.read(Case)
        except BadCase as fault:
            mistakes += fault.mistakes
            continue
        mistakes += _misplaced(case, source, known, found)
        found.setdefault(case.id, case)
    if mistakes:
        raise BadCase(mistakes)
    return tuple(found.values())


def _misplaced(case: Case, source: Source, worlds: set[str], found: dict[str, Case]) -> list[str]:
    mistakes: list[str] = []
    if case.id in found:
        problem = f"the id {case.id!r} is taken by another file; give each case its own"
        mistakes.append(source.at(["id"], problem))
    elif case.id != source.path.stem:
        problem = f"the id {case.id!r} is not the file's name; name the file {case.id}.yaml"
        mistakes.append(source.at(["id"], problem))
    if case.world not in worlds:
        problem = f"there is no world {case.world!r}; there are {', '.join(sorted(worlds))}"
        mistakes.append(source.at(["world"], problem))
    return mistakes
