"""A theatre for each test of this folder; the help centre is read once."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.chaos.house import Setting
from tests.chaos.props import Props
from tests.chaos.theatre import ACCOUNT, Theatre, auto, read_help_centre
from tools.knowledge.index import KnowledgeIndex


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeIndex:
    """The demo company's help centre."""
    return asyncio.run(read_help_centre())


@pytest.fixture(scope="session")
def props(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Props]:
    """What the plays of this process take turns with."""
    made = Props(tmp_path_factory.mktemp("props"))
    asyncio.run(made.stock())
    yield made
    made.close()


@pytest_asyncio.fixture
async def theatre(props: Props, knowledge: KnowledgeIndex) -> AsyncIterator[Theatre]:
    """One play without surprises."""
    made = Theatre(props, 1, Setting(ACCOUNT, knowledge, auto()))
    yield made
    await made.close()
