"""Over real sockets: a run in service becomes a file, and the file a case that ends as it did."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.exported import read
from evals.files import BadCase
from tests.e2e.processes import DESKHAND, World, world

pytestmark = pytest.mark.e2e
WHO = {"email": "quentin.harkaway@brambleford.org", "name": "Quentin Harkaway"}
ASKED = (
    "<p>Hello, how do I return an item, and how long do I have? My order is LK-204817, my phone is "
    "+44 7700 900461 and you find me at https://brambleford.org/u/88213?token=a1b2c3d4.</p>"
    "<p>The password is heronfeather9.</p><p>Kind regards<br>Quentin</p>"
)
PERSONAL = ("quentin", "harkaway", "brambleford", "204817", "900461", "a1b2c3d4", "heronfeather")
UNANSWERABLE = "<p>Does your chief astronomer give talks about Jupiter's moons?</p>"
FOLLOWS = "<p>And how do I reset my password?</p><p>Thanks, Quentin</p>"
WHY = "A real customer asked this, and it should end the same way again."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both processes, configured by environment alone."""
    with world(tmp_path_factory.mktemp("promote")) as both:
        yield both


def command(running: World, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command in the service's environment."""
    return subprocess.run(
        [DESKHAND, *words],
        env=running.serve.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def promote(running: World, file: Path, name: str, into: Path, *more: str) -> str:
    """Promote a file and return what was said; the command must have gone well."""
    words = ("evals", "promote", str(file), "--id", name, "--why", WHY, "--cluster", name)
    done = command(running, *words, "--cases", str(into), *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def exported(running: World, run: str, to: Path) -> Path:
    """Export a run."""
    done = command(running, "export", "run", run, "--out", str(to))
    assert done.returncode == 0, done.stderr
    return to


def test_real_runs_become_cases_that_play_to_the_same_end(running: World, tmp_path: Path) -> None:
    """What went wrong at a customer's desk is the best case there is, once nobody is in it."""
    ends: dict[str, str] = {}
    cases = tmp_path / "cases"
    cases.mkdir()
    for name in ("answered", "unanswered", "second-turn", "spam"):
        ticket = running.write(UNANSWERABLE if name == "unanswered" else ASKED, **WHO)
        if name == "spam":
            running.control(f"tickets/{ticket}/update", {"spam": True})
        running.settled(ticket)
        if name == "second-turn":
            running.control(f"tickets/{ticket}/customer-reply", {"body": FOLLOWS})
        why = running.settled(ticket)
        ends[name] = why["disposition"]
        file = exported(running, why["run"], tmp_path / f"{name}.json")

        said = promote(running, file, name, cases, "--tags", "returns, real")

        assert "Read it through" in said
        text = (cases / f"{name}.yaml").read_text("utf-8")
        assert f"disposition: {ends[name]}" in text
        assert [word for word in PERSONAL if word in text.casefold()] == []

    played = command(running, "evals", "run", "--cases", str(cases), "--json", "-")
    linted = command(running, "evals", "lint", "--cases", str(cases))

    assert played.returncode == 0, played.stdout + played.stderr
    tiers = json.loads(played.stdout)["tiers"].values()
    assert sum(tier["passed"] for tier in tiers) == len(ends)
    assert len(set(ends.values())) >= 3
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_exported_file_is_for_its_owner_alone(running: World, tmp_path: Path) -> None:
    """It holds a customer's words, and a folder of downloads is read by many."""
    ticket = running.write(ASKED, **WHO)
    run = running.settled(ticket)["run"]
    file = exported(running, run, tmp_path / "run.json")

    again = command(running, "export", "run", run, "--out", str(file))

    assert file.stat().st_mode & 0o777 == 0o600
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert "e2e-key" not in file.read_text("utf-8")


def test_an_unknown_run_is_said_to_be_one(running: World) -> None:
    """A typing mistake must not look like a run that was lost."""
    done = command(running, "export", "run", "r000")

    assert done.returncode == 1
    assert "no run 'r000'" in done.stderr
    assert "deskhand why TICKET" in done.stderr


def test_somebody_who_is_still_seen_is_refused_with_the_place_and_the_mend(
    running: World, tmp_path: Path
) -> None:
    """A street in a committed case is a customer's home on a public page."""
    lives = ASKED + "<p>Send it to 14 Otter Lane, please.</p>"
    ticket = running.write(lives, **WHO)
    file = exported(running, running.settled(ticket)["run"], tmp_path / "run.json")
    words = ("evals", "promote", str(file), "--id", "seen", "--why", WHY, "--cluster", "seen")

    done = command(running, *words, "--cases", str(tmp_path))

    assert done.returncode == 2
    assert "patch.tickets.9001.description: it still holds a street and a number" in done.stderr
    assert "--hide 'WORDS'" in done.stderr
    assert not (tmp_path / "seen.yaml").exists()
    promote(running, file, "seen", tmp_path, "--hide", "14 Otter Lane")
    assert "Otter" not in (tmp_path / "seen.yaml").read_text("utf-8")


def test_a_spoilt_file_is_refused_in_words(running: World, tmp_path: Path) -> None:
    """A half case would pass for a whole one."""
    ticket = running.write(ASKED, **WHO)
    file = exported(running, running.settled(ticket)["run"], tmp_path / "run.json")
    whole = file.read_text("utf-8")
    spoilt = {
        whole[: len(whole) // 2]: "cut or not JSON",
        whole.replace('"version": 1', '"version": 9'): "version: it is 9, this Deskhand reads 1",
        whole.replace('"deskhand": "run"', '"deskhand": "why"'): "this is no run",
        whole.replace('"policy": {', '"rules": {'): "the field 'policy' is missing",
        whole.replace('"outcome":', '"ending":'): "result.draft.outcome",
    }
    for text, told in spoilt.items():
        file.write_text(text, encoding="utf-8")

        with pytest.raises(BadCase) as refused:
            read(file)

        assert str(file) in str(refused.value)
        assert told in str(refused.value)
        assert "export" in str(refused.value)
        assert "Quentin" not in str(refused.value)
    words = ("--id", "spoilt", "--why", WHY, "--cluster", "spoilt", "--cases", str(tmp_path))
    done = command(running, "evals", "promote", str(file), *words)
    assert done.returncode == 2
    assert not (tmp_path / "spoilt.yaml").exists()
