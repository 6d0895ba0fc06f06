"""R5: whatever comes in, by webhook or as a helpdesk's answer, is sorted and never breaks us."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from server.store import inbox
from server.store.inbox import State
from tests.server import garbage
from tests.server.front_door import Counting, Door, door
from tests.server.spoilt import Desk, spoilt
from tests.server.weighing import weighing
from tools.errors import HelpdeskError
from tools.freshdesk import FRESHDESK
from tools.http import Bounds
from tools.model import TicketId
from tools.provider import Hook

BODIES = 12_000
AT_ONCE = 64
MOST = 64 * 1024 * 1024
"""Bytes the intake may take at its worst, for so many senders at once."""
ANSWERS = 8_000
MOST_ANSWER = 72 * 1024 * 1024
"""Bytes one answer may take at its worst: 32 MiB are read, and once more while they are copied."""
WRITES = ("note", "reply")
TYPES = ("application/json", "application/x-www-form-urlencoded", "text/xml", "", "\x00;=", "a/b")
LENGTHS = (b"9" * 5000, b"\xb2", b"-1", b"0x10", b"", b"1, 1")
"""Declared lengths that are none."""


@pytest.fixture
def chance() -> random.Random:
    """The same draws each time."""
    return random.Random(3)  # noqa: S311 -- draws, not secrets


async def _storm(at: Door, tries: int) -> Counter[tuple[str, int]]:
    """Send so many bodies of all kinds, and count the answers by kind."""
    chance = random.Random(5)  # noqa: S311 -- the same garbage each time
    found: Counter[tuple[str, int]] = Counter()
    left = iter(range(tries))

    async def sender() -> None:
        for _ in left:
            kind = garbage.any_kind(chance)
            body = kind(chance, chance.choice(garbage.SEEDS))
            odd = [(b"content-encoding", b"gzip")] if kind is garbage.bomb else []
            if chance.random() < 0.05:
                odd.append((b"content-length", chance.choice(LENGTHS)))
            sent = body if chance.random() < 0.7 else (body[:1000], body[1000:])
            status = await at.post(sent, content_type=chance.choice(TYPES), headers=odd)
            found[kind.__name__, status] += 1

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    return found


async def test_twelve_thousand_garbage_webhooks_are_kept_or_refused(tmp_path: Path) -> None:
    """One body that breaks the intake would be sent again and again, and stop it for everybody."""
    engine = Counting()
    with door(tmp_path, engine) as at:
        with weighing() as weight:
            found = await _storm(at, BODIES)
        states = at.store.read_now(inbox.count)
        names = at.store.read_now(lambda c: {d.ticket_id for d in inbox.latest(c, most=BODIES)})

    assert () == at.broken
    assert {202, 413} == {status for _, status in found}
    assert 0 == found["oversized", 202]
    assert len(garbage.KINDS) == len({kind for kind, _ in found})
    kept = sum(n for (_, status), n in found.items() if status == 202)
    assert kept == sum(states.values())
    assert states[State.PENDING] == len(engine.works) > 0
    assert states[State.QUARANTINED] > 0
    assert all(str(name).isdigit() for name in names if name is not None)
    assert weight.more < MOST, f"{weight.more} bytes"


async def test_with_a_parser_that_trusts_its_input_the_storm_breaks_the_intake(
    tmp_path: Path,
) -> None:
    """A storm that nothing could break would show nothing."""

    def trusting(body: bytes, _: str) -> Hook:
        return Hook(TicketId(str(json.loads(body)["ticket_id"])))

    with door(tmp_path, Counting(), provider=replace(FRESHDESK, read_hook=trusting)) as at:
        found = await _storm(at, 300)

    assert at.broken
    assert 500 in {status for _, status in found}


async def _answers(desk: Desk, tries: int) -> tuple[Counter[str], Counter[str]]:
    """Ask so often, each time with one answer spoilt; count what came of it, and what broke."""
    chance, came, broken = desk.app.chance, Counter[str](), Counter[str]()
    for number in range(tries):
        name = chance.choice(list(desk.ops))
        desk.app.target, ask = desk.ops[name]
        desk.app.kind = garbage.any_kind(chance, heavy=0.01)
        desk.clock.advance(10)
        by_wire = number % 8 == 0 or desk.app.kind in garbage.HEAVY
        try:
            await ask(desk.open(by_wire=by_wire))
            came[f"{name} read"] += 1
        except HelpdeskError as fault:
            came[f"{name} {type(fault).__name__}"] += 1
        except Exception as fault:  # noqa: BLE001 -- what this test looks for
            broken[f"{name}, {desk.app.kind.__name__}: {type(fault).__name__}"] += 1
    return came, broken


async def test_eight_thousand_garbage_answers_are_read_or_named(chance: random.Random) -> None:
    """A helpdesk behind a broken proxy must not end our process, only put its work off."""
    desk = await spoilt(chance)
    with weighing() as weight:
        came, broken = await _answers(desk, ANSWERS)
    await desk.aclose()

    assert {} == broken
    assert {f"{name} read" for name in desk.ops} <= came.keys()
    assert {f"{name} Unexpected" for name in desk.ops if name not in WRITES} <= came.keys()
    assert {f"{name} Uncertain" for name in WRITES} <= came.keys()
    assert weight.more < MOST_ANSWER, f"{weight.more} bytes"


async def test_without_a_cap_a_packed_answer_fills_the_memory(chance: random.Random) -> None:
    """The cap on unpacked bytes is what holds the memory: without it the weighing notices."""
    desk = await spoilt(chance, bounds=Bounds(body=1 << 30))
    desk.app.target, ask = desk.ops["me"]
    desk.app.kind = garbage.bomb
    with weighing() as weight, contextlib.suppress(HelpdeskError):
        await ask(desk.open())
    await desk.aclose()

    assert weight.more > MOST_ANSWER
