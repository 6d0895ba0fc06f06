"""List earlier tickets of this ticket's requester: subjects and states, never of anybody else."""

from collections.abc import Mapping

from tools.errors import HelpdeskError
from tools.kit.tool import Desk, GiveUp, Tool

_MOST = 10
_SUBJECT_MOST = 120


async def _run(desk: Desk, arguments: Mapping[str, str]) -> str:  # noqa: ARG001  takes none
    if desk.requester_id is None:
        raise GiveUp("This ticket names no requester.")
    try:
        tickets = await desk.helpdesk.tickets_of(desk.requester_id, most=_MOST)
    except HelpdeskError as error:
        raise GiveUp("Earlier tickets cannot be read at the moment.") from error
    # The requester is asked for again: a helpdesk that ignores the filter must not leak.
    others = [
        ticket
        for ticket in tickets
        if ticket.id != desk.ticket_id and ticket.requester_id == desk.requester_id
    ]
    if not others:
        return "No earlier tickets."
    return "\n".join(
        f"{ticket.created_at:%Y-%m-%d} {ticket.stage.value}: {ticket.subject[:_SUBJECT_MOST]}"
        for ticket in others
    )


PAST_TICKETS = Tool(
    name="past_tickets",
    purpose="List the subjects of this customer's earlier tickets, newest first.",
    arguments=(),
    credits=1,
    run=_run,
)
