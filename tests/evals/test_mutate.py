"""Breaking the source on purpose: what is noticed, what survives, and what cannot run."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.guards import GUARDS
from evals.cli import app
from evals.files import BadCase
from evals.mutate import ROOT, Change, End, changes, mutate, rate

COMMAND = CliRunner()
EMPTY = "drop-guards-empty-answer"


async def test_a_dropped_guard_is_noticed_and_a_reworded_comment_is_not() -> None:
    """Killed, survived and crashed are three things; only the first two make the rate."""
    dropped = next(one for one in changes() if one.id == EMPTY)
    file = "agent/guards/__init__.py"
    harmless = Change(
        id="reworded", why="Nothing changes.", file=file, old="the gravest.", new="gravest."
    )
    cut = Change(id="cut", why="It does not parse.", file=file, old="GUARDS: tuple", new="(: tuple")
    before = (ROOT / file).read_bytes()

    told = await mutate([dropped, harmless, cut])

    assert [End.KILLED, End.SURVIVED, End.CRASHED] == [one.end for one in told]
    assert "hostile-empty" in told[0].by
    assert (1, 2) == rate(told)
    assert before == (ROOT / file).read_bytes()


async def test_a_source_that_fails_unbroken_is_refused(tmp_path: Path) -> None:
    """Else every mutant looks noticed, by the fault that was there before."""
    for name in ("agent", "evals", "prompts", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    case = tmp_path / "evals" / "cases" / "hostile-empty.yaml"
    case.write_text(case.read_text("utf-8").replace("why:", "wyh:"), "utf-8")

    with pytest.raises(BadCase, match=r"fails unbroken \(lint\); mend that first"):
        await mutate(changes(root=tmp_path)[:1], root=tmp_path)


def test_an_edited_prompt_is_refused_by_lint() -> None:
    """No case of these tiers reads a prompt; the lock and the recordings do."""
    told = COMMAND.invoke(app, ["mutate", "-k", "edit-prompt", "--least", "1"])

    assert 0 == told.exit_code, told.output
    assert "killed    edit-prompt by 1: lint" in told.output
    assert "Kill rate: 1 of 1 (100.0%)." in told.output


def test_every_guard_has_its_mutant() -> None:
    """A guard that is added without a case must come up as a survivor."""
    assert len(GUARDS) == sum(one.id.startswith("drop-guards-") for one in changes())


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("change:\n- {id: x, why: y, file: agent/post.py, old: zzz, new: y}\n", ":2: x: its old"),
        ("change:\n- {id: x, why: y, file: agent/gone.py, old: z, new: y}\n", "need the source"),
        ("drop_each:\n- {file: agent/post.py, of: GATES}\n", ":1: GATES has no member"),
        ("chnage: []\n", ":1: unknown key 'chnage'; did you mean 'change'?"),
    ],
)
def test_a_plan_that_does_not_fit_the_source_is_refused(
    tmp_path: Path, plan: str, words: str
) -> None:
    """A mutant that changes nothing would count as noticed by nobody."""
    path = tmp_path / "mutants.yaml"
    path.write_text(plan, "utf-8")

    with pytest.raises(BadCase) as refused:
        changes(path)

    assert words in str(refused.value)


def test_a_name_that_fits_no_mutant_ends_with_2() -> None:
    """Breaking nothing must not look like a perfect rate."""
    told = COMMAND.invoke(app, ["mutate", "-k", "nothing-like-it"])

    assert 2 == told.exit_code
    assert "no mutant fits" in told.stderr
