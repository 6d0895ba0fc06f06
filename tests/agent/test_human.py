"""A person is heard wanted by rule, in four languages, before any model."""

import pytest

from agent.mail.human import handoff, why
from agent.model import Outcome
from agent.policy.terms import Policy
from tests.agent.desk_of_paper import shot

WISHES = (
    "I want to speak to a human",
    "Can I talk to a real person please?",
    "Let me speak with your manager.",
    "Please transfer me to an agent",
    "agent",
    "human please",
    "Stop sending me bot replies, I need a person",
    "Are you a bot?",
    "Could someone call me back?",
    "I'd like a real human to look at this",
    "Put me through to someone in charge who is a human",
    "I don't want to chat with a robot",
    "Is there a human there?",
    "Please connect me with a representative.",
    "Please have a human call me",
    "I need to speak with customer service",
    "I want to file a complaint",
    "This is a formal complaint about my order",
    "I will take legal action",
    "My lawyer will contact you",
    "See you in court",
    "I'm going to sue you",
    "I'll report you to trading standards",
    "Enough with the automated answers.",
    "get me a supervisor",
    "Ich möchte mit einem Menschen sprechen",
    "Kann ich bitte mit einem Mitarbeiter reden?",
    "Verbinden Sie mich mit einem echten Mitarbeiter",
    "Bitte rufen Sie mich zurück",
    "Ich will keinen Bot, sondern einen Menschen",
    "Sind Sie ein Roboter?",
    "Mensch bitte",
    "Ich möchte mich beschweren",
    "Hiermit lege ich Beschwerde ein",
    "Ich werde meinen Anwalt einschalten",
    "Ich behalte mir rechtliche Schritte vor",
    "Ich gehe zur Verbraucherzentrale",
    "Können Sie mich an einen Kollegen weiterleiten?",
    "Gibt es bei euch auch echte Menschen?",
    "Ich möchte Ihren Vorgesetzten sprechen",
    "Kann mich bitte jemand anrufen?",
    "Je veux parler à un humain",
    "Puis-je parler à une vraie personne ?",
    "Passez-moi un conseiller",
    "Je souhaite être rappelé",
    "Êtes-vous un robot ?",
    "Je ne veux pas de réponse automatique",
    "Je voudrais parler à quelqu'un",
    "Transférez-moi à un responsable s'il vous plaît",
    "Je dépose une réclamation",
    "Je vais porter plainte",
    "Mon avocat vous contactera",
    "Je veux déposer plainte",
    "conseiller humain svp",
    "J'exige de parler à votre supérieur",
    "Pouvez-vous me rappeler ?",
    "Quiero hablar con una persona",
    "¿Puedo hablar con un humano?",
    "Páseme con un agente",
    "¿Eres un bot?",
    "Llámenme por favor",
    "No quiero hablar con un robot",
    "Necesito hablar con alguien real",
    "Quiero poner una queja",
    "Voy a demandarles",
    "Mi abogado se pondrá en contacto",
    "Quiero presentar una reclamación",
    "Exijo hablar con el encargado",
    "Póngame con un supervisor",
    "¿Me pueden llamar?",
    "tomaré acciones legales",
)
ORDINARY = (
    "Where is my parcel?",
    "The delivery person left the parcel at the door.",
    "I spoke with your agent yesterday and she said it would ship.",
    "My robot vacuum does not start",
    "Can I add a person to my account?",
    "How many people can use one account?",
    "The agent role in my dashboard is missing, how do I set it?",
    "Do you ship to a business address?",
    "The manual says to call the function reset, how?",
    "I have no complaints so far, great product! How do I clean it?",
    "How do I reset the hub?",
    "Does the pump work without a bot account?",
    "The courier said nobody was home.",
    "Is there a person-size plant light?",
    "Is the manager app free?",
    "Which human food is safe to compost?",
    "The automatic watering does not stop",
    "Can you help me?",
    "Who can help me with an invoice?",
    "I need help with my order",
    "Please contact the carrier",
    "My phone rang but nobody was there, was it the courier?",
    "Can someone tell me when it arrives?",
    "How do I talk to the hub via Bluetooth?",
    "Please call the carrier",
    "Could you check the status?",
    "Wo ist mein Paket?",
    "Der Mitarbeiter im Paketshop war nett, aber der Code ging nicht.",
    "Wie viele Personen können das Konto nutzen?",
    "Mein Saugroboter geht nicht",
    "Kann ich die Bestellung noch ändern?",
    "Die automatische Bewässerung funktioniert nicht",
    "Ich kann mich nicht beschweren, alles super! Wie reinige ich den Filter?",
    "Der Bote hat geklingelt",
    "Meine Kollegin hat das gleiche Gerät",
    "Wie lange dauert die Lieferung?",
    "Où est mon colis ?",
    "Combien de personnes peuvent utiliser le compte ?",
    "Le livreur n'est pas passé",
    "Comment réinitialiser le hub ?",
    "Mon aspirateur robot ne marche pas",
    "Quelqu'un a signé à ma place, que faire ?",
    "La personne au point relais a refusé le code",
    "¿Dónde está mi paquete?",
    "¿Cuántas personas pueden usar la cuenta?",
    "El repartidor no vino",
    "Mi robot aspirador no funciona",
    "¿Cómo cambio la dirección?",
    "La persona de la tienda no aceptó el código",
    "¿Es para interior o exterior?",
)


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_for_a_person_a_complaint_or_a_threat_is_heard(text: str) -> None:
    """A customer who asks for a person and gets a machine is lost."""
    assert why(text) is not None


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_question_is_not_taken_for_one(text: str) -> None:
    """Handing everything over is no service either."""
    assert why(text) is None


def test_a_handoff_says_why_and_what_it_is_about() -> None:
    """The agent who takes the ticket reads the reason first."""
    draft = handoff(shot("<p>I want to speak to a human about my lamp.</p>"), Policy())

    assert draft is not None
    assert Outcome.HUMAN is draft.outcome
    assert "person" in draft.reason
    assert "lamp" in draft.summary


def test_a_topic_of_the_policy_goes_to_a_person() -> None:
    """Some matters an account wants to keep to itself."""
    policy = Policy(human_topics=("allergic reaction",))

    assert handoff(shot("<p>I had an Allergic  Reaction to the soil.</p>"), policy) is not None
    assert handoff(shot("<p>How do I clean it?</p>"), policy) is None
