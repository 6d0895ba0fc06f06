"""No machine hears from us in public, and people who write in the same words do."""

from dataclasses import replace

from agent.drafter import Drafter
from agent.model import Draft, RunLimits, Snapshot
from agent.policy.terms import Policy
from server.store.inbox import State
from tests.agent.mailbag import MACHINES, TWINS, Mail
from tests.chaos.theatre import Theatre
from tests.server.front_door import quiet
from tools.freshdesk.sandbox import people
from tools.kit.tool import Desk


class Counted:
    """A drafter that is counted; implements `Drafter`."""

    def __init__(self, inner: Drafter) -> None:
        self._inner = inner
        self.asked = 0

    @property
    def name(self) -> str:
        """The drafter's own."""
        return self._inner.name

    @property
    def prompt(self) -> str:
        """The drafter's own."""
        return self._inner.prompt

    async def draft(
        self, snapshot: Snapshot, *, desk: Desk, policy: Policy, limits: RunLimits
    ) -> Draft:
        """Count, and draft."""
        self.asked += 1
        return await self._inner.draft(snapshot, desk=desk, policy=policy, limits=limits)


async def play(theatre: Theatre, mails: tuple[Mail, ...]) -> tuple[dict[int, Mail], int]:
    """Let all this mail come in under the most permissive policy.

    Returns:
        The tickets, and how often a draft was asked for.
    """
    counted = Counted(theatre.responder.drafter)
    theatre.responder = replace(theatre.responder, drafter=counted)
    theatre.account = replace(theatre.account, responder=theatre.responder)
    tickets = {}
    for number, mail in enumerate(mails):
        local, host = mail.address.split("@")
        address = f"{local}@{number}.{host}"
        written = people.Message(subject=mail.subject, description=mail.body, email=address)
        ticket = people.write_in(theatre.desk, written).id
        tickets[ticket] = mail
        theatre.deliver(ticket)
    with quiet():
        await theatre.work()
    assert {one.state for one in theatre.deliveries()} <= {State.DONE, State.SKIPPED}
    return tickets, counted.asked


async def test_no_machine_hears_from_us_and_no_model_is_asked(theatre: Theatre) -> None:
    """One public reply to a machine is the first round of a loop."""
    tickets, asked = await play(theatre, MACHINES)

    assert len(tickets) >= 220
    assert [] == [mail.subject for one, mail in tickets.items() if theatre.said(one)]
    assert 0 == asked


async def test_people_in_the_words_of_machines_are_answered_in_public(theatre: Theatre) -> None:
    """A rule that silences a customer is worse than none."""
    asking = tuple(mail for mail in TWINS if mail.kind == "answered")

    tickets, asked = await play(theatre, asking)

    assert [] == [mail.subject for one, mail in tickets.items() if not theatre.said(one)]
    assert len(asking) == asked


async def test_no_persons_mail_is_left_without_a_word_to_the_agents(theatre: Theatre) -> None:
    """What no page answers is handed over with a note; only a machine's mail gets nothing."""
    tickets, _ = await play(theatre, TWINS)

    silent = [
        mail.subject
        for one, mail in tickets.items()
        if not theatre.said(one) and not theatre.said(one, "note")
    ]
    assert len(tickets) >= 180
    assert [] == silent
