"""The language of a short message is told, or said to be unknown."""

# ruff: noqa: E501, RUF001  tables of texts read better unbroken; look-alikes are meant

import pytest

from agent.text.language import detect

TOLD = (
    ("en", "Where is my parcel?"), ("en", "my order has not arrived yet"), ("en", "Refund please"),
    ("en", "cancel my subscription"), ("de", "Wo ist mein Paket?"), ("de", "Der Hub blinkt rot"),
    ("de", "Bitte stornieren"), ("de", "Könnt ihr mir helfen"), ("fr", "Où est mon colis ?"),
    ("fr", "Mon hub clignote en rouge"), ("fr", "je veux annuler"), ("es", "¿Dónde está mi paquete?"),
    ("es", "Mi hub parpadea en rojo"), ("es", "hola quiero cancelar mi suscripcion"),
    ("it", "Dov'è il mio pacco?"), ("nl", "Waar is mijn pakket?"),
    ("pt", "Onde está a minha encomenda?"), ("ru", "Где моя посылка?"), ("uk", "Де моя посилка і коли прийде?"),
    ("ja", "荷物はどこですか"), ("zh", "我的包裹在哪里"), ("ar", "أين طردي"), ("ko", "제 소포는 어디 있나요"),
    ("el", "Πού είναι το δέμα μου;"), ("he", "איפה החבילה שלי"), ("th", "พัสดุของฉันอยู่ที่ไหน"),
)  # fmt: skip


@pytest.mark.parametrize(("language", "text"), TOLD)
def test_one_sentence_is_enough(language: str, text: str) -> None:
    """Customers write short."""
    assert language == detect(text)


@pytest.mark.parametrize("text", ["", "ok", "LK-123456", "https://x.example/a", "👍", "42"])
def test_what_cannot_be_told_is_not_guessed(text: str) -> None:
    """A wrong guess blocks a right reply."""
    assert "" == detect(text)
