"""Words as comparable forms."""

import pytest

from tools.knowledge.words import concepts, guess_language, stem, words


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("batteries", "battery", "en"),
        ("cancelled", "cancel", "en"),
        ("rechnungen", "rechnung", "de"),
        ("pakete", "paket", "de"),
        ("livraisons", "livraison", "fr"),
        ("retourner", "retourne", "fr"),
        ("facturas", "factura", "es"),
        ("pedidos", "pedido", "es"),
    ],
)
def test_inflections_share_a_stem(one: str, other: str, language: str) -> None:
    """Customers ask in the plural what pages say in the singular."""
    assert stem(one, language) == stem(other, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel and how do I track it?", "en"),
        ("Wo ist mein Paket und wie kann ich es verfolgen?", "de"),
        ("Où est mon colis et comment puis-je le suivre ?", "fr"),
        ("¿Dónde está mi paquete y cómo puedo seguirlo?", "es"),
        ("", ""),
        ("LK-1 42", ""),
    ],
)
def test_a_language_is_told_by_its_small_words(text: str, language: str) -> None:
    """The wrong stems find nothing; no answer is better than a wrong one."""
    assert language == guess_language(text)


def test_addresses_and_long_numbers_are_not_searched_for() -> None:
    """Order numbers and mail addresses are no topic, and would be sent to a search."""
    found = words("Order LK-204466 from ann@example.com, see https://x.example/y", ("en",))

    assert {"order"} == {word.folded for word in found}


def test_languages_meet_in_a_concept() -> None:
    """An English page must be within reach of a German mail."""
    german = concepts("rucksendung", compounds=True)

    assert set(german) & set(concepts("returns", compounds=False))
