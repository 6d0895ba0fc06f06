"""A theatre for each test of this folder; the help centre is read once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.theatre import Theatre, read_help_centre
from tools.knowledge.index import KnowledgeIndex


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeIndex:
    """The demo company's help centre."""
    return asyncio.run(read_help_centre())


@pytest_asyncio.fixture
async def theatre(tmp_path: Path, knowledge: KnowledgeIndex) -> AsyncIterator[Theatre]:
    """One play without surprises."""
    made = Theatre(tmp_path, 1, knowledge)
    yield made
    await made.close()
