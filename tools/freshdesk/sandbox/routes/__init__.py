"""The imitated API, one file per family of resources; each lists its routes."""

from functools import cache

from tools.freshdesk.sandbox.routes import (
    canned,
    companies,
    contact_acts,
    contacts,
    conversations,
    discussions,
    fields,
    filters,
    jobs,
    lists,
    person_fields,
    rarities,
    ratings,
    settings,
    solutions,
    staff,
    ticket_extras,
    tickets,
    times,
    translations,
)
from tools.freshdesk.sandbox.routing import Route, Table


def routes() -> list[Route]:
    """Return every route of the API."""
    return [
        *tickets.ROUTES,
        *ticket_extras.ROUTES,
        *lists.ROUTES,
        *conversations.ROUTES,
        *contacts.ROUTES,
        *contact_acts.ROUTES,
        *companies.ROUTES,
        *staff.ROUTES,
        *fields.ROUTES,
        *person_fields.ROUTES,
        *solutions.ROUTES,
        *translations.ROUTES,
        *filters.ROUTES,
        *canned.ROUTES,
        *times.ROUTES,
        *ratings.ROUTES,
        *settings.ROUTES,
        *jobs.ROUTES,
        *rarities.ROUTES,
        *discussions.ROUTES,
    ]


@cache
def table() -> Table:
    """Return the routes, ready to be searched; nobody changes them, so all apps share one."""
    return Table(routes())
