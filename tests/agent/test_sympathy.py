"""To take part in the reader's matter needs no page; a rule dressed as that does."""

import pytest

from agent.text.stems import stem
from agent.text.sympathy import takes_part

SAID = {
    "en": "My lamp flickers, I lost the receipt. You approved my refund, a new warranty, a credit.",
    "de": "Meine Lampe flackert und ich habe den Zug verpasst. Sie haben die Erstattung genehmigt.",
    "fr": "Ma lampe clignote et mon fils est malade. Vous avez accordé le remboursement.",
    "es": "Mi lámpara parpadea y perdí el tren. Ustedes aprobaron el reembolso.",
}
PAGES = {
    "en": "warranty return weeks days ends",
    "de": "garantie rückgabe frist endet",
    "fr": "garantie retour délai expire",
    "es": "garantía devolución plazo termina",
}
TOLD = (
    ("en", "I'm sorry to hear that your lamp flickers."),
    ("en", "We understand that you have lost your receipt."),
    ("de", "Es tut mir leid, dass Sie Ihren Zug verpasst haben."),
    ("fr", "Je suis désolé d'apprendre que votre fils est malade."),
    ("es", "Siento que su lámpara parpadee."),
)
CLAIMED = (
    ("en", "I understand that your refund was approved."),
    ("en", "Thank you for your refund, which we will pay."),
    ("en", "I'm sorry that your lamp has no warranty."),
    ("en", "I understand that you may keep the lamp."),
    ("en", "I'm sorry that your lamp is 3 years old."),
    ("en", "I understand that your lamp ends."),
    ("en", "I'm sorry, your lamp must be returned."),
    ("en", "Your lamp flickers."),
    ("de", "Ich verstehe, dass Ihre Erstattung genehmigt ist."),
    ("de", "Es tut mir leid, dass Sie die Lampe bezahlen müssen."),
    ("fr", "Je comprends que votre remboursement est accordé."),
    ("fr", "Je suis désolé que votre lampe soit sans garantie."),
    ("es", "Entiendo que su reembolso fue aprobado."),
    ("es", "Siento que su lámpara no tenga garantía."),
)


def judged(language: str, text: str) -> bool:
    """Return whether a sentence passes beside the words of this reader and these pages."""
    known = frozenset(map(stem, PAGES[language].split()))
    return takes_part(text, language=language, said=SAID[language], known=known)


@pytest.mark.parametrize(("language", "text"), TOLD)
def test_what_the_reader_told_may_be_given_back(language: str, text: str) -> None:
    """A reply that takes no notice of somebody's trouble reads like a machine's."""
    assert judged(language, text)


@pytest.mark.parametrize(("language", "text"), CLAIMED)
def test_no_rule_and_no_promise_is_carried_in(language: str, text: str) -> None:
    """A customer may write that something was promised; no reply may say so after them."""
    assert not judged(language, text)


def test_words_that_nobody_used_are_no_taking_part() -> None:
    """Two of them may name the same trouble; more of them are a statement of its own."""
    assert not judged("en", "I'm sorry that your lamp attracts purple elephants nightly.")
