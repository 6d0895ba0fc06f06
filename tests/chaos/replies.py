"""R4 at length: replies that are applied and cut off, and shown in time, or too late."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.chaos.cut_off import BATCH, LAGS, TOO_LONG, Cut, cut_off
from tests.chaos.props import Props
from tests.chaos.report import Row, Tell


def cut(replies: int, tell: Tell) -> Row:
    """R4: a fifth of the replies is applied and cut off, and shown before we stop looking."""

    async def play(props: Props) -> Cut:
        total, plays = Cut(), max(len(LAGS), replies // BATCH)
        for seed in range(plays):
            many = replies // plays
            total.add(await cut_off(props, seed=seed, lag=LAGS[seed % len(LAGS)], many=many))
            tell((seed + 1) / plays, f"{total.tries} of {replies} replies")
        return total

    total = _virtually(play)
    row = Row("R4", "virtual", total.tries, total.cut, total.lost, total.doubled, total.held, [])
    row.wrong, row.more = total.wrong, {"adopted": total.adopted}
    row.harmless(of=total.tries)
    row.bar(total.adopted == total.cut, f"{total.adopted} of {total.cut} cut replies were adopted")
    return row


def too_late(replies: int, tell: Tell) -> Row:
    """R4 where the helpdesk shows a reply only when we look no more: a person decides."""

    async def play(props: Props) -> Cut:
        total = Cut()
        for seed in range(replies // BATCH):
            total.add(await cut_off(props, seed=seed, lag=TOO_LONG, resend=False))
            tell((seed + 1) / (replies // BATCH), f"{total.tries} of {replies} replies")
        return total

    total = _virtually(play)
    name = "R4 late"
    row = Row(name, "virtual", total.tries, total.cut, total.lost, total.doubled, total.held, [])
    row.wrong = total.wrong
    row.bar(total.doubled == 0, "a reply was said twice")
    row.bar(total.lost == 0, "a reply is lost")
    row.bar(total.held == total.cut, f"{total.held} of {total.cut} cut replies are held")
    return row


def _virtually(play: Callable[[Props], Coroutine[Any, Any, Cut]]) -> Cut:
    async def run(folder: Path) -> Cut:
        props = Props(folder)
        try:
            await props.stock()
            return await play(props)
        finally:
            props.close()

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(Path(folder)))
