"""Who wants a person is heard by rule, and who only uses the same words is still answered."""

from functools import cache
from html import escape
from pathlib import Path

import yaml

from agent.human import handoff
from agent.policy import Policy
from tests.agent.desk_of_paper import shot

FALSE = 0.01
"""Part of ordinary mail that may be taken for a wish."""


@cache
def labelled(key: str) -> tuple[str, ...]:
    """Return every text under a label, in all languages."""
    read = yaml.safe_load(Path(__file__).with_name("wishes.yaml").read_text("utf-8"))
    return tuple(text for texts in read[key].values() for text in texts)


def heard(text: str) -> bool:
    """Return whether a person must take a ticket with this text."""
    return handoff(shot(f"<p>{escape(text)}</p>"), Policy()) is not None


def test_whoever_wants_a_person_is_heard() -> None:
    """A machine that does not let go is what customers hate most."""
    assert len(labelled("wanted")) >= 90
    assert [] == [text for text in labelled("wanted") if not heard(text)]


def test_ordinary_mail_with_the_same_words_is_still_answered() -> None:
    """Handing everything over would hear every wish, and help nobody."""
    ordinary = labelled("ordinary")
    wrong = [text for text in ordinary if heard(text)]

    assert len(ordinary) >= 90
    assert len(wrong) <= FALSE * len(ordinary), wrong
