"""Business hours: spans of a week in a time zone, and holidays; pure, the moment is an argument."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
"""Minutes a clock on the wall counts in a day, whatever the night of a clock change lasts."""


class When(StrEnum):
    """At which hours a mode holds."""

    ALWAYS = "always"
    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Opening hours of a day, in minutes from its midnight by the clock on the wall.

    Attributes:
        end: the first minute after it; above `DAY` where it lasts into the next day.
    """

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end if self.end == DAY else self.end % DAY)}"


@dataclass(frozen=True, slots=True)
class Hours:
    """When people are at work.

    Attributes:
        zone: an IANA name, such as "Europe/Berlin".
        week: the spans of each day, Monday first.
        holidays: days on which no span begins.
        yearly: month and day of holidays that come back every year.
    """

    zone: str
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def open_at(self, now: datetime) -> bool:
        """Return whether a moment lies within them.

        The moment is turned into the zone's own wall time, which is unambiguous in this
        direction: an hour that a clock change skips never comes, one that it repeats counts twice.
        """
        local = self.local(now)
        minute = local.hour * 60 + local.minute
        today = local.date()
        return self._covers(today, minute) or self._covers(today - timedelta(days=1), minute + DAY)

    def local(self, now: datetime) -> datetime:
        """Return a moment as the clock on the wall shows it there."""
        return now.astimezone(ZoneInfo(self.zone))

    def told(self, now: datetime) -> str:
        """Return in words what the clock shows there, and whether that is within the hours."""
        local = self.local(now)
        state = "inside" if self.open_at(now) else "outside"
        holiday = ", a holiday" if self._is_holiday(local.date()) else ""
        day = DAYS[local.weekday()].capitalize()
        return f"{day} {local:%Y-%m-%d %H:%M} {self.zone}{holiday}: {state} business hours"

    def _covers(self, day: date, minute: int) -> bool:
        spans = () if self._is_holiday(day) else self.week[day.weekday()]
        return any(span.start <= minute < span.end for span in spans)

    def _is_holiday(self, day: date) -> bool:
        return day in self.holidays or (day.month, day.day) in self.yearly


def holds(when: When, hours: Hours | None, now: datetime) -> bool:
    """Return whether what is bound to some hours holds at a moment; without hours it always does.

    Args:
        when: which hours.
        hours: the account's.
        now: UTC, or any other moment that knows its zone.
    """
    if when is When.ALWAYS or hours is None:
        return True
    return hours.open_at(now) is (when is When.INSIDE)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
