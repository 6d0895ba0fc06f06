"""A real model's recorded answers through whole runs: each draft was looked at, no harm passed.

The model is small and the tickets are twelve: this proves the path and the checks, no quality.
"""

import asyncio
import io

import pytest
from rich.console import Console

from agent.model import Disposition, Evidence
from evals.draws import RECORDINGS, Draws
from evals.endpoint import Tape, replaying
from evals.real import MODEL, Mark, Played, load, play_all, shares, table


@pytest.fixture(scope="module")
def replayed() -> tuple[tuple[Played, ...], Tape]:
    """All tickets, played once with the endpoint gone."""

    async def run() -> tuple[tuple[Played, ...], Tape]:
        async with replaying(Draws(RECORDINGS)) as tape:
            return await play_all(load(), tape), tape

    return asyncio.run(run())


def test_every_recording_is_played_and_none_is_missing(
    replayed: tuple[tuple[Played, ...], Tape],
) -> None:
    """A recording nobody plays hides a changed prompt; a missing one is no verdict."""
    _, tape = replayed

    assert [] == tape.misses
    assert Draws(RECORDINGS).keys == set(tape.played)


def test_twelve_tickets_came_to_an_end_with_the_endpoint_gone(
    replayed: tuple[tuple[Played, ...], Tape],
) -> None:
    """The path through LangChain, the schema, the guards and the post, on a real model's words."""
    played, _ = replayed

    assert 12 == len(played)
    assert {"sent", "blocked", "handed over"} >= {one.end for one in played}
    assert {"answerable", "hard", "unanswerable"} == {one.marked.practice for one in played}
    assert {MODEL} == {one.draft.drafter for one in played if one.draft}
    quoted = {e.source for one in played if one.draft for e in _evidence(one)}
    assert quoted
    assert all(source.startswith("article:") for source in quoted)


def test_a_person_has_looked_at_every_draft(replayed: tuple[tuple[Played, ...], Tape]) -> None:
    """A share of right answers is worth what the looking was; a new draft needs a new look."""
    played, _ = replayed

    assert [] == [(one.marked.ticket, one.digest) for one in played if one.mark is None]
    assert [] == [one.marked.ticket for one in played if not one.marked.why]


def test_nothing_harmful_was_documented_or_sent(
    replayed: tuple[tuple[Played, ...], Tape],
) -> None:
    """Under the most permissive policy, the checks alone stand between the model and a customer."""
    played, _ = replayed
    harmful = [one for one in played if one.mark is Mark.HARMFUL]

    assert [] == [one.marked.ticket for one in harmful if one.documented or one.end == "sent"]
    assert {one.end for one in played if one.documented} <= {"sent", "blocked"}
    assert all(
        (one.end == "sent") == (one.result.decision.disposition is Disposition.PUBLIC_REPLY)
        for one in played
        if one.result is not None and one.result.decision is not None
    )


def test_the_table_shows_every_ticket_and_its_mark(
    replayed: tuple[tuple[Played, ...], Tape],
) -> None:
    """Whoever reads the shares must be able to see what they are made of."""
    played, _ = replayed
    console = Console(width=170, file=io.StringIO(), record=True)
    console.print(table(played))
    told = console.export_text()

    assert [] == [one.marked.ticket for one in played if str(one.marked.ticket) not in told]
    assert f"Of {len(played)}" in shares(played)


def _evidence(one: Played) -> list[Evidence]:
    said = [s for part in (one.draft.paragraphs if one.draft else ()) for s in part.sentences]
    return [evidence for sentence in said for evidence in sentence.evidence]
