"""A passage of the help centre: what retrieval finds and a draft may quote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.knowledge.meaning import Meaning

CANNED = "canned:"
"""What the id of a canned response's page begins with, before the helpdesk's own."""


@dataclass(frozen=True, slots=True)
class Page:
    """One text of the knowledge base in one language, as plain text.

    Attributes:
        id: `article:ID`, `file:NAME` or `canned:ID`; a translation appends `@de`.
        text: plain text, paragraphs apart by blank lines.
        url: where a customer can read it, or None for a folder's file.
        quotable: published and visible to everybody.
        digest: sha256 of the text, hexadecimal.
    """

    id: str
    title: str
    text: str
    url: str | None
    language: str
    quotable: bool
    digest: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that answers a query.

    Attributes:
        score: 0 to 1, comparable across queries; see the index for what it means.
        passage: the paragraph, list or row that fits best, exactly as it stands in the text.
        lexical: the score by words alone.
        dense: cosine to the nearest question of the mail; None where only words were compared.
        needs: the least score at which this knowledge base may be quoted, as measured on itself;
            0.0 where only words were compared.
    """

    page: Page
    score: float
    passage: str
    lexical: float = 0.0
    dense: float | None = None
    needs: float = 0.0


class Knowledge(Protocol):
    """Finds pages by words, and by meaning where texts can be turned into vectors."""

    async def search(
        self, words: str, *, language: str = "", most: int = 5, meaning: Meaning | None = None
    ) -> tuple[Hit, ...]:
        """Return the best quotable pages, best first; the requester's language first on ties."""
        ...

    async def canned(self, words: str, *, language: str = "", most: int = 5) -> tuple[Hit, ...]:
        """Return the best canned responses, best first; `search` never returns one."""
        ...

    async def rate(
        self, words: str, pages: Sequence[Page], *, language: str = "", most: int = 5
    ) -> tuple[Hit, ...]:
        """Score pages that were fetched elsewhere by words, as `search` would if it held them."""
        ...

    async def page(self, page_id: str) -> Page | None:
        """Return one page, or None."""
        ...

    async def size(self) -> int:
        """Return how many pages there are."""
        ...
