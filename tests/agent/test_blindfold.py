"""Answerable questions asked again without their page, and with a page that says otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from agent import guards, render
from agent.decide import decide
from agent.model import Decision, Disposition, Draft, EvidenceClass, Result, Sentence
from agent.policy.terms import Mode, Policy
from tests.agent.desk_of_paper import cite, draft, page, shot
from tests.tools.knowledge import labelled
from tests.tools.knowledge.labelled import Labelled, Question
from tools.knowledge.article import Page
from tools.knowledge.pages import digest
from tools.knowledge.shelf import family_of
from tools.model import Contact, PersonId

MOST = 0.01
"""Of the questions whose page is missing or contradicted, those that may still go out."""
SHARE = 6
"""Every so manieth page is played; the benches play all of them."""
BOLD = Policy(mode=Mode.AUTO, portal_hosts=("help.example.com",))
TAMSIN = Contact(PersonId("9001"), "Tamsin Holloway", "tamsin@example.com", language="en")
CENTRES = (labelled.shop(), labelled.library())


def public(asked: Question, proposed: Draft) -> bool:
    """Return whether a draft would go out under the boldest policy, whoever asks."""
    shown = replace(labelled.snapshot(asked), contact=TAMSIN)
    found = guards.check(shown, proposed, BOLD)
    return decide(shown, proposed, found, BOLD).disposition is Disposition.PUBLIC_REPLY


@dataclass(frozen=True, slots=True)
class Own:
    """A help centre, the questions that one page of it answers, and that page's versions."""

    centre: Labelled
    asked: tuple[Question, ...]
    pages: tuple[Page, ...]


def owned(every: int = 1) -> Iterator[Own]:
    """Yield each page of both help centres that answers a question; `every` thins them out."""
    for centre in CENTRES:
        for own in sorted({one.page for one in centre.questions if one.page})[::every]:
            asked = tuple(one for one in centre.questions if one.page == own)
            pages = tuple(one for one in centre.pages if family_of(one.id) == f"article:{own}")
            yield Own(centre, asked, pages)


async def sent(own: Own, *pages: Page) -> list[tuple[Question, Draft]]:
    """Return what a help centre of these pages would send to the questions."""
    async with labelled.setup(replace(own.centre, pages=pages)) as setup:
        drafts = [(one, await setup.draft(one)) for one in own.asked]
    return [(one, told) for one, told in drafts if public(one, told)]


async def test_a_question_whose_page_is_gone_is_not_answered_from_another() -> None:
    """The nearest page is not the right one; a drafter that quotes it tells a falsehood."""
    asked, out = 0, list[str]()
    for own in owned(SHARE):
        left = [one for one in own.centre.pages if one not in own.pages]
        out += [one.ask for one, _ in await sent(own, *left)]
        asked += len(own.asked)

    assert asked >= 25
    assert len(out) <= max(1, MOST * asked), out


async def test_a_question_that_two_pages_answer_otherwise_is_left_to_people() -> None:
    """Which of the two is out of date no program knows; the twin shows that one page alone goes."""
    alone, out = 0, list[str]()
    for own in owned(SHARE):
        old = tuple(_altered(one) for one in own.pages)
        before = [one for one, told in await sent(own, *own.centre.pages) if _counts(told)]
        after = [one.ask for one, _ in await sent(own, *own.centre.pages, *old)]
        alone += len(before)
        out += [one.ask for one in before if one.ask in after]

    assert alone >= 3
    assert [] == out


def _counts(told: Draft) -> bool:
    return any(char.isdigit() for char in told.text)


def _altered(one: Page) -> Page:
    """Return a page as it may have stood a year ago: each of its digits is another."""
    text = one.text.translate(str.maketrans("0123456789", "1234567891"))
    name = one.id.replace(":", ":9", 1)
    return replace(one, id=name, title=f"{one.title} (old)", text=text, digest=digest(text))


OLD = "A lamp may be returned within 14 days."
SAYS = "Lamps can be returned within 30 days."
DISPUTED = {
    "another number": OLD,
    "a word more": "Unused lamps can be returned within 14 days.",
    "another unit": "Lamps can be returned within 3 weeks.",
    "the opposite": "Lamps cannot be returned.",
    "the opposite, in other words": "No lamp can be returned.",
}
AGREED = {
    "the same number": "You can return lamps within 30 days.",
    "another thing": "Gift cards can be returned within 14 days.",
    "another matter": "Lamps have a warranty of 2 years.",
}


def decided(other: str) -> tuple[Decision, str]:
    """Return what becomes of a true quote beside another page, and what would be posted."""
    first, second = page(SAYS), page(other, name="article:9", title="Other")
    told = draft("Hello,", Sentence(SAYS, cite(first)), pages=(first, second))
    seen, policy = shot(), replace(BOLD, portal_hosts=("help.larkspur.example.com",))
    decision = decide(seen, told, guards.check(seen, told, policy), policy)
    result = Result(seen, draft=told, decision=decision)
    return decision, render.body(result, decision.disposition, policy, run="r1")


@pytest.mark.parametrize("other", DISPUTED.values(), ids=DISPUTED)
def test_a_quote_that_another_page_disputes_becomes_a_note_that_names_both(other: str) -> None:
    """A person can mend the help centre, if the note says where."""
    decision, posted = decided(other)

    assert Disposition.PRIVATE_NOTE is decision.disposition
    assert EvidenceClass.DOCUMENTED is not decision.evidence
    assert "article:1 and article:9 state different things" in posted


@pytest.mark.parametrize("other", AGREED.values(), ids=AGREED)
def test_a_quote_beside_a_page_of_another_matter_goes_out(other: str) -> None:
    """The twin: most pages speak of something else, and have numbers, too."""
    assert Disposition.PUBLIC_REPLY is decided(other)[0].disposition
