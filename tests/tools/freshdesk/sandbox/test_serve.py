"""Serving an app on the loopback."""

import asyncio
import signal
import socket
import sys

import httpx
import pytest

from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import serving

pytestmark = pytest.mark.asyncio


async def test_an_app_is_served_for_the_length_of_a_block(desk: Desk) -> None:
    """Afterwards the port is free and nothing runs on."""
    async with serving(create_app(desk, api_key="k")) as url, httpx.AsyncClient() as client:
        assert 200 == (await client.get(f"{url}/sandbox/log")).status_code

    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{url}/sandbox/log")
    assert 1 == len(asyncio.all_tasks())


async def test_a_taken_port_says_so(desk: Desk) -> None:
    """The message names the address."""
    async with serving(create_app(desk, api_key="k")) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match=f"127.0.0.1:{port}: the port is taken"):
            async with serving(create_app(desk, api_key="k"), port=port):
                pass


async def test_small_answers_come_at_once(desk: Desk) -> None:
    """A socket without TCP_NODELAY would cost forty milliseconds a call."""
    async with (
        serving(create_app(desk, api_key="k")) as url,
        httpx.AsyncClient(base_url=url, auth=("k", "X")) as client,
    ):
        start = asyncio.get_running_loop().time()
        for _ in range(50):
            await client.get("/api/v2/tickets/1")

        assert asyncio.get_running_loop().time() - start < 2.0


async def test_a_virtual_clock_wakes_who_waits(clock: VirtualClock) -> None:
    """Waiting ends when the moment is reached, and not before."""
    moment = clock.now()
    await clock.wait_until(moment)
    waiting = asyncio.create_task(clock.wait_until(clock.advance(0) + (moment - moment)))
    await waiting

    later = asyncio.create_task(clock.wait_until(moment.replace(minute=30)))
    await asyncio.sleep(0)
    assert not later.done()
    clock.advance(1800)
    await later


SCRIPT = """
from random import Random
from tools.freshdesk.sandbox.app import create_app
from tools.freshdesk.sandbox.clock import RealClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.serve import run
run(create_app(Desk.empty(clock=RealClock(), rng=Random(1)), api_key="k"), "127.0.0.1", {port})
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_command_quietly(number: signal.Signals) -> None:
    """`deskhand sandbox` returns, so that its caller may say goodbye and exit with zero."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT.format(port=port), stderr=asyncio.subprocess.PIPE
    )
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}/sandbox/log")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.005)
    process.send_signal(number)
    _, said = await process.communicate()

    assert (0, b"") == (process.returncode, said)
