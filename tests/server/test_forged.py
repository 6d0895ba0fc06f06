"""Webhooks that are forged, sent again and again, or far too large: no job, no draft, no memory."""

import asyncio
import random
from pathlib import Path

import pytest

from server.admission import Addressee, Addressees
from server.ingest import MOST
from server.store import inbox
from tests.server.front_door import ACCOUNT, RIGHT, Counting, Door, door, onto, quiet
from tests.server.weighing import weighing
from tools.clock import SystemClock
from tools.freshdesk import FRESHDESK

FORGED = 10_000
AT_ONCE = 64
PIECE = 64 * 1024
TEN_MEGABYTES = 160
"""Pieces."""


def _a_forgery(chance: random.Random) -> tuple[str, str]:
    """Return an account and a secret that do not belong together."""
    near = (
        "",
        " ",
        RIGHT[:-1],
        f"{RIGHT}x",
        f" {RIGHT}",
        RIGHT.upper(),
        RIGHT[::-1],
        f"Bearer {RIGHT}",
        "\x00" * len(RIGHT),
        "\xff" * len(RIGHT),
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz-", k=len(RIGHT))),
        "x" * 8000,
    )
    elsewhere = (ACCOUNT.upper(), "nobody", f"{ACCOUNT}x", "%64oor", "..", "*", "' OR 1=1 --")
    if chance.random() < 0.2:
        return chance.choice(elsewhere), RIGHT
    return ACCOUNT, chance.choice(near)


async def _forge(at: Door, tries: int) -> set[int]:
    chance, left, found = random.Random(6), iter(range(tries)), set[int]()  # noqa: S311 -- repeatable

    async def forger() -> None:
        for number in left:
            account, secret = _a_forgery(chance)
            body = f'{{"ticket_id": "{number + 1}"}}'.encode()
            found.add(await at.post(body, account=account, secret=secret))

    await asyncio.gather(*(forger() for _ in range(AT_ONCE)))
    return found


async def test_ten_thousand_forged_webhooks_make_no_job(tmp_path: Path) -> None:
    """Whoever finds the address must not be able to start work, nor make us read what they send."""
    engine = Counting()
    with door(tmp_path, engine) as at:
        found = await _forge(at, FORGED)
        read, kept = at.taken, at.store.read_now(inbox.count)
        genuine = await at.post(b'{"ticket_id": "1"}')
        after = at.store.read_now(inbox.count)

    assert ({401}, 0, {}) == (found, read, kept)
    assert () == at.broken
    assert (202, {"pending": 1}) == (genuine, after)
    assert ["door|1"] == [work.partition for work in engine.works]


class Trusting(Addressees):
    """Takes every webhook for the account's own: the mutant that checks no secret."""

    def admits(self, account_id: str, secret: str) -> Addressee | None:
        """Return the account."""
        del account_id, secret
        return self.by_id[ACCOUNT]


async def test_without_the_secret_every_forgery_is_a_job(tmp_path: Path) -> None:
    """The forgeries must be such that only the secret stops them."""
    engine = Counting()
    known = Addressee(ACCOUNT, FRESHDESK, (RIGHT,), 0.0)
    with door(tmp_path, engine) as plain, quiet():
        at = onto(plain.store, engine, Trusting({ACCOUNT: known}), SystemClock())
        found = await _forge(at, 200)

    assert {202} == found
    assert 200 == len(engine.works)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in pieces"])
async def test_ten_megabytes_are_refused_before_they_are_held(
    tmp_path: Path, *, declared: bool
) -> None:
    """Many such senders at once must not fill the memory, whatever they say of the length."""
    piece = b" " * PIECE
    length = [(b"content-length", str(PIECE * TEN_MEGABYTES).encode())] if declared else []
    with door(tmp_path, Counting()) as at, weighing() as weight:
        statuses = await asyncio.gather(
            *(at.post((piece for _ in range(TEN_MEGABYTES)), headers=length) for _ in range(50))
        )
        kept = at.store.read_now(inbox.count)

    assert ({413}, {}) == (set(statuses), kept)
    assert at.taken <= (0 if declared else 50 * (MOST + PIECE))
    assert weight.more < 50 * 2 * MOST
