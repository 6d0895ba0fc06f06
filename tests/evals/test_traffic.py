"""Recorded helpdesk traffic: it pins what our client sends, to the byte."""

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evals import traffic
from evals.recorder import Changed, playing
from evals.tape import Tapes
from tools import freshdesk

EVERY = Tapes(traffic.CASSETTES, mend=traffic.MEND).load()
EXCHANGES = [one for tape in EVERY for one in tape.exchanges]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the cassettes that a test may spoil."""
    return Path(shutil.copytree(traffic.CASSETTES, tmp_path / "helpdesk"))


async def test_our_client_sends_what_was_recorded_and_nothing_else() -> None:
    """A request that changes unseen would meet the vendor first, and there it costs a customer."""
    spent = await traffic.play()

    assert sum(one.asked.credits for one in EXCHANGES) == spent


async def test_the_same_code_records_the_same_bytes(tmp_path: Path) -> None:
    """A recording that differs by itself hides the one line of a review that matters."""
    await traffic.record(tmp_path / "again")

    kept = {file.name: file.read_bytes() for file in traffic.CASSETTES.glob("*.json")}
    again = {file.name: file.read_bytes() for file in (tmp_path / "again").glob("*.json")}
    assert kept == again


def test_every_path_that_the_client_knows_has_its_cassette() -> None:
    """An endpoint that nobody recorded is one whose request may change unseen."""
    source = Path(freshdesk.__file__).parent
    text = "".join(file.read_text("utf-8") for file in sorted(source.glob("*.py")))
    text = text.replace('f"{path}/{language}"', 'f"/solutions/folders/{checked()}/articles/{lang}"')
    text = text.replace('f"{path}/{checked', 'f"/canned_response_folders/{checked')
    named = re.findall(r'f?"(/[a-z_]+(?:/[a-z_]+|/\{[a-z_.()]*\})*)"', text)
    paths = {re.sub(r"\{(?!lang)[^}]*\}", "{id}", path) for path in named if path != "/api/v2"}

    assert paths == {tape.endpoint.partition(" ")[2] for tape in EVERY}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("get-tickets.json", "order_type=asc", "order_type=desc"),
        ("get-tickets-id-conversations.json", "per_page=100", "per_page=50"),
        ("post-tickets-id-notes.json", r"\"private\":true", r"\"private\":false"),
        ("get-agents-me.json", '"method": "GET"', '"method": "POST"'),
        ("get-contacts-id.json", "/contacts/73000000401", "/contacts/73000000499"),
    ],
    ids=["query", "a page's size", "body", "method", "path"],
)
async def test_a_request_that_changed_fails(copied: Path, file: str, old: str, new: str) -> None:
    """The library's own matching forgets bodies and blank parameters: here nothing may differ."""
    text = (copied / file).read_text("utf-8")
    assert old in text
    (copied / file).write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(Changed, match="deskhand evals record --sandbox"):
        await traffic.play(copied)


async def test_a_recorded_request_that_is_not_made_any_more_fails(copied: Path) -> None:
    """A recording nobody plays proves nothing, and looks as if it did."""
    file = copied / "get-groups.json"
    told = json.loads(file.read_text("utf-8"))
    told["exchanges"] *= 2
    file.write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(Changed, match="1 recorded requests were not made, GET /api/v2/groups"):
        await traffic.play(copied)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text[: len(text) // 2], r"get-groups\.json:\d+: cut or not JSON"),
        (lambda text: text.replace('"credits": 1', '"credits": 3'), "our client expects 1"),
        (lambda text: text.replace('"version": 1', '"version": 9'), "of version 9, this is 1"),
        (lambda text: text.replace('"exchanges"', '"said"'), "no cassette"),
    ],
    ids=["cut", "other credits", "newer", "no cassette"],
)
async def test_a_spoilt_cassette_names_its_file_and_the_mend(
    copied: Path, spoil: Callable[[str], str], told: str
) -> None:
    """A cassette cut by a merge must never read as an endpoint with little traffic."""
    file = copied / "get-groups.json"
    file.write_text(spoil(file.read_text("utf-8")), encoding="utf-8")

    with pytest.raises(ValueError, match=told):
        await traffic.play(copied)


async def test_two_tapes_never_run_at_once() -> None:
    """The library patches the whole process: a second tape would get the first one's tickets."""
    with (
        pytest.raises(RuntimeError, match="one at a time"),
        playing(traffic.CASSETTES, mend=traffic.MEND),
    ):
        await traffic.play()

    assert await traffic.play() > 0


def test_no_credential_and_no_strangers_address_is_written_down() -> None:
    """A cassette lies in the repository for ever: whatever slips in is published."""
    key = base64.b64encode(b"sandbox-key:X").decode()
    for file in traffic.CASSETTES.glob("*.json"):
        text = file.read_text("utf-8").casefold()
        assert key.casefold() not in text
        assert "sandbox-key" not in text
        assert "authorization" not in text
        assert not re.findall(r"@(?![\w.-]+\.example\b)[\w.-]+", text), file.name


def test_each_cassette_says_whose_answers_it_holds() -> None:
    """Answers of our own sandbox must never be taken for the vendor's."""
    for tape in EVERY:
        assert tape.of.startswith("Recorded from Deskhand's own sandbox, not from Freshdesk")
