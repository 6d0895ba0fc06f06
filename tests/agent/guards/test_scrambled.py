"""What nobody could read is not shown, and what a page or the customer gave is."""

import pytest

from agent import guards
from agent.model import Disposition, Outcome
from agent.policy.terms import Policy
from tests.agent.desk_of_paper import draft, page, shot

UNREADABLE = (
    "S1gtOTkzMS1aVUxV",
    "S1gt OTkz MS1a VUxV",
    "See https://help.larkspur.example.com/s/S1gtOTkzMS1aVUxV for returns.",
    "⠅⠭⠤⠼⠊⠊⠉⠁",
    "bc1qar0srr7xfkvy5l643lydnw9re59gtzzwf5mdq",
)
READABLE = (
    "Your iPhone15Pro and the MacBook are covered.",
    "PayPal, YouTube, eBay and WhatsApp stay as they are.",
    "Thank you! 🙂🎉",
    "Order LK-204417 and parcel 1Z999AA10123456784 are on their way.",
)


def told(text: str, *, given: str = "") -> set[str]:
    """Return the guards that keep a text from everybody, notes included."""
    proposed = draft(text, pages=(page(f"Pages. {given}"),), outcome=Outcome.FOR_AGENT)
    found = guards.check(shot("<p>How?</p>"), proposed, Policy())
    return {one.guard for one in found if one.most is Disposition.HANDOFF}


@pytest.mark.parametrize("text", UNREADABLE)
def test_signs_that_no_source_has_are_not_shown_to_the_agents_either(text: str) -> None:
    """Whatever encoding the next attacker asks for, it need not be known to be stopped."""
    assert "scrambled" in told(text)


@pytest.mark.parametrize("text", UNREADABLE)
def test_the_same_signs_may_be_given_back_where_a_page_has_them(text: str) -> None:
    """A help centre may have serial numbers, and may speak of Braille."""
    assert "scrambled" not in told(text, given=text)


@pytest.mark.parametrize("text", READABLE)
def test_names_numbers_and_a_smile_are_no_scramble(text: str) -> None:
    """Makers write their names oddly, and a parcel has a number."""
    assert "scrambled" not in told(text)
