"""Reading the help centre: its own search, and every article in every language."""

import re
from collections.abc import AsyncIterator, Iterable

from tools.cache import DeskCache
from tools.errors import Forbidden, NotFound
from tools.freshdesk.line import Line, checked
from tools.freshdesk.mapping import article
from tools.freshdesk.wire import SentArticle, SentFolder, parse
from tools.model import Article, ArticleId

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")
_DEPTH_MOST = 6
"""Folders inside folders that are followed; the helpdesk allows fewer."""


class Solutions:
    """An account's articles.

    Source: https://developers.freshdesk.com/api/#solutions
    """

    def __init__(self, line: Line, cache: DeskCache) -> None:
        self._line = line
        self._cache = cache

    async def search(self, words: str) -> tuple[Article, ...]:
        """Return what the helpdesk's own search finds and a customer may see. One credit.

        The search also returns drafts and internal articles, so both are filtered out here.
        """
        sent = await self._line.many(SentArticle, "/search/solutions", {"term": words})
        found = [self._article(each, None, "") for each in sent]
        return tuple(each for each in found if each.quotable)

    async def one(self, article_id: ArticleId) -> Article:
        """Return one article; quotable if its folder is open. One credit, or two."""
        sent = await self._line.one(SentArticle, f"/solutions/articles/{checked(article_id)}")
        return self._article(sent, await self._visibility(sent), "")

    async def every(self) -> AsyncIterator[Article]:
        """Yield every article: all of the primary language first, then all of each other.

        One credit for the settings, one for the categories, one per category and per folder that
        holds folders, and per folder and language one per hundred articles. Empty folders cost
        nothing; one without a word in a language is asked for that language every six hours.

        There is no list of changes: the page names no filter by date for articles, and connectors
        that know one for tickets read the articles in full. So what is withdrawn is known when
        its folder is read again.
        """
        languages = await self.languages()
        folders = [
            folder
            for category in await self._line.every(SentFolder, "/solutions/categories")
            for folder in await self._folders(
                f"/solutions/categories/{checked(category.id)}/folders"
            )
        ]
        for place, language in enumerate(languages):
            for folder in folders:
                if folder.articles_count == 0:
                    continue
                path = f"/solutions/folders/{checked(folder.id)}/articles"
                found = (
                    await self._translated(f"{path}/{language}")
                    if place
                    else await self._line.every(SentArticle, path)
                )
                for sent in found:
                    yield self._article(sent, folder.visibility, language)

    async def _folders(self, path: str, *, depth: int = 0) -> list[SentFolder]:
        """Return a category's folders, and what is filed in them, as deep as folders go."""
        found: list[SentFolder] = []
        for folder in await self._line.every(SentFolder, path):
            found.append(folder)
            if folder.sub_folders_count and depth < _DEPTH_MOST:
                inner = f"/solutions/folders/{checked(folder.id)}/subfolders"
                found += await self._folders(inner, depth=depth + 1)
        return found

    async def languages(self) -> tuple[str, ...]:
        """Return the primary language and the others; one empty text where we may not know."""
        try:
            answer = await self._line.get("/settings/helpdesk")
        except (Forbidden, NotFound):
            return ("",)
        told = parse(answer.body, what="GET /settings/helpdesk")
        primary = told.get("primary_language") if isinstance(told, dict) else None
        others = told.get("supported_languages") if isinstance(told, dict) else None
        listed = others if isinstance(others, list) else []
        return tuple(_codes([primary or "", *listed])) or ("",)

    async def _visibility(self, sent: SentArticle) -> int | None:
        """Return who may see the article's folder; None, which is nobody, where that is unknown."""
        folder = sent.folder_id
        if folder is None or sent.folder_visibility is not None:
            return sent.folder_visibility
        if kept := self._cache.folders.get(folder):
            self._cache.spared()
            return kept.value
        try:
            found = await self._line.one(SentFolder, f"/solutions/folders/{checked(folder)}")
        except (Forbidden, NotFound):
            return self._cache.folders.put(folder, None)
        return self._cache.folders.put(folder, found.visibility)

    async def _translated(self, path: str) -> list[SentArticle]:
        """Return a folder's articles in a language; that there are none is remembered a while."""
        if self._cache.untranslated.get(path):
            self._cache.spared()
            return []
        try:
            found = await self._line.every(SentArticle, path)
        except NotFound:
            found = []
        if not found:
            self._cache.untranslated.put(path, value=True)
        return found

    def _article(self, sent: SentArticle, visibility: int | None, language: str) -> Article:
        lead = f"/{language}" if language else ""
        url = f"{self._line.origin.url}{lead}/support/solutions/articles/{sent.id}"
        return article(sent, url=url, visibility=visibility, language=language)


def _codes(raw: Iterable[object]) -> list[str]:
    named = [code for code in raw if isinstance(code, str) and _LANGUAGE.fullmatch(code)]
    return list(dict.fromkeys(named))
