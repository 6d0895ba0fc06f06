"""A policy file is read, or refused in words that help."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from agent.model import Slot
from agent.policy.file import BadPolicy, parse, read
from agent.policy.hours import When
from agent.policy.terms import Mode, Policy
from server.policy_verbs import starter

ROOT = Path(__file__).parents[2]


def _read(text: str) -> Policy:
    return read(text.encode(), where="acme.toml")


def test_the_smallest_open_policy_is_one_line() -> None:
    """A file written by a person is permission enough."""
    policy = parse({"mode": "auto"}, version="v1")

    assert Mode.AUTO is policy.mode
    assert "v1" == policy.version


def test_every_key_of_the_first_files_is_read() -> None:
    """A file that worked yesterday works today, without a word changed."""
    policy = parse(
        {
            "mode": "note",
            "link_hosts": ["Help.Example.com"],
            "replies_per_hour": 1,
            "replies_per_day": 0,
            "disclosure": "d",
            "signature": "s",
            "tone": "warm",
            "banned": ["x"],
            "human_topics": ["y"],
            "answer_assigned": True,
            "resend_lost": True,
            "fields": {"Credit rating": "secret"},
        },
        version="v1",
    )

    assert ("help.example.com",) == policy.link_hosts
    assert (1, 0, True) == (policy.replies_per_hour, policy.replies_per_day, policy.answer_assigned)
    assert (("x",), ("y",), ("d", "s", "warm")) == (
        policy.banned,
        policy.human_topics,
        (policy.disclosure, policy.signature, policy.tone),
    )


def test_how_many_may_write_the_same_is_the_owners_to_set() -> None:
    """A shop whose form writes the words for its customers needs another number."""
    silent, told = (parse(one, version="v1") for one in ({}, {"same_words_per_day": 40}))

    assert (100, 40) == (silent.same_words_per_day, told.same_words_per_day)


def test_a_file_is_known_by_its_bytes() -> None:
    """A decision names the policy it was made under; a changed comma is another policy."""
    one, other = _read('mode = "auto"\n'), _read('mode = "auto" \n')

    assert one.version != other.version
    assert one.version == _read('mode = "auto"\n').version


@pytest.mark.parametrize("text", ["", "schema = 1\n", starter()], ids=["empty", "schema", "init"])
def test_what_is_not_allowed_in_words_is_not_allowed(text: str) -> None:
    """The default, and the file that `init` writes, post private notes only."""
    policy = _read(text)

    assert (Mode.NOTE, ()) == (policy.mode, policy.cells)
    assert Policy() == parse({}, version="default")


def test_every_example_in_the_starter_is_right_as_it_stands() -> None:
    """People take the # away from a line and expect it to work."""
    policy = _read(uncommented(starter()))

    assert (3, 2, 1, 1) == tuple(
        map(len, (policy.cells, policy.topics, policy.commitments, policy.voices))
    )
    assert policy.hours
    assert (Decimal("5.00"), Decimal("0.25")) == (policy.spend.per_day, policy.spend.per_run)


def uncommented(text: str) -> str:
    """Return the starter with every example line made real."""
    example = re.compile(r"# ?(?=\[|[a-z_-]+ = )")
    return "\n".join(example.sub("", line, count=1) for line in text.splitlines())


def test_the_example_of_the_readme_is_right() -> None:
    """It is what people copy."""
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    policies = [_read(block) for block in blocks]

    assert [policy for policy in policies if policy.cells and policy.hours and policy.spend.per_day]


WHOLE = """\
schema = 1
mode = "note"
canned_only = true
canned = ["How to return"]

[topics.returns]
words = ["return", "refund*"]
tags = ["rma"]

[[cell]]
topics = ["returns"]
channels = ["Email"]
languages = ["de"]
mode = "auto"
when = "inside"

[hours]
zone = "America/New_York"
mon-fri = ["09:00-17:00"]
holidays = [2026-12-25, "01-01"]

[languages.de]
disclosure = "Von einer Maschine."

[[commitment]]
says = ["We will call you."]
tag = "call"

[spend]
per_day = 2
per_run = 0.5
"""


def test_what_triage_may_set_is_read() -> None:
    """The closed lists stand in the file, where its owner can see them."""
    policy = _read(
        'mode = "triage"\n[topics.returns]\nwords = ["return"]\n'
        'set = { type = "Refund", tags = ["rma"] }\n'
        '[triage]\nfields = ["type", "priority", "tags"]\npriorities = ["Low"]\n'
        'defaults = { type = "Question" }\n'
    )

    assert Mode.TRIAGE is policy.mode
    assert {Slot.TYPE: ("Refund",), Slot.TAGS: ("rma",)} == policy.topics[0].sets
    assert (Slot.TYPE, Slot.PRIORITY, Slot.TAGS) == policy.triage.fields
    assert (("Low",), ()) == (policy.triage.priorities, policy.triage.tags)
    assert {Slot.TYPE: "Question"} == policy.triage.defaults


def test_cells_hours_languages_promises_and_money_are_read() -> None:
    """What is documented works."""
    policy = _read(WHOLE)
    cell = policy.cells[0]

    assert (Mode.AUTO, When.INSIDE, ("returns",)) == (cell.mode, cell.when, cell.topics)
    assert policy.hours
    assert "America/New_York" == policy.hours.zone
    assert "Von einer Maschine." == policy.spoken("de").disclosure
    assert "" == policy.spoken("en").disclosure
    assert (Decimal(2), Decimal("0.5")) == (policy.spend.per_day, policy.spend.per_run)
    assert policy.canned_only
    assert ("How to return",) == policy.canned


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"mod": "auto"}, "unknown key 'mod'; did you mean 'mode'"),
        ({"mode": "on"}, "mode = 'on': use one of"),
        ({"link_hosts": ["https://x.example/a"]}, "bare host names"),
        ({"link_hosts": "x.example"}, "list of texts"),
        ({"replies_per_hour": -1}, "whole number"),
        ({"replies_per_hour": True}, "whole number"),
        ({"same_words_per_day": -1}, "same_words_per_day = -1: use a whole number, 0 or more"),
        ({"same_words_per_day": "10"}, "whole number"),
        ({"same_word_per_day": 10}, "did you mean 'same_words_per_day'"),
        ({"answer_assigned": 1}, "true or false"),
        ({"signature": 3}, "text in quotes"),
        ({"zzzzqq": 1}, "known are"),
        ({"version": "mine"}, "unknown key 'version'"),
    ],
)
def test_a_bad_file_names_place_key_value_and_fix(document: dict[str, object], words: str) -> None:
    """Whoever mends it should not have to guess."""
    with pytest.raises(BadPolicy, match=r"acme\.toml") as refused:
        parse(document, version="v1", where="acme.toml")

    assert words in str(refused.value)


_TOPIC = '[topics.returns]\nwords = ["return"]\n'
_HOURS = '[hours]\nzone = "Europe/Berlin"\nmon-fri = ["09:00-17:00"]\n'
MISTAKES: tuple[tuple[str, int, str], ...] = (
    ('schema = 2\nmode = "note"', 1, "schema = 2: this version of Deskhand reads schema = 1"),
    ("schema = true", 1, "reads schema = 1"),
    (
        '\nmode = "on"',
        2,
        "mode = 'on': use one of 'off', 'observe', 'triage', 'note', 'one-click', 'auto'",
    ),
    ("mode = 1", 1, "mode = 1: use one of"),
    ('banned = ["a", "a"]', 1, "'a' stands in it twice"),
    ('banned = [""]', 1, "use a list of texts"),
    ('cell = "x"', 1, "write [[its name]] with double brackets"),
    ('[cell]\nmode = "auto"', 1, "write [[its name]] with double brackets"),
    ("hours = 3", 1, "write it as a table"),
    ("[topics]\nreturns = 3", 2, "topics.returns = 3: write it as a table"),
    ('[[cell]]\nlanguages = ["en"]', 1, 'cell[1] has no mode: add one of mode = "off"'),
    ('[[cell]]\nlanguages = ["EN"]\nmode = "note"', 2, "two-letter codes"),
    ('[[cell]]\nmode = "note"', 1, "cell[1] names no topics, channels or languages"),
    ('[[cell]]\ntopics = ["refunds"]\nmode = "note"\n' + _TOPIC, 2, "there is no topic 'refunds'"),
    ('[[cell]]\ntopic = ["returns"]\nmode = "note"\n' + _TOPIC, 2, "did you mean 'topics'"),
    (
        (
            '[[cell]]\nlanguages = ["en", "de"]\nmode = "note"\n'
            '[[cell]]\nlanguages = ["de"]\nchannels = ["Email"]\nmode = "auto"'
        ),
        4,
        "cell[2] can never be reached, for cell[1] fits every ticket that it fits",
    ),
    (
        (
            '[[cell]]\nchannels = ["email"]\nmode = "note"\n'
            '[[cell]]\nchannels = ["Email"]\nmode = "auto"'
        ),
        4,
        "cell[2] can never be reached",
    ),
    ('mode = "auto"\nwhen = "inside"', 2, "when = 'inside': there are no business hours"),
    ('when = "inside"\n' + _HOURS, 1, "it binds mode = \"auto\" alone, and the mode is 'note'"),
    (
        '[[cell]]\nlanguages = ["en"]\nmode = "note"\nwhen = "inside"\n' + _HOURS,
        4,
        "cell[1].when = 'inside': it binds",
    ),
    ("[topics.returns]", 1, "topics.returns has no words, tags, types or groups"),
    ('[topics.other]\nwords = ["x"]', 1, "this name is for what no topic fits"),
    ('[topics.returns]\nword = ["x"]', 2, "unknown key 'word' in topics.returns"),
    ('[human]\ntopics = ["legal"]', 2, "human.topics: there is no topic 'legal'"),
    ('[human]\nmailboxes = ["Press"]', 2, "use bare addresses"),
    (
        '[human]\ntopics = ["returns"]\n[[cell]]\ntopics = ["returns"]\nmode = "auto"\n' + _TOPIC,
        4,
        "[human] leaves 'returns' to people",
    ),
    ('[hours]\nmon = ["09:00-17:00"]', 1, "hours has no zone"),
    ('[hours]\nzone = "Europe/Berlin"', 1, "hours names no day"),
    ('[hours]\nzone = "Europe/Berln"\nmon = ["09:00-17:00"]', 2, "did you mean 'Europe/Berlin'"),
    ('[hours]\nzone = "/etc"\nmon = ["09:00-17:00"]', 2, "use the IANA name"),
    (_HOURS + 'sat = ["9-17"]', 4, "'9-17': write \"09:00-17:00\""),
    (_HOURS + 'sat = ["25:00-26:00"]', 4, "an hour is 00:00 to 23:59"),
    (_HOURS + 'sat = ["09:00-12:00", "11:00-13:00"]', 4, "overlap"),
    (_HOURS + 'wed = ["09:00-12:00"]', 4, "a day of it is named before"),
    (_HOURS + 'fri-mon = ["09:00-12:00"]', 4, "unknown key 'fri-mon' in hours"),
    (_HOURS + 'holidays = ["25.12."]', 4, "25.12. is no day"),
    (_HOURS + 'holidays = ["02-30"]', 4, "is no day"),
    ('[languages.deutsch]\ntone = "x"', 1, "'deutsch' is no language"),
    (
        'banned = ["cheap"]\n[languages.en]\nsignature = "Cheap."',
        3,
        "holds 'cheap', which is banned",
    ),
    ('[[commitment]]\nsays = ["We call you."]', 1, "does nothing about its promise"),
    ('[[commitment]]\ntag = "call"', 1, "commitment[1] has no says"),
    (
        (
            '[[commitment]]\nsays = ["We call you."]\ntag = "a"\n'
            '[[commitment]]\nsays = ["we call you."]\ntag = "b"'
        ),
        5,
        "stands in a commitment above, too",
    ),
    ('[[commitment]]\nsays = ["Hi {{x}}."]\ntag = "a"', 2, "has a placeholder"),
    ('[[commitment]]\nsays = ["Hi."]\ntag = "a,b"', 3, "without a comma"),
    ("[spend]\nper_day = -1", 2, "use a number, 0 or more"),
    ('[spend]\nper_day = "5 EUR"', 2, "use a number, such as 5.00"),
    ("[spend]\nper_day = 1.0\nper_run = 2.5", 3, "2.5 is more than spend.per_day = 1.0"),
    ('fields = { "x" = "hidden" }', 1, "each field is one of"),
    ('mode = "triage"', 1, "mode = 'triage': no field may be set; add [triage] with fields"),
    ('[[cell]]\nlanguages = ["en"]\nmode = "triage"', 3, "cell[1].mode = 'triage': no field may"),
    ('[triage]\nfields = ["status"]', 2, "use one of 'type', 'priority', 'group', 'tags'"),
    ('[triage]\nfields = ["type"]\ntags = ["a"]', 3, "triage.fields leaves 'tags' out"),
    ('[triage]\nfields = ["tags"]\ntags = ["a,b"]', 3, "without a comma"),
    ('[triage]\nfield = ["tags"]', 2, "did you mean 'fields'"),
    ('[triage]\nfields = ["type"]\ndefaults = { status = "Open" }', 3, "unknown key 'status'"),
    ('[topics.x]\nwords = ["x"]\nset = { type = "A" }', 3, "set.type: [triage] does not open"),
    ('[topics.x]\nwords = ["x"]\nset = { type = 3 }', 3, "use a name in quotes"),
    ('[topics.x]\nwords = ["x"]\nset = { status = "Closed" }', 3, "unknown key 'status'"),
    ('[topics.x]\nwords = ["x"]\nset = { tags = "a" }', 3, "use a list of texts"),
)


@pytest.mark.parametrize(("text", "line", "words"), MISTAKES, ids=[one[2][:40] for one in MISTAKES])
def test_every_mistake_is_told_with_its_line_and_its_mend(text: str, line: int, words: str) -> None:
    """A typo in a policy must never become a silent default."""
    with pytest.raises(BadPolicy) as refused:
        _read(text)

    assert [words] == [words for fault in refused.value.faults if words in fault]
    assert refused.value.faults[0].startswith(f"acme.toml:{line}: ")


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody wants to mend a file one error at a time."""
    with pytest.raises(BadPolicy) as refused:
        _read('mode = "on"\n[spend]\nper_day = "x"\nper_week = 1\n')

    assert 3 == len(refused.value.faults)


@pytest.mark.parametrize("data", [b"mode = ", b"mode = \xff", b'mode = "a"\nmode = "b"'])
def test_what_is_no_toml_is_refused_with_its_place(data: bytes) -> None:
    """A file cut off in the middle is not half a policy."""
    with pytest.raises(BadPolicy, match=r"acme\.toml.*(line|byte|at end)"):
        read(data, where="acme.toml")
