"""What a drafter is: from a snapshot to a draft, with read-only tools."""

from typing import Protocol

from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from tools.kit.tool import Desk


class Drafter(Protocol):
    """Proposes an answer; holds no credential and can write nothing."""

    @property
    def name(self) -> str:
        """`extractive`, `scripted` or the model's name; kept with every draft."""
        ...

    @property
    def prompt(self) -> str:
        """`name@version` of the prompt in use, or "" without one."""
        ...

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Return a proposed answer to the snapshot's turn.

        Args:
            snapshot: must have a turn.
            desk: the read-only tools' view, scoped to this account and requester.
            policy: tone, signature, languages.
            limits: credits, model calls, tokens and seconds it may use.

        Raises:
            ModelUnavailable: the endpoint failed in a way that may pass.
            DraftFailed: no usable draft, and another try would not help.
            LimitReached: it used up its limits.
        """
        ...
