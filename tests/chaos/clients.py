"""D1: kill -9 at random while clients post webhooks; then look for every acknowledged one."""

import contextlib
import json
import random
import threading
import time
from dataclasses import dataclass, field

import httpx
from sqlalchemy import text

from server.store import inbox
from server.store.inbox import State
from tests.chaos.stage import Stage
from tests.e2e.processes import SECRET

CLIENTS = 16
PACE = 0.05
"""Seconds a client waits between two webhooks."""
FIRST_TICKET = 1001
"""Of those the sandbox is filled with; each is answered once, every further delivery skipped."""
TICKETS = 60


@dataclass
class Posted:
    """What the clients got acknowledged.

    Attributes:
        acknowledged: delivery number by the mark in the body.
        times: when each 202 came, by the monotonic clock.
    """

    acknowledged: dict[str, int] = field(default_factory=dict[str, int])
    times: list[float] = field(default_factory=list[float])
    refused: int = 0


@dataclass
class Outcome:
    """What came of it all; `recovery` is seconds from a restart to the first 202."""

    kills: int = 0
    inside: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    recovery: list[float] = field(default_factory=list[float])


class Clients:
    """Sixteen helpdesks that post as long as they are let."""

    def __init__(self, url: str) -> None:
        self.posted = Posted()
        self._url = url
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(CLIENTS)]

    def start(self) -> None:
        """Let them post."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until they have stopped."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=20)

    def _post(self, client: int) -> None:
        number = 0
        with httpx.Client(timeout=5.0) as http:
            while not self._stop.is_set():
                number += 1
                mark = f"{client}-{number}"
                ticket = FIRST_TICKET + (client * 7 + number) % TICKETS
                with contextlib.suppress(httpx.TransportError):
                    answer = http.post(
                        self._url,
                        json={"ticket_id": str(ticket), "mark": mark},
                        headers={"X-Deskhand-Secret": SECRET},
                    )
                    self._note(mark, answer)
                self._stop.wait(PACE)

    def _note(self, mark: str, answer: httpx.Response) -> None:
        with self._lock:
            if answer.status_code == httpx.codes.ACCEPTED:
                self.posted.acknowledged[mark] = int(answer.json()["delivery"])
                self.posted.times.append(time.monotonic())
            else:
                self.posted.refused += 1


def kill_at_random(on: Stage, *, kills: int, chance: random.Random) -> Outcome:
    """Kill so many times, and compare what was acknowledged with what is stored."""
    outcome = Outcome(kills=kills)
    serve = on.world.serve
    serve.start()
    on.world.ready()
    clients = Clients(f"{on.world.responder}/hooks/default")
    clients.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.8, 2.0))
            serve.kill()
            outcome.inside += bool(_running(on))
            began = time.monotonic()
            serve.start()
            outcome.recovery.append(_first_after(clients, began) - began)
    finally:
        clients.stop()
    serve.kill()
    compare(on, clients.posted, outcome)
    return outcome


def _running(on: Stage) -> int:
    return len(on.store.read_now(lambda c: inbox.of_state(c, (State.RUNNING, State.PENDING))))


def _first_after(clients: Clients, moment: float) -> float:
    while time.monotonic() < moment + 30:
        later = [at for at in list(clients.posted.times[-200:]) if at > moment]
        if later:
            return min(later)
        time.sleep(0.02)
    raise AssertionError("no webhook was acknowledged within 30 s of a restart")


def compare(on: Stage, posted: Posted, outcome: Outcome) -> None:
    """Count what was acknowledged and is not stored, or stored twice."""
    rows = on.store.read_now(
        lambda c: [(int(r.id), bytes(r.body)) for r in c.execute(text(_EVERY))]
    )
    stored: dict[str, list[int]] = {}
    for number, body in rows:
        mark = str(json.loads(body).get("mark", ""))
        stored.setdefault(mark, []).append(number)
    outcome.acknowledged = len(posted.acknowledged)
    for mark, number in posted.acknowledged.items():
        found = stored.get(mark, [])
        outcome.lost += number not in found
        outcome.doubled += len(found) > 1


_EVERY = "SELECT id, body FROM deliveries"
