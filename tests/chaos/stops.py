"""R14: SIGTERM under load; everything acknowledged is worked on by the next life."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.chaos.clients import Clients, Kept, judge
from tests.chaos.kills import DRAINED, SLOW
from tests.chaos.stage import Stage
from tests.e2e.processes import Process, until

QUICK = 10.0
"""Seconds a stop may take."""


@dataclass
class Stopped:
    """What came of a stop.

    Attributes:
        seconds: how long each process took to end.
        open: deliveries that were left to the next life.
    """

    seconds: list[float] = field(default_factory=list[float])
    open: int = 0
    kept: Kept = field(default_factory=Kept)


def stop_under_load(on: Stage, workers: list[Process], *, load: float = 4.0) -> Stopped:
    """Stop all processes while clients post and the helpdesk is slow; start again; count.

    Args:
        on: the stage.
        workers: more processes on the same database.
        load: seconds of load before the stop.
    """
    every = [on.world.serve, *workers]
    for one in every:
        one.start()
    on.world.ready()
    for one in workers:
        until(lambda one=one: "works for account" in one.said(), what="the worker up")  # type: ignore[misc]
    on.world.control("faults", SLOW)
    clients = Clients(on)
    clients.start()
    stopped = Stopped()
    try:
        time.sleep(load)
        with ThreadPoolExecutor() as together:
            stopped.seconds = list(together.map(Process.stop, every))
    finally:
        clients.stop()
    stopped.open = on.open()
    on.world.client.delete(f"{on.world.helpdesk}/sandbox/faults")
    on.world.serve.start()
    on.world.ready()
    until(lambda: on.open() == 0, what="all work ended", within=DRAINED)
    on.world.serve.kill()
    stopped.kept = judge(on, clients.posted)
    return stopped
