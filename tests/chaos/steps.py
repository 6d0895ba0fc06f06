"""D2: kill -9 at every named step, under every fault of the helpdesk; then count the replies."""

import time
from dataclasses import dataclass, field

from server.store.inbox import State
from tests.chaos.serve_and_die import STEPS
from tests.chaos.stage import Stage
from tests.e2e.processes import until

FAULTS = (
    "none",
    "before-apply",
    "reset",
    "5xx-html",
    "429",
    "late-apply",
    "after-apply-cut",
    "5xx-after-apply",
    "truncated",
    "slow-drip",
    "latency",
)
NOT_FOUND = "may or may not have landed"
"""In the reason of every reply that is held because it was looked for in vain."""
WITHIN = 120.0
"""Seconds after a restart within which all that was killed must have ended."""
__all__ = ["FAULTS", "STEPS", "Count", "kill_at"]


@dataclass
class Count:
    """What came of some tries.

    Attributes:
        tries: runs that were under way when a process was killed.
        at_step: of those, how many stood exactly at the step.
        lost: neither answered nor held, or held without saying why.
        held: held for a person; `landed` of those had been answered all the same.
        recovery: seconds from each restart to its readiness.
        wrong: tickets that were not answered exactly once, in words.
    """

    tries: int = 0
    kills: int = 0
    faults: int = 0
    lost: int = 0
    doubled: int = 0
    held: int = 0
    landed: int = 0
    at_step: dict[str, int] = field(default_factory=dict[str, int])
    recovery: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])

    def add(self, other: "Count") -> None:
        """Add what came of others."""
        for name in ("tries", "kills", "faults", "lost", "doubled", "held", "landed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for step, n in other.at_step.items():
            self.at_step[step] = self.at_step.get(step, 0) + n
        self.recovery += other.recovery
        self.wrong += other.wrong


def kill_at(
    on: Stage, step: str, faults: tuple[str, ...] = FAULTS, *, mutant: str = "", number: int = 0
) -> Count:
    """Let one ticket a fault come to a step, kill, restart, and count what the desk did.

    Args:
        on: the stage.
        step: where to kill.
        faults: one ticket each; the fault befalls its reply.
        mutant: a protection to take away, in both lives.
        number: distinguishes the customers of several calls.
    """
    dying = on.dying(at=step, expect=len(faults), mutant=mutant)
    dying.start()
    on.world.ready()
    tickets = write(on, faults, number=number)
    child = dying.child
    until(lambda: child is not None and child.poll() is not None, what=f"the kill at {step}")
    began = time.monotonic()
    again = on.dying(at="never", mutant=mutant) if mutant else on.world.serve
    again.start()
    on.world.ready()
    ready = time.monotonic() - began
    until(lambda: on.ended(list(tickets)), what=f"all killed at {step} ended", within=WITHIN)
    again.kill()
    on.world.client.delete(f"{on.world.helpdesk}/sandbox/faults")
    count = counted(on, step, tickets)
    count.kills, count.at_step, count.recovery = 1, {step: on.gathered()}, [ready]
    return count


def write(on: Stage, faults: tuple[str, ...], *, number: int) -> dict[str, str]:
    """Let a customer write for each fault, which befalls the reply; return fault by ticket."""
    tickets = {on.write(1000 * number + n): fault for n, fault in enumerate(faults)}
    for ticket, fault in tickets.items():
        if fault != "none":
            plan = {"match": f"POST /tickets/{ticket}/reply", "fault": fault, "seconds": 1}
            on.world.control("faults", plan | {"times": 1, "retry_after": 1})
    return tickets


def counted(on: Stage, where: str, tickets: dict[str, str]) -> Count:
    """Count what became of tickets that have ended.

    Args:
        on: the stage.
        where: named where something went wrong.
        tickets: what befell each.
    """
    count = Count(len(tickets), faults=len([one for one in tickets.values() if one != "none"]))
    for ticket, came in on.came(list(tickets)).items():
        replies = on.replies(ticket)
        held = [one.reason for one in came if one.state is State.HELD]
        unexplained = [reason for reason in held if NOT_FOUND not in reason]
        count.doubled += replies > 1
        count.held += bool(held)
        count.landed += bool(held) and replies > 0
        count.lost += (replies == 0 and not held) or bool(unexplained)
        if replies != 1 or held:
            ends = sorted({(one.state.value, one.reason) for one in came})
            count.wrong.append(f"{where} x {tickets[ticket]}: {replies} replies, {ends}")
    return count
