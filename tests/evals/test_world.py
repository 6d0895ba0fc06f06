"""Worlds: state as data, changed by patches that leave the base alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.case import WORLDS
from evals.files import BadCase
from evals.world import World, load_world

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SMALL = World(
    about="small",
    now=NOW,
    seed={
        "account": {"name": "Small", "domain": "small.freshdesk.com"},
        "tickets": [{"id": 1, "subject": "a", "custom_fields": {"x": 1, "y": 2}}, {"id": 2}],
        "solutions": [{"category": "c", "folders": [{"name": "f", "articles": [{"id": 7}]}]}],
    },
)


def test_a_patch_changes_items_by_id_and_keeps_the_rest() -> None:
    """A case says what differs, not the whole company."""
    document = SMALL.document({"tickets": {1: {"subject": "b", "custom_fields": {"x": 3}}}})

    assert {"id": 1, "subject": "b", "custom_fields": {"x": 3, "y": 2}} == document["tickets"][0]


def test_a_patch_adds_and_removes_items() -> None:
    """A ticket that is gone is a case too."""
    document = SMALL.document({"tickets": {1: None, 9: {"subject": "new"}}})

    assert [{"id": 2}, {"id": 9, "subject": "new"}] == document["tickets"]


def test_a_patch_reaches_articles_wherever_they_are_kept() -> None:
    """Whoever writes a case need not know the folder."""
    document = SMALL.document({"articles": {7: {"status": 1}}})

    assert {"id": 7, "status": 1} == document["solutions"][0]["folders"][0]["articles"][0]


def test_a_patch_of_the_account_is_merged() -> None:
    """The account is one thing, not a list."""
    document = SMALL.document({"account": {"name": "Other"}})

    assert {"name": "Other", "domain": "small.freshdesk.com"} == document["account"]


def test_an_article_that_is_not_there_is_refused() -> None:
    """A misspelt id would leave the case testing nothing."""
    with pytest.raises(BadCase, match="there is no article 8"):
        SMALL.document({"articles": {8: {"status": 1}}})


def test_a_patch_never_touches_the_world_itself() -> None:
    """Two cases on one world must not see each other's changes."""
    SMALL.document({"tickets": {1: {"subject": "b"}}})

    assert "a" == SMALL.document({})["tickets"][0]["subject"]


def test_the_demo_company_can_be_a_base() -> None:
    """One believable company is enough for many cases."""
    document = load_world("larkspur").document({})

    assert "Larkspur Home" == document["account"]["name"]
    assert len(document["tickets"]) > 50


def test_a_missing_world_is_told_by_its_file(tmp_path: Path) -> None:
    """The path says where to put it."""
    with pytest.raises(BadCase, match=r"nowhere\.yaml:1: cannot be read"):
        load_world("nowhere", folder=tmp_path)


@pytest.mark.parametrize("path", sorted(WORLDS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_world_stands_at_a_moment_of_its_own(path: Path) -> None:
    """Ages count from the world's moment, never from the machine's."""
    assert UTC == load_world(path.stem).now.tzinfo
