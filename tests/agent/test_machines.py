"""Machine mail is told from mail that mentions machines."""

# ruff: noqa: E501  tables of texts read better unbroken; look-alikes are meant

import time

import pytest

from agent.mail.machines import is_machine_sender, why_machine
from agent.qualify import qualify
from tests.agent.desk_of_paper import NOW, shot, ticket
from tests.agent.mailbag import MACHINES as SENT
from tests.agent.mailbag import TWINS, Mail

MACHINES = (
    (
        "Automatic reply: Your order",
        "I am out of the office until 5 May with limited access to email. For urgent matters contact Bob.",
    ),
    (
        "",
        "Thank you for your email. I am currently on annual leave and will reply upon my return on 12 June.",
    ),
    ("", "This is an automated message. Your ticket #123 has been created."),
    (
        "",
        "Your message wasn't delivered to x@y.com because the address couldn't be found. 550 5.1.1 user unknown",
    ),
    (
        "Undeliverable: hi",
        "Delivery has failed to these recipients or groups: a@b.c. The email address you entered couldn't be found.",
    ),
    (
        "",
        "This is the mail system at host mx.example.com. I'm sorry to have to inform you that your message could not be delivered. <x@y>: host said: 550 5.1.1 unknown user",
    ),
    (
        "Abwesenheitsnotiz: Re: Bestellung",
        "Ich bin bis zum 5.5. nicht im Büro. In dringenden Fällen wenden Sie sich bitte an meine Vertretung.",
    ),
    (
        "",
        "Vielen Dank für Ihre Nachricht. Ich befinde mich derzeit im Urlaub und bin ab dem 3. Juni wieder erreichbar. Ihre E-Mail wird nicht weitergeleitet.",
    ),
    (
        "",
        "Dies ist eine automatisch generierte E-Mail. Bitte antworten Sie nicht auf diese Nachricht.",
    ),
    (
        "",
        "Wir haben Ihre Anfrage erhalten. Ihre Ticketnummer lautet 4711. Wir melden uns schnellstmöglich.",
    ),
    (
        "Réponse automatique : commande",
        "Je suis absent du bureau jusqu'au 5 mai. En cas d'urgence, contactez mon collègue.",
    ),
    (
        "",
        "Bonjour, je suis actuellement en congés jusqu'au 15 août et répondrai à mon retour. Pour toute urgence, vous pouvez contacter Paul.",
    ),
    ("", "Ceci est un message automatique, merci de ne pas y répondre."),
    (
        "",
        "Nous avons bien reçu votre demande. Un de nos conseillers vous répondra dans les plus brefs délais.",
    ),
    (
        "Respuesta automática: pedido",
        "Estoy fuera de la oficina hasta el 5 de mayo. Para asuntos urgentes, contacte con Ana.",
    ),
    (
        "",
        "Hemos recibido su solicitud. Su número de ticket es 553. Le responderemos lo antes posible.",
    ),
    ("", "Este es un mensaje automático, por favor no responda a este correo."),
    (
        "",
        "Weekly deals! View this email in your browser. You are receiving this because you signed up. Unsubscribe | Manage preferences. All rights reserved.",
    ),
    (
        "",
        "##- Please type your reply above this line -## Your request (1234) has been received and is being reviewed by our support staff.",
    ),
    (
        "",
        "Hi, I'm away from my desk and will be back on Monday. I will respond to your message when I return.",
    ),
    ("", "I no longer work at Acme. Please contact info@acme.com. This mailbox is not monitored."),
    (
        "Delivery Status Notification (Failure)",
        "Reporting-MTA: dns; mx.google.com\nFinal-Recipient: rfc822; x@y.z\nAction: failed\nStatus: 5.1.1",
    ),
    (
        "",
        "Hello! Thanks for reaching out. I'm on parental leave until January. Please contact Jane in my absence.",
    ),
    (
        "",
        "Thank you for contacting Acme Support. We have received your request and a ticket has been opened. One of our agents will get back to you as soon as possible.",
    ),
    (
        "",
        "O meu e-mail: Estarei ausente até dia 5. Em caso de urgência ligue. Responderei assim que possível no meu regresso.",
    ),
    (
        "",
        "Sono fuori ufficio fino al 5 maggio. Per urgenze contattare Mario. Risponderò al mio rientro.",
    ),
)
PERSONS = (
    ("", "I got your automatic reply but no answer. Where is my parcel?"),
    ("", "I'm on holiday until Friday, can you deliver next week instead?"),
    (
        "",
        "I am out of the office until Monday. Could you please deliver my parcel to the neighbour?",
    ),
    ("Out of stock?", "Is the automatic watering system out of stock?"),
    ("", "Please unsubscribe me from the newsletter."),
    ("", "When I write to support I get 'Delivery failed: mailbox full'. What is wrong?"),
    ("", "My automatic pump stopped. Please help as soon as possible."),
    ("Auto pump", "The auto mode does not work when I return home"),
    (
        "",
        "I will be back in the office tomorrow, please send the invoice to me as soon as possible.",
    ),
    ("", "Wir sind im Urlaub, können Sie die Lieferung verschieben?"),
    ("", "Ich habe eine automatische Antwort bekommen, aber keine Lösung. Bitte helfen Sie mir."),
    ("Urlaub", "Wie gieße ich meine Pflanzen im Urlaub automatisch?"),
    ("", "Je pars en vacances, comment arroser mes plantes automatiquement ?"),
    ("", "J'ai reçu une réponse automatique mais rien depuis. Où est mon colis ?"),
    ("", "Estoy de vacaciones hasta el lunes, ¿pueden cambiar la fecha de entrega?"),
    ("", "He recibido un mensaje automático y nada más. ¿Dónde está mi paquete?"),
    ("Absence", "En mon absence le colis a été livré au voisin, mais il ne l'a pas."),
    (
        "",
        "You sent me ticket number 123 and said you have received my request, but nothing happened since. I need this urgently, please respond as soon as possible!",
    ),
    ("", "The app says: delivery failed. Status 5.1. How do I fix the hub?"),
    ("", "I'm away from home and the pump stopped; please call my neighbour"),
    (
        "",
        "Thanks for your email. The hub works again after the update, but the light still blinks when I return to the app.",
    ),
    ("", "Can I use the sensor during my vacation with limited access to wifi?"),
    (
        "",
        "I'm currently travelling and have no access to my emails, so I can't use the reset link. Please help me get into my account.",
    ),
    ("", "Bin nächste Woche nicht im Büro, bitte liefern Sie an die Privatadresse."),
    (
        "",
        "Ihre E-Mail mit der Ticketnummer habe ich erhalten, aber noch keine Antwort. Bitte schnellstmöglich melden.",
    ),
)
DAEMONS = (
    "mailer-daemon@x.com",
    "MAILER-DAEMON@googlemail.com",
    "postmaster@x.de",
    "no-reply@x.com",
    "noreply@x.com",
    "do-not-reply@x.io",
    "donotreply@x.com",
    "bounce+abc@x.com",
    "newsletter@x.com",
    "support-noreply@x.com",
    "ne-pas-repondre@x.fr",
    "noreply+123@x.com",
    "auto-reply@x.com",
    "list-bounces@x.org",
    "no_reply@x.com",
    "notifications@x.com",
    "Mail Delivery System <MAILER-DAEMON@x.com>",
)
PEOPLE = (
    "anna.noreilly@x.com",
    "bob@x.com",
    "reply@x.com",
    "no@x.com",
    "norah@x.com",
    "daemon.smith@x.com",
    "mail@familie-x.de",
    "info@x.com",
    "list@x.com",
    "postma@x.com",
    "bounceman@x.com",
    "systema@x.com",
    "autohaus@x.de",
    "master@x.com",
)


@pytest.mark.parametrize(("subject", "text"), MACHINES)
def test_what_a_machine_wrote_is_known(subject: str, text: str) -> None:
    """An answer to a machine starts a loop."""
    assert why_machine(text, subject=subject) is not None


@pytest.mark.parametrize(("subject", "text"), PERSONS)
def test_who_mentions_holidays_or_automatic_things_is_a_person(subject: str, text: str) -> None:
    """A false alarm here is a customer who never gets an answer."""
    assert why_machine(text, subject=subject) is None


@pytest.mark.parametrize("address", DAEMONS)
def test_an_address_nobody_reads_is_a_machines(address: str) -> None:
    """Daemons, no-reply and list addresses answer nobody."""
    assert is_machine_sender(address)


@pytest.mark.parametrize("address", PEOPLE)
def test_a_persons_address_is_not(address: str) -> None:
    """People are called Norah and Daemon, too."""
    assert not is_machine_sender(address)


def left_alone(mail: Mail) -> bool:
    """Return whether a first message gets no answer."""
    asked = ticket(mail.body, subject=mail.subject)
    return qualify(shot(asked, email=mail.address), now=NOW) is not None


def test_every_kind_of_machine_mail_is_left_alone() -> None:
    """Two programs of each make, in eight languages: none is answered."""
    assert len(SENT) >= 160
    assert [] == [(mail.kind, mail.subject) for mail in SENT if not left_alone(mail)]


def test_people_who_write_of_machine_mail_are_not_taken_for_machines() -> None:
    """Whoever quotes a bounce or writes three words is a customer all the same."""
    assert len(TWINS) >= 120
    assert [] == [(mail.subject, mail.body) for mail in TWINS if left_alone(mail)]


@pytest.mark.parametrize(
    "piece",
    ["your order has ", "i am ", "view ", "your message a b c ", "name: x\n", "_", "mail message "],
)
def test_a_megabyte_of_words_is_read_in_a_moment(piece: str) -> None:
    """Half-matched phrases in a row must not cost the square of their number."""
    text = piece * (1_000_000 // len(piece))
    began = time.thread_time()

    why_machine(text, subject=text[:5000])

    assert time.thread_time() - began < 1.0
