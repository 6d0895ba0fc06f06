"""What senders and helpdesks can send instead of what they should, drawn by chance."""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

LIMIT = 256 * 1024
"""Bytes of a webhook that are taken."""
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
WRONG: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    10**30,
    "",
    "x",
    "\ud800",
    "\x00",
    "9" * 5000,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2026-13-45T99:99:99Z",
    [],
    {},
    [[]],
    [None],
    {"id": {}},
    float("nan"),
    float("inf"),
)
"""Values of other types than expected, and of the expected type but beyond all sense."""

Chance = random.Random
Kind = Callable[[Chance, bytes], bytes]


def truncated(chance: Chance, good: bytes) -> bytes:
    """Return its beginning."""
    return good[: chance.randrange(len(good) + 1)]


def oversized(chance: Chance, good: bytes) -> bytes:
    """Return it with more after it than anybody takes."""
    return good[:-1] + b" " * (LIMIT + chance.randrange(3)) + good[-1:]


def bomb(chance: Chance, good: bytes) -> bytes:
    """Return what unpacks to some thousand times its size."""
    del good
    return chance.choice(_bombs())


@cache
def _bombs() -> tuple[bytes, ...]:
    packing = zlib.compressobj(wbits=31)
    pieces = [packing.compress(b"\0" * 1_000_000) for _ in range(100)]
    whole = b"".join([*pieces, packing.flush()])
    return whole, whole[: len(whole) // 2], gzip.compress(whole)


def deep(chance: Chance, good: bytes) -> bytes:
    """Return it within hundreds or thousands of brackets."""
    levels = chance.choices((100, 200, 255, 300, 2000, 30_000), (9, 9, 9, 9, 3, 1))[0]
    opened, closed = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"ticket":', b"}")))
    return opened * levels + good + chance.choice((closed * levels, b""))


def wrong_types(chance: Chance, good: bytes) -> bytes:
    """Return it with one value, wherever it stands, of another type."""
    return json.dumps(with_one_wrong(chance, _read(good))).encode()


def no_number(chance: Chance, good: bytes) -> bytes:
    """Return it with numbers that JSON does not know."""
    rest = good[1:] if good[:1] == b"{" else good
    return (
        b'{"n": '
        + chance.choice((b"NaN", b"Infinity", b"-Infinity", b"-0", b"1e999"))
        + b", "
        + rest
    )


def twice(chance: Chance, good: bytes) -> bytes:
    """Return it with a key that comes twice, with different values."""
    told = _read(good)
    if not isinstance(told, dict) or not told:
        return good
    key = chance.choice(list(told))
    again = json.dumps({key: chance.choice(WRONG)})[1:-1].encode()
    plain = json.dumps(told).encode()
    return (
        b"{" + again + b", " + plain[1:]
        if chance.random() < 0.5
        else plain[:-1] + b", " + again + b"}"
    )


def runs(chance: Chance, good: bytes) -> bytes:
    """Return it with a long run of one sign where a value is looked for.

    A pattern that goes back and forth in such a run takes an hour for it, and stops the process.
    """
    names = (b"ticket_id", b"<ticket_id>", b'"triggered_event', b"tickets/", b"<ticket-id ")
    run = chance.choice((b" ", b'"', b"0", b">", b"\t", b"#", b": ", b"'>"))
    return chance.choice(names) + run * chance.choice((50, 5000, 100_000)) + good


def noise(chance: Chance, good: bytes) -> bytes:
    """Return it with parts inserted, doubled and cut out."""
    body = bytearray(good)
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
                body[at:at] = body[: chance.randint(0, min(len(body), 4000))]
            case _:
                body += chance.choice(SEEDS)
    return bytes(body[:LIMIT])


LIGHT: tuple[Kind, ...] = (truncated, wrong_types, no_number, twice, noise, noise)
HEAVY: tuple[Kind, ...] = (oversized, bomb, deep, runs)
KINDS: tuple[Kind, ...] = (*dict.fromkeys(LIGHT), *HEAVY)


def any_kind(chance: Chance, *, heavy: float = 0.06) -> Kind:
    """Return a kind; of those that take long, few: such a part of one."""
    return chance.choice(HEAVY if chance.random() < heavy else LIGHT)


def with_one_wrong(chance: Chance, told: Any) -> Any:
    """Return a value with one of its parts, or itself, replaced by one of another type."""
    if isinstance(told, dict) and told and chance.random() < 0.85:
        key = chance.choice(list(told))
        if chance.random() < 0.1:
            return {name: value for name, value in told.items() if name != key}
        return {**told, key: with_one_wrong(chance, told[key])}
    if isinstance(told, list) and told and chance.random() < 0.85:
        at = chance.randrange(len(told))
        return [*told[:at], with_one_wrong(chance, told[at]), *told[at + 1 :]]
    return chance.choice(WRONG)


def _read(good: bytes) -> Any:
    try:
        return json.loads(good)
    except ValueError:
        return {"ticket_id": "4711", "x": good.decode("latin-1")}
