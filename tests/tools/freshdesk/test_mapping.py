"""Freshdesk's objects, sparse, strange or old, in our own words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import Unexpected
from tools.freshdesk.mapping import (
    Labels,
    Parties,
    article,
    conversation,
    labels,
    ticket,
    ticket_field,
)
from tools.freshdesk.wire import (
    SentArticle,
    SentConversation,
    SentField,
    SentTicket,
    many,
    one,
    parse,
)
from tools.model import Author, FieldKind, Kind, PersonId, Stage

ME, ASKER, BO = PersonId("103"), PersonId("401"), PersonId("102")
PARTIES = Parties(ME, ASKER, BO)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


def sent(**keys: object) -> SentConversation:
    """Return a conversation as the list shows it."""
    return one(SentConversation, {"id": 1, **keys}, what="test")


@pytest.mark.parametrize(
    ("keys", "author", "kind"),
    [
        ({"incoming": True, "user_id": 401, "source": 0}, Author.CUSTOMER, Kind.REPLY),
        ({"incoming": True, "user_id": None, "source": 0}, Author.CUSTOMER, Kind.REPLY),
        ({"incoming": True, "user_id": 999, "source": 0}, Author.CUSTOMER, Kind.REPLY),
        ({"incoming": False, "user_id": 401, "source": 0}, Author.CUSTOMER, Kind.REPLY),
        ({"incoming": False, "user_id": 102, "source": 0}, Author.AGENT, Kind.REPLY),
        ({"incoming": False, "user_id": 555, "source": 0}, Author.AGENT, Kind.REPLY),
        ({"incoming": True, "user_id": 102, "source": 2}, Author.AGENT, Kind.NOTE),
        ({"incoming": False, "user_id": 103, "source": 0}, Author.RESPONDER, Kind.REPLY),
        ({"private": True, "user_id": 103, "source": 2}, Author.RESPONDER, Kind.NOTE),
        ({"private": True, "user_id": 102, "source": 2}, Author.AGENT, Kind.NOTE),
        ({"private": True, "incoming": True, "user_id": 7, "source": 2}, Author.AGENT, Kind.NOTE),
        ({"private": True, "user_id": None, "source": 2}, Author.UNKNOWN, Kind.NOTE),
        ({"incoming": False, "user_id": None, "source": 0}, Author.UNKNOWN, Kind.REPLY),
        ({"automation_id": 5, "user_id": 103, "source": 0}, Author.RULE, Kind.REPLY),
        ({"incoming": True, "user_id": 401, "source": 6}, Author.CUSTOMER, Kind.SURVEY),
        ({"incoming": True, "user_id": 401, "category": 7}, Author.CUSTOMER, Kind.SURVEY),
        ({"private": True, "user_id": 102, "source": 8}, Author.AGENT, Kind.FORWARD),
        ({"private": True, "user_id": 102, "category": 6}, Author.AGENT, Kind.FORWARD),
        ({"incoming": True, "user_id": 401, "source": 5}, Author.CUSTOMER, Kind.OTHER),
    ],
)
def test_who_wrote_it_and_what_it_is(keys: dict[str, object], author: Author, kind: Kind) -> None:
    """Migrated histories have `incoming` flattened, and a note can be given it by anybody."""
    told = conversation(sent(**keys), PARTIES)

    assert (author, kind) == (told.author, told.kind)
    assert told.from_customer == (
        author is Author.CUSTOMER and not told.private and kind is not Kind.SURVEY
    )


def test_a_sender_given_as_a_number_is_text() -> None:
    """Seen in the wild; a model that insists on text loses the whole page."""
    told = conversation(sent(from_email=73000, to_emails=None, body=None), PARTIES)

    assert ("73000", (), "") == (told.from_email, told.to_emails, told.body_html)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T08:34:05+05:30", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("rubbish", datetime(1970, 1, 1, tzinfo=UTC)),
        (None, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_both_time_formats_are_read(text: object, moment: datetime) -> None:
    """Some objects show an offset, most a Z."""
    assert moment == conversation(sent(created_at=text), PARTIES).created_at


def test_a_sparse_ticket_is_a_ticket() -> None:
    """Lists leave keys out and nulls are everywhere; only the id must be there."""
    told = ticket(one(SentTicket, {"id": 2**60, "status": 8, "tags": None}, what="x"), Labels())

    assert str(2**60) == told.id
    assert (Stage.OTHER, "8", (), {}) == (told.stage, told.status, told.tags, told.custom)


@pytest.mark.parametrize(
    ("status", "label", "held"),
    [
        (9, "Assigned to AI Agent", True),
        (9, "Freddy is working on it", True),
        (9, "Waiting on Customer", False),
        (2, "Open, AI agent", False),
    ],
)
def test_a_ticket_of_the_helpdesks_own_ai_is_known_by_its_status(
    status: int, label: str, *, held: bool
) -> None:
    """Two machines must not answer one customer."""
    told = ticket(one(SentTicket, {"id": 1, "status": status}, what="x"),
                  Labels({str(status): label}, {}))  # fmt: skip

    assert held == told.held_by_ai


def definition(**keys: object) -> SentField:
    """Return a field's definition."""
    return one(SentField, {"id": 1, **keys}, what="x")


@pytest.mark.parametrize(
    ("kind", "choices", "read"),
    [
        ("custom_dropdown", ["A", "B"], [("A", "A"), ("B", "B")]),
        ("custom_dropdown", [{"id": 5, "position": 1, "value": "A"}], [("A", "A")]),
        ("default_status", {"2": ["Open", "Being Processed"]}, [("2", "Open")]),
        ("default_source", {"Email": 1, "Bot": 12}, [("1", "Email"), ("12", "Bot")]),
        ("default_priority", {"Low": 1}, [("1", "Low")]),
        ("custom_dropdown", None, []),
        ("custom_dropdown", "nonsense", []),
        ("custom_dropdown", [None, "", "A"], [("A", "A")]),
    ],
)
def test_choices_come_in_many_shapes(
    kind: str, choices: object, read: list[tuple[str, str]]
) -> None:
    """Each field type writes them another way, and each endpoint too."""
    told = ticket_field(definition(name="x", type=kind, choices=choices))

    assert read == [(each.value, each.label) for each in told.choices]


@pytest.mark.parametrize(
    "choices",
    [
        {"Germany": {"Berlin": ["Mitte"]}, "France": {"Paris": []}},
        [{"value": "Germany", "choices": [{"value": "Berlin", "choices": [{"value": "Mitte"}]}]},
         {"value": "France", "choices": [{"value": "Paris", "choices": []}]}],
    ],
)  # fmt: skip
def test_nested_choices_are_read_three_deep(choices: object) -> None:
    """Levels are keys of their own, named by the dependants and not by their labels."""
    below: list[dict[str, Any]] = [{"name": "cf_city", "label": "City", "level": 3},
                                   {"name": "state", "label": "State", "level": 2}]  # fmt: skip
    told = ticket_field(
        definition(name="c", type="nested_field", choices=choices, nested_ticket_fields=below)
    )

    assert (FieldKind.NESTED, ("state", "cf_city")) == (told.kind, told.levels)
    assert "Mitte" == told.choices[0].below[0].below[0].value
    assert ["Germany", "France"] == [each.label for each in told.choices]


def test_labels_come_from_the_account() -> None:
    """One account's eight is another's nine; the usual names fill what it does not say."""
    fields = [
        ticket_field(definition(name="status", type="default_status", default=True,
                                choices={"2": ["Offen", "x"], "8": ["Werkstatt", "x"]})),
        ticket_field(definition(name="source", type="default_source", default=True,
                                choices={"E-Mail": 1})),
    ]  # fmt: skip
    found = labels(fields)

    assert ("Offen", "Werkstatt", "Closed") == tuple(found.statuses[n] for n in ("2", "8", "5"))
    assert "E-Mail" == found.sources["1"]


@pytest.mark.parametrize(
    ("status", "visibility", "quotable"),
    [(2, 1, True), (1, 1, False), (2, 3, False), (2, None, False)],
)
def test_only_what_is_published_to_all_may_be_quoted(
    status: int, visibility: int | None, *, quotable: bool
) -> None:
    """A draft or an internal page must never reach a customer; unknown means no."""
    page = one(SentArticle, {"id": 1, "status": status}, what="x")

    assert quotable == article(page, url="u", visibility=visibility, language="en").quotable


@given(st.dictionaries(st.sampled_from(sorted(SentConversation.model_fields)), ANYTHING))
def test_no_shape_does_worse_than_unexpected(raw: dict[str, object]) -> None:
    """The vendor changes shapes without notice; one odd key must not lose a thread."""
    try:
        read = conversation(one(SentConversation, {**raw, "id": 5}, what="x"), PARTIES)
    except Unexpected:
        return

    assert "5" == read.id


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"\xff"])
def test_what_is_no_json_is_unexpected(body: bytes) -> None:
    """Depth included: a recursion error would take the worker with it."""
    with pytest.raises(Unexpected):
        parse(body, what="x")


@pytest.mark.parametrize("value", [None, {}, "x", 5, [5], [{}], [{"id": None}]])
def test_a_list_that_is_none_is_unexpected(value: object) -> None:
    """An error object where a list belongs must not read as an empty thread."""
    with pytest.raises(Unexpected):
        many(SentTicket, value, what="x")


def test_numbers_that_are_none_are_tolerated() -> None:
    """NaN is no JSON, yet some encoders write it."""
    told = parse(b'{"id": 1, "priority": NaN}', what="x")

    assert one(SentTicket, told, what="x").priority is None
