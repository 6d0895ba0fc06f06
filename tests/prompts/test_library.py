"""Prompts: found, checked, filled, and never edited after release."""

import pytest

from prompts import library, lock
from prompts.library import BadPrompt, parse

GOOD = '+++\nwhy = "w"\ninputs = ["name"]\n+++\n=== rules\nBe kind.\n=== ask\nHello {{name}}.\n'


def test_the_library_is_whole() -> None:
    """A released prompt that was edited makes every recorded result a lie."""
    assert () == library.check()


def test_what_is_live_can_be_filled() -> None:
    """A promotion of a faulty version must fail here and not on a ticket."""
    prompt = library.live("draft_reply")

    filled = prompt.fill(dict.fromkeys(prompt.inputs, "x"))

    assert "draft_reply@v1" == prompt.reference
    assert ["rules", "context", "task"] == list(filled)


@pytest.mark.parametrize("which", ["draft_reply", "triage_ticket"])
def test_rules_come_first_and_hold_no_input(which: str) -> None:
    """Endpoints cache a prefix that never changes."""
    name, text = library.live(which).segments[0]

    assert "rules" == name
    assert "{{" not in text


def test_rules_stay_short_enough_for_a_small_model() -> None:
    """At thirty tokens a second every hundred words cost four seconds."""
    assert len(library.live("draft_reply").segments[0][1]) < 3_600


def test_an_inputs_braces_stay_text() -> None:
    """A customer who writes {{rules}} must not be handed them."""
    filled = parse(GOOD, name="p", version="v1").fill({"name": "{{name}} {{rules}}"})

    assert "Hello {{name}} {{rules}}." == filled["ask"]


@pytest.mark.parametrize("inputs", [{}, {"name": "a", "more": "b"}], ids=["missing", "surplus"])
def test_inputs_must_be_exactly_those_of_the_head(inputs: dict[str, str]) -> None:
    """A forgotten input would leave a hole in the middle of the rules."""
    with pytest.raises(BadPrompt, match="p@v1"):
        parse(GOOD, name="p", version="v1").fill(inputs)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("no head", "line 1"),
        ("+++\nwhy = \n+++\n=== a\nx", "head"),
        ('+++\nwhy = "w"\n+++\n=== a\nx', "it must hold"),
        ('+++\nwhy = " "\ninputs = []\n+++\n=== a\nx', "'why'"),
        ('+++\nwhy = "w"\ninputs = ["b"]\n+++\n=== a\nx', "the text uses"),
        ('+++\nwhy = "w"\ninputs = []\n+++\nstray', "segment line"),
        ('+++\nwhy = "w"\ninputs = []\n+++\n=== a\nx\n=== a\ny', "twice"),
        ('+++\nwhy = "w"\ninputs = []\n+++\n=== a\n\n', "without text"),
    ],
)
def test_a_faulty_file_says_what_and_where(source: str, fault: str) -> None:
    """Who writes prompts is not always who reads tracebacks."""
    with pytest.raises(BadPrompt, match=r"prompts/p/v1\.md") as failed:
        parse(source, name="p", version="v1")

    assert fault in str(failed.value)


@pytest.mark.parametrize("name", ["nothing", "../secrets"])
def test_an_unknown_prompt_is_named(name: str) -> None:
    """A typing error, or a path, must not reach the file system."""
    with pytest.raises(BadPrompt, match=name):
        library.live(name)
    with pytest.raises(BadPrompt):
        library.find(name, "v1")


def test_lock_lines_are_those_in_the_lock() -> None:
    """The command that prints them must agree with the test that reads them."""
    assert library.find("draft_reply", "v1").digest in lock.lines("draft_reply", "v1")
