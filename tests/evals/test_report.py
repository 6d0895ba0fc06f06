"""The table and the document: every figure stands with the tier it speaks of."""

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from evals.case import Case
from evals.grade import Fault, Graded, Verdict
from evals.outcome import Attempt, Outcome
from evals.report import document, exit_code, pass_k, show

Named = Callable[[str], Case]


@pytest.fixture
def graded(case: Named) -> list[Graded]:
    """Return one case of each tier, passed, and a failed one."""
    done = Outcome("x", charged=7, attempts=(Attempt(1, 0.0, "done"),))
    scripted = Graded(case("hostile-empty"), done, Verdict.PASSED, ("ended",), (), 0.1)
    plain = replace(scripted, case=case("public-extractive"), outcome=replace(done, charged=9))
    fault = Fault("end_state", "private notes: 1 expected, 2 found")
    other = replace(plain, case=case("note-fr-return"))
    return [scripted, other, replace(plain, verdict=Verdict.FAILED, faults=(fault,))]


def _shown(graded: list[Graded]) -> str:
    out = io.StringIO()
    show(graded, seconds=1.5, console=Console(file=out, width=100))
    return out.getvalue()


def test_the_table_tells_faults_in_words(graded: list[Graded]) -> None:
    """'failed' alone sends the reader hunting."""
    assert "public-extractive: end_state: private notes: 1 expected, 2 found" in _shown(graded)


def test_scripted_figures_are_never_shown_as_model_quality(graded: list[Graded]) -> None:
    """The line says what the figure speaks of."""
    line = next(line for line in _shown(graded).splitlines() if line.startswith("scripted: "))

    assert "1 case, 1 passed (our guards against drafts by rule" in line


def test_the_document_counts_each_tier_apart(graded: list[Graded]) -> None:
    """These keys are what other programs read."""
    told = document(graded, seconds=1.5)

    counts = {"cases": 2, "trials": 2, "passed": 1, "failed": 1}
    assert counts | {"unrecorded": 0, "infrastructure": 0} == told["tiers"]["extractive"]
    assert {"extractive": {"1": 0.5}, "scripted": {"1": 1.0}} == told["pass_k"]
    assert {"p50": 9, "max": 9} == told["credits"]
    assert 1.5 == told["seconds"]
    assert json.loads(json.dumps(told)) == told


def test_what_broke_is_no_trial_of_the_product(graded: list[Graded]) -> None:
    """A crash must lower no rate, nor raise one."""
    broken = [replace(each, verdict=Verdict.INFRASTRUCTURE) for each in graded[:1]]

    assert {"scripted": {"1": None}} == document(broken, seconds=0)["pass_k"]


@pytest.mark.parametrize(
    ("trials", "k", "chance"),
    [
        ([(4, 4)], 4, 1.0),
        ([(4, 2)], 2, 0.1667),
        ([(4, 2), (2, 2)], 2, 0.5833),
        ([(1, 1)], 2, None),
        ([(3, 0)], 1, 0.0),
    ],
)
def test_pass_k_draws_without_replacement(
    trials: list[tuple[int, int]], k: int, chance: float | None
) -> None:
    """(c/n)^k would be biased upwards."""
    assert chance == pass_k(trials, k)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.PASSED], 0),
        ([Verdict.PASSED, Verdict.UNRECORDED], 3),
        ([Verdict.UNRECORDED, Verdict.INFRASTRUCTURE], 4),
        ([Verdict.INFRASTRUCTURE, Verdict.FAILED], 1),
    ],
)
def test_the_exit_code_tells_the_gravest(
    graded: list[Graded], verdicts: list[Verdict], code: int
) -> None:
    """A failure of the product outranks a machine's."""
    assert code == exit_code([replace(graded[0], verdict=verdict) for verdict in verdicts])
