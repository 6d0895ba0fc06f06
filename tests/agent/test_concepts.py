"""A word is known by its forms, and with one slip of the pen."""

import pytest

from agent.mail.concepts import BREAK, concepts, share, tokens


def test_elisions_stand_apart_and_breaks_are_kept() -> None:
    """`m'appeler` is to call and me; what stands behind a comma is another clause."""
    assert ["m'", "appeler", BREAK, "quelqu'un"] == tokens("m'appeler, quelqu'un")
    assert ["i'd", "don't", "plase"] == tokens("i'd don't plaaaase")


@pytest.mark.parametrize(
    ("word", "code", "concept"),
    [
        ("representatives", "en", "staff"),
        ("reprsentative", "en", "staff"),
        ("supervisro", "en", "boss"),
        ("mitarbeiterinnen", "de", "staff"),
        ("mitarbeter", "de", "staff"),
        ("consieller", "fr", "staff"),
        ("ajente", "es", "staff"),
    ],
)
def test_a_form_or_a_slip_stands_for_the_same(word: str, code: str, concept: str) -> None:
    """Customers in a hurry do not spell."""
    (found,) = concepts([word], code)

    assert concept in found


def test_a_word_of_the_language_is_no_slip() -> None:
    """`changer` is one letter from `échanger` and means something else."""
    assert [frozenset({"plain"})] == concepts(["changer"], "fr")
    assert [frozenset()] == concepts(["lampshade"], "en")


def test_a_phrase_counts_at_its_last_word() -> None:
    """So that nothing before its end can be taken for what it needs."""
    first, *_, last = concepts(["flesh", "and", "blood"], "en")

    assert "real" in last - first


def test_the_language_of_a_sentence_knows_most_of_its_words() -> None:
    """A short text with slips has no other mark of its language."""
    said = tokens("je veux parler a quelqun")

    assert share(said, "fr") > max(share(said, code) for code in ("en", "de", "es"))


def test_a_phrase_says_more_than_the_words_in_it() -> None:
    """A consumers' office is no office, and those words alone would forbid what it means."""
    meant = concepts(tokens("oficina del consumidor"), "es")

    assert "body" in meant[-1]
    assert not any("office" in one for one in meant)
    assert any("office" in one for one in concepts(tokens("oficina del jefe"), "es"))


def test_a_pronoun_that_hangs_on_a_verb_hides_no_word() -> None:
    """Spanish writes both as one."""
    assert "act" in concepts(tokens("atenderme"), "es")[0]
