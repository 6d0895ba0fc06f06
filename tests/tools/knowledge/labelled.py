"""The labelled questions and the two help centres they are asked of, and one way to play them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from agent.extractive import ExtractiveDrafter
from agent.model import Draft, Outcome, RunLimits, Snapshot, Turn
from agent.policy.terms import Policy
from evals.still import StillHelpdesk
from tools.clock import Clock, StoppedClock
from tools.kit.tool import Desk
from tools.knowledge import embedding, shelf
from tools.knowledge.article import Hit, Page
from tools.knowledge.finding import Query
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.meaning import Embeds, Meaning
from tools.knowledge.pages import digest, pages_of
from tools.model import (
    AccountId,
    AgentIdentity,
    Article,
    ArticleId,
    PersonId,
    Stage,
    Thread,
    Ticket,
    TicketId,
)

HERE = Path(__file__).parent
SEEDS = HERE.parents[2] / "tools/freshdesk/sandbox/seeds/articles.yaml"
_THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_DEEP = 60
"""Pages asked for where their order is looked at."""


class Question(BaseModel):
    """One labelled question; `page` is None where no page answers it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["plain", "low", "near", "out"]
    language: str = "en"
    set: Literal["fit", "held"] = "held"
    page: str | None = None
    says: tuple[str, ...] = ()
    ask: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A help centre with its questions."""

    name: str
    pages: tuple[Page, ...]
    questions: tuple[Question, ...]


class _Library(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    class Text(BaseModel):
        """A page as it is written down."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        id: str
        title: str
        text: str = Field(min_length=1)

    pages: tuple[Text, ...]
    questions: tuple[Question, ...]


def shop() -> Labelled:
    """Return the demo company's help centre, on whose questions the weights were fitted."""
    told = yaml.safe_load((HERE / "questions.yaml").read_text("utf-8"))["questions"]
    questions = tuple(Question.model_validate(one) for one in told)
    return Labelled("shop", pages_of(_articles()), questions)


def library() -> Labelled:
    """Return a town's libraries, on which nothing was fitted."""
    read = yaml.safe_load((HERE / "library.yaml").read_text("utf-8"))
    told = _Library.model_validate(read)
    pages = tuple(_page(one.id, one.title, one.text.strip()) for one in told.pages)
    return Labelled("library", pages, told.questions)


def _page(name: str, title: str, text: str) -> Page:
    url = f"https://help.example.com/{name}"
    return Page(f"article:{name}", title, text, url, "en", quotable=True, digest=digest(text))


def _articles() -> list[Article]:
    found: list[Article] = []
    for category in yaml.safe_load(SEEDS.read_text("utf-8"))["solutions"]:
        for folder in category["folders"]:
            for data in folder["articles"]:
                shown = data["status"] == 2 and folder["visibility"] == 1
                versions = {"en": data} | data.get("translations", {})
                found += [
                    Article(ArticleId(str(data["id"])), text["title"], text["description"],
                            "https://help.example.com", language, quotable=shown,
                            tags=tuple(data.get("tags", ())))
                    for language, text in versions.items()
                ]  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Setup:
    """An index filled with one help centre, and what embeds its questions, if anything."""

    labelled: Labelled
    index: KnowledgeIndex
    embeds: Embeds | None

    def meaning(self) -> Meaning | None:
        """Return a run's own."""
        return Meaning(self.embeds, seconds=60.0) if self.embeds else None

    async def hits(self, asked: Question, *, blind: bool = False) -> tuple[Hit, ...]:
        """Return the pages found for a question; blind, as if its own page did not exist."""
        query = Query(asked.ask, asked.language, "en", _DEEP, _family(asked) if blind else "")
        return await self.index.find(query, self.meaning())

    async def draft(self, asked: Question) -> Draft:
        """Return what the drafter without a model makes of a question."""
        drafter, still = ExtractiveDrafter(clock=StoppedClock(_THEN)), StillHelpdesk()
        desk = Desk(still, self.index, TicketId("1"), None, None, (), asked.language,
                    live_searches=0, meaning=self.meaning())  # fmt: skip
        shot = snapshot(asked)
        return await drafter.draft(shot, desk=desk, policy=Policy(), limits=RunLimits())


@asynccontextmanager
async def setup(
    labelled: Labelled, embeds: Embeds | None = None, *, clock: Clock | None = None
) -> AsyncGenerator[Setup]:
    """Fill an index in memory, and bring its vectors up to date where something embeds."""
    index = KnowledgeIndex.open(":memory:")
    try:
        await index.replace(labelled.pages)
        if embeds is not None:
            await embedding.refresh(index, embeds, clock or StoppedClock(_THEN))
        yield Setup(labelled, index, embeds)
    finally:
        index.close()


Verdict = Literal["right", "elsewhere", "wrong", "handed over"]


def judge(asked: Question, draft: Draft) -> Verdict:
    """Say what became of a question.

    `elsewhere`: the right page, but none of the passages that a person would send.
    """
    if draft.outcome is not Outcome.ANSWER:
        return "handed over"
    quoted = [e for part in draft.paragraphs for s in part.sentences for e in s.evidence]
    pages = {shelf.family_of(one.source).removeprefix("article:") for one in quoted}
    if asked.page is None or asked.page not in pages:
        return "wrong"
    texts = {page.id: page.text for page in draft.documents}
    told = any(_stands(one.quote, said, texts.get(one.source, "")) for one in quoted
               for said in asked.says)  # fmt: skip
    return "right" if told else "elsewhere"


def _stands(quote: str, said: str, text: str) -> bool:
    """Whether a quote is of the passage that says this."""
    passage = next((part for part in text.split("\n\n") if said in part), "")
    lines = [line for line in passage.split("\n") if said in line] or [passage]
    return bool(quote) and (said in quote or any(quote in line for line in lines) or (
        quote in passage and "|" not in passage))  # fmt: skip


def position(asked: Question, hits: tuple[Hit, ...], by: Callable[[Hit], float]) -> int | None:
    """Return where the right page stands, from 0, when hits are ordered so; None for nowhere."""
    ranked = sorted(hits, key=lambda hit: -by(hit))
    ids = [shelf.family_of(hit.page.id).removeprefix("article:") for hit in ranked]
    return ids.index(asked.page) if asked.page in ids else None


def _family(asked: Question) -> str:
    return f"article:{asked.page}" if asked.page else ""


def snapshot(asked: Question, *, ticket: str = "1") -> Snapshot:
    """Return a ticket that asks this."""
    account, person = AccountId("labelled"), PersonId("9001")
    about = Ticket(
        id=TicketId(ticket),
        subject="",
        description_html=asked.ask,
        stage=Stage.OPEN,
        status="Open",
        status_id="2",
        source="Email",
        source_id="1",
        requester_id=person,
        created_at=_THEN,
        updated_at=_THEN,
    )
    turn = Turn("labelled", account, about.id, None, person, asked.ask, asked.language, _THEN)
    me = AgentIdentity(PersonId("1"), "Deskhand", "deskhand@example.com")
    return Snapshot(account, about, Thread(), None, None, (), me, turn, _THEN)
