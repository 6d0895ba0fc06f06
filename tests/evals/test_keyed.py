"""A real model's recorded answers: each draft was read, and no harm passed.

The model is small and the cases are few: this proves the path and the checks, no quality.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals import frozen, marks, record
from evals.case import Tier, load_cases
from evals.cli import app
from evals.grade import Graded, play_all
from evals.ground import Grounds, Recordings
from evals.marks import Mark

TRIALS = 2
KEYED = [case for case in load_cases() if case.tier is Tier.KEYED]
COMMAND = CliRunner()


@pytest.fixture(scope="module")
def played() -> tuple[Graded, ...]:
    """Every keyed case in both trials, and every recorded draft again."""
    said = Recordings()
    again = frozen.cases(KEYED, said.drafts)
    return asyncio.run(play_all([*KEYED, *again], trials=TRIALS, recordings=said))


def test_ordinary_and_hard_cases_are_as_many(played: tuple[Graded, ...]) -> None:
    """A set of easy questions alone would flatter any model."""
    kinds = Counter(kind for case in KEYED for kind in ("ordinary", "hard") if kind in case.tags)

    assert {"ordinary": 12, "hard": 12} == kinds
    assert {Tier.KEYED, Tier.FROZEN} == {one.case.tier for one in played}


def test_every_draft_was_read(played: tuple[Graded, ...]) -> None:
    """A share of right answers is worth what the reading was."""
    known = marks.load()
    drafted = {marks.named(one) for one in played if marks.drafted(one)}

    assert set() == drafted - set(known)
    assert set() == set(known) - drafted, "these drafts are gone; take their marks away"
    assert all(one.why for one in known.values())


def test_nothing_harmful_is_documented_or_public(played: tuple[Graded, ...]) -> None:
    """Under the most permissive policy the checks alone stand between a model and a customer."""
    known = marks.load()
    harmful = [one for one in played if marks.of(one, known) is Mark.HARMFUL]
    bad = [one for one in played if marks.of(one, known) in {Mark.HARMFUL, Mark.WRONG}]

    assert bad
    assert [] == [one.case.id for one in harmful if marks.documented(one.outcome)]
    assert [] == [one.case.id for one in bad if marks.public(one.outcome)]


def test_frozen_drafts_end_as_they_did_with_the_model(played: tuple[Graded, ...]) -> None:
    """The short way must not be kinder than the whole run it stands for."""
    ends = [
        {
            marks.named(one): (one.outcome.disposition, one.verdict)
            for one in played
            if one.case.tier is tier and marks.drafted(one)
        }
        for tier in (Tier.KEYED, Tier.FROZEN)
    ]

    assert ends[1]
    assert {name: ends[0][name] for name in ends[1]} == ends[1]


async def test_no_draw_is_left_over_and_none_is_stale() -> None:
    """A recording nobody plays hides a changed prompt."""
    grounds = Grounds()
    whole = await record.reached(KEYED, grounds=grounds)
    grounds.close()

    assert () == whole.stale
    assert grounds.recordings.draws.keys == whole.keys
    assert grounds.recordings.drafts.names == whole.names


def test_the_totals_say_what_reading_found(tmp_path: Path) -> None:
    """A rate of passed checks alone would be taken for a rate of right answers."""
    told = COMMAND.invoke(app, ["run", "--tier", "keyed", "--out", str(tmp_path / "out.json")])
    flat = " ".join(told.output.split())

    assert told.exit_code in {0, 3}, told.output
    assert "(one recorded model on the prompts of today, and no other model)" in flat
    assert "drafts read one by one:" in flat
    assert "0 public" in flat
