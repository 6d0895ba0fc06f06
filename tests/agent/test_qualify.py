"""Turns that are left alone, and the ordinary ones beside them that are not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.mail import human
from agent.model import Outcome, Snapshot
from agent.policy.terms import Policy
from agent.qualify import qualify
from tests.agent.desk_of_paper import CUSTOMER, ME, NOW, said, shot, ticket
from tools.model import Attachment, Author, Kind, Stage

LATER = NOW - timedelta(minutes=5)
ASKS = "<p>How do I return a lamp?</p>"
VACATION = "<p>I am currently out of the office with limited access to e-mail until my return.</p>"
OURS = said(5, "<p>Return it within 30 days.</p>", by=Author.RESPONDER)
PERSON = said(5, "<p>I will look.</p>", by=Author.AGENT)

LEFT_ALONE: dict[str, tuple[str, Snapshot]] = {
    "spam": ("spam", shot(ticket(spam=True))),
    "deleted": ("deleted", shot(ticket(deleted=True))),
    "held by the helpdesk's own AI": ("held_by_ai", shot(ticket(held_by_ai=True))),
    "outbound without an answer": ("outbound", shot(ticket(outbound=True))),
    "opened by ourselves": ("from_agent", shot(ticket(requester_id=ME.id))),
    "closed after the first message": ("closed", shot(ticket(stage=Stage.CLOSED))),
    "resolved long after the last word": (
        "closed",
        shot(ticket(stage=Stage.RESOLVED, updated_at=LATER), said(10, ASKS)),
    ),
    "merged": (
        "merged",
        shot(
            ticket(stage=Stage.CLOSED),
            said(5, "This ticket is closed and merged into ticket 7", by=Author.RULE, private=True),
            said(6, ASKS),
        ),
    ),
    "our own answer came after": ("last_word_ours", shot(ticket(), OURS)),
    "our own note came after": ("last_word_ours", shot(ticket(), replace(OURS, private=True))),
    "a person answered": ("answered_by_person", shot(ticket(), PERSON)),
    "somebody unnamed answered": (
        "answered_by_person",
        shot(ticket(), said(5, "Done.", by=Author.UNKNOWN)),
    ),
    "empty": ("empty", shot(ticket(), said(5, "<p> &nbsp; </p>"))),
    "marked automatic": ("machine_mail", shot(ticket(), said(5, ASKS, auto_response=True))),
    "vacation reply": ("machine_mail", shot(VACATION)),
    "daemon": ("machine_mail", shot(ASKS, email="MAILER-DAEMON@example.net")),
    "our own support address": ("own_address", shot(ASKS, email="care@larkspur.example.com")),
    "no-reply as sender of an answer": (
        "machine_mail",
        shot(ticket(), said(5, ASKS, from_email="Shop <no-reply@example.org>")),
    ),
    "the same words again after an answer": (
        "repeated",
        shot(ticket(ASKS), OURS, said(6, ASKS)),
    ),
}  # fmt: skip
ANSWERED: dict[str, Snapshot] = {
    "a first message": shot(ASKS),
    "a word on a closed ticket": shot(ticket(stage=Stage.CLOSED), said(5, ASKS)),
    "a word on a resolved ticket": shot(
        ticket(stage=Stage.RESOLVED, updated_at=NOW - timedelta(minutes=55)), PERSON, said(5, ASKS)
    ),
    "a word after our answer": shot(ticket(), OURS, said(9, "<p>And a pump?</p>")),
    "a private note of an agent came after": shot(ticket(), replace(PERSON, private=True)),
    "an automation's acknowledgement came after": shot(ticket(), said(5, "Got it", by=Author.RULE)),
    "an answer to an outbound ticket": shot(ticket(outbound=True), said(5, ASKS)),
    "a file without words": shot(
        ticket(),
        said(5, "", attachments=(Attachment("1", "a.jpg", "image/jpeg", 9, "https://x.example"),)),
    ),
    "an imported message of the requester": shot(
        ticket(), said(5, ASKS, by=Author.UNKNOWN, author_id=CUSTOMER)
    ),
    "a survey answer beside the message": shot(ticket(), said(5, "Great", kind=Kind.SURVEY)),
    "a repeated question nobody answered": shot(ticket(ASKS), said(5, ASKS)),
    "no contact": shot(ASKS, contact=False),
}  # fmt: skip


@pytest.mark.parametrize(("name", "snapshot"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_turn_is_left_alone_for_a_named_reason(name: str, snapshot: Snapshot) -> None:
    """No credit and no model call is spent on what must not be answered."""
    skip = qualify(snapshot, now=NOW)

    assert skip is not None
    assert name == skip.name
    assert skip.reason


@pytest.mark.parametrize("snapshot", ANSWERED.values(), ids=ANSWERED)
def test_an_ordinary_turn_is_answered(snapshot: Snapshot) -> None:
    """Every reason has a neighbour that is no reason."""
    assert qualify(snapshot, now=NOW) is None


def test_two_auto_responders_stop() -> None:
    """Unknown wording still stops at its first repetition."""
    echo = "<p>We value your mail. Somebody reads all of it. Team Ficus.</p>"

    skip = qualify(shot(ticket(echo), OURS, said(6, echo)), now=NOW)

    assert skip is not None
    assert "repeated" == skip.name


def test_the_helpdesks_own_closing_time_decides() -> None:
    """A touch of a closed ticket is no closing, and a message after one is answered."""
    done = ticket(stage=Stage.RESOLVED, updated_at=NOW)
    before = replace(shot(done, said(10, ASKS)), closed_at=NOW - timedelta(minutes=55))
    after = replace(shot(done, said(10, ASKS)), closed_at=NOW - timedelta(minutes=30))

    assert qualify(before, now=NOW) is None
    skip = qualify(after, now=NOW)
    assert skip is not None
    assert "closed" == skip.name


def test_a_person_who_says_the_same_again_is_handed_over() -> None:
    """An answer that did not help is no reason for silence, nor for the same answer."""
    person = shot(ticket(ASKS), PERSON, said(40, ASKS))
    handed = human.handoff(person, Policy())

    assert qualify(person, now=NOW) is None
    assert handed is not None
    assert Outcome.HUMAN is handed.outcome
    assert "again" in handed.reason
