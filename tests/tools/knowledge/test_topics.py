"""What no page answers, grouped: topics and counts, and never a customer's sentence."""

from tools.knowledge.topics import Unanswered, grouped

DRONE = "Do you sell drones for watering the garden?"


def asked(*texts: str) -> list[Unanswered]:
    """Return questions, each on a ticket of its own, one a minute."""
    return [Unanswered(str(at + 1), text, "en", 60.0 * at) for at, text in enumerate(texts)]


def test_questions_about_one_thing_are_one_topic_the_most_asked_first() -> None:
    """Whoever writes the missing page wants to know which one is missed most."""
    found = grouped(
        asked(DRONE, "What is your phone number?", "When will your garden drone be sold again?",
              "Are the drones waterproof?")
    )  # fmt: skip

    assert [3, 1] == [topic.count for topic in found]
    assert ("4", "3", "1") == found[0].tickets
    assert "drone" in " ".join(found[0].label)
    assert 180.0 == found[0].last


def test_a_topic_is_named_by_what_its_questions_share() -> None:
    """A name that one customer wrote is nobody's topic, and belongs on nobody's list."""
    found = grouped(asked("I am Zephyrine, do you sell drones?", "Do you sell drones, says Bob?"))

    assert 1 == len(found)
    assert not {"zephyrine", "bob"} & set(found[0].label)


def test_addresses_and_order_numbers_name_no_topic() -> None:
    """They are no topic, and they are somebody's."""
    label = grouped(asked("Where is LK-204466 for ann@example.com, my drone?"))[0].label

    assert "drone" in label
    assert not [word for word in label if "204466" in word or "ann" in word or "@" in word]


def test_meaning_joins_what_shares_no_word() -> None:
    """Two customers seldom choose the same words."""
    texts = asked("Do you sell drones?", "Have you any quadcopters?")

    apart = grouped(texts)
    joined = grouped(texts, lambda one, other: {one, other} == {0, 1})

    assert (2, 1) == (len(apart), len(joined))


def test_nothing_asked_is_no_topic() -> None:
    """A good month has no gaps."""
    assert () == grouped([])
