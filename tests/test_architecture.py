"""The fences hold, the lists are complete, and breaking one on purpose is noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = ("agent", "evals", "prompts", "server", "tools")
HEAVY = ("langchain", "langchain_core", "langchain_openai", "langgraph", "numpy", "openai")


def _contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(linter), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code whose fences may be broken."""
    for name in CODE:
        ignored = shutil.ignore_patterns("__pycache__", "*.yaml", "*.jsonl")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_fences_hold() -> None:
    """Upward imports are impossible, not discouraged."""
    done = _contracts(ROOT)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("tools/model.py", "import agent.model"),
        ("agent/decide.py", "import server.settings"),
        ("server/app.py", "import evals.case"),
        ("prompts/library.py", "import tools.model"),
        ("tools/freshdesk/sandbox/desk.py", "import tools.freshdesk.wire"),
        ("agent/qualify.py", "import httpx"),
        ("tools/budget.py", "import tools.clock"),
        ("agent/model.py", "import agent.respond"),
    ],
    ids=lambda value: value.replace("/", "."),
)
def test_a_broken_fence_is_noticed(copy: Path, file: str, line: str) -> None:
    """A contract that cannot fail protects nothing: each is broken here on purpose."""
    broken = copy / file
    broken.write_text(broken.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")

    done = _contracts(copy)

    assert 0 != done.returncode
    assert "BROKEN" in done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("agent/respond.py", "import httpx"),
        ("server/app.py", "import openai"),
        ("agent/respond.py", "import langchain"),
        ("server/workflow.py", "import dbos"),
        ("server/workflow.py", "import sqlalchemy"),
        ("agent/respond.py", "import os\n\nHOME = os.environ"),
    ],
    ids=lambda value: value.split("\n")[0].replace("/", "."),
)
def test_a_library_has_one_door(copy: Path, file: str, line: str) -> None:
    """Replacing a library must stay a matter of one file."""
    broken = copy / file
    broken.write_text(broken.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [str(ruff), "check", "--no-cache", "--select", "TID251", file],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert "TID251" in done.stdout


def test_serving_loads_no_model_library() -> None:
    """LangChain costs over a second; a webhook must never wait for it."""
    program = (
        "import sys, server.wiring, server.app\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    ("folder", "listing"),
    [
        ("agent/guards", "agent/guards/__init__.py"),
        ("tools/kit", "tools/kit/__init__.py"),
        ("evals/checks", "evals/checks/__init__.py"),
    ],
)
def test_every_file_of_a_list_is_listed(folder: str, listing: str) -> None:
    """Membership is a decision: a file that nobody listed would never run."""
    shared = {"__init__", "guard", "tool", "check"}
    files = {path.stem for path in (ROOT / folder).glob("*.py")} - shared
    text = (ROOT / listing).read_text(encoding="utf-8")

    assert set() == {name for name in files if name not in text}


def test_nothing_happens_on_import() -> None:
    """No file opens, reads or connects while it is only being imported."""
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('a socket was opened on import')\n"
        "socket.socket.connect = refuse\n"
        "import server.wiring, server.serving, server.demo, evals.cli\n"
        "print('quiet')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "quiet" == done.stdout.strip()
