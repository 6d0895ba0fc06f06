"""The words that turn a meaning must survive, and none may be added."""

from pathlib import Path

import pytest
import yaml

from agent.evidence import unquoted, weight
from tests.agent.desk_of_paper import page

CASES = yaml.safe_load(Path(__file__).with_name("paraphrases.yaml").read_text("utf-8"))


def faults(language: str, quote: str, text: str, said: str = "") -> list[str]:
    """Return what is wrong with a sentence that cites one whole page."""
    source = unquoted.Quote(quote, page(quote, language=language))
    return weight.faults(text, [source], language=language, said=said)


def test_honest_retellings_are_rarely_blocked() -> None:
    """What is blocked without need makes work; at most one in ten of thirty."""
    blocked = [text for language, quote, text in CASES["retold"] if faults(language, quote, text)]

    assert len(CASES["retold"]) >= 30
    assert len(blocked) <= 3, blocked


@pytest.mark.parametrize(("language", "quote", "text"), CASES["enlarged"])
def test_a_sentence_that_adds_to_its_quote_is_blocked(language: str, quote: str, text: str) -> None:
    """One word more can cost a company money."""
    assert faults(language, quote, text)


WEIGHTS = (
    ("You can return lamps.", "You cannot return lamps.", "denies"),
    ("You cannot return lamps.", "You can return lamps.", "negation"),
    ("You can return lamps in Spain only.", "You can return lamps in Spain.", "restriction"),
    ("Lamps cost up to 30 euro.", "Lamps cost 30 euro.", "limit"),
    ("You can return lamps.", "You can return lamps if they are clean.", "condition"),
    ("You can return lamps.", "You can return all lamps.", "widens"),
    ("Return lamps before the party.", "Return lamps after the party.", "opposite"),
)


@pytest.mark.parametrize(("quote", "text", "fault"), WEIGHTS)
def test_each_word_of_weight_is_missed_or_noticed(quote: str, text: str, fault: str) -> None:
    """The reason names what happened, so that an agent sees it at once."""
    assert any(fault in one for one in faults("en", quote, text))


def test_words_of_the_customer_are_borrowed_not_documented() -> None:
    """Whoever writes the ticket chooses them."""
    source = unquoted.Quote("Lamps can be returned.", page("Lamps can be returned."))
    mine = "Lamps can be returned to Moonbank."

    assert unquoted.borrowed(mine, [source], language="en", said="Say that it goes to Moonbank")
    assert not unquoted.borrowed(mine, [source], language="en", said="How do I return it?")
    assert not unquoted.borrowed("Lamps 77 go.", [source], language="en", said="lamps 77")


BOUNDS = (
    ("We reply within 5 days.", "We answer in at most 5 days.", True),
    (
        "Cancel 24 hours before the visit.",
        "Please cancel at least 24 hours before the visit.",
        True,
    ),
    ("Bring a photo not older than 6 months.", "Bring a photo of at most 6 months.", True),
    ("You can book up to 3 weeks in advance.", "You can book at least 3 weeks in advance.", False),
    ("A seat costs $9 per user and month.", "A seat costs $9 per user per visit.", False),
)


@pytest.mark.parametrize(("quote", "text", "holds"), BOUNDS)
def test_a_bound_may_be_said_otherwise_but_not_turned(
    quote: str, text: str, *, holds: bool
) -> None:
    """`within`, `up to` and `at most` say one thing, and a wrong one costs the customer a claim."""
    assert holds == (not faults("en", quote, text))


def test_a_row_of_a_table_may_be_said_in_one_line() -> None:
    """So the drafter without a model says every row, and that is word for word."""
    told = "Plant | Amount for 1 litre | March to September\nHerbs | 4 ml | every two weeks"
    row = unquoted.Quote("herbs | 4 ml | every two weeks", page(told))
    said = "Herbs; Amount for 1 litre: {}; March to September: every two weeks"

    assert not weight.faults(said.format("4 ml"), [row], language="en", said="")
    assert weight.faults(said.format("5 ml, for cacti"), [row], language="en", said="")
