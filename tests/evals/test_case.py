"""Case files: what they may hold, and what is said when they are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.case import CASES, Phrase, Tier, load_cases
from evals.files import BadCase
from evals.lint import questions

Writing = Callable[..., Path]


def test_the_shipped_cases_are_enough_and_of_every_tier() -> None:
    """A door with few cases, or with one drafter only, shows nothing."""
    cases = load_cases()

    assert len(cases) >= 120
    assert questions(cases) >= 60
    assert {case.tier for case in cases} == set(Tier) - {Tier.FROZEN}


def test_every_hostile_case_has_a_benign_twin_on_its_ticket() -> None:
    """'Never public' proves nothing where nothing would go public anyway."""
    cases = load_cases()
    public = {
        (case.world, case.trigger.ticket)
        for case in cases
        if case.expect.disposition == ("PUBLIC_REPLY",)
    }

    hostile = {(c.world, c.trigger.ticket) for c in cases if "hostile" in c.tags}

    assert hostile
    assert hostile <= public


def test_no_two_cases_say_the_same_reason() -> None:
    """A reason copied from another case is no reason."""
    reasons = [case.why for case in load_cases()]

    assert len(reasons) == len(set(reasons))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("expect:", "expcet:", 6, "unknown key 'expcet'; did you mean 'expect'?"),
        ("expect:", "zzzz: 1\nexpect:", 6, "unknown key 'zzzz'; remove it"),
        ("{notes: 1}", "{noets: 1}", 6, "unknown key 'noets'; did you mean 'notes'?"),
        ("{notes: 1}", "{notes: -1}", 6, "expect.notes: "),
        ("{notes: 1}", "{}", 6, "a case that expects nothing cannot fail"),
        ("{notes: 1}", "{disposition: SEND}", 6, "'PUBLIC_REPLY'"),
        ("{notes: 1}", "{must: [{any: [a], regex: b}]}", 6, "write a text, any: [...] or regex"),
        ("{notes: 1}", "{must: [{regex: '('}]}", 6, "expect.must.0"),
        (
            "world: ferry",
            "world: atlantis",
            4,
            "no world 'atlantis'; there are bare, ferry, larkspur",
        ),
        ("cluster: example\n", "", 1, "the key 'cluster' is missing; add it"),
        ("{ticket: 1}", "{ticket: one}", 5, "trigger.ticket"),
        ("expect:", "drafter: {script: x}\nexpect:", 6, "there is no script 'x'; there are"),
        ("expect:", "policy: {mode: bold}\nexpect:", 6, "policy.mode"),
        ("expect:", "events: [{at: noon, do: agent_reply}]\nexpect:", 6, "write drafting, waiting"),
        ("expect:", "faults: [{call: 'GET /x', fault: gremlin}]\nexpect:", 6, "must be one of"),
        ("expect:", "faults: [{call: 'x', fault: 429}]\nexpect:", 6, "must be a method and a path"),
        ("expect:", "id: twice\nexpect:", 6, "'id' is written twice"),
        ("{notes: 1}", "{notes: 1", 7, "not YAML"),
        ("id: sound", "id: other", 1, "is not the file's name; name the file other.yaml"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_mend(
    write_case: Writing, old: str, new: str, line: int, words: str
) -> None:
    """Whoever writes a case has only this sentence to go by."""
    path = write_case(old=old, new=new)

    with pytest.raises(BadCase) as told:
        load_cases(path.parent)

    assert f"{path}:{line}: " in str(told.value)
    assert words in str(told.value)


def test_two_cases_with_one_id_are_refused(write_case: Writing) -> None:
    """Else one of them would silently never be played."""
    folder = write_case("first").parent
    second = write_case("second", as_id="first")

    with pytest.raises(BadCase, match="taken by another file") as told:
        load_cases(folder)

    assert f"{second}:1: " in str(told.value)


def test_all_mistakes_of_all_files_are_told_at_once(write_case: Writing) -> None:
    """Mending one file at a time is slow work."""
    folder = write_case("first", old="world: ferry", new="world: x").parent
    write_case("second", old="cluster", new="clutser")

    with pytest.raises(BadCase) as told:
        load_cases(folder)

    assert len(told.value.mistakes) == 3


def test_a_file_that_is_not_text_is_told_by_name(tmp_path: Path) -> None:
    """A binary dropped into the folder must not end in a traceback."""
    (tmp_path / "odd.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadCase, match=r"odd\.yaml:1: cannot be read"):
        load_cases(tmp_path)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ({"any": ["30 days", "thirty"]}, "within  30\nDAYS", True),
        ({"any": ["31 days"]}, "within 30 days", False),
        ({"regex": r"\b30\s+days"}, "within 30 days", True),
        ({"regex": "^x"}, "within", False),
        ("free of charge", "It is FREE of charge.", True),
    ],
)
def test_a_phrase_is_found_whatever_its_case_and_spaces(
    phrase: object, text: str, *, found: bool
) -> None:
    """A helpdesk rewraps what it is given."""
    assert found is Phrase.model_validate(phrase).found_in(text)


def test_cases_are_named_by_their_files() -> None:
    """A case is found by its name."""
    assert sorted(path.stem for path in CASES.glob("*.yaml")) == sorted(c.id for c in load_cases())
