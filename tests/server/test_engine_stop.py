"""A stop cuts off what does not end in time, and leaves it for the next start."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from server.engine import CUT, Engine, Work
from server.store.db import open_database


@pytest.mark.e2e
async def test_work_that_outlasts_a_stop_is_cut_off_and_not_ended(tmp_path: Path) -> None:
    """Left running, it would take the loss of the engine's threads for its own fault."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    engine = Engine(database, executor="slot-0")
    began, how = asyncio.Event(), list[str]()

    async def handle(_delivery: int, _attempt: int) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            how.append("cut off")
            raise

    await engine.start(handle)
    await asyncio.to_thread(
        database.write_now, lambda c: engine.enqueue(c, Work(1, 0, "default|1"))
    )
    async with asyncio.timeout(20):
        await began.wait()
    await engine.stop(within=CUT)
    query = text("SELECT status FROM workflow_status WHERE workflow_uuid = 'delivery-1-0'")
    status = database.read_now(lambda c: c.execute(query).scalar_one())
    database.close()

    assert ["cut off"] == how
    assert "PENDING" == status
