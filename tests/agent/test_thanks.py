"""Mail that wants no answer is left alone; ordinary mail with the same words never is."""

from pathlib import Path

import pytest
import yaml

from agent.mail.thanks import is_thanks
from agent.qualify import qualify
from tests.agent.desk_of_paper import NOW, said, shot, ticket
from tools.model import Attachment, Author

MAIL = yaml.safe_load(Path(__file__).with_name("nonactionable.yaml").read_text("utf-8"))
ANSWER = said(5, "<p>Hold the button for ten seconds.</p>", by=Author.AGENT)


def after(answer: str, text: str, **changes: object) -> str | None:
    """Return why a customer's word after an agent's answer is left alone, or None."""
    words = text.replace("\n", "<br>")
    asked = said(5, answer, by=Author.AGENT)
    skip = qualify(shot(ticket(), asked, said(9, words, **changes)), now=NOW)  # type: ignore[arg-type]
    return skip.name if skip else None


@pytest.mark.parametrize("text", MAIL["thanks"])
def test_a_mail_that_only_thanks_is_left_alone(text: str) -> None:
    """An answer to a thank-you is noise, and on a closed ticket it is an annoyance."""
    assert "thanks" == after("<p>Hold the button.</p>", text)


def test_no_ordinary_mail_is_taken_for_mail_that_wants_no_answer() -> None:
    """A false positive is a lost customer: none of at least sixty."""
    lost = [text for text in MAIL["ordinary"] if after("<p>Hold it.</p>", text) is not None]
    first = [text for text in MAIL["ordinary"] if qualify(shot(f"<p>{text}</p>"), now=NOW)]

    assert len(MAIL["ordinary"]) >= 60
    assert [] == lost
    assert [] == first


@pytest.mark.parametrize(("subject", "body"), MAIL["machines"])
def test_receipts_and_calendar_answers_are_machine_mail(subject: str, body: str) -> None:
    """Programs send them by themselves; nobody waits for an answer."""
    words = body.replace("\n", "<br>")
    skip = qualify(shot(ticket(f"<p>{words}</p>", subject=subject)), now=NOW)

    assert skip is not None
    assert "machine_mail" == skip.name


@pytest.mark.parametrize("text", ["Thank you!", "ok, thank you", "Danke!", "Perfecto, gracias"])
def test_thanks_after_a_question_may_be_a_yes(text: str) -> None:
    """Shall we send a new one? Thank you!"""
    assert after("<p>Shall we send you a new one?</p>", text) is None
    assert "thanks" == after("<p>We hope that helps.</p>", text)


def test_a_first_message_with_a_subject_is_answered_however_polite() -> None:
    """The question stands in the subject."""
    assert qualify(shot(ticket("<p>Thank you!</p>", subject="Pump leaks")), now=NOW) is None


def test_a_reply_that_became_a_ticket_of_its_own_is_left_alone() -> None:
    """Mail programs open a new ticket with a late thank-you."""
    skip = qualify(shot(ticket("<p>Thank you!</p>", subject="Re: Pump leaks")), now=NOW)

    assert skip is not None
    assert "thanks" == skip.name


def test_thanks_with_a_file_are_read() -> None:
    """The file is the message."""
    photo = Attachment("1", "a.jpg", "image/jpeg", 9, "https://files.example.com/1")

    assert after("<p>Hold it.</p>", "Thanks!", attachments=(photo,)) is None


def test_no_person_repeats_themselves_three_times() -> None:
    """What comes a third time in the same words comes from a program."""
    body = "<p>My pump does not start at all.</p>"
    ours = said(5, "<p>Hold it.</p>", by=Author.RESPONDER)
    later = said(25, "<p>Hold it.</p>", by=Author.RESPONDER)
    twice = shot(ticket(body), ours, said(40, body))
    thrice = shot(ticket(body), ours, said(20, body), later, said(50, body))
    at_once = shot(ticket(body), ours, said(7, body))

    assert qualify(twice, now=NOW) is None
    for mechanical in (thrice, at_once):
        skip = qualify(mechanical, now=NOW)
        assert skip is not None
        assert "repeated" == skip.name


def test_a_long_letter_is_never_only_thanks() -> None:
    """Whoever writes more says more."""
    assert not is_thanks("Thank you very much. " * 40)
