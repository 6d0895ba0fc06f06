"""What the plays of one process share: an empty database to begin with, and two help centres.

A play makes no table and parses no file of its own: it begins with a copy of a migrated database.
The file never waits for the disk, as no play cuts the power; everything else is the product's.
"""

import sqlite3
from pathlib import Path
from typing import cast

from server.store.db import open_database
from server.store.migrate import migrate
from tests.chaos.memory import Inline
from tools.knowledge.article import Page
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import digest

NAMES = ("northhouse", "southhouse")
"""Two companies that must never hear of each other; the word stands in all that is theirs."""
_PAGES = (
    (
        "How do I return an item and how long do I have?",
        (
            "You can return an item to {name} within 30 days after you received it. Open your "
            "order in the {name} shop, choose the item and print the label.\n\n"
            "The return is free of charge."
        ),
    ),
    (
        "How do I reset my password?",
        (
            "To reset your password, open the {name} sign-in page and choose Forgot password. "
            "{name} sends you a link by mail, which works for one hour."
        ),
    ),
)


class Props:
    """Made once, handed to one play after the other; the plays of a process take turns."""

    def __init__(self, folder: Path) -> None:
        store = open_database(f"sqlite:///{folder / 'play.db'}", durable=False)
        migrate(store)
        self._engine = store.engine
        self._blank = sqlite3.connect(":memory:")
        self._copy(out=True)
        self._shelves: dict[str, KnowledgeIndex] = {}

    async def stock(self, *names: str) -> None:
        """Fill the help centres of some companies, by default of the two of every play."""
        for name in names or NAMES:
            index = KnowledgeIndex.open(":memory:")
            await index.replace(pages(name))
            self._shelves[name] = index

    def shelf(self, name: str) -> KnowledgeIndex:
        """Return a company's help centre."""
        return self._shelves[name]

    def fresh(self) -> Inline:
        """Return the database, empty again."""
        self._copy(out=False)
        return Inline(self._engine)

    def close(self) -> None:
        """Give everything back."""
        for shelf in self._shelves.values():
            shelf.close()
        self._blank.close()
        self._engine.dispose()

    def _copy(self, *, out: bool) -> None:
        pooled = self._engine.raw_connection()
        held = cast("sqlite3.Connection", pooled.driver_connection)
        source, target = (held, self._blank) if out else (self._blank, held)
        source.backup(target)
        pooled.close()


def pages(name: str) -> list[Page]:
    """Return a company's help centre: two pages, each of which answers one question for sure."""
    found = []
    for number, (title, text) in enumerate(_PAGES, start=1):
        said = text.format(name=name)
        url = f"https://{name}.freshdesk.com/support/solutions/articles/{number}"
        found.append(Page(f"article:{number}", title, said, url, "en", True, digest(said)))  # noqa: FBT003
    return found
