"""Recorded model answers: found by content, and a miss that says what differs."""

from pathlib import Path

import pytest

from agent.errors import DraftFailed
from agent.llm.dialogue import ModelDrafter
from evals.drafting import Case, play
from evals.draws import RECORDINGS, Draw, Draws, Unrecorded, key, keyed
from evals.endpoint import Tape
from evals.segments import differences

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


def test_a_miss_names_the_nearest_and_the_segment_that_differs(tmp_path: Path) -> None:
    """Somebody changed one word of a prompt, and has to be told which."""
    draws = Draws(tmp_path)
    draws.add(draw(BODY))
    changed = BODY | {"messages": [{"role": "system", "content": "What is owed?"}]}

    with pytest.raises(Unrecorded) as miss:
        draws.find(changed)

    assert miss.value.nearest is not None
    assert key(BODY) == miss.value.nearest.key
    told = "segment 'system'\n    -What is due?\n    +What is owed?"
    assert (told,) == miss.value.differs
    assert told in str(miss.value)


def test_an_empty_folder_misses_without_a_nearest(tmp_path: Path) -> None:
    """The first recording begins with a miss."""
    with pytest.raises(Unrecorded) as miss:
        Draws(tmp_path / "none").find(BODY)

    assert None is miss.value.nearest


def test_repeated_draws_are_numbered_trials(tmp_path: Path) -> None:
    """A draw belongs to its trial, even where another trial never asked the same."""
    draws = Draws(tmp_path)
    draws.add(draw(BODY, n=1))
    draws.add(draw(BODY, n=3))

    assert [1, 3] == [Draws(tmp_path).find(BODY, n=n).n for n in (1, 3)]
    with pytest.raises(Unrecorded, match="the same request, in 2 other trials"):
        draws.find(BODY, n=0)


def test_an_edited_recording_is_refused(tmp_path: Path) -> None:
    """A recording that was touched up is no recording."""
    Draws(tmp_path).add(draw(BODY))
    shard = next(tmp_path.glob("*.jsonl"))
    shard.write_text(shard.read_text("utf-8").replace("due", "owed"), "utf-8")

    with pytest.raises(ValueError, match=r"\.jsonl:1: "):
        Draws(tmp_path)


def test_a_miss_far_from_all_recordings_shows_no_lines() -> None:
    """Two tickets differ in every line, and a screen full of them helps nobody."""
    one = {"messages": [{"content": "a"}, {"content": "# The ticket\na\nTone: a"}], "model": "a"}
    other = {"messages": [{"content": "b"}, {"content": "# The ticket\nb\nTone: b"}], "model": "b"}

    (told,) = differences(one, other)

    assert "'system', 'ticket', 'policy', 'sampling': another ticket's" in told


def test_recordings_hold_no_credential() -> None:
    """A key in a repository is a key in the world."""
    text = "".join(shard.read_text("utf-8") for shard in RECORDINGS.glob("*.jsonl"))

    assert text
    assert not {"authorization", "bearer ", "api_key", "sk-"} & set(text.casefold().split('"'))
    assert {200} == {draw.status for draw in Draws(RECORDINGS)}


async def test_a_request_nobody_recorded_is_a_miss_and_no_failure_of_the_model() -> None:
    """A gate must stop on it, and must not count it against the product."""
    tape = Tape(Draws(RECORDINGS))
    drafter = ModelDrafter(tape.endpoint("local-small"))

    with pytest.raises(DraftFailed):
        await play(CASE, drafter)

    assert 1 == len(tape.misses)
    assert () == tuple(tape.played)


@pytest.mark.parametrize("count", [1, 2])
def test_a_kill_while_a_draw_is_kept_leaves_a_whole_file(tmp_path: Path, count: int) -> None:
    """What was paid for must not be lost with the draw that was being written."""
    for n in range(count):
        Draws(tmp_path).add(draw(BODY, n=n))
    shard = next(tmp_path.glob("*.jsonl"))
    shard.with_suffix(".new").write_text(shard.read_text("utf-8")[:40], "utf-8")

    assert count == len(Draws(tmp_path))


def test_a_file_without_a_draw_is_removed(tmp_path: Path) -> None:
    """What is dropped leaves nothing behind to be merged."""
    draws = Draws(tmp_path)
    draws.add(draw(BODY))

    draws.drop(draws.keys)

    assert [] == list(tmp_path.iterdir())
