"""Tickets and pages for playing a drafter by itself: small worlds, one file, no helpdesk."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from agent.drafter import Drafter
from agent.llm import LangChainDrafter
from agent.model import Draft, RunLimits, Snapshot, Turn
from agent.offer import Sampling
from agent.policy import Policy
from evals.draws import Draws
from evals.endpoint import Upstream, recording, replaying
from evals.still import StillHelpdesk
from tools.clock import Clock
from tools.errors import HelpdeskError
from tools.html import newest_words
from tools.kit.tool import Desk
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of
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
CASES = HERE / "drafting.yaml"
DRAWS = HERE / "cassettes" / "model"
SMALL = Sampling(
    call_seconds=500.0,
    output_tokens=700,
    page_chars=2_600,
    context_tokens=2_400,
    frequency_penalty=0.3,
    seed=7,
)
"""For a model of one or two billion parameters on a few cores."""
_THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LIMITS = RunLimits(seconds=1_800.0)


class ArticleData(BaseModel):
    """A help-centre page of a case."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    language: str
    title: str
    html: str


class Case(BaseModel):
    """One ticket, the pages in reach, and what a person would do with it.

    Attributes:
        answer: id of the page that answers it, or None where none does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    why: str
    language: str
    subject: str
    html: str
    answer: str | None
    articles: tuple[ArticleData, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A case and the draft that came of it."""

    case: Case
    draft: Draft


def load(path: Path = CASES) -> tuple[Case, ...]:
    """Return the cases of a file.

    Raises:
        ValueError: the file does not fit the schema.
    """
    listed = yaml.safe_load(path.read_text("utf-8"))
    return tuple(Case.model_validate(one) for one in listed["cases"])


async def play(
    case: Case,
    drafter: Drafter,
    *,
    limits: RunLimits = _LIMITS,
    indexed: bool = True,
    broken: HelpdeskError | None = None,
) -> Draft:
    """Return what a drafter makes of a case. No socket but the drafter's own.

    Args:
        case: the ticket, and the pages in reach.
        drafter: proposes an answer.
        limits: what it may use.
        indexed: the pages are in the index; otherwise only the helpdesk's own search has them.
        broken: what the helpdesk answers to everything.

    Raises:
        ResponderError: no draft came of it.
    """
    articles = [_article(one) for one in case.articles]
    index = KnowledgeIndex.open(":memory:")
    try:
        await index.replace(pages_of(articles) if indexed else ())
        snapshot = _snapshot(case)
        desk = Desk(
            helpdesk=StillHelpdesk(articles=articles, broken=broken),
            knowledge=index,
            ticket_id=snapshot.ticket.id,
            requester_id=snapshot.ticket.requester_id,
            contact=None,
            fields=(),
            language=case.language,
        )
        return await drafter.draft(snapshot, desk=desk, policy=Policy(), limits=limits)
    finally:
        index.close()


async def record(
    cases: tuple[Case, ...],
    *,
    model: str,
    upstream: Upstream,
    clock: Clock,
    sampling: Sampling = SMALL,
    folder: Path = DRAWS,
) -> tuple[Recorded, ...]:
    """Play the cases against a real endpoint and keep its answers; what is recorded is free.

    Raises:
        ResponderError: a case came to no draft; its draws are kept all the same.
    """
    async with recording(Draws(folder), upstream, clock=clock) as tape:
        drafter = _drafter(model, tape.url, sampling)
        return tuple([Recorded(case, await play(case, drafter)) for case in cases])


async def replay(
    case: Case, *, model: str, sampling: Sampling = SMALL, folder: Path = DRAWS
) -> Draft:
    """Play a case on recorded answers, with the real endpoint gone.

    Raises:
        Unrecorded: a request has no draw: the prompt, a tool, the pages or the ticket changed.
        ResponderError: the recorded answers came to no draft.
    """
    async with replaying(Draws(folder)) as tape:
        try:
            return await play(case, _drafter(model, tape.url, sampling))
        finally:
            tape.check()


def _article(data: ArticleData) -> Article:
    url = f"https://help.example.com/{data.id}"
    return Article(ArticleId(data.id), data.title, data.html, url, data.language, quotable=True)


def _drafter(model: str, url: str, sampling: Sampling) -> LangChainDrafter:
    return LangChainDrafter(model, base_url=url, api_key="unused", sampling=sampling)


def _snapshot(case: Case) -> Snapshot:
    account, person = AccountId("drafting"), PersonId("9001")
    ticket = Ticket(
        id=TicketId(case.id),
        subject=case.subject,
        description_html=case.html,
        stage=Stage.OPEN,
        status="Open",
        status_id="2",
        source="Email",
        source_id="1",
        requester_id=person,
        created_at=_THEN,
        updated_at=_THEN,
    )
    turn = Turn(
        key=f"{account}|{case.id}|#description",
        account=account,
        ticket_id=ticket.id,
        conversation_id=None,
        author_id=person,
        text=newest_words(case.html),
        language=case.language,
        at=_THEN,
    )
    me = AgentIdentity(PersonId("1"), "Deskhand", "deskhand@example.com")
    return Snapshot(account, ticket, Thread(), None, None, (), me, turn, _THEN)
