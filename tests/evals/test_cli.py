"""The command: what it plays, what it writes and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.cli import app
from evals.select import selects

Writing = Callable[..., Path]
COMMAND = CliRunner()


def test_a_run_prints_a_table_and_ends_well() -> None:
    """The whole path, from the command to the totals."""
    told = COMMAND.invoke(app, ["run", "-k", "hostile-empty or skip-gone"])

    assert 0 == told.exit_code
    assert "hostile-empty" in told.output
    assert "extractive: 1 case, 1 passed" in told.output
    assert "scripted: 1 case, 1 passed" in told.output


def test_json_goes_to_the_output_alone() -> None:
    """A machine reads all of it, so nothing else may be there."""
    told = COMMAND.invoke(app, ["run", "-k", "skip", "--tier", "extractive", "--json", "-"])

    document = json.loads(told.stdout)
    assert 0 == told.exit_code
    assert {"tiers", "pass_k", "seconds"} <= set(document)
    assert document["tiers"]["extractive"]["passed"] == document["tiers"]["extractive"]["cases"] > 3


def test_json_goes_to_a_file_beside_the_table(tmp_path: Path) -> None:
    """CI keeps the file, people read the table."""
    path = tmp_path / "result.json"

    told = COMMAND.invoke(app, ["run", "-k", "skip-gone", "--json", str(path)])

    assert "skip-gone" in told.output
    assert ["skip-gone"] == [case["id"] for case in json.loads(path.read_text())["cases"]]


def test_a_failed_case_ends_with_1(write_case: Writing) -> None:
    """CI looks at nothing else."""
    folder = write_case("failing", old="{notes: 1}", new="{notes: 2}").parent

    told = COMMAND.invoke(app, ["run", "--cases", str(folder)])

    assert 1 == told.exit_code
    assert "private notes: 2 expected, 1 found" in told.output


def test_a_broken_ground_ends_with_4(write_case: Writing) -> None:
    """Infrastructure is told apart from a regression."""
    folder = write_case("broken", old="trigger:", new="patch: {tickets: 1}\ntrigger:").parent

    told = COMMAND.invoke(app, ["run", "--cases", str(folder)])

    assert 4 == told.exit_code
    assert "infrastructure" in told.output


def test_a_bad_case_file_ends_with_2_and_its_line(write_case: Writing) -> None:
    """A broken case must never count as passed, nor be left out silently."""
    path = write_case("bad", old="cluster", new="clutser")

    told = COMMAND.invoke(app, ["run", "--cases", str(path.parent)])

    assert 2 == told.exit_code
    assert f"{path}:3: unknown key 'clutser'; did you mean 'cluster'?" in told.stderr
    assert "Traceback" not in told.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "-k", "nothing-like-it"], "no case of"),
        (["run", "-k", "(de"], "-k cannot read '(de'"),
        (["run", "-k", "de and"], "-k cannot read"),
        (["run", "--tier", "judged"], "judged"),
        (["run", "--jobs", "0"], "jobs"),
        (["run", "-k", "skip-gone", "--json", "/nowhere/at/all.json"], "cannot be written"),
        (["play"], "play"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_why(arguments: list[str], words: str) -> None:
    """Playing nothing must not look like all is well."""
    told = COMMAND.invoke(app, arguments)

    assert 2 == told.exit_code
    assert words in told.stderr


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("", True),
        ("de", True),
        ("not de", False),
        ("fr or answer", True),
        ("de and not note", False),
        ("fr or de and note", True),
        ("pause and fr", False),
    ],
)
def test_cases_are_chosen_by_words(expression: str, *, fits: bool) -> None:
    """As people know it from their test runner."""
    assert fits is selects(expression, ("note-de-pause", "de", "answerable", "note"))
