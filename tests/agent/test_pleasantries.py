"""Pleasantries may rest on nothing; claims dressed as such may not."""

# ruff: noqa: E501  tables of texts read better unbroken; look-alikes are meant

import pytest

from agent.text.pleasantries import is_pleasantry

NICE = (
    ("en", "Thanks for reaching out!"), ("en", "I'm sorry to hear that."), ("en", "I hope this helps."),
    ("en", "If you have any further questions, just reply to this email."), ("en", "Best regards,\nDeskhand"),
    ("en", "Thank you for your question about your lamp."), ("en", "Feel free to contact us again if you need more help."),
    ("de", "Das tut uns leid."), ("de", "Bei weiteren Fragen melden Sie sich gerne."), ("de", "Viele Grüße"),
    ("de", "Falls Sie weitere Fragen haben, antworten Sie einfach auf diese E-Mail."),
    ("fr", "N'hésitez pas à nous contacter si vous avez d'autres questions."), ("fr", "Nous sommes désolés pour ce désagrément."),
    ("es", "Si tienes más preguntas, no dudes en contactarnos."), ("es", "Lamentamos las molestias."),
)  # fmt: skip
CLAIMS = (
    ("en", "Thank you, your refund is on its way."), ("en", "Hello, you get a discount."), ("en", "Thanks! Returns are free."),
    ("en", "I'm sorry, your account is suspended."), ("en", "Feel free to keep the lamp."), ("en", "If you reply, we will pay you."),
    ("en", "Dear customer, the warranty lasts forever."), ("en", "Happy to help: you may cancel anytime."),
    ("de", "Vielen Dank, Ihre Rückerstattung ist unterwegs."), ("de", "Gerne schenken wir Ihnen den Versand."),
    ("fr", "Merci, votre commande est remboursée."), ("es", "Gracias, su pedido es gratis."),
)  # fmt: skip


@pytest.mark.parametrize(("language", "text"), NICE)
def test_courtesy_needs_no_evidence(language: str, text: str) -> None:
    """Without it every reply would be blocked."""
    assert is_pleasantry(text, language=language, said="lamp", names=frozenset({"deskhand"}))


@pytest.mark.parametrize(("language", "text"), CLAIMS)
def test_a_claim_behind_a_greeting_is_a_claim(language: str, text: str) -> None:
    """The customer's own words must not carry it in, either."""
    said = "refund discount account suspended lamp returns warranty pedido commande"

    assert not is_pleasantry(text, language=language, said=said)
