"""Business hours by the clock on the wall, on the nights when that clock is changed, too."""

from datetime import UTC, datetime

import pytest

from agent.policy.file import read
from agent.policy.hours import When, holds
from agent.policy.terms import Policy

_FILE = """
[hours]
zone = "{zone}"
mon-fri = ["09:00-12:30", "13:30-17:00"]
sat = ["22:00-06:00"]
holidays = [2026-12-24, "01-01", "05-02"]
"""


def _policy(zone: str = "Europe/Berlin", more: str = "") -> Policy:
    return read((_FILE.format(zone=zone) + more).encode(), where="p.toml")


def _open(at: str, policy: Policy | None = None) -> bool:
    hours = (policy or _policy()).hours
    assert hours
    return hours.open_at(datetime.fromisoformat(at).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02 07:59:59", False),
        ("2026-03-02 08:00", True),
        ("2026-03-02 11:29:59", True),
        ("2026-03-02 11:30", False),
        ("2026-03-02 12:30", True),
        ("2026-03-02 15:59:59", True),
        ("2026-03-02 16:00", False),
        ("2026-07-06 07:00", True),
        ("2026-07-06 06:59", False),
        ("2026-03-01 10:00", False),
        ("2026-12-24 10:00", False),
        ("2027-12-24 10:00", True),
        ("2026-01-01 10:00", False),
        ("2029-01-01 10:00", False),
        ("2026-03-28 21:00", True),
        ("2026-03-28 20:59", False),
        ("2026-05-02 21:00", False),
        ("2026-05-03 02:00", False),
    ],
)
def test_it_is_open_by_the_wall_clock_of_the_zone(at: str, is_open: bool) -> None:  # noqa: FBT001
    """A customer at nine in Berlin does not care what UTC is; a holiday's night is off as well."""
    assert is_open is _open(at)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-29 00:30", True),
        ("2026-03-29 01:30", True),
        ("2026-03-29 03:59", True),
        ("2026-03-29 04:00", False),
        ("2026-10-25 00:30", True),
        ("2026-10-25 01:30", True),
        ("2026-10-25 04:59", True),
        ("2026-10-25 05:00", False),
    ],
    ids=str,
)
def test_a_shift_ends_by_the_wall_clock_in_the_night_of_a_change(
    at: str,
    is_open: bool,  # noqa: FBT001
) -> None:
    """Saturday 22:00 to Sunday 06:00 is seven hours long in March, nine in October."""
    assert is_open is _open(at)


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-03-06", "14:00"),
        ("2026-03-09", "13:00"),
        ("2026-10-30", "13:00"),
        ("2026-11-02", "14:00"),
    ],
)
def test_the_hour_of_opening_moves_in_utc_with_the_zone(day: str, opens: str) -> None:
    """New York changes its clock on other Sundays than Europe does."""
    policy = _policy("America/New_York")
    before = f"{opens[:1]}{int(opens[1]) - 1}:59"

    assert (False, True) == (_open(f"{day} {before}", policy), _open(f"{day} {opens}", policy))


def test_every_day_ends_and_begins_in_zones_far_from_utc() -> None:
    """Kiritimati is a day ahead of Pago Pago: the date is the zone's, too."""
    sunday, monday = "2026-03-01 20:30", "2026-03-02 08:00"

    assert (True, False) == (
        _open(sunday, _policy("Pacific/Kiritimati")),
        _open(monday, _policy("Pacific/Pago_Pago")),
    )


def test_hours_bind_a_mode_inside_outside_or_not_at_all() -> None:
    """Some want the machine while they are there to watch it, others while they are away."""
    hours = _policy().hours
    day, night = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC)

    assert [(True, False), (False, True), (True, True)] == [
        (holds(when, hours, day), holds(when, hours, night))
        for when in (When.INSIDE, When.OUTSIDE, When.ALWAYS)
    ]
    assert holds(When.INSIDE, None, night)


def test_the_clock_is_told_in_words() -> None:
    """`explain` and the note must say why nothing went out."""
    hours = _policy().hours
    assert hours

    assert "Mon 2026-03-02 10:00 Europe/Berlin: inside business hours" == hours.told(
        datetime(2026, 3, 2, 9, tzinfo=UTC)
    )
    assert "a holiday: outside" in hours.told(datetime(2026, 12, 24, 9, tzinfo=UTC))
