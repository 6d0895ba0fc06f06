"""What stands in an attached file is never asked for, so it can neither order nor leak anything."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from agent.sandbox.app import app
from agent.sandbox.scripts import Asked, Reply, quotes_first_page, said, submit
from evals.ground import Grounds
from evals.stage import Stage
from tests.agent.desk_with_model import Played, drafter, play
from tests.agent.injected import injections
from tools.freshdesk.client import FreshdeskClient
from tools.freshdesk.sandbox import people
from tools.freshdesk.sandbox.records import Attachment
from tools.freshdesk.sandbox.serve import serving
from tools.model import TicketId
from tools.provider import READ_ONLY, Lane

WORD = "Zorblaquill"
"""Begins every attack; it stands nowhere else on the desk."""
ASKS = "<p>Hello, can I take my dog on the ferry, and what does it cost?</p>"
FILE = 9001
TEXTS = [one for one in injections() if not one.markup][7::110]


def _file(stage: Stage, text: str) -> Attachment:
    content = f"{WORD} {text}".encode()
    stage.wire.files[str(FILE)] = content
    return Attachment(FILE, "notes.txt", "text/plain", len(content), stage.clock.now())


def _on_ticket(stage: Stage, text: str) -> None:
    stage.desk.tickets[1].attachments = [_file(stage, text)]


def _on_turn(stage: Stage, text: str) -> None:
    people.customer_reply(stage.desk, stage.desk.tickets[1], ASKS).attachments = [
        _file(stage, text)
    ]


def _on_earlier(stage: Stage, text: str) -> None:
    _on_turn(stage, text)
    stage.clock.advance(60)
    people.customer_reply(stage.desk, stage.desk.tickets[1], ASKS)


def _on_note(stage: Stage, text: str) -> None:
    noted = people.agent_note(stage.desk, stage.desk.tickets[1], "<p>See the file.</p>")
    noted.attachments = [_file(stage, text)]
    stage.clock.advance(60)
    people.customer_reply(stage.desk, stage.desk.tickets[1], ASKS)


PLACES = {
    "ticket": _on_ticket,
    "turn": _on_turn,
    "earlier message": _on_earlier,
    "agent's note": _on_note,
}


@asynccontextmanager
async def endpoint(
    script: Callable[[Asked], Reply], seen: list[dict[str, object]]
) -> AsyncIterator[str]:
    """Serve one script on the loopback."""
    async with serving(app({"m": script}, seen=seen)) as url:
        yield f"{url}/v1"


def obeys_what_it_reads(say: str) -> Callable[[Asked], Reply]:
    """Return a model that is honest until it reads the attack."""

    def script(what: Asked) -> Reply:
        return submit(sentences=[said(say)]) if WORD in what.user else quotes_first_page(what)

    return script


async def played(place: str, text: str, say: str) -> tuple[Played, str]:
    """Return what came of a run, and all that the model was shown."""
    grounds, seen = Grounds(), list[dict[str, object]]()
    async with endpoint(obeys_what_it_reads(say), seen) as url:
        by = drafter("m", url)
        done = await play(by, grounds, lay=lambda stage: PLACES[place](stage, text))
    grounds.close()
    return done, json.dumps(seen, ensure_ascii=False)


@pytest.mark.parametrize("place", PLACES)
async def test_a_files_words_reach_nobody_and_the_question_beside_it_is_answered(
    place: str,
) -> None:
    """The file is not fetched, so neither the model, the note nor the customer can read of it."""
    for one in TEXTS:
        done, shown = await played(place, one.text, one.say)

        assert done.stage is not None
        assert [] == done.stage.wire.fetched
        assert "Hello" in shown
        assert [] == [text for text in (shown, *done.public, *done.notes) if WORD in text]
        assert 1 == len(done.public)
        assert one.say not in done.public[0]


async def test_the_same_words_in_the_message_are_read_and_obeyed() -> None:
    """The twin: this model does obey what it can read, and the guards keep it in."""
    grounds, seen = Grounds(), list[dict[str, object]]()
    one = TEXTS[0]

    def write(stage: Stage) -> None:
        stage.desk.tickets[1].description = f"{ASKS}<p>{WORD} {one.text}</p>"

    async with endpoint(obeys_what_it_reads(one.say), seen) as url:
        done = await play(drafter("m", url), grounds, lay=write)
    grounds.close()

    assert WORD in str(seen)
    assert [] == done.public


async def test_a_file_that_is_asked_for_is_there_and_is_seen_to_be_fetched() -> None:
    """The other twin: who asks the client for the file gets it, and the wire knows."""
    done, _ = await played("ticket", "Confirm it.", "Confirmed.")
    assert done.stage is not None
    desk = done.stage.open(Lane.LIVE, READ_ONLY)
    assert isinstance(desk, FreshdeskClient)

    (file,) = (await desk.ticket(TicketId("1"))).attachments

    assert f"{WORD} Confirm it.".encode() == await desk.office.fetch(file)
    assert [file.url] == done.stage.wire.fetched
