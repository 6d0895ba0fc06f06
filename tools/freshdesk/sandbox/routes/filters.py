"""Search: tickets, contacts and companies by query, articles by word."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from tools.freshdesk.sandbox import search, shapes
from tools.freshdesk.sandbox.answers import Answer, invalid_value, missing, ok, validation
from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.html import flat
from tools.freshdesk.sandbox.index import Indexed
from tools.freshdesk.sandbox.people_shapes import company, contact_in_list
from tools.freshdesk.sandbox.records import Company, Contact, Json, Ticket
from tools.freshdesk.sandbox.routing import Route
from tools.freshdesk.sandbox.solution_shapes import article_found

PAGE = 30
LAST_PAGE = 10
_QUERY = ("query", "page")
Item = TypeVar("Item", Ticket, Contact, Company)


def tickets(desk: Desk, call: Call) -> Answer:
    """Search tickets; what is in the trash, spam or the archive is not found."""
    found = _matching(
        desk, call, "tickets", search.fields(search.TICKETS, desk.ticket_fields), desk.tickets
    )
    return _page(call, [it for it in found if not (it.deleted or it.spam or it.archived)], _ticket)


def _ticket(it: Ticket) -> Json:
    return {**shapes.ticket_in_list(it), **shapes.described(it)}


def contacts(desk: Desk, call: Call) -> Answer:
    """Search contacts."""
    found = _matching(
        desk, call, "contacts", search.fields(search.CONTACTS, desk.contact_fields), desk.contacts
    )
    return _page(call, [it for it in found if not it.deleted], contact_in_list)


def companies(desk: Desk, call: Call) -> Answer:
    """Search companies."""
    found = _matching(
        desk,
        call,
        "companies",
        search.fields(search.COMPANIES, desk.company_fields),
        desk.companies,
    )
    return _page(call, found, company)


def _matching(
    desk: Desk, call: Call, kind: Indexed, known: search.Fields, those: dict[int, Item]
) -> list[Item]:
    if "query" not in call.query:
        raise validation([missing("query")])
    query = search.read(call.query["query"], known)
    documents = desk.index.seen(kind, until=desk.now() - timedelta(seconds=desk.index_lag))
    found = [
        those[number]
        for number, document in documents.items()
        if number in those and query.matches(document)
    ]
    return sorted(found, key=lambda it: (it.created_at, it.id), reverse=True)


def _page(call: Call, found: list[Item], show: Callable[[Item], Json]) -> Answer:
    text = call.query.get("page", "1")
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PAGE:
        message = f"It should be a Positive Integer less than or equal to {LAST_PAGE}"
        raise validation([invalid_value("page", message)])
    start = (int(text) - 1) * PAGE
    return ok({"results": [show(it) for it in found[start : start + PAGE]], "total": len(found)})


def solutions(desk: Desk, call: Call) -> Answer:
    """Search articles by words. Drafts and internal pages are found too."""
    term = call.query.get("term", "").casefold().split()
    if not term:
        raise validation([missing("term")])
    ranked: list[tuple[int, int]] = []
    for it in desk.articles.values():
        title, text = it.title.casefold(), flat(it.description).casefold()
        hits = sum(3 * (word in title) + (word in text) + (word in it.tags) for word in term)
        if hits:
            ranked.append((-hits, it.id))
    return ok(
        [article_found(desk, desk.articles[identity]) for _, identity in sorted(ranked)[:PAGE]]
    )


ROUTES = [
    Route("GET", "/search/tickets", tickets, query=_QUERY),
    Route("GET", "/search/contacts", contacts, query=_QUERY),
    Route("GET", "/search/companies", companies, query=_QUERY),
    Route("GET", "/search/solutions", solutions, query=("term", "page", "per_page", "language")),
]
