"""The ticket list and the pages of every list."""

from datetime import timedelta

import httpx
import pytest

from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk

pytestmark = pytest.mark.asyncio


async def _ids(api: httpx.AsyncClient, query: str = "") -> list[int]:
    return [it["id"] for it in (await api.get(f"/api/v2/tickets{query}")).json()]


async def test_the_list_hides_what_is_old_or_bad(api: httpx.AsyncClient) -> None:
    """Thirty days by creation unless `updated_since` is given; never spam or trash."""
    assert [4, 1] == await _ids(api)
    assert [2, 1, 4] == await _ids(
        api, "?updated_since=2020-01-01T00:00:00Z&order_by=updated_at&order_type=asc"
    )
    assert [3] == await _ids(api, "?filter=spam")
    assert [4] == await _ids(api, "?email=max@blau.example")
    assert [1] == await _ids(api, "?requester_id=73000000401")
    assert [1] == await _ids(api, "?company_id=73000000301")


async def test_the_list_leaves_out_descriptions_unless_asked(api: httpx.AsyncClient) -> None:
    """A client that reads a description from the list reads nothing."""
    plain = (await api.get("/api/v2/tickets")).json()[0]
    full = (await api.get("/api/v2/tickets?include=description,requester,stats")).json()[0]

    assert not {"description", "description_text", "attachments", "stats"} & set(plain)
    assert "<p>Hello?</p>" == full["description"]
    assert "Max Blau" == full["requester"]["name"]


async def test_lists_may_be_null_where_nobody_mailed(api: httpx.AsyncClient) -> None:
    """Sample tickets of real accounts have null where lists are promised."""
    chat, mail = (await api.get("/api/v2/tickets")).json()

    assert (None, None, None) == (chat["cc_emails"], chat["fwd_emails"], chat["to_emails"])
    assert [] == mail["cc_emails"]


async def test_the_next_page_is_in_the_link(api: httpx.AsyncClient) -> None:
    """Both spellings occur, the other parameters are repeated, and the last page has none."""
    pages = [
        await api.get(f"/api/v2/tickets/1/conversations?per_page=1&page={page}")
        for page in (1, 2, 3)
    ]

    base = "http://kettle.test/api/v2/tickets/1/conversations?per_page=1"
    assert f'< {base}&page=2>;rel="next"' == pages[0].headers["link"]
    assert f'<{base}&page=3>;rel="next"' == pages[1].headers["link"]
    assert "link" not in pages[2].headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=301", "page"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("per_page=101", "per_page"),
        ("per_page=0", "per_page"),
        ("filter=mine", "filter"),
        ("order_by=subject", "order_by"),
        ("order_type=up", "order_type"),
        ("updated_since=yesterday", "updated_since"),
        ("status=2", "status"),
        ("requester_id=1", "requester_id"),
        ("include=conversations", "include"),
    ],
)
async def test_a_list_refuses(api: httpx.AsyncClient, query: str, field: str) -> None:
    """The wall at page 300 among others: it comes as a plain 400 after hours of reading."""
    answer = await api.get(f"/api/v2/tickets?{query}")

    assert 400 == answer.status_code
    assert [field] == [it["field"] for it in answer.json()["errors"]]


async def test_the_300th_page_is_the_last(api: httpx.AsyncClient) -> None:
    """One page earlier the same call is fine."""
    assert 200 == (await api.get("/api/v2/tickets?page=300")).status_code


async def test_times_have_whole_seconds(api: httpx.AsyncClient, desk: Desk) -> None:
    """A poll that remembers the last second must still see what came within it."""
    moment = desk.tickets[1].updated_at + timedelta(milliseconds=900)
    desk.tickets[1].updated_at = moment

    assert 1 in await _ids(api, f"?updated_since={stamp(moment)}")
