"""Read-only tools a drafter may use, each scoped to one account and one requester."""

from tools.kit.look_up_contact import LOOK_UP_CONTACT
from tools.kit.past_tickets import PAST_TICKETS
from tools.kit.read_field import READ_FIELD
from tools.kit.search_articles import SEARCH_ARTICLES
from tools.kit.tool import Tool

TOOLS: tuple[Tool, ...] = (SEARCH_ARTICLES, READ_FIELD, PAST_TICKETS, LOOK_UP_CONTACT)
"""What a model may call, in the order it is told of them."""

__all__ = ["TOOLS"]
