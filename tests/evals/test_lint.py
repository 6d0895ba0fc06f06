"""What lint refuses: broken files, crowded clusters, cases that prove nothing, edited prompts."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.case import CASES, Case, Expect
from evals.checks import CHECKS
from evals.cli import app
from evals.draws import RECORDINGS, Draws
from evals.grade import asked_of
from evals.ground import Grounds
from evals.lint import MOST_IN_CLUSTER, static
from evals.mutate import ROOT
from evals.prompted import unrecorded
from evals.selftest import WRONG, self_test
from prompts.library import live, parse

Writing = Callable[..., Path]
Named = Callable[[str], Case]
COMMAND = CliRunner()


def _edited(old: str, new: str) -> tuple[str, ...]:
    path = Path(__file__).parents[2] / "prompts" / "draft_reply" / "v1.md"
    source = path.read_text("utf-8")
    assert old in source
    prompt = parse(source.replace(old, new), name="draft_reply", version="v1")
    return unrecorded(prompt, Draws(RECORDINGS), where="cassettes")


def test_what_ships_is_sound() -> None:
    """Every case of ours holds to what we ask of others."""
    told = COMMAND.invoke(app, ["lint"])

    assert 0 == told.exit_code, told.stderr
    assert "different questions: sound" in told.output
    assert "every one told apart" in told.output


def test_five_of_a_cluster_are_one_too_many(write_case: Writing) -> None:
    """Asking the same thing often makes a rate look surer than it is."""
    paths = [write_case(f"case-{number}") for number in range(MOST_IN_CLUSTER + 1)]

    told = COMMAND.invoke(app, ["lint", "--quick", "--cases", str(paths[0].parent)])

    assert 2 == told.exit_code
    assert f"{paths[-1]}:3: the cluster 'example' has 5 cases, 4 are the most" in told.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("why:", "wyh:", ":2: unknown key 'wyh'; did you mean 'why'?"),
        ("world: ferry", "world: atlantis", ":4: there is no world 'atlantis'"),
        ("expect: {notes: 1}", "expect: {notes: 1", ":7: not YAML"),
    ],
)
def test_a_broken_case_is_refused_with_file_line_and_mend(
    write_case: Writing, old: str, new: str, words: str
) -> None:
    """Lint and run must say the same of the same file."""
    path = write_case("broken", old=old, new=new)

    told = COMMAND.invoke(app, ["lint", "--cases", str(path.parent)])

    assert 2 == told.exit_code
    assert words in told.stderr


def test_two_cases_with_one_id_are_refused(write_case: Writing) -> None:
    """One of them would hide the other."""
    write_case("first")
    second = write_case("second", as_id="first")

    told = static(second.parent, RECORDINGS)

    assert (f"{second}:1: the id 'first' is taken by another file; give each case its own",) == told


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{public_replies: 0}", "doing nothing passes it"),
        ("{status: 2}", "every scripted drafter passes it"),
        ("{notes: 2}", "its own drafter does not pass it: private notes: 2 expected, 1 found"),
    ],
)
def test_a_case_that_proves_nothing_is_refused(
    write_case: Writing, expect: str, words: str
) -> None:
    """It would stay green whatever broke."""
    folder = write_case("weak", old="{notes: 1}", new=expect).parent

    told = COMMAND.invoke(app, ["lint", "--cases", str(folder)])

    assert 2 == told.exit_code
    assert f"weak: {words}" in told.stderr


def test_every_check_has_outcomes_made_wrong_for_it() -> None:
    """A check without one would be trusted untested."""
    assert set(CHECKS) == set(WRONG)


async def test_a_check_that_sees_nothing_is_found_out(case: Named, grounds: Grounds) -> None:
    """A pattern without words gives the check nothing to be wrong about, and is said to."""
    expect = Expect.model_validate({"disposition": "PRIVATE_NOTE", "credits_at_most": 0})
    told = await self_test(
        case("note-en-gift-card").model_copy(update={"expect": expect}), grounds=grounds
    )
    sound = await self_test(case("note-en-gift-card"), grounds=grounds)

    assert told.weak[0].startswith("its own drafter does not pass it")
    assert () == sound.weak
    assert len(asked_of(sound.case.expect)) <= sound.mutants


def test_the_live_prompt_is_what_was_recorded() -> None:
    """Else a replay measures another prompt than the one in use."""
    assert () == unrecorded(live("draft_reply"), Draws(RECORDINGS), where="cassettes")


def test_an_edited_rule_is_shown_with_its_segment_and_the_mend() -> None:
    """Nobody should have to hunt for the changed word."""
    (fault,) = _edited("two to eight short sentences", "one short sentence")

    assert "prompts/draft_reply/v1.md: segment 'rules' is not what was recorded" in fault
    assert "two to eight short sentences. One fact" in fault
    assert 2 == sum(line.startswith(("    - ", "    + ")) for line in fault.splitlines())
    assert "python -m prompts.lock draft_reply vN" in fault
    assert "deskhand evals record --missing --base-url URL" in fault


@pytest.mark.parametrize(
    ("prompt", "mend"),
    [("draft_reply", "deskhand evals record --missing"), ("judge_reply", "write the next version")],
)
async def test_lint_refuses_a_tree_with_an_edited_prompt(
    tmp_path: Path, prompt: str, mend: str
) -> None:
    """A prompt, or a rubric, that is edited in place makes every older figure another's."""
    for name in ("agent", "evals", "prompts", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    file = tmp_path / "prompts" / prompt / "v1.md"
    file.write_text(file.read_text("utf-8").replace("=== rules\n", "=== rules\nBe brief.\n"))

    told = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from evals.cli import app; app(['lint', '--quick'])",
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await told.communicate()

    assert 2 == told.returncode
    assert f"prompts/{prompt}/v1.md: released, but edited since (file, rules)" in said.decode()
    assert mend in said.decode()


def test_an_edit_beside_an_input_shows_the_template_not_the_ticket() -> None:
    """What customers wrote stands in the same message and is nobody's business here."""
    (fault,) = _edited("Tone: {{tone}}", "Manner: {{tone}}")

    assert "segment 'task'" in fault
    assert "    + Manner: {{tone}}" in fault
    assert "⟦" not in fault


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda text: text[: len(text) // 2], ":1: this line is no draw"),
        (lambda text: text.replace("local-small", "other-model", 1), "does not have this key"),
        (lambda text: text.replace('"model":"local-small"', '"model":"x"'), "this key"),
        (lambda text: text + '{"key": 1}\n', ":2: this line is no draw"),
    ],
    ids=["cut in half", "edited", "another model", "no draw"],
)
def test_a_broken_recording_is_refused_with_its_line(
    tmp_path: Path, break_it: Callable[[str], str], words: str
) -> None:
    """A replay of half an answer must not pass for the answer."""
    Draws(tmp_path).add(next(iter(Draws(RECORDINGS))))
    (broken,) = tmp_path.glob("*.jsonl")
    broken.write_text(break_it(broken.read_text("utf-8")), "utf-8")

    told = COMMAND.invoke(app, ["lint", "--quick", "--recordings", str(tmp_path)])

    assert 2 == told.exit_code
    assert words in told.stderr
    assert str(broken) in told.stderr


def test_an_answer_of_another_model_is_refused(tmp_path: Path) -> None:
    """A draw that names one model and was given by another speaks of neither."""
    draw = next(iter(Draws(RECORDINGS)))
    Draws(tmp_path).add(replace(draw, response={**draw.response, "model": "another"}))

    (fault,) = static(CASES, tmp_path)

    assert f"{tmp_path}/{draw.key[:2]}.jsonl:1: the request asks 'local-small'" in fault
    assert "'another' answered; delete this line and record it again" in fault


@pytest.mark.parametrize(
    "planted",
    [
        "sk-abcdefghijklmnop1234",
        "kim@mail.company.io",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
    ],
    ids=["key", "address", "card", "account"],
)
def test_a_recording_with_something_like_a_secret_is_refused(tmp_path: Path, planted: str) -> None:
    """It would be published with the repository; nor is it repeated in the message."""
    draw = next(iter(Draws(RECORDINGS)))
    Draws(tmp_path).add(replace(draw, response={**draw.response, "said": planted}))

    (fault,) = [one for one in static(CASES, tmp_path) if "shaped like" in one]

    assert "scrub it and record again" in fault
    assert planted not in fault
