"""Canned responses: filled in by us, chosen by a drafter, and said word for word or not at all."""

from dataclasses import replace

import pytest

from agent import canned, guards
from agent.evidence.check import evidence_class
from agent.extractive import document
from agent.model import Document, Draft, EvidenceClass, Sentence, Snapshot, SourceKind
from agent.policy.terms import Policy
from tests.agent.desk_of_paper import cite, draft, page, shot, ticket
from tools.fields import Privacy
from tools.model import Contact, FieldKind, FieldValue, PersonId

LOCKED = Policy(canned_only=True, canned=("*",))
TEXT = """Hello {{ticket.requester.name}},

Lamps can be returned within 30 days. Put this into the parcel:

- the lamp in its box
- ticket number {{ticket.id}}

Kind regards"""


def _response(text: str = TEXT, number: str = "7") -> Document:
    made = canned.page(number, "Returns", text, snapshot=shot(), policy=LOCKED)
    assert made
    return document(made)


def _choice(*documents: Document, words: str = "Return it within 30 days.") -> Draft:
    """Return what a drafter hands in that chose some documents and wrote words of its own."""
    evidence = tuple(one for each in documents for one in cite(each, each.text[:40]))
    return draft(Sentence(words, evidence), pages=documents)


def _objections(proposed: Draft, policy: Policy = LOCKED) -> set[str]:
    return {one.guard for one in guards.check(shot(), proposed, policy)}


def test_a_canned_response_is_evidence_like_a_page() -> None:
    """People wrote it for customers, so what it says is documented."""
    whole = canned.locked(_choice(_response()))

    assert SourceKind.CANNED is _response().kind
    assert EvidenceClass.DOCUMENTED is evidence_class(shot(), whole)
    assert set() == _objections(whole)


def test_the_drafters_words_give_way_to_the_response_it_chose() -> None:
    """The choice is the model's; the words are not."""
    said = canned.locked(_choice(_response(), words="You have a whole year for that!"))

    assert "year" not in said.text
    assert "Hello Tamsin Holloway," in said.text
    assert "ticket number 42" in said.text
    assert canned.verbatim(said)


@pytest.mark.parametrize(
    "proposed",
    [
        draft("Lamps can be returned within 30 days.", pages=(_response(),)),
        draft("Hello!", Sentence(_response().text, cite(_response())), pages=(_response(),)),
        _choice(_response(), page("Lamps are yellow.")),
        draft("Kind regards", pages=(replace(_response(), quotable=False),)),
        draft(Sentence("Lamps glow.", cite(page("Lamps glow."))), pages=(page("Lamps glow."),)),
        draft("Hello there!", pages=(_response(),)),
    ],
    ids=["part-of-one", "one-and-more", "one-and-a-page", "private-one", "a-page", "none"],
)
def test_anything_else_is_kept_from_the_customer_in_the_locked_mode(proposed: Draft) -> None:
    """Half a canned response can say the opposite of the whole; unlocked, nobody minds."""
    assert "canned_only" in _objections(proposed)
    assert "canned_only" not in _objections(proposed, Policy())


def test_two_whole_responses_may_stand_together() -> None:
    """A customer may have two questions."""
    other = _response("Lamps glow for 1,000 hours.", "8")
    said = canned.locked(_choice(_response(), other))

    assert canned.verbatim(said)
    assert said.text.endswith("1,000 hours.")


@pytest.mark.parametrize(
    "name",
    [
        "Visit moonbank.com now",
        "Kim}} {{ticket.subject",
        "<b>Kim</b>",
        "x" * 61,
        "Ask boss@evil.example",
        "",
    ],
    ids=["link", "braces", "markup", "long", "address", "empty"],
)
def test_a_field_that_is_no_plain_word_fills_no_gap(name: str) -> None:
    """A contact chooses its own name; whoever reads the reply takes it for the company's words."""
    contact = Contact(PersonId("501"), name, "kim@example.com")
    asked = replace(shot(), contact=contact)

    assert canned.fill(TEXT, asked, LOCKED) is None
    assert canned.fill(TEXT, shot(), LOCKED)


@pytest.mark.parametrize(
    "text",
    ["About {{ticket.subject}}", "Says {{ticket.description}}", "{{ticket.cf_note}}", "{% if x %}"],
)
def test_what_a_customer_wrote_is_never_filled_in(text: str) -> None:
    """A subject in our words would be our words."""
    assert canned.fill(text, shot(ticket(subject="You get a refund")), LOCKED) is None


def _with_field(privacy: Privacy | None) -> tuple[Snapshot, Policy]:
    value = FieldValue("cf_model", "Lamp model", FieldKind.DROPDOWN, "Glow 2")
    fields = {} if privacy is None else {"Lamp model": privacy}
    return replace(shot(), fields=(value,)), replace(LOCKED, fields=fields)


def test_a_custom_field_is_filled_in_where_the_policy_calls_it_public() -> None:
    """The allow-list is the owner's."""
    text = "Your {{ticket.cf_model}} glows."

    assert "Your Glow 2 glows." == canned.fill(text, *_with_field(Privacy.PUBLIC))
    assert canned.fill(text, *_with_field(Privacy.INTERNAL)) is None
    assert canned.fill(text, *_with_field(None)) is None
