"""D3: end one version of the program in the middle of its work and start another: all is done.

The old version runs contract `0` where the contract differs, the product itself its own. Left
behind are runs cut off with a reply on its way, works that never began, and works that wait for
their time.
"""

import contextlib
import time
from dataclasses import dataclass

import httpx
from sqlalchemy import text

from server.engine import CONTRACT
from server.replica import LASTS
from tests.chaos.stage import Stage
from tests.chaos.steps import WITHIN, Count, counted
from tests.e2e.processes import SECRET, Process, until

OLD = "0"
"""A contract that the product does not run."""
LOOKS = "3,4,5"
"""Seconds after a post at which it is looked for: nobody looks before the process has ended."""
STOPS_AT = "sent"
HANGING: dict[str, float] = {"none": 0.0, "latency": 6.0}
"""What befalls the replies that are on their way when the process ends, and for how long."""
WAITING = ("before-apply", "after-apply-cut")
"""What befalls the replies that wait, delayed, to be looked for."""
NOWHERE = "elsewhere/1|1|1|"
"""A machine that nobody here can look into: its lease must run out."""
LEFT_ALONE = "work of another contract is left to its process"
TAKEN_OVER = "work of another contract begins anew here"
"""What a new version says of the old one's work: while that lives, and after."""
PATIENCE = 8.0
"""Seconds a version without a protection gets to show that it needs it."""


@dataclass(frozen=True, slots=True)
class Redeploy:
    """One way to replace a program.

    Attributes:
        contract: of the version before.
        moved: whether it ran under another executor id, on a machine that is gone.
        killed: whether it was killed, or was asked to stop.
    """

    contract: str
    moved: bool
    killed: bool

    def __str__(self) -> str:
        told = "same contract" if self.contract == CONTRACT else "new contract"
        told += ", other executor" if self.moved else ", same executor"
        return told + (", killed" if self.killed else ", stopped")


MATRIX = tuple(
    Redeploy(contract, moved, killed)
    for contract in (OLD, CONTRACT)
    for moved in (False, True)
    for killed in (True, False)
)


def redeploy(
    on: Stage, way: Redeploy, *, number: int = 0, mutant: str = "", patience: float = PATIENCE
) -> Count:
    """Leave work of every kind behind, replace the program, and count what became of it.

    Args:
        on: the stage.
        way: how it is replaced.
        number: distinguishes the customers of several calls.
        mutant: a protection that the new version lacks; what is unfinished then counts as lost.
        patience: seconds that a mutant gets.
    """
    hanging = 2
    step = STOPS_AT if way.killed else "never"
    old = on.dying(at=step, expect=hanging, contract=way.contract)
    old.start()
    on.world.ready()
    tickets = _write(on, WAITING, number=number)
    until(lambda: _standing(on, "delayed") >= len(WAITING), what="replies that wait")
    hung = ("none",) * hanging if way.killed else ("latency",) * hanging
    tickets |= _write(on, hung, number=number + 1)
    until(lambda: _standing(on, "pending") >= 1, what="runs under way")
    _again(on, list(tickets))
    _end(old, way)
    before = left_behind(on)
    if way.moved:
        _move(on, way.contract)
    began = time.monotonic()
    new = on.dying(at="never", mutant=mutant) if mutant else on.world.serve
    new.start()
    on.world.ready()
    ready = time.monotonic() - began
    _await(on, list(tickets), str(way), patience if mutant else None)
    new.kill()
    on.world.client.delete(f"{on.world.helpdesk}/sandbox/faults")
    count = counted(on, str(way), tickets)
    count.kills, count.recovery = 1, [ready]
    count.at_step = before
    return count


def beside(on: Stage, new: Process, *, number: int = 0) -> Count:
    """Let a new version work beside an old one on Postgres; then end the old one.

    Args:
        on: the stage.
        new: a worker of the product.
        number: distinguishes the customers of several calls.
    """
    old = on.dying(at="never", contract=OLD)
    old.start()
    on.world.ready()
    tickets = _write(on, (*WAITING, "latency"), number=number)
    until(lambda: _standing(on, "delayed") >= len(WAITING), what="replies that wait")
    new.start()
    until(lambda: LEFT_ALONE in new.said(), what="the new version up, leaving the old one's work")
    began = time.monotonic()
    before = left_behind(on)
    old.stop()
    _await(on, list(tickets), "beside", None)
    seconds = time.monotonic() - began
    new.kill()
    on.world.client.delete(f"{on.world.helpdesk}/sandbox/faults")
    count = counted(on, "beside", tickets)
    count.kills, count.recovery, count.at_step = 1, [seconds], before
    return count


def left_behind(on: Stage) -> dict[str, int]:
    """Return how much unfinished work the engine knows, by its state."""
    rows = on.ask(
        "SELECT status, count(*) FROM {schema}workflow_status "
        "WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED') GROUP BY status"
    )
    return {"pending": 0, "enqueued": 0, "delayed": 0} | {str(s).lower(): int(n) for s, n in rows}


def _standing(on: Stage, state: str) -> int:
    return left_behind(on)[state]


def _write(on: Stage, faults: tuple[str, ...], *, number: int) -> dict[str, str]:
    tickets = {}
    for n, fault in enumerate(faults):
        ticket = on.write(1000 * number + n)
        tickets[ticket] = fault
        if fault != "none":
            plan = {"match": f"POST /tickets/{ticket}/reply", "fault": fault, "seconds": 6.0}
            on.world.control("faults", plan)
    return tickets


def _again(on: Stage, tickets: list[str]) -> None:
    """Tell of the same tickets once more: behind a run that is under way, that is queued."""
    url = f"{on.world.responder}/hooks/default"
    for ticket in tickets:
        with contextlib.suppress(httpx.TransportError):
            body = {"ticket_id": ticket}
            on.world.client.post(url, json=body, headers={"X-Deskhand-Secret": SECRET})


def _end(old: Process, way: Redeploy) -> None:
    child = old.child
    if way.killed:
        until(lambda: child is not None and child.poll() is not None, what="the kill")
    else:
        old.stop()


def _move(on: Stage, contract: str) -> None:
    """Make it so that all this ran elsewhere."""
    schema = "" if on.store.is_sqlite else "dbos."
    with on.store.engine.begin() as connection:
        if on.store.is_sqlite:
            elsewhere = f"UPDATE {schema}workflow_status SET executor_id = 'slot-9'"  # noqa: S608
            connection.execute(text(elsewhere + " WHERE status = 'PENDING'"))
        else:
            moved = text(
                "UPDATE executors SET holder = :h, "
                "expires_at = extract(epoch from clock_timestamp()) + :s"
            )
            connection.execute(moved, {"h": NOWHERE + contract, "s": LASTS})


def _await(on: Stage, tickets: list[str], what: str, patience: float | None) -> None:
    """Wait until all have ended; a mutant need not get there."""
    with contextlib.nullcontext() if patience is None else contextlib.suppress(AssertionError):
        until(lambda: on.ended(tickets), what=f"{what}: all ended", within=patience or WITHIN)
