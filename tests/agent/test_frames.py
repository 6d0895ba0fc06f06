"""Concepts mean something together, near each other, in any order unless one is named."""

import tomllib
from importlib import resources

import pytest

from agent.mail.frames import means
from agent.text.lexicon import lexicons


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("i want to talk to a human", "wish"),
        ("a human is who i want to talk to", "wish"),
        ("i want to talk to my lamp", None),
        ("can i talk to a person through the doorbell", None),
        ("no need to call me", None),
        ("no, call me", "wish"),
        ("i want a complaint filed", "complaint"),
        ("my lawyer will write to you", "legal"),
    ],
)
def test_concepts_are_read_together(sentence: str, meaning: str | None) -> None:
    """The same words in another company say another thing."""
    assert meaning == means(sentence, "human")


def test_words_far_apart_do_not_belong_together() -> None:
    """A long sentence speaks of many things."""
    filler = "about the lamp and the filter and the box and the light and the pump"

    assert means(f"i want to talk {filler} with the green person", "human") is None


def test_an_order_that_is_named_is_kept() -> None:
    """Whoever wants a manager asks for one; a manager who wants something does not."""
    assert "wish" == means("i want the manager", "human")
    assert means("the manager will want ten lamps", "human") is None


def test_every_concept_of_a_rule_has_words_in_some_language() -> None:
    """A misspelt concept would silence its rule."""
    path = resources.files("agent.languages") / "frames.toml"
    rules = tomllib.loads(path.read_text(encoding="utf-8"))
    parts = [
        part
        for table in rules.values()
        for told in table.values()
        for one in told
        for part in one.replace(">", " ").split()
        if part[0] not in "~<"
    ]
    named = {name for part in parts for name in part.lstrip("!=").split("|")}
    known = {name for book in lexicons() for name in (*book.concepts, *book.bars)}

    assert set() == named - known
