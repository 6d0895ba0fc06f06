"""Text is comparable once what the eye cannot see is gone."""

# ruff: noqa: RUF001  tables of texts read better unbroken; look-alikes are meant

from agent.text.words import fold, plain, sentences, squash, visible


def test_what_nobody_sees_is_gone() -> None:
    """Zero-width, bidirectional, tag and variation characters hide orders and split words."""
    assert "abcdef" == visible("a\u200bb\u202ec\U000e0041d\ufe0fe\u2066f\x00")


def test_look_alikes_fold_into_what_they_look_like() -> None:
    """Cyrillic and full-width letters pass for Latin ones."""
    assert "paypal" == fold("РауРal".lower()) == fold("ＰａｙＰａｌ")
    assert "grosse" == fold("Größe")


def test_typography_is_no_difference() -> None:
    """Editors exchange quotes, dashes and spaces."""
    assert plain('"It\'s" - fine ...') == plain("“It’s” – fine\u00a0…")


def test_spacing_hides_nothing() -> None:
    """Letters with dots between them are a word all the same."""
    assert "kx9931" == squash("K.X - 9 9_3 1")


def test_abbreviations_and_days_end_no_sentence() -> None:
    """A quote is weighed by the sentence."""
    assert 1 == len(sentences("Kommt z.B. am 3. Mai an."))
    assert ("One.", "Two!", "Three?") == sentences("One. Two! Three?")
