"""What a plan allows: windows of credits, four sub-limits, and what other apps eat.

Written from the vendor's page: https://support.freshdesk.com/support/solutions/articles/225439
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Literal

from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.records import Json

Plan = Literal["trial", "growth", "pro", "enterprise", "none"]

UNLIMITED = 100_000
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Credits per window in all, and calls for the endpoints that have their own limit."""

    total: int
    endpoints: dict[str, int] = field(default_factory=dict)


def _limits(total: int, create: int, update: int, tickets: int, contacts: int) -> Limits:
    return Limits(
        total,
        {
            "ticket_create": create,
            "ticket_update": update,
            "tickets_list": tickets,
            "contacts_list": contacts,
        },
    )


# For trials the page gives no sub-limits.
PLANS: dict[Plan, Limits] = {
    "trial": Limits(50),
    "growth": _limits(200, 80, 80, 20, 20),
    "pro": _limits(400, 160, 160, 100, 100),
    "enterprise": _limits(700, 280, 280, 200, 200),
    "none": Limits(UNLIMITED),
}
PURCHASED: dict[int, Limits] = {
    1000: _limits(1000, 400, 400, 300, 300),
    2000: _limits(2000, 800, 800, 400, 400),
}


@dataclass(slots=True)
class _Window:
    number: int
    used: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may pass.

    Attributes:
        retry_after: whole seconds to the end of the window when it may not; None when it may.
        headers: the rate headers of the answer.
    """

    retry_after: int | None
    headers: dict[str, str]


class Allowance:
    """The account's pool: one for all agents, keys and apps."""

    def __init__(
        self,
        plan: Plan,
        *,
        rng: Random,
        purchased: int | None = None,
        window_seconds: float = MINUTE,
        decimal_headers: bool | None = None,
    ) -> None:
        """Open the pool of a plan.

        Args:
            plan: its name; `none` counts and never refuses.
            rng: draws the phase of the windows, which no caller can know.
            purchased: 1000 or 2000 calls bought on top of any plan.
            window_seconds: 60, or 3600 for accounts that are still counted by the hour.
            decimal_headers: print `50.0`; None does so on trials, where it was seen.
        """
        self.plan = plan
        self.limits = PURCHASED[purchased] if purchased is not None else PLANS[plan]
        self.window_seconds = window_seconds
        self.neighbour_per_minute = 0.0
        self._neighbour_since = datetime(1970, 1, 1, tzinfo=UTC)
        self._neighbour_before = 0.0
        self._phase = rng.random() * window_seconds
        self._decimal = plan == "trial" if decimal_headers is None else decimal_headers
        self._window = _Window(-1)
        self._minutes: dict[str, _Minute] = {}

    def charge(self, endpoint: str, name: str, credits_: int, *, now: datetime) -> Verdict:
        """Take the credits of one call, or refuse it.

        Args:
            endpoint: the sub-limit it falls under; empty: none.
            name: what `/sandbox/usage` calls it.
            credits_: what it costs; an invalid call costs one.
            now: the desk's moment.
        """
        window = self._current(now)
        minute = self._minute(now)
        over_total = window.used + math.floor(self._neighbour(now)) + credits_ > self.limits.total
        # Sub-limits count calls, not credits; the page speaks of calls and says nothing else.
        bound = self.limits.endpoints.get(endpoint) if endpoint else None
        over_endpoint = bound is not None and window.endpoints[endpoint] >= bound
        if self.plan != "none" and (over_total or over_endpoint):
            minute.refused[name] += 1
            return Verdict(self.seconds_left(now), self._headers(0, now))
        window.used += credits_
        window.endpoints[endpoint] += 1
        minute.calls[name] += 1
        minute.credits[name] += credits_
        return Verdict(None, self._headers(credits_, now))

    def refund(self, name: str, surplus: int, *, now: datetime) -> None:
        """Correct a charge downwards: an invalid call costs one whatever it asked for."""
        self._current(now).used -= surplus
        self._minute(now).credits[name] -= surplus

    def seconds_left(self, now: datetime) -> int:
        """Return the whole seconds until the window ends, at least one."""
        into = (now.timestamp() - self._phase) % self.window_seconds
        return max(1, math.ceil(self.window_seconds - into))

    def remaining(self, now: datetime) -> int:
        """Return the credits left in the window."""
        return max(
            0, self.limits.total - self._current(now).used - math.floor(self._neighbour(now))
        )

    def neighbour(self, calls_per_minute: float, *, now: datetime) -> None:
        """Let another app spend evenly from this moment on; zero stops it."""
        self._neighbour_before += self._eaten(self._neighbour_since, now)
        self._current(now).used += math.floor(self._neighbour(now))
        self.neighbour_per_minute = calls_per_minute
        self._neighbour_since = now

    def usage(self, now: datetime) -> Json:
        """Return credits by minute and endpoint, refusals, and what the neighbour took."""
        current = self._current(now)
        minutes = [minute.as_json() for _, minute in sorted(self._minutes.items())]
        return {
            "plan": self.plan,
            "total": self.limits.total,
            "window_seconds": self.window_seconds,
            "window": {
                "used": current.used,
                "neighbour": math.floor(self._neighbour(now)),
                "remaining": self.remaining(now),
                "seconds_left": self.seconds_left(now),
            },
            "calls": sum(minute["calls"] for minute in minutes),
            "credits": sum(minute["credits"] for minute in minutes),
            "refused": sum(minute["refused"] for minute in minutes),
            "neighbour": {
                "calls_per_minute": self.neighbour_per_minute,
                "calls": math.floor(
                    self._neighbour_before + self._eaten(self._neighbour_since, now)
                ),
            },
            "minutes": minutes,
        }

    def _current(self, now: datetime) -> _Window:
        number = math.floor((now.timestamp() - self._phase) / self.window_seconds)
        if number != self._window.number:
            self._window = _Window(number)
        return self._window

    def _minute(self, now: datetime) -> "_Minute":
        name = stamp(now.replace(second=0))
        return self._minutes.setdefault(name, _Minute(name))

    def _neighbour(self, now: datetime) -> float:
        start = datetime.fromtimestamp(
            self._current(now).number * self.window_seconds + self._phase, tz=UTC
        )
        return self._eaten(max(start, self._neighbour_since), now)

    def _eaten(self, start: datetime, end: datetime) -> float:
        return self.neighbour_per_minute / MINUTE * max(0.0, (end - start).total_seconds())

    def _headers(self, credits_: int, now: datetime) -> dict[str, str]:
        values = {
            "X-RateLimit-Total": self.limits.total,
            "X-RateLimit-Remaining": self.remaining(now),
            "X-RateLimit-Used-CurrentRequest": credits_,
        }
        # A trial account answered "50.0" where a whole number was promised.
        return {
            name: f"{float(value)}" if self._decimal else str(value)
            for name, value in values.items()
        }


@dataclass(slots=True)
class _Minute:
    name: str
    calls: Counter[str] = field(default_factory=Counter)
    credits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> Json:
        names = sorted({*self.calls, *self.refused})
        return {
            "minute": self.name,
            "calls": self.calls.total(),
            "credits": self.credits.total(),
            "refused": self.refused.total(),
            "endpoints": {
                name: {
                    "calls": self.calls[name],
                    "credits": self.credits[name],
                    "refused": self.refused[name],
                }
                for name in names
            },
        }
