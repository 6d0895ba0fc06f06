"""What makes mail of many senders one mail, and what keeps people's questions apart."""

from dataclasses import replace

import pytest

from agent.mail.shapes import shape
from tests.agent.desk_of_paper import said, shot, ticket

ASKS = "<p>Hello, this is case 4711 of Ida Brenner. How do I return a lamp I bought?</p>"
SAME = {
    "another number": ("Ida Brenner", ASKS.replace("4711", "88/2026-b")),
    "another name": ("Olaf Sund", ASKS.replace("Ida Brenner", "Olaf Sund")),
    "other signs and case": ("Ida Brenner", ASKS.replace(", this", "! THIS").replace("?", " …")),
    "other invisible signs": ("Ida Brenner", ASKS.replace("lamp", "la\u200bmp")),
    "other letters that look alike": ("Ida Brenner", ASKS.replace("case", "\u0441ase")),
    "other markup": ("Ida Brenner", ASKS.replace("How", "</p><p><b>How</b>")),
}
OTHER = {
    "another thing": ASKS.replace("lamp", "table"),
    "a word more": ASKS.replace("bought", "bought online"),
    "no longer a question of returning": ASKS.replace("return", "repair"),
}


def _shape(body: str, name: str = "Ida Brenner") -> str:
    seen = shot(ticket(body))
    assert seen.contact is not None
    return shape(replace(seen, contact=replace(seen.contact, name=name)))


@pytest.mark.parametrize("change", SAME)
def test_numbers_names_and_signs_make_no_other_mail(change: str) -> None:
    """A machine that changes its address changes these with it."""
    name, body = SAME[change]

    assert _shape(ASKS) == _shape(body, name)
    assert 16 == len(_shape(ASKS))


@pytest.mark.parametrize("change", OTHER)
def test_one_word_makes_another_mail(change: str) -> None:
    """People who ask about the same thing ask in words of their own."""
    assert _shape(ASKS) != _shape(OTHER[change])


def test_a_language_without_spaces_keeps_its_words_beside_a_number() -> None:
    """A number inside a sentence must not make one of two questions."""
    returns, repair = (
        "我想退回订单{}里的台灯请问怎么办理手续",
        "我想维修订单{}里的台灯请问怎么办理手续",
    )

    assert _shape(returns.format(17)) == _shape(returns.format(1234))
    assert _shape(returns.format(17)) != _shape(repair.format(17))


def test_addresses_and_links_are_no_words() -> None:
    """A machine names itself and its own page, each time another."""
    one, other = (
        f"<p>We got your mail at {who}@moonbank.example, see https://{who}.example/{who}?a=b</p>"
        for who in ("care", "sales")
    )

    assert _shape(one) == _shape(other)


@pytest.mark.parametrize("run", ["a", "a.", "a-", "ab/", "\u0434"])
def test_one_endless_word_costs_no_more_than_many_short_ones(run: str) -> None:
    """Whoever writes it must not hold a worker up: seen by the hour, not by the clock."""
    asked = shot(ticket(ASKS))
    assert asked.turn is not None

    assert shape(replace(asked, turn=replace(asked.turn, text=run * 400_000)))


@pytest.mark.parametrize("body", ["", "<p>Help!</p>", "<p>1234 5678 9012 3456</p>"])
def test_too_few_words_tell_nothing(body: str) -> None:
    """Anybody may write a word and a number."""
    assert "" == shape(shot(ticket(body, subject="Hi")))


def test_mail_without_a_body_is_told_by_its_subject() -> None:
    """A machine may say all it has to say in the subject."""
    one = shape(shot(ticket("", subject="We have received your message 17")))

    assert one
    assert one == shape(shot(ticket("", subject="We have received your message 18")))


def test_a_later_message_is_told_by_its_own_words() -> None:
    """The first mail of the ticket is another one's business."""
    later = said(9, ASKS)

    assert shape(shot(ticket("<p>Where is your shop, please?</p>"), later)) == shape(
        shot(ticket("<p>Do you sell table lamps, too?</p>"), later)
    )
