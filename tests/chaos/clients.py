"""Sixteen helpdesks that post webhooks as long as they are let, and what became of each of them."""

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field

import httpx

from server.store.inbox import State
from tests.chaos.stage import ASKED, Stage
from tests.e2e.processes import SECRET

CLIENTS = 16
PACE = 0.5
"""Seconds a client waits between two webhooks."""
FRESH = 6
"""Every so many webhooks a client tells of a new ticket; the others repeat what it told before."""


@dataclass
class Posted:
    """What the clients got acknowledged.

    Attributes:
        acknowledged: delivery number by the mark in the body.
        times: when each 202 came, by the monotonic clock.
        told: tickets of which at least one webhook was acknowledged.
    """

    acknowledged: dict[str, int] = field(default_factory=dict[str, int])
    times: list[float] = field(default_factory=list[float])
    told: set[str] = field(default_factory=set[str])
    refused: int = 0


@dataclass
class Kept:
    """What was found of all that, in the database and on the desk.

    Attributes:
        lost: acknowledged and not stored, or told of and neither answered nor held.
        doubled: stored twice, or answered twice.
        wrong: all of these in words.
    """

    acknowledged: int = 0
    tickets: int = 0
    lost: int = 0
    doubled: int = 0
    held: int = 0
    wrong: list[str] = field(default_factory=list[str])


class Clients:
    """Each writes tickets as a customer of its own, and tells the responder of them."""

    def __init__(self, on: Stage, *, pace: float = PACE) -> None:
        self.posted = Posted()
        self._on, self._pace = on, pace
        self._url = f"{on.world.responder}/hooks/default"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(CLIENTS)]

    def start(self) -> None:
        """Let them post; the desk's own webhooks are dropped, so that only these count."""
        self._on.world.control("webhooks", {"drop": True})
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until they have stopped."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=20)

    def _post(self, client: int) -> None:
        number, tickets, untold = client, list[str](), ""
        with httpx.Client(timeout=5.0) as http:
            while not self._stop.is_set():
                number += 1
                with contextlib.suppress(httpx.TransportError):
                    if not untold and (not tickets or number % FRESH == 0):
                        untold = self._write(http, f"kim{client}.{number}@example.com")
                    ticket = untold or tickets[number % len(tickets)]
                    if self._tell(http, ticket, f"{client}-{number}") and ticket == untold:
                        tickets.append(ticket)
                        untold = ""
                self._stop.wait(self._pace)

    def _write(self, http: httpx.Client, email: str) -> str:
        body = {"subject": "A question", "description": ASKED, "email": email}
        made = http.post(f"{self._on.world.helpdesk}/sandbox/tickets", json=body)
        return str(made.json()["id"])

    def _tell(self, http: httpx.Client, ticket: str, mark: str) -> bool:
        answer = http.post(
            self._url,
            json={"ticket_id": ticket, "mark": mark},
            headers={"X-Deskhand-Secret": SECRET},
        )
        took = answer.status_code == httpx.codes.ACCEPTED
        with self._lock:
            if took:
                self.posted.acknowledged[mark] = int(answer.json()["delivery"])
                self.posted.times.append(time.monotonic())
                self.posted.told.add(ticket)
            else:
                self.posted.refused += 1
        return took

    def first_after(self, moment: float) -> float:
        """Wait for the first acknowledgement after a moment, and return when it was."""
        while time.monotonic() < moment + 60:
            later = [at for at in list(self.posted.times[-200:]) if at > moment]
            if later:
                return min(later)
            time.sleep(0.01)
        raise AssertionError("no webhook was acknowledged within 60 s of a restart")


def compare(on: Stage, posted: Posted) -> Kept:
    """Count what was acknowledged and is not stored, or stored twice."""
    kept = Kept(len(posted.acknowledged), len(posted.told))
    stored: dict[str, list[int]] = {}
    for number, body in on.ask("SELECT id, body FROM deliveries"):
        stored.setdefault(str(json.loads(bytes(body)).get("mark", "")), []).append(int(number))
    for mark, number in posted.acknowledged.items():
        found = stored.get(mark, [])
        if number not in found:
            kept.lost += 1
            kept.wrong.append(f"delivery {number} was acknowledged and is not stored")
        if len(found) > 1:
            kept.doubled += 1
            kept.wrong.append(f"webhook {mark} is stored {len(found)} times")
    return kept


def judge(on: Stage, posted: Posted) -> Kept:
    """Once all has ended, count each ticket's public replies on the desk as well."""
    kept = compare(on, posted)
    came = on.came(sorted(posted.told))
    for ticket, deliveries in came.items():
        replies = on.replies(ticket)
        held = any(one.state is State.HELD for one in deliveries)
        kept.held += held
        kept.doubled += replies > 1
        kept.lost += replies == 0 and not held
        if replies != 1 or held:
            ends = sorted({(one.state.value, one.reason) for one in deliveries})
            kept.wrong.append(f"ticket {ticket}: {replies} replies, {ends}")
    return kept
