"""Good replies go out, and hardly one that was made false: a sample; `make bench` plays all."""

from dataclasses import replace

import pytest

from agent.model import Disposition, Paragraph, Sentence
from tests.agent import desk_of_paper
from tests.agent.mutants import KINDS, mutants
from tests.agent.replies import SETS, is_public, judge, policy, replies

TUNED = SETS[0]
SHARE = 6
"""Every so manieth reply; the bench plays all of them."""


def test_the_corpus_is_large_and_of_four_languages() -> None:
    """A figure is worth what it was measured on."""
    good = replies(TUNED)

    assert len(good) >= 200
    assert {"en", "de", "fr", "es"} == {one.language for one in good}
    assert all(sum(one.language == code for one in good) >= 25 for code in ("de", "fr", "es"))


def test_good_replies_go_out() -> None:
    """What is blocked without need makes work: at most 2 in 100."""
    allowed = policy(TUNED)
    blocked = [one.name for one in replies(TUNED) if not is_public(judge(one, one.draft, allowed))]

    assert len(blocked) <= 0.02 * len(replies(TUNED)), blocked


@pytest.mark.parametrize("kind", KINDS)
def test_hardly_a_false_reply_goes_out(kind: str) -> None:
    """Each class by itself, under the policy that lets the true ones out."""
    allowed = policy(TUNED)
    made = [one for good in replies(TUNED)[::SHARE] for one in mutants(good, kind, most=1)]
    out = [one.what for one in made if is_public(judge(one.reply, one.draft, allowed))]

    assert len(made) >= 6
    assert len(out) <= 0.03 * len(made), out


def test_hardly_a_claim_in_ordinary_words_goes_out() -> None:
    """The check lets other words through, so a claim put behind a true sentence must not be one."""
    made = [
        one
        for name in SETS
        for good in replies(name)[::SHARE]
        for one in mutants(good, "added claim", most=2)
    ]
    out = [m.what for m in made if is_public(judge(m.reply, m.draft, policy(m.reply.file)))]

    assert len(made) >= 150
    assert len(out) <= 0.03 * len(made), out


def test_a_free_wording_may_go_out_as_well() -> None:
    """Who holds back all that is not word for word leaves every reply to people."""
    out = [
        one.name
        for one in replies("replies_eighth.yaml")
        if is_public(judge(one, one.draft, policy("replies_eighth.yaml")))
    ]

    assert len(out) >= 0.4 * len(replies("replies_eighth.yaml")), out


@pytest.mark.parametrize("name", SETS)
def test_what_says_more_than_its_quote_waits_for_a_person(name: str) -> None:
    """It may well be true; only nobody has shown it."""
    allowed = policy(name)
    for one in replies(name, "infers"):
        assert judge(one, one.draft, allowed).disposition > Disposition.PUBLIC_REPLY


def test_the_check_of_evidence_is_what_holds_them() -> None:
    """Were the page as false as the reply, it would go out: no other guard knows better."""
    allowed = policy(TUNED)
    good = replies(TUNED)[0]
    false = mutants(good, "digit", most=1)[0]
    told = [one.text for part in false.draft.paragraphs for one in part.sentences]
    page = desk_of_paper.page("\n".join(told), name=good.draft.documents[0].id)
    cited = tuple(Sentence(text, desk_of_paper.cite(page, text)) for text in told)
    vouched = replace(false.draft, paragraphs=(Paragraph(cited),), documents=(page,))

    assert not is_public(judge(good, false.draft, allowed))
    assert is_public(judge(good, vouched, allowed))
