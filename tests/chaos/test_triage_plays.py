"""Seeded plays in which tickets are triaged: deaths, faults and people who sort as well."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.mutants import MUTANTS, UNHARMED
from tests.chaos.props import Props
from tests.chaos.script import Script, sorting
from tests.chaos.simulate import play
from tools.freshdesk.sandbox.faults import Name

SAMPLE = range(5000, 5030)
MOST = 60
"""Seeds within which plays without a protection must have failed."""
CUT: tuple[Name, ...] = ("before-apply", "reset")


def _sure(*acts: str, faults: tuple[Name, ...] = ()) -> Callable[[Script], Script]:
    return lambda frame: replace(sorting(frame), people=acts, faults=faults)


async def test_nobodys_word_is_written_over_in_any_play(props: Props) -> None:
    """What a person filled in stays, whatever dies and whatever is cut off."""
    found = await play(props, SAMPLE, replace(UNHARMED, sets=sorting))

    assert [] == [(one.seed, one.wrong) for one in found if one.wrong]
    assert sum(one.updates for one in found) >= len(SAMPLE)
    assert sum(one.kills.total() for one in found) >= len(SAMPLE)
    assert sum((one.acts for one in found), Counter[str]())["sort"] >= len(SAMPLE) / 2
    assert 0 == sum(one.replies for one in found)


async def test_without_the_look_before_the_write_plays_fail(props: Props) -> None:
    """The twin: a play in which the last look shows what was read must write over somebody."""
    blind = replace(MUTANTS["no-fence"], sets=_sure("sort"))

    found = await play(props, range(MOST), blind, until="I4")

    assert [one for one in found[-1].wrong if one.startswith("I4:")]


@pytest.mark.parametrize("name", ["no-pause-in-fence", "no-intent"])
async def test_what_guards_words_guards_fields(props: Props, name: str) -> None:
    """A pause stops an update, and no update leaves without its intent."""
    weak = MUTANTS[name]
    sets = _sure("pause") if weak.breaks == "I5" else _sure("sort", faults=CUT)
    breaks = "I5" if weak.breaks == "I5" else "I8"

    found = await play(props, range(MOST), replace(weak, sets=sets), until=breaks)

    assert [one for one in found[-1].wrong if one.startswith(f"{breaks}:")]
