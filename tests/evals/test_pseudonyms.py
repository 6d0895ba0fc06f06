"""Other names for everybody: consistent, of the same shape, and nothing personal left unsaid."""

import pytest

from evals.pseudonyms import Pseudonyms


def test_one_person_is_called_the_same_wherever_they_are_named() -> None:
    """A reply that greets another name than the ticket has would be graded as a mix-up."""
    names = Pseudonyms()
    whole = names.person("Quentin Harkaway")
    first = whole.split()[0]

    assert f"Dear {first}," == names.text("Dear Quentin,")
    assert f"{whole} wrote" == names.text("QUENTIN HARKAWAY wrote")
    assert names.mail("q@acme.org") in names.text("<q@acme.org> or Q@ACME.org")
    assert 1 == len({names.text("LK-204817"), names.text("LK-204817")})


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Write to ann.lee@acme.org.", "acme"),
        ("Call +44 7700 900461 or 0151 23456789.", "7700"),
        ("Order LK-204817 and 88213377.", "204817"),
        ("See https://acme.org/u/88213?token=a1b2c3 please.", "a1b2c3"),
        ("The password is heronfeather9.", "heronfeather9"),
        ("Card 4111 1111 1111 1111, thanks.", "4111"),
        ("IBAN DE89 3704 0044 0532 0130 00.", "3704"),
        ("Key sk-abcdefghijklmnop1234.", "abcdefghijklmnop"),
    ],
    ids=["mail", "phone", "order", "link", "password", "card", "account", "key"],
)
def test_what_is_somebodys_is_gone(text: str, gone: str) -> None:
    """One address left in a committed case is published for good."""
    names = Pseudonyms()

    made = names.text(text)

    assert gone not in made
    assert names.seen(made) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Return it within 30 days, for 14.90 EUR.",
        "Error E-17 since 2026-03-02, at 10:45.",
        "It took 60 minutes and 5 tries.",
    ],
)
def test_facts_stay_as_they_are(text: str) -> None:
    """Amounts, dates and terms are what the guards check: another number is another case."""
    assert text == Pseudonyms().text(text)


def test_numbers_of_public_pages_stay() -> None:
    """A model number that the help centre prints is nobody's, and a quote of it must still fit."""
    names = Pseudonyms(public="The pump RLP-24030 needs water.")

    assert "My RLP-24030 is dry." == names.text("My RLP-24030 is dry.")


def test_a_number_keeps_its_shape() -> None:
    """Guards know an order number by its form."""
    made = Pseudonyms().text("LK-204817")

    assert "LK-204817" != made
    assert [("d" if c.isdigit() else "u" if c.isupper() else c) for c in made] == [
        *"uu-",
        *"dddddd",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I live at 14 Otter Lane.", "a street"),
        ("Ich wohne in der Amselstraße 5.", "a street"),
        ("My address is 192.0.2.17.", "a network address"),
        ("I was born on 3.4.1980.", "a date of birth"),
        ("My cat is Harkawayson.", "a name inside another word"),
    ],
    ids=["street", "Straße", "network", "birth", "name"],
)
def test_what_no_pattern_can_replace_is_still_seen(text: str, told: str) -> None:
    """Whoever promotes must be told where to look, not trusted to notice."""
    names = Pseudonyms()
    names.person("Quentin Harkaway")

    seen = " ".join(names.seen(names.text(text)))

    assert told in seen
    assert "Otter" not in seen


def test_names_are_heard_from_greetings_and_signatures() -> None:
    """The record names the contact; who signs is often somebody else."""
    names = Pseudonyms()
    names.listen(["Dear Beatrix,\nplease help.\nKind regards\nThorold"])

    made = names.text("Beatrix asked Thorold.")

    assert "Beatrix" not in made
    assert "Thorold" not in made
