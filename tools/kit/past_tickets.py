"""List earlier tickets of this ticket's requester: subjects and states, never of anybody else."""

from collections.abc import Mapping

from tools.errors import HelpdeskError
from tools.kit.tool import Desk, GiveUp, Tool

MOST = 10
_SUBJECT_MOST = 120


async def earlier(desk: Desk) -> tuple[str, ...]:
    """Return a line for each of the requester's other tickets, newest first. One credit, once.

    Raises:
        HelpdeskError: they cannot be read.
    """
    if desk.earlier is None and desk.requester_id is not None:
        tickets = await desk.helpdesk.tickets_of(desk.requester_id, most=MOST)
        # The requester is asked for again: a helpdesk that ignores the filter must not leak.
        desk.earlier = tuple(
            f"{ticket.created_at:%Y-%m-%d} {ticket.stage.value}: {_one_line(ticket.subject)}"
            for ticket in tickets
            if ticket.id != desk.ticket_id and ticket.requester_id == desk.requester_id
        )
    return desk.earlier or ()


def _one_line(subject: str) -> str:
    return " ".join(subject.split())[:_SUBJECT_MOST]


async def _run(desk: Desk, arguments: Mapping[str, str]) -> str:  # noqa: ARG001  takes none
    if desk.requester_id is None:
        raise GiveUp("This ticket names no requester.")
    try:
        told = await earlier(desk)
    except HelpdeskError as error:
        raise GiveUp("Earlier tickets cannot be read at the moment.") from error
    return "\n".join(told) or "No earlier tickets."


PAST_TICKETS = Tool(
    name="past_tickets",
    purpose="List the subjects of this customer's earlier tickets, newest first.",
    arguments=(),
    credits=1,
    run=_run,
)
