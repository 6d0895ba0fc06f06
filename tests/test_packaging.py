"""Our five top-level names are ours alone, and the wheel holds everything the product reads."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = {"agent", "evals", "prompts", "server", "tools"}
CODE = OURS | {"tests"}
BESIDE = {"docs", "deploy"}


def test_nobody_else_provides_our_top_level_names() -> None:
    """A stranger's package of the same name would shadow ours or be overwritten by it."""
    strangers = {
        name: owners
        for name, owners in importlib.metadata.packages_distributions().items()
        if name in OURS and set(owners) != {"deskhand"}
    }

    assert {} == strangers


def test_the_top_level_folders_are_the_mandated_ones() -> None:
    """Whoever opens the repository finds six code folders and nothing to wonder about."""
    listed = subprocess.run(
        ["git", "ls-tree", "-d", "--name-only", "HEAD"],  # noqa: S607 -- git is required to build
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    folders = {name for name in listed.stdout.split() if not name.startswith(".")}

    assert CODE | (folders & BESIDE) == folders


def test_the_wheel_holds_the_data_the_product_reads(tmp_path: Path) -> None:
    """An installed Deskhand must find its prompts, seeds, languages, cases and migrations."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*command, "-w", str(tmp_path), str(ROOT)], check=True)
    [wheel] = tmp_path.glob("deskhand-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "--", *OURS],  # noqa: S607 -- git is required to build
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = set(listed.stdout.split())

    assert set() == wanted - held
    assert OURS == {name.split("/")[0] for name in held} - _info(held)


def _info(held: set[str]) -> set[str]:
    return {name.split("/")[0] for name in held if ".dist-info/" in name}
