"""Recorded model answers: found by content, and a miss that says what differs."""

import json
from pathlib import Path

import pytest

from agent.errors import DraftFailed
from agent.llm.dialogue import ModelDrafter
from agent.llm.endpoint import Endpoint
from evals.drafting import Case, play
from evals.draws import RECORDINGS, Draw, Draws, Unrecorded, differences, key, keyed
from evals.endpoint import replaying
from evals.real import MODEL, SMALL

BODY: dict[str, object] = {
    "model": "m",
    "messages": [{"role": "user", "content": "What is due?"}],
    "temperature": 0.0,
    "stream": False,
    "user": "somebody",
}


CASE = Case(
    id="1",
    why="",
    language="en",
    subject="A question nobody asked before",
    html="<p>How long is it valid?</p>",
    answer=None,
    articles=(),
)


def draw(body: dict[str, object], *, n: int = 0) -> Draw:
    """Return a recorded answer to this request."""
    return Draw(key(body), n, keyed(body), 200, {"id": "x"}, 12, "2026-03-02T09:00:00+00:00", "sdk")


def test_a_draw_is_found_by_what_decides_the_answer(tmp_path: Path) -> None:
    """Headers, order of keys and who asks do not change what a model says."""
    Draws(tmp_path).add(draw(BODY))

    other = {**dict(reversed(BODY.items())), "user": "somebody else"}
    assert {"id": "x"} == Draws(tmp_path).find(other).response


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"temperature": 0.5},
        {"seed": 2},
        {"max_completion_tokens": 5},
        {"tools": []},
    ],
    ids=["model", "temperature", "seed", "length", "tools"],
)
def test_whatever_decides_the_answer_changes_the_key(change: dict[str, object]) -> None:
    """A replay of another request's answer would be a lie."""
    assert key(BODY) != key(BODY | change)


def test_a_miss_names_the_nearest_and_what_differs(tmp_path: Path) -> None:
    """Somebody changed one word of a prompt, and has to be told which."""
    draws = Draws(tmp_path)
    draws.add(draw(BODY))
    changed = BODY | {"messages": [{"role": "user", "content": "What is owed?"}]}

    with pytest.raises(Unrecorded) as miss:
        draws.find(changed)

    assert key(BODY) == miss.value.nearest
    assert ("messages[0].content from character 8",) == miss.value.differs


def test_an_empty_folder_misses_without_a_nearest(tmp_path: Path) -> None:
    """The first recording begins with a miss."""
    with pytest.raises(Unrecorded) as miss:
        Draws(tmp_path / "none").find(BODY)

    assert None is miss.value.nearest


def test_repeated_draws_are_numbered_trials(tmp_path: Path) -> None:
    """Ten draws of one request are ten trials, and an eleventh is a miss."""
    draws = Draws(tmp_path)
    draws.add(draw(BODY))
    draws.add(draw(BODY, n=1))

    assert 1 == Draws(tmp_path).find(BODY, n=1).n
    with pytest.raises(Unrecorded, match="only 2 draws"):
        draws.find(BODY, n=2)


def test_an_edited_recording_is_refused(tmp_path: Path) -> None:
    """A recording that was touched up is no recording."""
    Draws(tmp_path).add(draw(BODY))
    shard = next(tmp_path.glob("*.jsonl"))
    shard.write_text(shard.read_text("utf-8").replace("due", "owed"), "utf-8")

    with pytest.raises(ValueError, match=r"\.jsonl:1: "):
        Draws(tmp_path)


def test_differences_count_where_lists_differ_in_length() -> None:
    """A conversation that grew is a different one."""
    assert ("messages: 1 then, 2 asked",) == differences({"messages": [1]}, {"messages": [1, 2]})


def test_recordings_hold_no_credential() -> None:
    """A key in a repository is a key in the world."""
    text = "".join(shard.read_text("utf-8") for shard in RECORDINGS.glob("*.jsonl"))

    assert text
    assert not {"authorization", "bearer ", "api_key", "sk-"} & set(text.casefold().split('"'))
    assert all(json.loads(line)["status"] == 200 for line in text.splitlines())


async def test_a_request_nobody_recorded_is_a_miss_and_no_failure_of_the_model() -> None:
    """A gate must stop on it, and must not count it against the product."""
    async with replaying(Draws(RECORDINGS)) as tape:
        drafter = ModelDrafter(Endpoint(MODEL, tape.url, "x"), sampling=SMALL)
        with pytest.raises(DraftFailed):
            await play(CASE, drafter)
        with pytest.raises(Unrecorded, match=r"messages\[1\]"):
            tape.check()
