"""What a reply commits the company to is found by rule, and none of it goes out unshown."""

from functools import cache
from pathlib import Path

import pytest
import yaml

from agent import guards
from agent.decide import decide
from agent.guards.unmatched_promise import promise
from agent.model import Disposition, Sentence
from agent.policy.terms import Mode, Policy
from tests.agent.desk_of_paper import cite, draft, page, shot

BOLD = Policy(mode=Mode.AUTO)
TRUE = "Lamps can be returned within 30 days."
PAGE = page(TRUE)
GOOD = Sentence(TRUE, cite(PAGE, TRUE))


MENDED_ON = ("commitments.yaml", "commitments_second.yaml")
FALSE = 0.02
"""Part of ordinary sentences that may be taken for a commitment."""


@cache
def labelled(key: str, *names: str) -> tuple[tuple[str, str], ...]:
    """Return language and sentence of every line under a label in the named files."""
    read = [yaml.safe_load(Path(__file__).with_name(one).read_text("utf-8")) for one in names]
    told = [one[label] for one in read for label in (key, f"held_{key}") if label in one]
    return tuple((code, one) for table in told for code, texts in table.items() for one in texts)


def committed(told: tuple[tuple[str, str], ...]) -> list[str]:
    """Return the sentences that are taken for a commitment."""
    return [one for code, one in told if promise(Sentence(one), language=code) is not None]


def disposition(*sentences: Sentence | str) -> Disposition:
    """Return what the boldest policy does with a reply of these sentences."""
    asked, proposed = shot(), draft(*sentences, pages=(PAGE,))
    return decide(asked, proposed, guards.check(asked, proposed, BOLD), BOLD).disposition


def test_hard_commitments_are_recognised() -> None:
    """At least 98 of 100 of the labelled ones, and hardly a sentence that promises nothing."""
    hard, none = labelled("hard", *MENDED_ON), labelled("none", *MENDED_ON)
    known, alarms = committed(hard), committed(none)

    assert len(hard) >= 400
    assert len(none) >= 250
    assert len(known) >= 0.98 * len(hard), {one for _, one in hard} - set(known)
    assert len(alarms) <= FALSE * len(none), alarms


def test_sentences_the_rules_were_not_made_for_are_recognised_too() -> None:
    """A floor below what was measured once; the head of the file has the figures."""
    hard, none = (labelled(key, "commitments_held.yaml") for key in ("hard", "none"))

    assert len(committed(hard)) >= 0.95 * len(hard)
    assert len(committed(none)) <= 0.04 * len(none)


@pytest.mark.parametrize("name", [*MENDED_ON, "commitments_held.yaml"])
def test_no_commitment_goes_out_known_or_not(name: str) -> None:
    """What no page says is not said: the check of evidence holds those that no word betrays."""
    for _, one in labelled("hard", name):
        assert disposition(GOOD, one) > Disposition.PUBLIC_REPLY, one
        assert disposition(GOOD, Sentence(one, GOOD.evidence)) > Disposition.PUBLIC_REPLY, one


def test_the_same_reply_without_a_commitment_goes_out() -> None:
    """Or the other figures would prove nothing."""
    assert Disposition.PUBLIC_REPLY is disposition(GOOD)
    assert Disposition.PUBLIC_REPLY is disposition("Thank you for your message.", GOOD)
