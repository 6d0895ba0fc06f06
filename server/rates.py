"""`deskhand budget`: the account's rate pool as it stands, live on a terminal."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from server import wiring
from server.look import FAILED, OK, complain, out, say
from server.settings import load
from server.wiring import Opened
from tools.ledger import Key, Standing
from tools.provider import Lane

EVERY = 1.0
"""Seconds between two looks."""
WIDTH = 48


async def run(*, as_json: bool, config: Path | None) -> int:
    """Show the pool: once for machines and pipes, live until Ctrl-C on a terminal."""
    opened = wiring.open_account(load(config=config))
    try:
        standing = await _standing(opened)
        if standing is None:
            complain(
                f"nothing has been spent on {opened.account.domain} yet: "
                "run `deskhand doctor` or `deskhand serve` first"
            )
            return FAILED
        if as_json:
            say(_document(opened, standing))
        elif not out.is_terminal:
            out.print(_picture(opened, standing))
        else:
            await _live(opened, standing)
    finally:
        await opened.close()
    return OK


async def _standing(opened: Opened) -> Standing | None:
    clock = opened.account.responder.clock
    key = Key(opened.account.provider.name, opened.account.domain)
    return await opened.ledger.standing(key, now=clock.now().timestamp())


async def _live(opened: Opened, standing: Standing) -> None:
    with Live(_picture(opened, standing), console=out, auto_refresh=False) as shown:
        while True:
            await asyncio.sleep(EVERY)
            seen = await _standing(opened)
            if seen is not None:
                shown.update(_picture(opened, seen), refresh=True)


def _document(opened: Opened, standing: Standing) -> dict[str, Any]:
    document = asdict(standing)
    document["domain"] = opened.account.domain
    document["lanes"] = {Lane(lane).name.lower(): n for lane, n in standing.lanes.items()}
    document["free_in"] = {Lane(lane).name.lower(): s for lane, s in standing.free_in.items()}
    return document


def _picture(opened: Opened, standing: Standing) -> Group:
    allowance = standing.allowance
    unit = "minute" if allowance.window <= 60 else "hour"  # noqa: PLR2004 -- seconds
    plan = allowance.plan or "unknown plan"
    head = f"{opened.account.domain}: {allowance.total} credits a {unit} ({plan})"
    bars = Table(box=None, show_header=False, padding=(0, 1))
    for name, used, whole in (
        ("ours", standing.ours, standing.most),
        ("others", standing.others, allowance.total),
        ("reserve", standing.reserve, allowance.total),
        *((kind, standing.kinds.get(kind, 0), most) for kind, most in standing.limits.items()),
    ):
        bar = ProgressBar(total=max(1, whole), completed=min(used, whole), width=WIDTH)
        bars.add_row(name, bar, f"{used} of {whole}")
    lanes = Table(title="Lanes", title_justify="left")
    for column in ("lane", "spent in the window", "may spend in"):
        lanes.add_column(column)
    for lane in Lane:
        wait = standing.free_in.get(lane, 0.0)
        lanes.add_row(
            lane.name.lower(), str(standing.lanes.get(lane, 0)), f"{wait:.1f} s" if wait else "now"
        )
    left = "not said yet" if standing.left is None else str(standing.left)
    ahead = "" if standing.forecast is None else f"; at this pace {standing.forecast} at its end"
    said = Text(f"The helpdesk says left: {left}{ahead}")
    told: list[RenderableType] = [Text(head, style="bold"), bars, lanes, said]
    if standing.paused_for > 0:
        told.append(Text(f"Paused by a 429 for {standing.paused_for:.0f} s", style="yellow"))
    return Group(*told)
