"""Numbers, dates, units and codes are the same thing in every spelling, and no other thing."""

# ruff: noqa: E501  tables of texts read better unbroken; look-alikes are meant

import pytest

from agent.text.values import find, holds

SAME = (
    ("30 days", "dreißig Tage"), ("5 working days", "5 Werktage"), ("5 working days", "5 jours ouvrés"),
    ("€5.90", "5,90 €"), ("1,000 euros", "1.000 €"), ("12 March 2026", "12.03.2026"), ("12 March", "le 12 mars"),
    ("2026-03-12", "March 12, 2026"), ("6 pm", "18:00"), ("8 am", "8 Uhr"), ("2 to 3 weeks", "2 bis 3 Wochen"),
    ("50 %", "fifty percent"), ("treinta y dos días", "32 days"), ("quatre-vingt-dix jours", "90 days"),
    ("LK-123456", "lk 123456 LK-123456"), ("https://x.example.com/a.", "x.example.com/a"), ("a 30-day window", "30 days"),
    ("one year", "ein Jahr"), ("٣٠ days", "30 days"), ("Monday", "Montag"),
)  # fmt: skip
OTHER = (
    ("30 days", "30 weeks"), ("30 days", "31 days"), ("5 working days", "5 days"), ("€5.90", "$5.90"),
    ("1.5 l", "15 l"), ("12 March", "12 April"), ("6 pm", "6 am"), ("LK-123456", "LK-123457"),
    ("E42", "E24"), ("https://x.example.com/a", "https://x.example.com/b"), ("2.4 GHz", "5 GHz"),
    ("three months", "three years"), ("Monday", "Tuesday"), ("vierzehn Tage", "vierzig Tage"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_value_in_two_spellings_agrees(one: str, other: str) -> None:
    """Languages write numbers differently."""
    assert find(one)
    assert all(holds(value, find(other)) for value in find(one))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_values_do_not_agree(one: str, other: str) -> None:
    """A digit or a unit is the whole meaning."""
    assert not all(holds(value, find(other)) for value in find(one))


@pytest.mark.parametrize(
    "text", ["one of them", "a good one", "no more", "Wi-Fi", "it is new and free"]
)
def test_ordinary_words_are_no_values(text: str) -> None:
    """`One` is mostly a pronoun."""
    assert () == find(text)


@pytest.mark.parametrize("text", ["Once an order is packed", "the second one, £102"])
def test_words_that_only_look_like_a_number_with_its_unit_are_none(text: str) -> None:
    """`once` is eleven in Spanish and `an` a year in French; an honest reply was held for it."""
    assert not any(one.readings & {"1", "11"} for one in find(text))
