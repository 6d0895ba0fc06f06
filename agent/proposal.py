"""What a run wants to post: judged once more at the last moment, and rendered as it then is."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from agent import render
from agent.journal import Journal
from agent.judgement import judge
from agent.llm.spend import Purse
from agent.model import Decision, Disposition, Draft, Result, Snapshot
from agent.policy.terms import Policy
from tools.clock import Clock
from tools.provider import Helpdesk


@dataclass(slots=True)
class Proposal:
    """The result of a run before it is posted.

    Attributes:
        so_far: with snapshot, draft and decision.
        policy: the one it was decided under; the present one, once `again` was asked.
        reread: returns the policy as it is at this moment.
        desk: opened to write; its credits go into the note's receipt.
        run: the run's reference, printed in the note.
    """

    so_far: Result
    snapshot: Snapshot
    draft: Draft
    decision: Decision
    policy: Policy
    reread: Callable[[], Policy]
    journal: Journal
    purse: Purse
    clock: Clock
    desk: Helpdesk
    run: str

    async def again(self) -> Decision:
        """Decide once more, by the policy, the switches, the money and the hour of this moment."""
        self.policy = self.reread()
        return await judge(
            self.snapshot,
            self.draft,
            policy=self.policy,
            journal=self.journal,
            purse=self.purse,
            now=self.clock.now(),
            before=self.decision,
        )

    def body(self, disposition: Disposition, decided: Decision) -> str:
        """Return the HTML for a disposition, under the policy that it was last decided by."""
        before = self.so_far.usage
        spent = before.credits + self.desk.credits + 1  # the look so far, and the post itself
        used = replace(before, credits=spent)
        told = replace(self.so_far, decision=decided, usage=used)
        return render.body(told, disposition, self.policy, run=self.run)
