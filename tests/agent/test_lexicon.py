"""The language files say what they are to say, all in the form that texts are matched in."""

import string

import pytest

from agent.text.lexicon import CODES, lexicon, lexicons, lexicons_for, spelling
from agent.text.words import fold


@pytest.mark.parametrize("code", CODES)
def test_a_file_is_written_as_text_is_folded(code: str) -> None:
    """A word with an accent would never be met."""
    one = lexicon(code)
    listed = {*one.stop, *one.light, *one.courtesy, *one.grateful, *one.units, *one.months}

    assert [] == [word for word in listed if fold(word) != word]


@pytest.mark.parametrize("code", CODES)
def test_a_file_names_every_letter_twelve_months_and_ten_digits(code: str) -> None:
    """A missing one is a gap that an attacker finds."""
    one = lexicon(code)

    assert set(string.ascii_lowercase) <= set(one.spelled.values())
    assert 12 == len(set(one.months.values()))
    assert set(range(10)) <= {int(value) for value in one.numbers.values()} or set(
        string.digits
    ) <= set(one.spelled.values())


@pytest.mark.parametrize("code", ["en", "de", "fr", "es"])
def test_number_words_reach_ninety_nine(code: str) -> None:
    """Tens and ones are joined in the language's own way."""
    assert set(range(1, 100)) <= {int(value) for value in lexicon(code).numbers.values()}


@pytest.mark.parametrize("code", CODES)
def test_every_file_knows_thanks_orders_and_machines(code: str) -> None:
    """What a rule leans on must be there in every language."""
    one = lexicon(code)

    for key in ("thanks.said", "thanks.solved", "order.marks", "machine.receipt"):
        assert key in one.patterns, key
    assert one.concepts or "human.wish" in one.patterns


def test_a_pattern_matches_whole_words() -> None:
    """`ta` is thanks, `table` is not."""
    assert lexicon("en").found("thanks.said", "ta very much")
    assert not lexicon("en").found("thanks.said", "table lamp")
    assert 2 == lexicon("en").count("machine.bounce", "undelivered mail returned, user unknown")


def test_an_unknown_language_gets_all_of_them() -> None:
    """Better every language than none."""
    assert lexicons() == lexicons_for("sv")
    assert (lexicon("de"),) == lexicons_for("de-AT")


def test_a_name_of_a_letter_may_mean_several() -> None:
    """`e` is a letter of its own in English and the name of i in none, but of e in German."""
    assert "z" in spelling()["zed"] & spelling()["zeta"] & spelling()["zett"]
    assert {"h"} <= spelling()["hache"]
