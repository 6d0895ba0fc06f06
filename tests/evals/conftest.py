"""What the evals' own tests stand on: cases by name, and worlds that are read once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evals.case import Case, load_cases
from evals.ground import Grounds

BY_ID = {case.id: case for case in load_cases()}
Writing = Callable[..., Path]

GOOD = """\
id: {id}
why: It is here so that a test has something sound to break.
cluster: example
world: ferry
trigger: {{ticket: 1}}
expect: {{notes: 1}}
"""


@pytest.fixture
def case() -> Callable[[str], Case]:
    """Return cases by their id."""
    return BY_ID.__getitem__


@pytest.fixture
def grounds() -> Iterator[Grounds]:
    """Yield worlds whose indexes are closed in the end."""
    shared = Grounds()
    yield shared
    shared.close()


@pytest.fixture
def write_case(tmp_path: Path) -> Writing:
    """Write a sound case file, with one thing replaced, into a folder of its own."""

    def write(name: str = "sound", *, old: str = "", new: str = "", as_id: str = "") -> Path:
        text = GOOD.format(id=as_id or name)
        assert old in text
        path = tmp_path / f"{name}.yaml"
        path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        return path

    return write
