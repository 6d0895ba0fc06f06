"""What a reply commits the company to is found by rule, and none of it goes out unshown."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from agent import guards
from agent.decide import decide
from agent.guards.unmatched_promise import promise
from agent.model import Disposition, Sentence
from agent.policy import Mode, Policy
from tests.agent.desk_of_paper import cite, draft, page, shot

BOLD = Policy(mode=Mode.AUTO)
TRUE = "Lamps can be returned within 30 days."
PAGE = page(TRUE)
GOOD = Sentence(TRUE, cite(PAGE, TRUE))


@cache
def labelled(*keys: str) -> tuple[tuple[str, str], ...]:
    """Return language and sentence of every line under the given labels."""
    read = yaml.safe_load(Path(__file__).with_name("commitments.yaml").read_text("utf-8"))
    return tuple(_lines(read, keys))


def _lines(
    read: dict[str, dict[str, list[str]]], keys: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for key in keys:
        for language, sentences in read[key].items():
            yield from ((language, one) for one in sentences)


def disposition(*sentences: Sentence | str) -> Disposition:
    """Return what the boldest policy does with a reply of these sentences."""
    asked, proposed = shot(), draft(*sentences, pages=(PAGE,))
    return decide(asked, proposed, guards.check(asked, proposed, BOLD), BOLD).disposition


def test_hard_commitments_are_recognised() -> None:
    """At least 98 of 100 of the labelled ones, and no sentence that promises nothing."""
    hard, none = labelled("hard"), labelled("none")
    missed = [one for code, one in hard if promise(Sentence(one), language=code) is None]
    alarms = [one for code, one in none if promise(Sentence(one), language=code) is not None]

    assert len(hard) + len(none) >= 150
    assert len(missed) <= 0.02 * len(hard), missed
    assert [] == alarms


def test_words_for_a_promise_run_out_sooner_than_promises() -> None:
    """On sentences the words were not collected from, fewer than half are known: see below."""
    held = labelled("held_hard")
    known = [one for code, one in held if promise(Sentence(one), language=code) is not None]

    assert len(known) >= 0.4 * len(held)


@pytest.mark.parametrize("key", ["hard", "held_hard"])
def test_no_commitment_goes_out_known_or_not(key: str) -> None:
    """What no page says is not said: the check of evidence holds those that no word betrays."""
    for _, one in labelled(key):
        assert disposition(GOOD, one) > Disposition.PUBLIC_REPLY, one
        assert disposition(GOOD, Sentence(one, GOOD.evidence)) > Disposition.PUBLIC_REPLY, one


def test_the_same_reply_without_a_commitment_goes_out() -> None:
    """Or the other figures would prove nothing."""
    assert Disposition.PUBLIC_REPLY is disposition(GOOD)
    assert Disposition.PUBLIC_REPLY is disposition("Thank you for your message.", GOOD)
