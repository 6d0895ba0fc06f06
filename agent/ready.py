"""The knowledge base as one run sees it: canned responses beside the pages, filled in by us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent import canned
from agent.model import Snapshot
from agent.policy.terms import Policy
from tools.kit.search_articles import GOOD
from tools.knowledge.article import CANNED, Hit, Knowledge, Page
from tools.knowledge.meaning import Meaning


@dataclass(frozen=True, slots=True)
class Ready:
    """Pages and canned responses for one ticket; implements `Knowledge`.

    A response whose placeholders are not all ours to fill does not exist for the run.
    """

    knowledge: Knowledge
    snapshot: Snapshot
    policy: Policy

    async def search(
        self, words: str, *, language: str = "", most: int = 5, meaning: Meaning | None = None
    ) -> tuple[Hit, ...]:
        """Return the best of both, best first.

        In the locked mode a response that fits comes alone, for nothing else may be said. One
        that may not go out without a person comes where nothing else is good: it is then what the
        agents' note proposes, and no reason to hold a reply that a page would have given.
        """
        ready = await self.canned(words, language=language, most=most)
        free = tuple(hit for hit in ready if self._is_free(hit.page))
        if self.policy.canned_only and free and free[0].score >= GOOD:
            return free
        pages = await self.knowledge.search(words, language=language, most=most, meaning=meaning)
        best = _ranked((*pages, *free))
        if not best or best[0].score < GOOD:
            best = _ranked((*pages, *ready))
        return best[:most]

    async def canned(self, words: str, *, language: str = "", most: int = 5) -> tuple[Hit, ...]:
        """Return the best canned responses, filled in."""
        found = await self.knowledge.canned(words, language=language, most=most)
        return tuple(hit for one in found if (hit := self._filled(one)) is not None)

    async def rate(
        self, words: str, pages: Sequence[Page], *, language: str = "", most: int = 5
    ) -> tuple[Hit, ...]:
        """Score pages that were fetched elsewhere by words."""
        return await self.knowledge.rate(words, pages, language=language, most=most)

    async def page(self, page_id: str) -> Page | None:
        """Return one page, filled in if it is a canned response; or None."""
        found = await self.knowledge.page(page_id)
        return self._page(found) if found and found.id.startswith(CANNED) else found

    async def size(self) -> int:
        """Return how many pages there are."""
        return await self.knowledge.size()

    def _is_free(self, page: Page) -> bool:
        return canned.may_go_alone(self.policy, page.id, page.title)

    def _page(self, raw: Page) -> Page | None:
        number = raw.id.removeprefix(CANNED)
        return canned.page(
            number,
            raw.title,
            raw.text,
            snapshot=self.snapshot,
            policy=self.policy,
            language=raw.language,
        )

    def _filled(self, hit: Hit) -> Hit | None:
        page = self._page(hit.page)
        passage = canned.fill(hit.passage, self.snapshot, self.policy)
        return None if page is None or passage is None else replace(hit, page=page, passage=passage)


def _ranked(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple(sorted(hits, key=lambda hit: -hit.score))
