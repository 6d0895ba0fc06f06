"""Tell who asks: the requester of this ticket and nobody else."""

from collections.abc import Mapping

from tools.errors import HelpdeskError
from tools.kit.tool import Desk, GiveUp, Tool


async def _run(desk: Desk, arguments: Mapping[str, str]) -> str:  # noqa: ARG001  takes none
    contact = desk.contact
    if contact is None:
        if desk.requester_id is None:
            raise GiveUp("This ticket names no requester.")
        try:
            contact = await desk.helpdesk.contact(desk.requester_id)
        except HelpdeskError as error:
            raise GiveUp("The requester cannot be read at the moment.") from error
        desk.contact = contact
    lines = [f"name: {contact.name}", f"language: {contact.language or 'unknown'}"]
    lines.append(f"belongs to a company: {'yes' if contact.company_id else 'no'}")
    return "\n".join(lines)


LOOK_UP_CONTACT = Tool(
    name="look_up_contact",
    purpose="Tell the name and language of the customer who asks.",
    arguments=(),
    credits=1,
    run=_run,
)
