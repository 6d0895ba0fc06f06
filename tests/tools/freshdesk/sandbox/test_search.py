"""The query language, and the index that lags behind."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.freshdesk.sandbox import search
from tools.freshdesk.sandbox.answers import Refused
from tools.freshdesk.sandbox.clock import VirtualClock
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.index import Index, of_ticket


async def _found(api: httpx.AsyncClient, query: str) -> list[int]:
    answer = await api.get("/api/v2/search/tickets", params={"query": f'"{query}"'})
    assert 200 == answer.status_code, answer.text
    assert len(answer.json()["results"]) == answer.json()["total"]
    return sorted(it["id"] for it in answer.json()["results"])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("status:2", [1, 4]),
        ("status:2 AND priority:4", []),
        ("status:5 OR tag:'leak'", [1, 2]),
        ("(status:5 OR status:2) AND priority:1", [1, 4]),
        ("status:2 OR status:5 AND priority:1", [1, 4]),
        ("type:null", [4]),
        ("agent_id:null AND type:'Refund'", [2]),
        ("priority:>3", [2]),
        ("priority:<1", [1, 4]),
        ("created_at:>'2026-02-28'", [4]),
        ("created_at:<'2026-02-01'", [2]),
        ("created_at:'2026-02-27'", [1]),
        ("category:'Kettles'", [1]),
        ("cf_order:'K-1'", [1]),
        ("custom_string:'K-1'", [1]),
        ("group_id:73000000201", [1]),
    ],
)
async def test_a_query_finds(api: httpx.AsyncClient, query: str, ids: list[int]) -> None:
    """`:>` and `:<` include their bound; spam and trash are never found."""
    assert ids == await _found(api, query)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status:2", "query"),
        ('"status:2', "query"),
        ('""', "query"),
        ('"status:2 AND"', "query"),
        ('"(status:2"', "query"),
        ('"status:2 status:3"', "query"),
        ('"status = 2"', "query"),
        ('"requester_id:1"', "requester_id"),
        ('"company_id:1"', "company_id"),
        ("\"subject:'x'\"", "subject"),
        ('"responder_id:1"', "responder_id"),
        ('"Status:2"', "Status"),
        ("\"status:'open'\"", "status"),
        ("\"created_at:>'yesterday'\"", "created_at"),
        ('"' + " OR ".join(["status:2"] * 60) + '"', "query"),
    ],
)
async def test_a_query_is_refused(api: httpx.AsyncClient, query: str, field: str) -> None:
    """Fields are case-sensitive, few, and the whole is short."""
    answer = await api.get("/api/v2/search/tickets", params={"query": query})

    assert 400 == answer.status_code
    assert field == answer.json()["errors"][0]["field"]


@pytest.mark.asyncio
async def test_search_ends_at_page_ten(api: httpx.AsyncClient) -> None:
    """Three hundred results are all one ever gets, thirty at a time."""
    for number in range(31):
        body = {"email": "max@blau.example", "tags": ["many"], "subject": str(number)}
        await api.post("/api/v2/tickets", json=body)
    query = {"query": "\"tag:'many'\""}

    second = (await api.get("/api/v2/search/tickets", params={**query, "page": 2})).json()

    assert (31, 1) == (second["total"], len(second["results"]))
    assert (
        200 == (await api.get("/api/v2/search/tickets", params={**query, "page": 10})).status_code
    )
    assert (
        400 == (await api.get("/api/v2/search/tickets", params={**query, "page": 11})).status_code
    )
    assert (
        400
        == (await api.get("/api/v2/search/tickets", params={**query, "per_page": 50})).status_code
    )


@pytest.mark.asyncio
async def test_the_index_is_minutes_behind(api: httpx.AsyncClient, clock: VirtualClock) -> None:
    """Whoever asks it whether he has written already writes twice."""
    clock.advance(600)
    await api.post("/sandbox/lag", json={"search_seconds": 120})
    await api.put("/api/v2/tickets/4", json={"status": 3})

    assert [1, 4] == await _found(api, "status:2")
    clock.advance(120)
    assert [1] == await _found(api, "status:2")


@pytest.mark.asyncio
async def test_contacts_companies_and_words(api: httpx.AsyncClient) -> None:
    """The other three searches, each with its own envelope."""
    by = {"query": '"company_id:73000000301"'}
    people = (await api.get("/api/v2/search/contacts", params=by)).json()
    firms = (
        await api.get("/api/v2/search/companies", params={"query": "\"domain:'fern.example'\""})
    ).json()
    starts = (await api.get("/api/v2/companies/autocomplete?name=fer")).json()
    names = (await api.get("/api/v2/contacts/autocomplete?term=sto")).json()
    articles = (await api.get("/api/v2/search/solutions?term=kettle")).json()

    assert ["Cleo Stone"] == [it["name"] for it in people["results"]]
    assert 1 == firms["total"]
    assert {"companies": [{"id": 73000000301, "name": "Fern Ltd"}]} == starts
    assert [{"id": 73000000401, "name": "Cleo Stone"}] == names
    assert {1, 2} == {it["status"] for it in articles}  # drafts too
    assert {"folder_visibility", "category_name", "language_id", "path"} <= set(articles[0])


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    """A query is read or refused; it never ends in an error of ours."""
    status = 200
    try:
        search.read(f'"{text}"', search.TICKETS)
    except Refused as refused:
        status = refused.answer.status

    assert status in {200, 400}


def test_the_index_shows_versions(desk: Desk) -> None:
    """It remembers how a ticket looked at each moment."""
    index, ticket = Index(), desk.tickets[1]
    index.put("tickets", 1, of_ticket(ticket), at=ticket.created_at)
    ticket.status = 5
    index.put("tickets", 1, of_ticket(ticket), at=desk.now())

    assert 2 == index.seen("tickets", until=ticket.created_at)[1]["status"]
    assert 5 == index.seen("tickets", until=desk.now())[1]["status"]
