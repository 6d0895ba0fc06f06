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
__all__ = ["FAULTS", "STEPS", "Count", "kill_at"]


@dataclass
class Count:
    """What came of some tries.

    Attributes:
        tries: runs that were under way when a process was killed.
        at_step: of those, how many stood exactly at the step.
        recovery: seconds from each restart to its readiness.
        seeds: tickets that went wrong, in words.
    """

    tries: int = 0
    kills: int = 0
    faults: int = 0
    lost: int = 0
    doubled: int = 0
    held: int = 0
    at_step: dict[str, int] = field(default_factory=dict[str, int])
    recovery: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])

    def add(self, other: "Count") -> None:
        """Add what came of others."""
        for name in ("tries", "kills", "faults", "lost", "doubled", "held"):
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
    tickets = [on.write(1000 * number + n) for n, _ in enumerate(faults)]
    for ticket, fault in zip(tickets, faults, strict=True):
        if fault != "none":
            plan = {"match": f"POST /tickets/{ticket}/reply", "fault": fault, "seconds": 1}
            on.world.control("faults", plan | {"times": 1, "retry_after": 1})
    child = dying.child
    until(lambda: child is not None and child.poll() is not None, what=f"the kill at {step}")
    began = time.monotonic()
    again = on.dying(at="never", mutant=mutant) if mutant else on.world.serve
    again.start()
    on.world.ready()
    ready = time.monotonic() - began
    until(lambda: on.ended(tickets), what=f"the runs killed at {step} ended", within=60)
    again.stop()
    again.kill()
    on.world.client.delete(f"{on.world.helpdesk}/sandbox/faults")
    return _counted(on, step, dict(zip(tickets, faults, strict=True)), ready)


def _counted(on: Stage, step: str, tickets: dict[str, str], ready: float) -> Count:
    count = Count(len(tickets), kills=1, at_step={step: on.gathered()}, recovery=[ready])
    count.faults = len([fault for fault in tickets.values() if fault != "none"])
    for ticket, came in on.came(list(tickets)).items():
        replies, held = on.replies(ticket), any(d.state is State.HELD for d in came)
        count.doubled += replies > 1
        count.held += held
        count.lost += replies == 0 and not held
        if replies != 1 or held:
            ends = [(d.state.value, d.reason) for d in came]
            count.wrong.append(f"{step} x {tickets[ticket]}: {replies} replies, {ends}")
    return count
