"""Whatever an authentic sender sends, the parser names a ticket or says that it cannot."""

import json
import random
import tracemalloc

from tools.freshdesk import FRESHDESK
from tools.provider import Unreadable

TRIES = 20_000
MOST = 64 * 1024 * 1024
"""Bytes the parser may hold at its worst: bodies are 256 KiB at most."""
KINDS = ("application/json", "application/x-www-form-urlencoded", "text/xml", "", "\x00;=", "a/b")
SEEDS = (
    b'{"ticket_id": "4711", "subject": "he said "hi" to me"}',
    b'{"freshdesk_webhook": {"ticket_id": "#4711", "triggered_event": "{reply_sent:sent}"}}',
    b"ticket_id=4711&x=y",
    b"<freshdesk-webhook><ticket-id>4711</ticket-id></freshdesk-webhook>",
    json.dumps({"ticket_id": 4711, "n": [1.5, None, True, {"a": "b"}]}).encode(),
)
BITS = (
    b'{"ticket_id":',
    b'"ticket_id"',
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"\xff\xfe",
    b"\x1f\x8b\x08\x00",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"<ticket-id>",
    b"\\u0000\\ud800",
    b"[" * 2000,
    b"{" * 2000,
    b'{"a":' * 500,
    b"%00%ff&=&",
    b"9" * 5000,
    b'"' * 300,
)


def _body(chance: random.Random) -> bytes:
    body = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(body))
        match chance.randint(0, 4):
            case 0:
                body[at:at] = chance.choice(BITS)
            case 1:
                del body[at : at + chance.randint(1, 40)]
            case 2:
                body[at:at] = chance.randbytes(chance.randint(1, 30))
            case 3:
                body[at:at] = body[: chance.randint(0, len(body))]
            case _:
                body += chance.choice(SEEDS)
    return bytes(body[: 256 * 1024])


def test_twenty_thousand_garbage_bodies_raise_nothing_else_and_hold_little_memory() -> None:
    """One body that breaks the parser would be sent again and again, and stop the intake."""
    chance = random.Random(5)  # noqa: S311 -- the same garbage each time
    named = 0
    tracemalloc.start()
    for _ in range(TRIES):
        try:
            hook = FRESHDESK.read_hook(_body(chance), chance.choice(KINDS))
        except Unreadable:
            continue
        named += 1
        assert str(hook.ticket_id).isdigit()
    worst = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert 0 < named < TRIES
    assert worst < MOST
