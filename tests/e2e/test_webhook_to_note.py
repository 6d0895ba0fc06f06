"""Over real sockets, two processes: a customer's message becomes one private note."""

from collections.abc import Iterator

import pytest

from tests.e2e.processes import SECRET, TOKEN, World, world

pytestmark = pytest.mark.e2e
ASKED = "<p>Hello, how do I return an item, and how long do I have?</p>"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both processes, configured by environment alone."""
    with world(tmp_path_factory.mktemp("e2e")) as both:
        yield both


def test_a_customers_message_becomes_one_cited_private_note(running: World) -> None:
    """The main job: a webhook wakes the responder, and the agents find a draft with its source."""
    ticket = running.write(ASKED)

    note = running.wait_for(ticket, "note")
    why = running.settled(ticket)

    assert note["private"] is True
    assert "solutions/articles" in note["body"]
    assert "PRIVATE_NOTE" == why["disposition"]
    assert "documented" == why["evidence"][0]["class"]
    assert "default" == why["policy"]
    assert 1 == len(running.log(ticket, "note", "reply"))


def test_a_second_message_is_a_turn_of_its_own(running: World) -> None:
    """Every newest word of the customer is answered once, and only once."""
    ticket = running.write(ASKED)
    running.wait_for(ticket, "note")
    running.settled(ticket)

    running.control(
        f"tickets/{ticket}/customer-reply", {"body": "<p>How do I reset my password?</p>"}
    )
    running.settled(ticket)

    assert 2 == len(running.log(ticket, "note"))


def test_the_same_webhook_again_makes_no_second_note(running: World) -> None:
    """The helpdesk delivers at least once: doubles are its normal manner."""
    ticket = running.write(ASKED)
    running.settled(ticket)
    for _ in range(3):
        again = running.client.post(
            f"{running.responder}/hooks/default",
            json={"ticket_id": ticket},
            headers={"X-Deskhand-Secret": SECRET},
        )
        assert 202 == again.status_code

    why = running.settled(ticket)

    assert 1 == len(running.log(ticket, "note", "reply"))
    assert {"done", "skipped"} == {d["state"] for d in why["timeline"]}


def test_a_question_the_help_centre_cannot_answer_is_handed_over(running: World) -> None:
    """A person must see why there is no draft; silence would be worse than a wrong note."""
    ticket = running.write("<p>Does your chief astronomer give talks about Jupiter's moons?</p>")

    running.wait_for(ticket, "note")
    why = running.settled(ticket)

    assert "HANDOFF" == why["disposition"]
    assert [] == running.log(ticket, "reply")


def test_assist_drafts_and_posts_nothing(running: World) -> None:
    """An agent who asks for a draft must not find that something was said already."""
    ticket = running.write(ASKED)
    running.settled(ticket)
    before = running.log(ticket)

    answer = running.client.post(
        f"{running.responder}/api/accounts/default/tickets/{ticket}/draft",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )

    assert 200 == answer.status_code
    assert answer.json()["evidence"]
    assert before == running.log(ticket)


def test_a_ticket_that_is_gone_is_skipped_with_the_reason(running: World) -> None:
    """A webhook may name what was deleted since; that is no fault, and not silence either."""
    running.client.post(
        f"{running.responder}/hooks/default",
        json={"ticket_id": "999999"},
        headers={"X-Deskhand-Secret": SECRET},
    ).raise_for_status()

    why = running.settled("999999")

    assert "gone" in why["skipped"][0]


def test_spam_is_skipped(running: World) -> None:
    """Spam earns neither a draft nor a model call."""
    ticket = running.write(ASKED)
    running.settled(ticket)
    running.control(f"tickets/{ticket}/update", {"spam": True})
    running.control(f"tickets/{ticket}/customer-reply", {"body": "<p>Buy my pills today</p>"})

    why = running.settled(ticket)

    assert any("spam" in reason for reason in why["skipped"])
    assert 1 == len(running.log(ticket, "note"))
