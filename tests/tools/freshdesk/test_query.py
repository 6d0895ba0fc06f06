"""Searches that the helpdesk will take, refused here when it would not."""

from datetime import date

import pytest

from tools.freshdesk.query import BadQuery, any_of, rendered, where, within
from tools.paging import Days


def test_conditions_are_put_together() -> None:
    """The language is small; its brackets matter."""
    query = (
        where("status", 2)
        & any_of("priority", [3, 4])
        & where("tag", None)
        & where("cf_vip", value=True)
        & within("created_at", Days(date(2026, 1, 1), date(2026, 1, 31)))
    )

    assert (
        '"status:2 AND (priority:3 OR priority:4) AND tag:null AND cf_vip:true AND '
        "created_at:>'2026-01-01' AND created_at:<'2026-01-31'\""
    ) == rendered(query)


@pytest.mark.parametrize("name", ["requester_id", "company_id", "subject", "Status", "a b", "a:b"])
def test_fields_that_cannot_be_searched_are_refused(name: str) -> None:
    """The vendor answers 400, and the 400 costs a credit."""
    with pytest.raises(BadQuery):
        where(name, 1)


@pytest.mark.parametrize("value", ["it's", 'a"b'])
def test_a_value_with_a_quote_cannot_be_said(value: str) -> None:
    """There is no escape in the language, so it would end the text early."""
    with pytest.raises(BadQuery):
        where("tag", value)


def test_a_query_that_is_too_long_is_refused() -> None:
    """512 characters, quotes included."""
    with pytest.raises(BadQuery, match="512"):
        rendered(any_of("tag", ["x" * 50] * 20))
