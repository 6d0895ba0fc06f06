"""A policy file is read, or refused in words that help."""

import pytest

from agent.policy import BadPolicy, Mode, parse


def test_the_smallest_open_policy_is_one_line() -> None:
    """A file written by a person is permission enough."""
    policy = parse({"mode": "auto"}, version="v1")

    assert Mode.AUTO is policy.mode
    assert "v1" == policy.version


def test_every_key_is_read() -> None:
    """What is documented works."""
    policy = parse(
        {
            "mode": "note",
            "link_hosts": ["Help.Example.com"],
            "replies_per_hour": 1,
            "replies_per_day": 0,
            "disclosure": "d",
            "signature": "s",
            "tone": "warm",
            "banned": ["x"],
            "human_topics": ["y"],
            "answer_assigned": True,
        },
        version="v1",
    )

    assert ("help.example.com",) == policy.link_hosts
    assert (1, 0, True) == (policy.replies_per_hour, policy.replies_per_day, policy.answer_assigned)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"mod": "auto"}, "unknown key 'mod'; did you mean 'mode'"),
        ({"mode": "on"}, "mode = 'on': use one of"),
        ({"link_hosts": ["https://x.example/a"]}, "bare host names"),
        ({"link_hosts": "x.example"}, "list of texts"),
        ({"replies_per_hour": -1}, "whole number"),
        ({"replies_per_hour": True}, "whole number"),
        ({"answer_assigned": 1}, "true or false"),
        ({"signature": 3}, "text in quotes"),
        ({"zzzzqq": 1}, "known are"),
        ({"version": "mine"}, "unknown key 'version'"),
    ],
)
def test_a_bad_file_names_place_key_value_and_fix(document: dict[str, object], words: str) -> None:
    """Whoever mends it should not have to guess."""
    with pytest.raises(BadPolicy, match=r"acme\.toml") as refused:
        parse(document, version="v1", where="acme.toml")

    assert words in str(refused.value)
