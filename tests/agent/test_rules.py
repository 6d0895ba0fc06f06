"""Which cell of a policy binds a ticket: told by rule, and where in doubt the most cautious."""

from dataclasses import replace

import pytest

from agent.mail import human
from agent.model import Snapshot
from agent.policy import rules
from agent.policy.file import read
from agent.policy.terms import Mode, Policy
from tests.agent.desk_of_paper import said, shot, ticket

_FILE = """
mode = "note"

[topics.returns]
words = ["return", "refund*", "send back"]
tags = ["rma"]
types = ["Return request"]
groups = ["Returns"]

[topics.legal]
words = ["lawyer", "warranty"]

[[cell]]
topics = ["returns"]
channels = ["Email"]
languages = ["en"]
mode = "auto"

[[cell]]
topics = ["returns"]
mode = "one-click"

[[cell]]
topics = ["legal"]
mode = "observe"

[[cell]]
channels = ["Phone"]
mode = "off"
"""
POLICY = read(_FILE.encode(), where="p.toml")


def _mode(snapshot: Snapshot, policy: Policy = POLICY) -> Mode:
    return rules.of(policy, snapshot).mode


@pytest.mark.parametrize(
    ("about", "topics"),
    [
        (ticket("<p>Can I return it?</p>"), ("returns",)),
        (ticket("<p>No refunds then?</p>"), ("returns",)),
        (ticket("<p>REFUNDED?</p>"), ("returns",)),
        (ticket("<p>I will s\u00ebnd  back the lamp</p>"), ("returns",)),
        (ticket("<p>Hi</p>", subject="Return"), ("returns",)),
        (ticket("<p>Hi</p>", tags=("RMA",)), ("returns",)),
        (ticket("<p>Hi</p>", type="return request"), ("returns",)),
        (ticket("<p>I want no returnable bottle</p>"), ("other",)),
        (ticket("<p>Hi</p>"), ("other",)),
        (ticket("<p>My lawyer asks for a return</p>"), ("returns", "legal")),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_a_topic_is_told_by_the_lists_of_the_file(about: object, topics: tuple[str, ...]) -> None:
    """Whole words, however they are cased or accented; tags and types as the helpdesk has them."""
    assert topics == rules.topics_of(POLICY, shot(about))  # type: ignore[arg-type]  # a ticket


def test_a_topic_is_told_by_the_group_and_by_what_was_said_before() -> None:
    """The matter of a ticket does not end with a short second message."""
    grouped = replace(shot(ticket("<p>Hi</p>", group_id="9")), group="Returns")
    later = shot(ticket("<p>I want a refund.</p>"), said(5, "<p>Well, when?</p>"))

    assert ("returns",) == rules.topics_of(POLICY, grouped)
    assert ("returns",) == rules.topics_of(POLICY, later)


ENGLISH = "<p>How do I return the lamp that you sent me last week?</p>"
GERMAN = "<p>Wie kann ich die Lampe als return zurückschicken, die Sie mir gesandt haben?</p>"


@pytest.mark.parametrize(
    ("snapshot", "mode", "cell"),
    [
        (shot(ticket(ENGLISH)), Mode.AUTO, 1),
        (shot(ticket(ENGLISH, source="email")), Mode.AUTO, 1),
        (shot(ticket(ENGLISH, source="Portal")), Mode.ONE_CLICK, 2),
        (shot(ticket(GERMAN)), Mode.ONE_CLICK, 2),
        (shot(ticket("<p>What does the lamp cost, please?</p>")), Mode.NOTE, 0),
        (shot(ticket("<p>A call</p>", source="Phone")), Mode.OFF, 4),
        (shot(ticket(ENGLISH + "<p>My lawyer insists.</p>")), Mode.OBSERVE, 3),
    ],
    ids=["fits", "case", "channel", "language", "none", "off", "two-topics"],
)
def test_the_first_cell_that_fits_decides_and_of_two_topics_the_stricter(
    snapshot: Snapshot, mode: Mode, cell: int
) -> None:
    """A word about returns in a lawyer's letter must not open the door."""
    found = rules.of(POLICY, snapshot)

    assert (mode, cell) == (found.mode, found.cell)


def test_a_language_that_cannot_be_told_is_taken_for_the_strictest() -> None:
    """An empty language fits no cell by its name; the file's bold default must not win by that."""
    bold = read(b'mode = "auto"\n[[cell]]\nlanguages = ["de"]\nmode = "observe"\n', where="p")
    asked = shot(ticket("<p>?!</p>", subject="?"))
    turn = asked.turn
    assert turn

    untold = replace(asked, turn=replace(turn, language=""))
    english = replace(asked, turn=replace(turn, language="en"))

    assert (Mode.OBSERVE, Mode.AUTO) == (_mode(untold, bold), _mode(english, bold))


def test_a_group_that_could_not_be_read_leaves_nothing_to_the_machine() -> None:
    """A key that may not read groups must not be a way round a rule about groups."""
    unread = shot(ticket(ENGLISH, group_id="9"))
    by_id = read(_FILE.replace('groups = ["Returns"]', 'groups = ["9"]').encode(), where="p.toml")

    assert (Mode.NOTE, Mode.AUTO) == (_mode(unread), _mode(unread, by_id))
    assert "could not be read" in rules.of(POLICY, unread).doubt
    assert Mode.AUTO is _mode(replace(unread, group="Returns"))


_HUMAN = read(
    (
        _FILE + '[human]\ntopics = ["legal"]\ngroups = ["Key accounts"]\n'
        'mailboxes = ["press@larkspur.example.com"]\n'
    )
    .replace('[[cell]]\ntopics = ["legal"]\nmode = "observe"\n', "")
    .encode(),
    where="p.toml",
)


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        (shot(ticket("<p>Is the lamp under warranty?</p>")), "the topic 'legal'"),
        (replace(shot(ticket(ENGLISH, group_id="7")), group="key accounts"), "'Key accounts'"),
        (shot(ticket(ENGLISH, to_emails=("Press <PRESS@larkspur.example.com>",))), "mailbox"),
        (shot(ticket(ENGLISH, cc_emails=("press@larkspur.example.com",))), "mailbox"),
        (shot(ticket(ENGLISH, support_email="press@larkspur.example.com")), "mailbox"),
    ],
    ids=["topic", "group", "to", "cc", "support"],
)
def test_what_belongs_to_people_is_handed_over_before_any_model(
    snapshot: Snapshot, told: str
) -> None:
    """The owner's word is enough; no draft is made that somebody could send by mistake."""
    handed = human.handoff(snapshot, _HUMAN)

    assert handed
    assert told in handed.reason
    assert human.handoff(shot(ticket(ENGLISH)), _HUMAN) is None
