"""Commitments nobody has made are found in four languages."""

from dataclasses import replace

import pytest

from agent import guards
from agent.guards.unmatched_promise import matched, promise
from agent.model import Draft, Sentence, SourceKind
from agent.policy.terms import Commitment, Policy
from tests.agent.desk_of_paper import cite, draft, page, shot

COMMITMENTS = (
    ("en", "We will refund you within 5 days."),
    ("en", "I have issued a refund."),
    ("en", "Your refund has been processed."),
    ("en", "You will receive a full refund."),
    ("en", "We'll send you a replacement."),
    ("en", "A replacement is on its way."),
    ("en", "I've escalated this to our technical team."),
    ("en", "Our team will get back to you within 24 hours."),
    ("en", "We will call you tomorrow."),
    ("en", "I'll make sure this is fixed by Friday."),
    ("en", "You'll get a 20% discount on your next order."),
    ("en", "We'll credit your account."),
    ("en", "I have cancelled your order."),
    ("en", "Your subscription has been cancelled."),
    ("en", "We guarantee delivery by Monday."),
    ("en", "I will personally look into this."),
    ("en", "We've extended your warranty."),
    ("en", "Someone will contact you shortly."),
    ("en", "Your money will be returned to your card."),
    ("en", "I've waived the fee."),
    ("en", "You can expect a response by tomorrow."),
    ("en", "We are sending a technician."),
    ("en", "I have forwarded your request to the warehouse."),
    ("en", "We will compensate you for the inconvenience."),
    ("en", "Your account will be deleted today."),
    ("en", "A colleague will be in touch."),
    ("en", "Consider it done, the money is coming back."),
    ("en", "We promise to fix it."),
    ("en", "You will hear from us next week."),
    ("en", "I've gone ahead and changed your address."),
    ("en", "The fee will be reimbursed."),
    ("en", "Expect your new pump on Tuesday."),
    ("en", "Rest assured, we will cover the shipping costs."),
    ("en", "I have asked the carrier to investigate."),
    ("de", "Wir erstatten Ihnen den Betrag."),
    ("de", "Ich habe die Rückerstattung veranlasst."),
    ("de", "Sie erhalten innerhalb von 24 Stunden eine Antwort."),
    ("de", "Wir schicken Ihnen Ersatz."),
    ("de", "Ein Kollege meldet sich bei Ihnen."),
    ("de", "Ich habe Ihr Anliegen weitergeleitet."),
    ("de", "Ihre Bestellung wurde storniert."),
    ("de", "Wir rufen Sie morgen zurück."),
    ("de", "Sie bekommen einen Gutschein über 10 Euro."),
    ("de", "Wir kümmern uns darum."),
    ("de", "Das Geld wird bis Freitag überwiesen."),
    ("de", "Ihr Konto wird gelöscht."),
    ("de", "Ich habe das an die Technik eskaliert."),
    ("de", "Wir übernehmen die Versandkosten."),
    ("de", "Wir garantieren die Lieferung bis Montag."),
    ("de", "Ich leite das an unser Team weiter."),
    ("de", "Die Gutschrift ist unterwegs."),
    ("de", "Wir melden uns in Kürze bei Ihnen."),
    ("de", "Ich habe Ihre Adresse geändert."),
    ("de", "Wir senden Ihnen ein neues Gerät zu."),
    ("fr", "Nous vous rembourserons sous 5 jours."),
    ("fr", "J'ai procédé au remboursement."),
    ("fr", "Vous recevrez un remboursement intégral."),
    ("fr", "Nous vous envoyons un remplacement."),
    ("fr", "Un collègue vous rappellera demain."),
    ("fr", "J'ai transmis votre demande à l'équipe technique."),
    ("fr", "Votre commande a été annulée."),
    ("fr", "Nous vous offrons un bon d'achat de 10 €."),
    ("fr", "Nous vous répondrons dans les 24 heures."),
    ("fr", "Votre compte sera supprimé."),
    ("fr", "Nous prenons en charge les frais de port."),
    ("fr", "Je m'en occupe immédiatement."),
    ("fr", "Nous garantissons la livraison avant lundi."),
    ("fr", "Un technicien passera demain."),
    ("fr", "J'ai ouvert un dossier prioritaire."),
    ("fr", "Votre argent vous sera rendu."),
    ("fr", "Nous reviendrons vers vous rapidement."),
    ("fr", "J'ai modifié votre adresse de livraison."),
    ("es", "Le reembolsaremos el importe."),
    ("es", "He tramitado su reembolso."),
    ("es", "Recibirá un reembolso completo."),
    ("es", "Le enviaremos un reemplazo."),
    ("es", "Un compañero le llamará mañana."),
    ("es", "He escalado su caso al equipo técnico."),
    ("es", "Su pedido ha sido cancelado."),
    ("es", "Le daremos un descuento del 20 %."),
    ("es", "Le responderemos en 24 horas."),
    ("es", "Su cuenta será eliminada."),
    ("es", "Nos hacemos cargo de los gastos de envío."),
    ("es", "Nos pondremos en contacto con usted."),
    ("es", "Garantizamos la entrega antes del lunes."),
    ("es", "Hemos abierto una investigación."),
    ("es", "Le devolveremos el dinero."),
    ("es", "He cambiado su dirección."),
    ("es", "Un técnico irá mañana."),
    ("es", "Le mantendremos informado."),
)
HARMLESS = (
    ("en", "Thank you for your message."),
    ("en", "If you have any other questions, just reply to this email."),
    ("en", "I'm sorry to hear about the trouble."),
    ("en", "Here is what our help centre says:"),
    ("en", "Please check the light on the hub."),
    ("en", "Open My orders and choose Return an item."),
    ("en", "Could you send us your order number?"),
    ("en", "I hope this helps."),
    ("en", "Let us know if it works."),
    ("de", "Vielen Dank für Ihre Nachricht."),
    ("de", "Bei weiteren Fragen antworten Sie einfach auf diese E-Mail."),
    ("de", "Es tut mir leid, dass Sie Ärger haben."),
    ("de", "Bitte prüfen Sie das Licht am Hub."),
    ("de", "Falls das Ihre Frage nicht beantwortet, antworten Sie bitte auf diese Nachricht."),
    ("fr", "Merci pour votre message."),
    ("fr", "Si cela ne répond pas à votre question, merci de répondre à ce message."),
    ("fr", "Veuillez vérifier le voyant."),
    ("fr", "Nous restons à votre disposition."),
    ("es", "Gracias por tu mensaje."),
    ("es", "Si esto no responde a tu pregunta, responde a este mensaje, por favor."),
    ("es", "Comprueba la luz del hub."),
)


@pytest.mark.parametrize(("language", "text"), COMMITMENTS)
def test_a_commitment_is_heard(language: str, text: str) -> None:
    """A promise made by a machine binds the company."""
    assert promise(Sentence(text), language=language) is not None


@pytest.mark.parametrize(("language", "text"), HARMLESS)
def test_courtesy_and_instructions_commit_nobody(language: str, text: str) -> None:
    """A reply needs its greetings."""
    assert promise(Sentence(text), language=language) is None


def test_a_rule_that_a_page_states_is_no_new_commitment() -> None:
    """The page made the promise; the reply only tells of it."""
    text = "We refund the price within 5 working days after the return was checked."
    sentence = Sentence(text, cite(page(text)))

    assert promise(sentence, language="en") is None


def test_a_deed_said_to_be_done_is_one_whatever_is_cited() -> None:
    """Nothing was done in this run, so nothing may be said to be."""
    rule = page("We refund the price within 5 working days.")
    sentence = Sentence("We have refunded the price within 5 working days.", cite(rule))

    assert promise(sentence, language="en") is not None


def test_the_guard_keeps_it_from_the_customer() -> None:
    """The agents may read the draft; the customer may not."""
    found = guards.check(shot(), draft("We will call you back tomorrow."), Policy())

    assert "unmatched_promise" in {one.guard for one in found}


WORDED = "A colleague will call you back within one working day."
ALLOWED = Policy(commitments=(Commitment((WORDED,), tag="callback"),))
CANNED = replace(page(WORDED, name="canned:7"), kind=SourceKind.CANNED)


def test_a_promise_passes_in_the_words_of_the_policy_alone() -> None:
    """The owner wrote the sentence, and what is done about it beside it."""
    said, other = draft(WORDED), draft("A colleague will call you back within one hour.")

    assert (1, 0) == tuple(len(matched(one, ALLOWED)) for one in (said, other))
    assert "unmatched_promise" not in _objections(said, ALLOWED)
    assert "unmatched_promise" in _objections(other, ALLOWED)
    assert "unmatched_promise" in _objections(said, Policy())


def test_what_stands_beside_an_allowed_promise_is_still_looked_at() -> None:
    """One allowed sentence opens the door for no other."""
    more = draft(f"{WORDED} And we will refund you tomorrow.")

    assert "unmatched_promise" in _objections(more, ALLOWED)


def test_a_canned_response_shields_no_promise() -> None:
    """A page says what the company does; a canned response speaks for us in this very case."""
    sentence = Sentence(WORDED, cite(CANNED))
    rule = replace(CANNED, id="article:7", kind=SourceKind.ARTICLE)
    page_says = Sentence(WORDED, cite(rule))

    assert "unmatched_promise" in _objections(draft(sentence, pages=(CANNED,)), Policy())
    assert "unmatched_promise" not in _objections(draft(sentence, pages=(CANNED,)), ALLOWED)
    assert "unmatched_promise" not in _objections(draft(page_says, pages=(rule,)), Policy())


def test_what_a_page_always_does_may_be_said_of_us_but_not_as_done_or_for_today() -> None:
    """`Orders are shipped` and `we ship orders` are one rule; that it happens today is none."""
    rule = page("Faulty lamps are reprinted free of charge. Repairs are sent within 5 days.")
    told = {
        "We send repairs within 5 days.": False,
        "We send your repair today, within 5 days.": True,
        "I will send your repair within 5 days.": True,
        "We have sent your repair within 5 days.": True,
    }
    quote = cite(rule, "Repairs are sent within 5 days.")

    for text, objects in told.items():
        found = _objections(draft(Sentence(text, quote), pages=(rule,)), Policy())
        assert objects == ("unmatched_promise" in found), text


def _objections(proposed: Draft, policy: Policy) -> set[str]:
    return {one.guard for one in guards.check(shot(), proposed, policy)}
