"""Pages followed only at home, and ends found in few reads."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.paging import Days, ForeignLink, Found, Sweep, Wall, next_probe, next_query, onward

OWN = "https://acme.freshdesk.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "link",
    [
        '< https://acme.freshdesk.com/api/v2/tickets?a=b&page=2>;rel="next"',
        '<https://acme.freshdesk.com/api/v2/tickets?a=b&page=2>; rel="next"',
        "<https://ACME.freshdesk.com/x?a=b&page=2>; rel=next",
        '<https://acme.freshdesk.com/x>; rel="prev", </x?a=b&page=2>; title="a"; rel="next"',
        '</api/v2/tickets?a=b&page=2>; rel="next"',
    ],
)
def test_the_next_page_is_read_in_every_spelling(link: str) -> None:
    """The vendor's own sample has a space where there should be none."""
    assert (("a", "b"), ("page", "2")) == next_query(link, own=OWN)


@pytest.mark.parametrize(
    "link", [None, "", "rubbish", "<x>", '<https://a/x>; rel="prev"', "<" * 99]
)
def test_no_next_page_ends_the_list(link: str | None) -> None:
    """A missing link is how the last page shows itself."""
    assert next_query(link, own=OWN) is None


@pytest.mark.parametrize(
    "link",
    [
        '<https://evil.example/x?page=2>; rel="next"',
        '<//evil.example/x?page=2>; rel="next"',
        '<https://acme.freshdesk.com.evil.example/x>; rel="next"',
    ],
)
def test_a_next_page_elsewhere_is_refused(link: str) -> None:
    """Our credential goes with the request, so it goes nowhere else."""
    with pytest.raises(ForeignLink):
        next_query(link, own=OWN)


def walk(pages: int, last: int) -> list[int]:
    """Return which pages are read to find the end of a list."""
    found: list[Found] = []
    while (page := next_probe(found)) is not None:
        count = 100 if page < pages else last if page == pages else 0
        found.append(Found(page, count, page < pages))
    return [each.page for each in found]


@pytest.mark.parametrize(("pages", "reads"), [(1, 1), (2, 2), (3, 3), (4, 9), (16, 5), (100, 12)])
def test_the_end_of_a_long_list_is_found_in_few_reads(pages: int, reads: int) -> None:
    """Ten thousand conversations are read for context in at most twelve calls."""
    read = walk(pages, 100)

    assert pages == max(page for page in read if page <= pages)
    assert len(read) <= reads


@given(st.integers(1, 127), st.integers(1, 100))
def test_no_length_up_to_12700_takes_more_than_twelve_reads(pages: int, last: int) -> None:
    """The bound must hold for every length, not for the one we thought of."""
    read = walk(pages, last)

    assert len(read) <= 12
    assert pages in read


def test_a_sweep_goes_on_from_the_newest_change() -> None:
    """Starting anew at page one never meets the wall at page 300."""
    newest = START + timedelta(minutes=5)

    assert Sweep(newest - timedelta(seconds=1)) == onward(Sweep(START), newest, ceiling=300)


def test_a_page_full_of_one_second_turns_the_page() -> None:
    """Times have whole seconds, and a bulk update touches hundreds of tickets in one."""
    assert Sweep(START, 2) == onward(Sweep(START), START + timedelta(seconds=1), ceiling=300)
    with pytest.raises(Wall):
        onward(Sweep(START, 300), START, ceiling=300)


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 3000))
def test_halves_cover_a_range_exactly(first: date, days: int) -> None:
    """A search shows 300 tickets, so ranges are halved; no day may fall between the halves."""
    whole = Days(first, first + timedelta(days=days))
    halves = whole.halves()

    assert (halves is None) == (days == 0)
    if halves:
        assert (whole.first, whole.last) == (halves[0].first, halves[1].last)
        assert timedelta(days=1) == halves[1].first - halves[0].last
