"""Numbers, units and dates mean the same in every language we have a file for."""

import pytest

from agent.text import numerals, values
from agent.text.words import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thirty days", "30 Tage"),
        ("einundzwanzig Tage", "21 jours"),
        ("vingt et un jours", "21 days"),
        ("treinta y cinco días", "35 days"),
        ("ninety-nine euros", "99 €"),
        ("3 Werktage", "three working days"),
        ("12,90 €", "€12.90"),
        ("1.000 euro", "1,000 euros"),
    ],
)
def test_the_same_amount_in_two_languages_is_one_value(one: str, other: str) -> None:
    """Help centres are translated, amounts are not."""
    pool = values.find(other)

    assert all(values.holds(value, pool) for value in values.find(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [("30 days", "30 weeks"), ("30 days", "31 days"), ("3 working days", "3 days"), ("1 €", "1 $")],
)
def test_another_number_or_unit_is_another_value(one: str, other: str) -> None:
    """One digit or unit is what customers rely on."""
    pool = values.find(other)

    assert not all(values.holds(value, pool) for value in values.find(one))


@pytest.mark.parametrize(
    ("text", "found"),
    [("ninety-nine lamps", ["ninety-nine"]), ("none of these", []), ("a tent", [])],
)
def test_number_words_are_found_longest_first(text: str, found: list[str]) -> None:
    """`nine` inside of `ninety-nine` is no number, nor is `ten` inside of a tent."""
    assert found == [one.group(0) for one in numerals.spelled_numbers(fold(text))]


def test_an_article_is_a_number_only_before_a_unit() -> None:
    """One year is an amount, one of us is not."""
    assert any(value.kind == "number" for value in values.find("one year"))
    assert not any(value.kind == "number" for value in values.find("one of us"))


def test_months_and_weekdays_have_one_number_each() -> None:
    """The 3rd of May is the 3. Mai."""
    assert numerals.months()["may"] == numerals.months()["mai"] == 5
    assert numerals.weekdays()["monday"] == numerals.weekdays()["lunes"] == 1
    assert numerals.named_date().search("3. mai")
