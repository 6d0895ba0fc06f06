"""Custom fields by label: looked up, typed, checked before a credit is spent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.fields import (
    BadValue,
    Change,
    NoSuchField,
    Privacy,
    drift,
    find,
    hydrate,
    lost_secrets,
    to_write,
    unknown_names,
)
from tools.model import Choice, FieldKind, FieldValue, TicketField


def field(name: str, label: str, kind: FieldKind, *choices: Choice, **more: object) -> TicketField:
    """Return a custom field."""
    levels = more.get("levels", ())
    assert isinstance(levels, tuple)
    return TicketField(name, name, label, kind, custom=True, choices=choices, levels=levels)


def choice(label: str, *below: Choice) -> Choice:
    """Return a choice that opens others."""
    return Choice(label, label, below)


REASON = field(
    "reason_a",
    "Contact reason",
    FieldKind.NESTED,
    choice("Devices", choice("Fault", choice("Error code")), choice("Loss")),
    choice("Orders"),
    levels=("reason_b", "cf_reason_c_297461"),
)
FIELDS = (
    field("order_no", "Order number", FieldKind.TEXT),
    field("cf_line_297457", "Product line", FieldKind.DROPDOWN, choice("Rill"), choice("Brook")),
    field("qty", "Devices", FieldKind.NUMBER),
    field("cf_sum", "Sum", FieldKind.DECIMAL),
    field("b2b", "Company customer", FieldKind.CHECKBOX),
    field("cf_date", "Bought on", FieldKind.DATE),
    REASON,
    field("cf_new", "Invented later", FieldKind.OTHER),
    field("cf_twin_1", "Twin", FieldKind.TEXT),
    field("cf_twin_2", "Twin", FieldKind.TEXT),
)


def test_a_field_is_found_by_its_label_however_it_is_named() -> None:
    """Names are not derived: old ones lack the prefix, some carry suffixes."""
    assert "cf_line_297457" == find(FIELDS, " product  LINE ").name
    assert "order_no" == find(FIELDS, "order_no").name


def test_a_label_given_twice_is_not_guessed() -> None:
    """Writing to the wrong twin would spoil somebody's data."""
    with pytest.raises(NoSuchField, match=r"cf_twin_1.*cf_twin_2"):
        find(FIELDS, "Twin")
    with pytest.raises(NoSuchField, match="Order number"):
        find(FIELDS, "Nonsense")


def test_a_tickets_values_come_labelled_and_typed() -> None:
    """The model reads labels; nobody understands cf_line_297457."""
    raw = {
        "order_no": "LK-1",
        "cf_line_297457": "Rill",
        "qty": "2",
        "cf_sum": 1.5,
        "b2b": "true",
        "cf_date": "2026-01-31T00:00:00Z",
        "reason_a": "Devices",
        "reason_b": "Fault",
        "cf_reason_c_297461": None,
        "cf_new": ["a", "b"],
        "cf_twin_1": "",
        "cf_gone": "x",
    }

    assert [
        ("Order number", "LK-1"),
        ("Product line", "Rill"),
        ("Devices", 2),
        ("Sum", 1.5),
        ("Company customer", True),
        ("Bought on", "2026-01-31"),
        ("Contact reason", "Devices / Fault"),
        ("Invented later", "a, b"),
    ] == [(value.label, value.value) for value in hydrate(FIELDS, raw)]
    assert {"cf_gone"} == unknown_names(FIELDS, raw)


def test_a_secret_field_never_reaches_a_prompt() -> None:
    """The account says which; everything else about the ticket stays."""
    raw = {"order_no": "LK-1", "qty": 3}

    assert (FieldValue("qty", "Devices", FieldKind.NUMBER, 3),) == hydrate(
        FIELDS, raw, privacy={"order_no": Privacy.SECRET, "qty": Privacy.INTERNAL}
    )


def test_a_field_is_as_secret_as_its_label_or_its_name_says() -> None:
    """People write labels into a policy; where both are named, the stricter word counts."""
    raw = {"order_no": "LK-1", "qty": 3}
    both = {"order_no": Privacy.PUBLIC, "ORDER  number": Privacy.SECRET}

    assert ["qty"] == [value.name for value in hydrate(FIELDS, raw, privacy=both)]


def test_a_secret_that_is_no_field_any_more_hides_what_the_policy_does_not_name() -> None:
    """It may be any of them by now, under a new label; what is named is known to be another."""
    raw = {"order_no": "LK-1", "qty": 3}
    stale = {"Credit rating": Privacy.SECRET, "Devices": Privacy.INTERNAL}

    assert ("Credit rating",) == lost_secrets(FIELDS, stale)
    assert ["qty"] == [value.name for value in hydrate(FIELDS, raw, privacy=stale)]


def test_a_value_that_is_no_choice_any_more_says_so() -> None:
    """A choice was renamed, and the ticket still holds the old one."""
    old, new = ({"cf_line_297457": told} for told in ("Marsh", "Rill"))

    assert [False] == [value.listed for value in hydrate(FIELDS, old)]
    assert [True] == [value.listed for value in hydrate(FIELDS, new)]


@given(st.dictionaries(st.sampled_from([f.name for f in FIELDS]), st.from_type(object)))
def test_no_value_makes_hydration_fail(raw: dict[str, object]) -> None:
    """Types change under our feet; what is not understood stays text."""
    for value in hydrate(FIELDS, raw):
        assert isinstance(value.value, str | int | float | bool)


def test_values_are_checked_and_named_before_they_are_sent() -> None:
    """An invalid request costs a credit and says less than we can."""
    wanted = {
        "Order number": "LK-2",
        "Product line": "brook",
        "Devices": 2,
        "Company customer": False,
        "Bought on": "2026-01-31",
        "Contact reason": "Devices / Fault",
        "Sum": None,
    }

    assert {
        "order_no": "LK-2",
        "cf_line_297457": "Brook",
        "qty": 2,
        "b2b": False,
        "cf_date": "2026-01-31",
        "reason_a": "Devices",
        "reason_b": "Fault",
        "cf_reason_c_297461": None,
        "cf_sum": None,
    } == to_write(FIELDS, wanted)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Product line", "River"),
        ("Devices", "two"),
        ("Devices", True),
        ("Sum", "1.5"),
        ("Company customer", "yes"),
        ("Bought on", "31.01.2026"),
        ("Order number", 5),
        ("Contact reason", "Orders / Fault"),
        ("Contact reason", "Devices / Fault / Error code / More"),
        ("Contact reason", []),
    ],
)
def test_a_value_the_field_would_refuse_is_refused_here(label: str, value: object) -> None:
    """The message names the field by its label, and some of its choices."""
    with pytest.raises(BadValue, match=label):
        to_write(FIELDS, {label: value})


def test_drift_tells_what_an_administrator_changed() -> None:
    """A renamed or removed field breaks rules that name it; somebody must hear of it."""
    after = (
        field("order_no", "Order", FieldKind.TEXT),
        field("cf_line_297457", "Product line", FieldKind.DROPDOWN, choice("Rill"), choice("Lake")),
        field("qty", "Devices", FieldKind.TEXT),
        field("cf_extra", "Extra", FieldKind.TEXT),
        *FIELDS[3:],
    )

    assert [
        (Change.RENAMED, "order_no"),
        (Change.NEW_CHOICE, "cf_line_297457"),
        (Change.LOST_CHOICE, "cf_line_297457"),
        (Change.TYPE_CHANGED, "qty"),
        (Change.ADDED, "cf_extra"),
    ] == [(each.change, each.name) for each in drift(FIELDS, after)]
    assert [(Change.REMOVED, "qty")] == [
        (d.change, d.name) for d in drift(FIELDS, FIELDS[:2] + FIELDS[3:])
    ]
    assert () == drift(FIELDS, FIELDS)
