"""Who wants a person is heard by rule, and who only uses the same words is still answered."""

from functools import cache
from html import escape
from pathlib import Path

import yaml

from agent.mail.human import handoff, why
from agent.policy.terms import Policy
from tests.agent.desk_of_paper import shot

FALSE = 0.01
"""Part of ordinary mail that may be taken for a wish."""
MENDED_ON = ("wishes.yaml", "wishes_second.yaml", "wishes_third.yaml")


@cache
def labelled(key: str, *names: str) -> tuple[str, ...]:
    """Return every text under a label in the named files, in all languages."""
    read = [yaml.safe_load(Path(__file__).with_name(one).read_text("utf-8")) for one in names]
    told = [one[label] for one in read for label in (key, f"held_{key}") if label in one]
    return tuple(text for one in told for texts in one.values() for text in texts)


def heard(text: str) -> bool:
    """Return whether a person must take a ticket with this text."""
    return handoff(shot(f"<p>{escape(text)}</p>"), Policy()) is not None


def test_whoever_wants_a_person_is_heard() -> None:
    """A machine that does not let go is what customers hate most."""
    wanted = labelled("wanted", *MENDED_ON)

    assert len(wanted) >= 440
    assert [] == [text for text in wanted if not heard(text)]


def test_ordinary_mail_with_the_same_words_is_still_answered() -> None:
    """Handing everything over would hear every wish, and help nobody."""
    ordinary = labelled("ordinary", *MENDED_ON)
    wrong = [text for text in ordinary if heard(text)]

    assert len(ordinary) >= 420
    assert len(wrong) <= FALSE * len(ordinary), wrong


def test_sentences_the_rules_were_not_made_for_are_heard_too() -> None:
    """A floor below what was measured once; the head of the file has the figures."""
    wanted, ordinary = (labelled(key, "wishes_held.yaml") for key in ("wanted", "ordinary"))

    assert sum(map(heard, wanted)) >= 0.85 * len(wanted)
    assert sum(map(heard, ordinary)) <= 0.03 * len(ordinary)


def test_a_wish_is_heard_after_a_megabyte_of_other_words() -> None:
    """One pass over the words is enough, however many there are."""
    flood = "the lamp and the filter, please; " * 32_000

    assert why(flood) is None
    assert why(f"{flood}. I want to talk to a human.") is not None
