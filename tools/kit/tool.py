"""What a tool is: a name, a purpose, arguments, the most credits it costs, and a run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tools.knowledge.article import Knowledge, Page
from tools.knowledge.meaning import Meaning
from tools.model import Contact, FieldValue, PersonId, TicketId
from tools.provider import Helpdesk


class TryAgain(Exception):
    """The arguments were wrong; the hint is told to the model."""


class GiveUp(Exception):
    """It will not work; the reason is told to the model."""


@dataclass(slots=True)
class Desk:
    """What tools may see: one account, one requester, chosen by the run and not by the model.

    Attributes:
        helpdesk: opened read-only.
        fetched: pages handed to the drafter in this run; only these may be quoted.
        live_searches: how often the helpdesk's own search may still be asked.
        meaning: this run's texts as vectors; None where no endpoint embeds.
        earlier: a line for each of the requester's other tickets; None where not read yet.
    """

    helpdesk: Helpdesk
    knowledge: Knowledge
    ticket_id: TicketId
    requester_id: PersonId | None
    contact: Contact | None
    fields: tuple[FieldValue, ...]
    language: str = ""
    fetched: dict[str, Page] = field(default_factory=dict[str, Page])
    live_searches: int = 1
    meaning: Meaning | None = None
    earlier: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, always text."""

    name: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may call; it reads and never writes.

    Attributes:
        credits: the most it costs.
        run: returns text for the model; raises `TryAgain` or `GiveUp`.
    """

    name: str
    purpose: str
    arguments: tuple[Argument, ...]
    credits: int
    run: Callable[[Desk, Mapping[str, str]], Awaitable[str]]
