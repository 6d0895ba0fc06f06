"""A ticket and its pages for playing a drafter by itself: a small world without a helpdesk."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from agent.drafter import Drafter
from agent.model import Draft, RunLimits, Snapshot, Turn
from agent.policy.terms import Policy
from evals.still import StillHelpdesk
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

_THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LIMITS = RunLimits()


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


def _article(data: ArticleData) -> Article:
    url = f"https://help.example.com/{data.id}"
    return Article(ArticleId(data.id), data.title, data.html, url, data.language, quotable=True)


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
