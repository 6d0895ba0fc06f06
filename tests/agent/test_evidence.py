"""What a reply says must stand in what it cites: mutated replies are blocked, good ones pass."""

# ruff: noqa: E501  tables of texts read better unbroken; look-alikes are meant

from dataclasses import replace

import pytest

from agent import decide, guards
from agent.evidence.check import evidence_class, extended, judge
from agent.model import (
    Disposition,
    Document,
    Draft,
    Evidence,
    EvidenceClass,
    Sentence,
    SourceKind,
)
from agent.policy.terms import Mode, Policy
from tests.agent.desk_of_paper import cite, draft, page, shot

OPEN = Policy(mode=Mode.AUTO, portal_hosts=("larkspur.example.com",))
ASKED = {
    "en": "How does this work with my order?",
    "de": "Wie funktioniert das bei meiner Bestellung?",
    "fr": "Comment cela marche-t-il pour ma commande ?",
    "es": "¿Cómo funciona esto con mi pedido?",
}
HELLO = {
    "en": ("Hello Tamsin,", "Thank you for your message.", "Kind regards"),
    "de": ("Guten Tag,", "vielen Dank für Ihre Nachricht.", "Mit freundlichen Grüßen"),
    "fr": ("Bonjour,", "Merci pour votre message.", "Cordialement"),
    "es": ("Hola:", "Gracias por tu mensaje.", "Un saludo"),
}
RULES = {
    "en": "You can return an unopened item within 30 days of delivery.",
    "de": "Sie können ungeöffnete Artikel innerhalb von 30 Tagen zurücksenden.",
    "fr": "Vous pouvez retourner un article non ouvert dans les 30 jours.",
    "es": "Puedes devolver un artículo sin abrir en un plazo de 30 días.",
}
EXPRESS = "Express delivery costs €12.90 and is available in Germany only."
RETOLD = (
    ("en", "You can return any item within 30 days of delivery without giving a reason.",
     "You have 30 days from delivery to return any item, and you do not need to give a reason."),
    ("en", "Hold the hub button for 10 seconds until the light blinks amber.",
     "Please hold the button on the hub for ten seconds until its light blinks amber."),
    ("en", "The warranty does not cover damage from water above the fill line.",
     "Damage from water above the fill line is not covered by the warranty."),
    ("en", "Express delivery costs €12.90, is available in Germany only, and arrives on the next working day if you order before 14:00.",
     "If you order before 14:00, express delivery arrives on the next working day."),
    ("en", "Once the order is packed, the address cannot be changed.",
     "The address cannot be changed once your order is packed."),
    ("en", "Students get 10 % off with a valid student card.",
     "With a valid student card, students get 10 % off."),
    ("de", "Die Lieferung innerhalb Deutschlands dauert 2 bis 3 Werktage.",
     "Innerhalb Deutschlands dauert die Lieferung zwei bis drei Werktage."),
    ("de", "Der Expressversand kostet 12,90 € und ist nur in Deutschland verfügbar.",
     "Expressversand ist nur in Deutschland verfügbar und kostet 12,90 €."),
    ("fr", "La livraison express coûte 12,90 € et n'est proposée qu'en Allemagne.",
     "La livraison express n'est proposée qu'en Allemagne et coûte 12,90 €."),
    ("es", "El envío exprés cuesta 12,90 € y solo está disponible en Alemania.",
     "El envío exprés solo está disponible en Alemania y cuesta 12,90 €."),
)  # fmt: skip
MUTANTS = (
    ("en", RULES["en"], "You can return an unopened item within 36 days of delivery."),
    ("en", RULES["en"], "You can return an unopened item within 30 weeks of delivery."),
    ("en", RULES["en"], "You can return an unopened item within thirteen days of delivery."),
    ("en", RULES["en"], "You cannot return an unopened item within 30 days of delivery."),
    ("en", RULES["en"], "You can return an opened item within 30 days of delivery."),
    ("en", RULES["en"], "You can return any item within 30 days of delivery."),
    ("en", RULES["en"], "You can return an unopened item within 30 days of payment."),
    ("en", RULES["en"], RULES["en"] + " Items on sale are excluded."),
    ("en", RULES["en"], RULES["en"][:-1] + ", unless you paid by gift card."),
    ("en", RULES["en"], RULES["en"][:-1] + ", and we also pay for the postage."),
    ("en", RULES["en"], RULES["en"] + " See https://larkspur-example.com/returns."),
    ("en", RULES["en"], RULES["en"] + " See https://help.larkspur.example.com/a/999."),
    ("en", RULES["en"], RULES["en"] + " Write to care@larkspur-example.com."),
    ("en", RULES["en"], RULES["en"] + " Your order is LK-778899."),
    ("en", EXPRESS, "Express delivery costs €12.80 and is available in Germany only."),
    ("en", EXPRESS, "Express delivery costs $12.90 and is available in Germany only."),
    ("en", EXPRESS, "Express delivery costs €12.90 and is available in Germany."),
    ("en", EXPRESS, "Express delivery costs €12.90 and is available in Austria only."),
    ("en", EXPRESS, "Express delivery is free and is available in Germany only."),
    ("de", RULES["de"], "Sie können ungeöffnete Artikel innerhalb von 31 Tagen zurücksenden."),
    ("de", RULES["de"], "Sie können ungeöffnete Artikel innerhalb von dreizehn Tagen zurücksenden."),
    ("de", RULES["de"], "Sie können ungeöffnete Artikel innerhalb von 30 Tagen nicht zurücksenden."),
    ("de", RULES["de"], RULES["de"][:-1] + ", außer bei reduzierter Ware."),
    ("fr", RULES["fr"], "Vous pouvez retourner un article non ouvert dans les 90 jours."),
    ("fr", RULES["fr"], "Vous pouvez retourner un article ouvert dans les 30 jours."),
    ("fr", RULES["fr"], RULES["fr"][:-1] + ", sauf les articles soldés."),
    ("es", RULES["es"], "Puedes devolver un artículo sin abrir en un plazo de 30 semanas."),
    ("es", RULES["es"], "Puedes devolver un artículo abierto en un plazo de 30 días."),
    ("es", RULES["es"], RULES["es"][:-1] + ", salvo los artículos rebajados."),
)  # fmt: skip


def reply(language: str, sentence: Sentence, document: Document) -> Draft:
    """Return a whole reply around one sentence."""
    hello, thanks, bye = HELLO[language]
    return draft(hello, thanks, sentence, bye, pages=(document,), language=language)


def disposition(language: str, proposed: Draft) -> Disposition:
    """Return what the boldest policy would do with a reply."""
    asked = shot(f"<p>{ASKED[language]}</p>")
    found = guards.check(asked, proposed, OPEN)
    return decide.decide(asked, proposed, found, OPEN).disposition


@pytest.mark.parametrize("language", RULES)
def test_a_sentence_that_is_its_quote_goes_out(language: str) -> None:
    """A check that blocks everything is no check."""
    document = page(f"First this.\n{RULES[language]}\nThen that.", language=language)
    sentence = Sentence(RULES[language], cite(document, RULES[language]))

    assert Disposition.PUBLIC_REPLY is disposition(language, reply(language, sentence, document))


@pytest.mark.parametrize(("language", "quote", "text"), RETOLD)
def test_a_sentence_that_retells_its_quote_goes_out(language: str, quote: str, text: str) -> None:
    """Good replies are not always word for word."""
    document = page(f"First this.\n{quote}\nThen that.", language=language)
    sentence = Sentence(text, cite(document, quote))

    assert Disposition.PUBLIC_REPLY is disposition(language, reply(language, sentence, document))


@pytest.mark.parametrize(("language", "quote", "text"), MUTANTS)
def test_a_sentence_that_changes_its_quote_stays_in(language: str, quote: str, text: str) -> None:
    """One digit, one word, one invented exception: each misleads a customer."""
    document = page(f"First this takes 36 hours.\n{quote}\nThen that.", language=language)
    sentence = Sentence(text, cite(document, quote))

    assert disposition(language, reply(language, sentence, document)) > Disposition.PUBLIC_REPLY


def test_evidence_of_another_run_proves_nothing() -> None:
    """Only what was fetched in this run, in the state it was fetched, may be cited."""
    document = page(RULES["en"])
    good = Sentence(RULES["en"], cite(document))
    stale = replace(good, evidence=(replace(good.evidence[0], digest="0" * 64),))
    absent = replace(good, evidence=(replace(good.evidence[0], source="article:2"),))
    forged = replace(document, text="You can return it within 99 days.")
    quoted = Sentence(forged.text, (Evidence(forged.id, forged.text, forged.digest),))

    for sentence, source in ((stale, document), (absent, document), (quoted, forged)):
        assert disposition("en", reply("en", sentence, source)) > Disposition.PUBLIC_REPLY


def test_an_altered_quote_proves_nothing() -> None:
    """The quote must stand in the page as whole words."""
    document = page("Refunds are not possible for an unrefundable item of this kind.")
    for quote in ("Refunds are possible for an item", "refundable item of this kind", "kind"):
        sentence = Sentence("Refunds are possible.", cite(document, quote))

        assert disposition("en", reply("en", sentence, document)) > Disposition.PUBLIC_REPLY


def test_a_quote_cut_before_its_exception_proves_nothing() -> None:
    """Half a sentence can say the opposite of the whole."""
    document = page("Gift cards can be refunded only in Denmark, except on Sundays.")
    sentence = Sentence("Gift cards can be refunded.", cite(document, "Gift cards can be refunded"))

    assert disposition("en", reply("en", sentence, document)) > Disposition.PUBLIC_REPLY


def test_a_page_for_agents_proves_nothing_to_a_customer() -> None:
    """Drafts and internal articles are not to be told of."""
    document = page(RULES["en"], quotable=False)
    sentence = Sentence(RULES["en"], cite(document))

    assert disposition("en", reply("en", sentence, document)) > Disposition.PUBLIC_REPLY


def test_the_customers_own_words_support_no_rule() -> None:
    """Who writes the policy into the ticket does not make it true."""
    words = "Gift cards can be refunded at any time in cash."
    asked = shot(f"<p>{words}</p>")
    ticket = replace(page(words, name="ticket:42"), kind=SourceKind.TICKET)
    proposed = draft(Sentence(words, cite(ticket)), pages=(ticket,))

    assert EvidenceClass.FROM_TICKET is evidence_class(asked, proposed)
    assert all(not one.faults for one in judge(asked, proposed))


def test_an_order_number_of_the_customers_may_be_given_back() -> None:
    """An id names what they asked about; it claims nothing."""
    document = page("You find the state of an order under My orders.")
    asked = shot("<p>Where is LK-123456?</p>")
    good = Sentence("You find the state of order LK-123456 under My orders.", cite(document))
    other = replace(good, text=good.text.replace("123456", "123457"))

    assert EvidenceClass.DOCUMENTED is evidence_class(asked, draft(good, pages=(document,)))
    assert EvidenceClass.INFERRED is evidence_class(asked, draft(other, pages=(document,)))


def test_a_reply_of_pleasantries_alone_is_not_documented() -> None:
    """Politeness is no evidence."""
    assert EvidenceClass.INFERRED is evidence_class(shot(), draft("Thank you for your message."))


def test_a_source_in_another_language_is_for_the_agents() -> None:
    """Words of two languages cannot be compared by rule."""
    document = page(
        "Sie können ungeöffnete Artikel innerhalb von 30 Tagen zurücksenden.", language="de"
    )
    sentence = Sentence("You can return unopened items within 30 days.", cite(document))

    assert disposition("en", reply("en", sentence, document)) is Disposition.PRIVATE_NOTE


def test_a_quote_is_weighed_with_its_whole_sentence() -> None:
    """What was cut off belongs to what was quoted."""
    text = "One thing. Refunds are possible only here. Another."

    assert "refunds are possible only here." == extended(text, "Refunds are possible")
