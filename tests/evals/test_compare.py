"""Results, comparison and gate: what counts as worse, what cannot be said, and the exit codes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.case import Tier
from evals.cli import app
from evals.compare import compared, gate
from evals.files import BadCase
from evals.grade import Verdict
from evals.results import Fault, Played, Results, Trial, read, write
from evals.stats import Change

COMMAND = CliRunner()
Writing = Callable[..., Path]
NOTE = Fault(check="mentions", words="what we wrote does not say 'x'")
LEAK = Fault(check="leaks_nothing", words="the planted secret stands where a customer can read it")


def _trial(verdict: Verdict, fault: Fault | None = None) -> Trial:
    faults = (fault,) if fault else ()
    return Trial(verdict=verdict, done="SKIP", credits=5, attempts=1, seconds=1.0, faults=faults)


def _case(number: int, *trials: Trial, **changes: object) -> Played:
    told = {
        "id": f"case-{number}",
        "why": "It stands for a case of some tier.",
        "tier": Tier.SCRIPTED,
        "cluster": f"cluster-{number}",
        "tags": ("en",),
        "digest": "0" * 16,
        "expected": ("SKIP",),
        "trials": trials or (_trial(Verdict.PASSED),),
    }
    return Played.model_validate(told | changes)


def _results(failing: Sequence[int] = (), *, count: int = 20, fault: Fault = NOTE) -> Results:
    bad = _trial(Verdict.FAILED, fault)
    return Results(cases=tuple(_case(n, *([bad] if n in failing else [])) for n in range(count)))


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """A file is what two machines compare by."""
    told = _results([3])
    path = tmp_path / "results.json"
    path.write_text(write(told), "utf-8")

    assert told == read(path)
    assert write(told) == write(read(path))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"credits": 5', '"credits": "many"', ":3: no results, cases.1.trials.0.credits"),
        ('"format": 1', '"format": 2', ":1: no results, format"),
        ('."}\n]}', '."}\n', ": no results, Expecting"),
        ('"id"', '"name"', ":3: no results, cases.1"),
    ],
)
def test_broken_results_are_refused_with_their_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Half a file must not count as fewer failures."""
    path = tmp_path / "results.json"
    text = write(_results(count=2))
    assert old in text
    path.write_text(text[: text.rindex(old)] + new + text[text.rindex(old) + len(old) :], "utf-8")

    with pytest.raises(BadCase) as refused:
        read(path)

    assert words in str(refused.value)
    assert "run --out FILE" in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([], [], Change.INCONCLUSIVE),
        ([], range(6), Change.REGRESSED),
        (range(6), [], Change.IMPROVED),
        ([], range(5), Change.INCONCLUSIVE),
        (range(5), range(5, 10), Change.INCONCLUSIVE),
    ],
)
def test_a_tier_gets_its_verdict(
    before: Sequence[int], after: Sequence[int], change: Change
) -> None:
    """A handful of cases proves little in either direction."""
    told = compared(_results(before), _results(after))

    assert change is next(row.change for row in told.rows if not row.tag)


def test_many_cases_alike_show_that_nothing_of_weight_changed() -> None:
    """Only then may one say that no effect was detected."""
    told = compared(_results(count=300), _results(count=300))

    assert Change.NO_EFFECT is told.rows[0].change
    assert told.rows[0].compared.detectable < 0.05


def test_a_slice_pays_for_having_looked_at_many() -> None:
    """Else one of twenty slices regresses by chance alone."""
    cases = _results(range(6)).cases
    tagged = [c.model_copy(update={"tags": (f"t{n // 10}", "en")}) for n, c in enumerate(cases)]
    good = [c.model_copy(update={"trials": (_trial(Verdict.PASSED),)}) for c in tagged]

    told = compared(Results(cases=tuple(good)), Results(cases=tuple(tagged)))

    (row,) = [row for row in told.rows if row.tag == "t0"]
    assert row.p > row.compared.p
    assert Change.REGRESSED is not row.change


def test_an_edited_case_is_another_question() -> None:
    """Its two rates say nothing of each other, and a new failure is no regression but counts."""
    now = _case(1, _trial(Verdict.FAILED, NOTE), digest="1" * 16)

    told = compared(_results(count=2), Results(cases=(_case(0), now)))

    assert ("case-1",) == told.left_out
    assert 1 == told.rows[0].compared.cases
    assert gate(_results(count=2), Results(cases=(_case(0), now))).code == 1


def test_another_tier_is_incomparable() -> None:
    """Guards and a model are never subtracted from each other."""
    moved = Results(cases=tuple(_case(n, tier=Tier.EXTRACTIVE) for n in range(20)))

    told = gate(_results(), moved)

    assert 1 == told.code
    assert "incomparable" in told.reasons[0]


def test_what_was_not_played_to_an_end_lowers_no_rate() -> None:
    """A crash of the machine is no fault of the product, and no pass either."""
    broken = Results(cases=(_case(0), _case(1, _trial(Verdict.INFRASTRUCTURE))))

    told = compared(_results(count=2), broken)

    assert ("case-1",) == told.left_out
    assert 0.0 == told.rows[0].compared.difference


@pytest.mark.parametrize(
    ("after", "code", "words"),
    [
        (_results(), 0, ""),
        (_results([4]), 0, ""),
        (_results([4], fault=LEAK), 1, "safety: case-4"),
        (_results(range(6)), 1, "scripted: -30.0% (regressed)"),
        (_results([1, 2]), 1, "scripted: -10.0% (inconclusive)"),
        (_results(count=19), 1, "gone: case-19"),
        (Results(cases=(*_results().cases, _case(20, _trial(Verdict.UNRECORDED)))), 3, "case-20"),
        (Results(cases=(*_results().cases, _case(20, _trial(Verdict.INFRASTRUCTURE)))), 4, "case"),
        (Results(cases=(*_results().cases, _case(20, _trial(Verdict.FAILED, NOTE)))), 1, "failing"),
    ],
)
def test_the_gate_holds_what_got_worse(after: Results, code: int, words: str) -> None:
    """One leak is enough; one worse sentence within the margin is not."""
    told = gate(_results(), after)

    assert code == told.code
    assert words in "".join(told.reasons)


def test_an_open_question_is_said_to_be_one() -> None:
    """'Nothing got worse' of twenty cases must not read as a proof."""
    (line,) = gate(_results(), _results()).open

    assert "scripted: inconclusive; 20 cases show a difference of" in line
    assert "5.0% matters" in line


def test_from_a_run_to_a_baseline_to_the_gate(write_case: Writing, tmp_path: Path) -> None:
    """The way of a pull request, by the command alone."""
    folder = write_case("sound").parent
    first, second, kept = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "kept.json"
    play = ["run", "--cases", str(folder), "--trials", "2", "--out"]
    COMMAND.invoke(app, [*play, str(first)])
    kept_now = COMMAND.invoke(
        app, ["baseline", str(first), "--reason", "first", "--baseline", str(kept)]
    )
    COMMAND.invoke(app, [*play, str(second)])

    told = COMMAND.invoke(app, ["gate", str(second), "--baseline", str(kept)])
    beside = COMMAND.invoke(app, ["compare", str(first), str(second)])

    assert 0 == kept_now.exit_code, kept_now.output
    assert first.read_bytes() == second.read_bytes()
    assert 2 == len(read(first).cases[0].trials)
    assert "first" == read(kept).reason
    assert 0 == told.exit_code, told.output
    assert "Nothing got worse" in told.output
    assert "extractive: all" in beside.output
    assert "inconclusive" in beside.output


def test_a_regression_ends_the_gate_with_1_and_says_which(
    write_case: Writing, tmp_path: Path
) -> None:
    """CI reads the code, people the line."""
    folder = write_case("sound").parent
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    COMMAND.invoke(app, ["run", "--cases", str(folder), "--out", str(before)])
    broken = read(before).cases[0].model_copy(update={"trials": (_trial(Verdict.FAILED, LEAK),)})
    after.write_text(write(Results(cases=(broken,))), "utf-8")

    told = COMMAND.invoke(app, ["gate", str(after), "--baseline", str(before)])

    assert 1 == told.exit_code
    assert "held: safety: sound fails a check it did not fail before" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gate", "/nowhere/now.json"], "cannot be read"),
        (["compare", "/nowhere/a.json", "/nowhere/b.json"], "/nowhere/a.json:1: cannot be read"),
        (["baseline", "/nowhere/a.json"], "--reason"),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], words: str) -> None:
    """A gate that finds no file must not open."""
    told = COMMAND.invoke(app, arguments)

    assert 2 == told.exit_code
    assert words in told.stderr
