"""A webhook that is sent a thousand times over: one draft, one answer."""

from dataclasses import replace
from typing import Any, cast

from agent.drafter import Drafter
from agent.journal import Journal
from agent.model import Draft, Receipt, RunLimits, Snapshot
from agent.policy.terms import Policy
from server.store.inbox import State
from tests.chaos.theatre import Theatre
from tests.server.front_door import onto, quiet
from tools.kit.tool import Desk
from tools.model import Author, Thread, TicketId
from tools.provider import Helpdesk, Lane

REPLAYS = 1_000
WHILE = 30.0
"""Seconds in which whatever a webhook starts comes to its end."""
BURST = 90
"""Of which so many come together; the rest one by one, each after the work of the one before."""


class Counted:
    """A drafter that counts its drafts."""

    def __init__(self, inner: Drafter) -> None:
        self._inner = inner
        self.name, self.prompt = inner.name, inner.prompt
        self.drafts = 0

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Draft once more."""
        self.drafts += 1
        return await self._inner.draft(snapshot, desk=desk, policy=policy, limits=limits)


async def _replay(theatre: Theatre, times: int) -> tuple[int, int]:
    """Send one webhook and its copies, working in between; return the ticket and the drafts."""
    counted = Counted(theatre.responder.drafter)
    account = theatre.account
    responder = replace(account.responder, drafter=counted)
    theatre.account = replace(account, responder=responder)
    door = onto(theatre.store, theatre.engine, theatre.accounts(), theatre.own)
    ticket = theatre.write()
    body = f'{{"ticket_id": "{ticket}", "triggered_event": "{{ticket_action:created}}"}}'.encode()
    with quiet():
        for number in range(times + 1):
            sent = await door.post(body, account=account.id, secret=account.secrets[0])
            assert 202 == sent
            if number % BURST < 4 or number == times:
                theatre.clock.advance(7.0)
                await theatre.work(until=theatre.clock.now().timestamp() + WHILE)
    return ticket, counted.drafts


async def test_a_thousand_replays_make_no_second_draft(theatre: Theatre) -> None:
    """Who recorded one webhook could otherwise spend a model's money, and mail a customer."""
    ticket, drafts = await _replay(theatre, REPLAYS)

    states = [one.state for one in theatre.deliveries()]
    assert 1 == drafts
    assert (1, 0) == (len(theatre.said(ticket)), len(theatre.said(ticket, "note")))
    assert (1, REPLAYS) == (states.count(State.DONE), states.count(State.SKIPPED))
    assert all(one.reason for one in theatre.deliveries())


class Forgetful:
    """A journal that forgets what was dealt with."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def receipt(self, key: str) -> Receipt | None:
        """Remember nothing."""
        del key
        return None


class Blind:
    """A helpdesk that does not show what we said."""

    def __init__(self, inner: Helpdesk) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def thread(self, ticket_id: TicketId, *, most_calls: int = 12) -> Thread:
        """Return the others' conversations."""
        whole = await self._inner.thread(ticket_id, most_calls=most_calls)
        theirs = (one for one in whole.conversations if one.author is not Author.RESPONDER)
        return replace(whole, conversations=tuple(theirs))


async def test_a_run_that_knows_nothing_of_its_answer_drafts_again(theatre: Theatre) -> None:
    """Two things stop a replay, the turn's receipt and our own last word: without both it costs.

    The customer would still read it once: a turn's intent is unique.
    """

    def blind(_: Lane, desk: Helpdesk) -> Helpdesk:
        return cast("Helpdesk", Blind(desk))

    theatre.journals = lambda run: cast("Journal", Forgetful(theatre.journal(run)))
    theatre.house.opening = blind

    ticket, drafts = await _replay(theatre, 3)

    assert drafts > 1
    assert 1 == len(theatre.said(ticket))
