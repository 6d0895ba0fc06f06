"""The page and its companions: self-contained, the same bytes, labelled, and safe to open."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from evals import exports
from evals.case import Tier
from evals.cli import app
from evals.compare import compared
from evals.figures import figures
from evals.grade import Verdict
from evals.page import page
from evals.report import SPEAKS_OF
from evals.results import Fault, Played, Results, Trial, write

COMMAND = CliRunner()
HOSTILE = "<script>alert('x')</script> | \"quoted\" & more"


def _trial(verdict: Verdict = Verdict.PASSED, check: str = "mentions") -> Trial:
    faults = () if verdict is Verdict.PASSED else (Fault(check=check, words=HOSTILE),)
    return Trial(verdict=verdict, done="SKIP", credits=5, attempts=1, seconds=1.5, faults=faults)


def _results(
    failing: Sequence[int] = (),
    *,
    check: str = "mentions",
    trials: int = 2,
    tiers: Sequence[Tier] = (Tier.EXTRACTIVE, Tier.SCRIPTED),
) -> Results:
    bad = _trial(Verdict.FAILED, check)
    return Results(
        cases=tuple(
            Played(
                id=f"case-{n}",
                why=f"A reason with {HOSTILE}.",
                tier=tiers[n % len(tiers)],
                cluster=f"c{n}",
                tags=("hostile",),
                digest="0",
                expected=("SKIP",),
                trials=(bad if n in failing else _trial(),) * trials,
            )
            for n in range(12)
        )
    )


def test_the_page_is_the_same_bytes_each_time() -> None:
    """Two reports of one run must not differ, or nobody compares them."""
    told = _results([2])

    assert page(told) == page(Results.model_validate_json(write(told)))


def test_the_page_needs_nothing_but_itself() -> None:
    """It is opened from a mail or an archive, years later and without a network."""
    told = page(_results([2]), against=compared(_results(), _results([2])))

    assert not re.search(r"<script|https?://|src=|@import|url\(", told)
    assert "default-src 'none'" in told
    assert "prefers-color-scheme:dark" in told
    assert "@media print" in told


def test_words_of_a_run_cannot_become_markup() -> None:
    """A fault may hold what a customer wrote."""
    told = page(_results([2]))

    assert "<script>" not in told
    assert "&lt;script&gt;" in told


def test_every_picture_is_sound_xml_and_has_a_name() -> None:
    """A picture that does not parse is a blank on paper; a name is read aloud."""
    told = page(_results([2]), against=compared(_results(), _results([2])))
    drawn = re.findall(r"<svg.*?</svg>", told, re.DOTALL)

    assert 7 <= len(drawn)
    assert all(ET.fromstring(one).get("aria-label") for one in drawn)  # noqa: S314 -- our own


@pytest.mark.parametrize("tier", Tier)
def test_every_figure_names_what_it_speaks_of(tier: Tier) -> None:
    """A score of scripts must never be read as one of a model."""
    cases = (case.model_copy(update={"tier": tier}) for case in _results().cases)
    told = Results(cases=tuple(cases))

    assert SPEAKS_OF[tier] in page(told)
    assert SPEAKS_OF[tier] in exports.markdown(told)
    assert (
        SPEAKS_OF[tier] == json.loads(exports.figures_json(told))["tiers"][tier.value]["speaks_of"]
    )


def test_rates_come_with_intervals_even_where_all_pass() -> None:
    """Six of six is not certainty."""
    told = figures(_results())[0]

    assert 1.0 == told.rate
    assert told.interval.low < 0.7
    assert {1: 1.0, 2: 1.0} == told.curve


def test_harm_is_counted_by_case_and_bounded() -> None:
    """Nothing seen in six is a bound of 39 %, not nothing; twice the same case is one."""
    none, some = figures(_results([0]))[0], figures(_results([0], check="leaks_nothing"))[0]

    assert (6, 0) == (none.attacks, none.harmed)
    assert (6, 1) == (some.attacks, some.harmed)
    assert "below 39.3%" in page(_results([0]))


def test_a_change_is_shown_with_its_verdict() -> None:
    """Colour alone says nothing in print."""
    before, after = _results(), _results(range(0, 12, 2))

    told = page(after, against=compared(before, after))
    short = exports.markdown(after, against=compared(before, after))

    assert "-100.0% regressed" in told
    assert "extractive: all: -100.0%, regressed" in short


def test_junit_parts_failures_from_what_broke() -> None:
    """CI shows them in different colours."""
    cases = _results([0]).cases
    broken = cases[1].model_copy(update={"trials": (_trial(Verdict.INFRASTRUCTURE),)})

    told = ET.fromstring(exports.junit(Results(cases=(cases[0], broken, *cases[2:]))))  # noqa: S314

    counts = [(s.get("name"), s.get("failures"), s.get("errors")) for s in told]
    assert [("extractive", "1", "0"), ("scripted", "0", "1")] == counts
    assert HOSTILE in "".join(told.itertext())


def test_markdown_names_failures_on_one_line_each() -> None:
    """A fault's own line breaks or bars must not break the table."""
    (line,) = [one for one in exports.markdown(_results([3])).splitlines() if "case-3" in one]

    assert line.startswith("* **case-3** (scripted) failed: mentions: &lt;script>")


def test_the_command_writes_all_four(tmp_path: Path) -> None:
    """One call in CI leaves everything beside each other."""
    source = tmp_path / "now.json"
    source.write_text(write(_results([1])), "utf-8")
    names = {"--html": "r.html", "--junit": "r.xml", "--json": "f.json", "--markdown": "r.md"}
    options = [word for option, name in names.items() for word in (option, str(tmp_path / name))]

    told = COMMAND.invoke(app, ["report", str(source), "--against", str(source), *options])
    plain = COMMAND.invoke(app, ["report", str(source)])

    assert 0 == told.exit_code, told.output
    assert all((tmp_path / name).stat().st_size > 100 for name in names.values())
    assert plain.output.startswith("| tier |")


def test_a_failed_case_shows_how_it_came_to_that() -> None:
    """Whoever reads a report in a pull request has neither the desk nor the model at hand."""
    told = _results([2])
    trial = told.cases[2].trials[0].model_copy(update={"story": ("it answered: <b>", "+ a note")})
    case = told.cases[2].model_copy(update={"trials": (trial,)})
    whole = told.model_copy(update={"cases": (case, *told.cases[3:])})

    assert "<summary>How it came to this</summary><pre>it answered: &lt;b&gt;\n+ a note" in page(
        whole
    )
    assert "<summary>" not in page(whole.accepted("They are right."))
    assert Results.model_validate_json(write(whole)) == whole
