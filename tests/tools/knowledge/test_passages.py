"""What can be quoted of a page."""

from tools.knowledge.passages import Form, passages, row_of, sentences

TEXT = (
    "First paragraph.\n\nHeading\n\nLead-in:\n- one\n- two\n\nPrices\n\n"
    "Size | Price\nSmall | 3 €\nLarge | 5 €"
)


def test_every_passage_stands_in_its_text_word_for_word() -> None:
    """A quotation that was put together is no quotation."""
    found = passages(TEXT)

    assert [Form.PARAGRAPH, Form.LIST, Form.ROW, Form.ROW] == [part.form for part in found]
    assert all(part.text in TEXT for part in found)


def test_a_row_keeps_its_column_heads() -> None:
    """A number without its column says nothing."""
    row = row_of(TEXT, "Large | 5 €")

    assert row is not None
    assert (("", "Large"), ("Price", "5 €")) == row.pairs


def test_sentences_end_at_stops_and_not_at_abbreviations() -> None:
    """Half a sentence can say the opposite."""
    text = "Wait e.g. 5 min. and z. B. drink tea. It works below -5 °C. Then stop!"

    assert (
        "Wait e.g. 5 min. and z. B. drink tea.",
        "It works below -5 °C.",
        "Then stop!",
    ) == sentences(text)
