"""What cases share because they only read it: a world's document and its help centre's index."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from evals.case import Case
from evals.draws import RECORDINGS, Draws
from evals.frozen import Drafts
from evals.stage import Stage
from evals.world import Document, World, load_world
from tools.freshdesk.sandbox.allowance import Plan
from tools.knowledge.index import KnowledgeIndex
from tools.knowledge.pages import pages_of
from tools.provider import READ_ONLY, Lane


@dataclass(frozen=True, slots=True)
class Ground:
    """What a case is played on; the document is the case's own copy."""

    document: Document
    now: datetime
    plan: Plan
    knowledge: KnowledgeIndex


class Recordings:
    """What models said once; read when it is first asked for, and by `load`."""

    def __init__(self, folder: Path = RECORDINGS) -> None:
        self.folder = folder

    @cached_property
    def draws(self) -> Draws:
        """Answers to today's prompts."""
        return Draws(self.folder)

    @cached_property
    def drafts(self) -> Drafts:
        """Drafts, whatever led to them."""
        return Drafts(self.folder)

    def load(self) -> None:
        """Read everything now.

        Raises:
            ValueError: a line does not fit; file, line and mend are named.
        """
        self.draws, self.drafts  # noqa: B018 -- being asked for is what reads them


@dataclass(slots=True)
class Grounds:
    """Worlds by name and indexes by content, built once for a whole run of cases."""

    recordings: Recordings = field(default_factory=Recordings)
    _worlds: dict[str, World] = field(default_factory=dict)
    _indexes: dict[str, KnowledgeIndex] = field(default_factory=dict)
    _building: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, case: Case) -> Ground:
        """Return the ground of a case.

        Raises:
            BadCase: the world or a patch does not fit.
        """
        return await self.on(case.world, case.patch)

    async def on(self, name: str, patch: Document) -> Ground:
        """Return a world with changes.

        Raises:
            BadCase: the world or a patch does not fit.
        """
        if name not in self._worlds:
            self._worlds[name] = load_world(name)
        world = self._worlds[name]
        document = world.document(patch)
        async with self._building:
            knowledge = await self._index(document, world)
        return Ground(document, world.now, world.plan, knowledge)

    def close(self) -> None:
        """Give the indexes back."""
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()

    async def _index(self, document: Document, world: World) -> KnowledgeIndex:
        said = {key: document.get(key) for key in ("account", "solutions")}
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
        if digest not in self._indexes:
            self._indexes[digest] = await _build(document, world)
        return self._indexes[digest]


async def _build(document: Document, world: World) -> KnowledgeIndex:
    """Read the help centre as a responder does, through the API, on a stage of its own."""
    stage = Stage(document, now=world.now, seed="ground", plan="none")
    try:
        desk = stage.open(Lane.BACKFILL, READ_ONLY)
        articles = [article async for article in desk.articles()]
    finally:
        await stage.wire.aclose()
    index = KnowledgeIndex.open(":memory:")
    await index.replace(pages_of(articles))
    return index
