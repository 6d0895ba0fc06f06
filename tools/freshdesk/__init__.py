"""Freshdesk as a provider: https://developers.freshdesk.com/api/ ."""

from tools.egress import Origin, origin
from tools.freshdesk.client import PROVIDER, open_freshdesk
from tools.freshdesk.webhook import read_hook, rule_text
from tools.model import TicketId
from tools.provider import Provider

SUFFIXES = (".freshdesk.com",)
"""The API answers only here, never on a customer's own name for it."""


def address(setting: str) -> Origin:
    """Return where a domain setting leads: `acme.freshdesk.com`, or a literal loopback address.

    Raises:
        BadAddress: it is neither; the message says what to write.

    Source: https://developers.freshdesk.com/api/#getting-started
    """
    return origin(setting, suffixes=SUFFIXES)


def ticket_url(where: Origin, ticket_id: TicketId) -> str:
    """Return where a person reads the ticket."""
    return f"{where.url}/a/tickets/{ticket_id}"


FRESHDESK = Provider(
    name=PROVIDER,
    title="Freshdesk",
    address=address,
    open=open_freshdesk,
    read_hook=read_hook,
    rule_text=rule_text,
    ticket_url=ticket_url,
)
