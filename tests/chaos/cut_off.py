"""R4: replies that the helpdesk applied though the connection was cut; on a virtual clock.

The workflow, the journal and the client are the product's own; the helpdesk shows what was
written only after a while.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text

from agent.journal import Journal
from agent.model import Intent, Landing
from agent.post import Looks
from server.store.inbox import OPEN, State
from tests.chaos.house import Setting
from tests.chaos.props import NAMES, Props
from tests.chaos.theatre import ACCOUNT, Theatre, auto
from tools.freshdesk.sandbox.faults import Planned
from tools.model import AccountId, TicketId

CUT = 0.2
"""Part of the replies that are cut off after they were applied."""
SETTLE = Looks().after[-1]
"""Seconds after which we stop looking."""
LAGS = (0.0, 3.0, 20.0, 100.0, 200.0)
"""Seconds until the helpdesk shows a reply: less than we look for it."""
TOO_LONG = 3600.0
BATCH = 100
"""Replies in one play."""


@dataclass
class Cut:
    """What came of some replies.

    Attributes:
        cut: replies that were applied and cut off.
        adopted: of these, found and taken for what they are.
        lost: never said, or not ended.
    """

    tries: int = 0
    cut: int = 0
    adopted: int = 0
    doubled: int = 0
    held: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def add(self, other: "Cut") -> None:
        """Add what came of others."""
        for name in ("tries", "cut", "adopted", "doubled", "held", "lost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong


class Forgetful:
    """The mutant: a journal that forgets what may be on its way; implements `Journal`."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def open_intent(self, account: AccountId, ticket_id: TicketId) -> Intent | None:
        """Forget it."""
        found = await self._inner.open_intent(account, ticket_id)
        if found is not None:
            await self._inner.withdraw(found)
        return None


async def cut_off(
    props: Props,
    *,
    seed: int,
    lag: float,
    many: int = BATCH,
    resend: bool = True,
    looks: Looks | None = None,
    forgetful: bool = False,
) -> Cut:
    """Answer so many customers in public, a fifth of them with the connection cut, and count.

    Args:
        props: what plays share, with their help centres.
        seed: draws who is cut off, and the order.
        lag: seconds until the helpdesk shows what was written.
        many: replies.
        resend: whether the owner chose that what was not found is sent once more.
        looks: when to look; the product's own otherwise.
        forgetful: play the mutant.
    """
    policy = replace(auto(), resend_lost=resend)
    on = Theatre(props, seed, Setting(ACCOUNT, props.shelf(NAMES[0]), policy))
    on.desk.read_lag = lag
    if looks is not None:
        on.account = replace(on.account, responder=replace(on.responder, looks=looks))
    if forgetful:
        on.journals = lambda run: Forgetful(on.journal(run))
    chance = random.Random(seed)  # noqa: S311 -- the same for a seed
    tickets = [on.write(email=f"kim{n}@example.com") for n in range(many)]
    cut = set(chance.sample(tickets, round(CUT * many)))
    for ticket in tickets:
        if ticket in cut:
            plan = Planned(f"POST /tickets/{ticket}/reply", "after-apply-cut")
            on.app.faults.planned.append(plan)
        on.deliver(ticket)
    await on.work()
    count = _count(on, tickets, cut)
    await on.close()
    return count


def _count(on: Theatre, tickets: list[int], cut: set[int]) -> Cut:
    rows = on.store.read_now(
        lambda c: list(c.execute(text("SELECT ticket_id, landing FROM posts")))
    )
    landed = {int(row.ticket_id): row.landing for row in rows}
    ends = {int(one.ticket_id or 0): one.state for one in on.deliveries()}
    count = Cut(tries=len(tickets), cut=len(cut))
    for ticket in tickets:
        said = len(on.said(ticket))
        held = ends[ticket] is State.HELD
        count.adopted += landed.get(ticket) == Landing.ADOPTED.value
        count.doubled += said > 1
        count.held += held
        count.lost += said == 0 or ends[ticket] in OPEN
        if said != 1 or held:
            count.wrong.append(f"{ticket}: {said} replies, {ends[ticket].value}")
    return count
