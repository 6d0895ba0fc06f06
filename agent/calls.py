"""The calls a run plans to make, declared beforehand, and which it can do without: pure."""

from dataclasses import dataclass

from agent.model import RunLimits


@dataclass(frozen=True, slots=True)
class Call:
    """One planned call.

    Attributes:
        credits: the most it costs with cold caches.
        optional: dropped, visibly, when the pool or the run's own limit is short.
    """

    name: str
    credits: int
    optional: bool = False


PLAN: tuple[Call, ...] = (
    Call("ticket", 1),
    Call("contact and company", 2, optional=True),
    Call("first page of the thread", 1),
    Call("our own identity", 1),
    Call("the names of statuses and custom fields", 1),
    Call("the group's name", 1, optional=True),
    Call("the helpdesk's own search", 1, optional=True),
    Call("the requester's earlier tickets", 1, optional=True),
    Call("look before posting", 1),
    Call("newest page of the thread, where the ticket changed", 1),
    Call("post", 1),
)
"""In the order they are made. Reading more of a long thread takes what the limit leaves."""

THREAD_MOST = 12
"""Calls a thread may take, however long it is."""


def essential() -> int:
    """Return the credits a run cannot do without."""
    return sum(call.credits for call in PLAN if not call.optional)


def thread_calls(limits: RunLimits) -> int:
    """Return how many calls the thread may take within the run's own credit limit."""
    spare = limits.credits - essential()
    return max(1, min(THREAD_MOST, 1 + spare))


PEOPLE, GROUP = "contact and company", "the group's name"
EARLIER = "the requester's earlier tickets"


def affords(name: str, limits: RunLimits) -> bool:
    """Whether an optional call may be made within the run's own credit limit.

    What stands earlier in the plan is served first, as if no cache could spare its credits.
    """
    spare = limits.credits - essential()
    for call in PLAN:
        if not call.optional:
            continue
        fits = call.credits <= spare
        if call.name == name:
            return fits
        spare -= call.credits if fits else 0
    raise ValueError(f"the plan has no optional call {name!r}")
