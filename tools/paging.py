"""Following pages: the link header, ceilings, and the search for a long thread's end. Pure."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

_LINK = re.compile(r"<\s*([^<>]*?)\s*>\s*((?:;[^,<]*)*)")
_NEXT = re.compile(r""";\s*rel\s*=\s*"?\s*next\s*"?""", re.IGNORECASE)
_SAMPLE = (1, 2, 3, 16, 128, 1024, 8192)
"""Pages looked at until one lies behind the end; then the gap is halved."""
_IN_ORDER, _NEAR, _MOST_READS = 3, 128, 12
_QUICKEST = 0.01
"""Seconds between two entries at least: times have no fractions."""


class ForeignLink(ValueError):
    """The next page is said to be on another host; it is not followed."""


def next_query(link: str | None, *, own: str) -> tuple[tuple[str, str], ...] | None:
    """Return the query of the next page, or None on the last one.

    Args:
        link: the header, with or without the space that the vendor's sample has after `<`.
        own: our own origin, such as `https://acme.freshdesk.com`.

    Raises:
        ForeignLink: it leads to another host.

    Source: https://developers.freshdesk.com/api/#pagination
    """
    for address, relation in _LINK.findall(link or ""):
        if not _NEXT.search(relation):
            continue
        parts, ours = urlsplit(address), urlsplit(own)
        if parts.netloc and parts.netloc.lower() != ours.netloc.lower():
            raise ForeignLink(f"the next page is on {parts.hostname!r}, not on {ours.hostname!r}")
        return tuple(parse_qsl(parts.query, keep_blank_values=True))
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """What one page of a list turned out to be.

    Attributes:
        first, last: when its first and last entries were made; None where it is empty.
    """

    page: int
    count: int
    more: bool
    first: datetime | None = None
    last: datetime | None = None


def next_probe(pages: Iterable[Found], *, ends: datetime | None = None) -> int | None:
    """Return which page to read next to find a list's last one, or None when it is found.

    The first three are read in order; then pages further and further out until one is empty,
    then the middle of what is left. The end of a list of 10,000 in hundreds takes 12 reads.
    Where the moment of the newest entry is known, it is looked for where it should be at the pace
    so far, which takes five reads on an even list and, on any other, no more than without it.

    Args:
        pages: what was read so far.
        ends: the moment of the newest entry, as far as it is known; it may be wrong.
    """
    seen = {found.page: found for found in pages}
    if any(found.count and not found.more for found in seen.values()):
        return None
    low = max((p for p, found in seen.items() if found.count), default=0)
    high = min((p for p, found in seen.items() if not found.count), default=None)
    if high is not None and high - low <= 1:
        return None
    guess = _guess(seen[low], high, ends) if low >= _IN_ORDER else None
    if guess is not None and _is_affordable(guess, low, high, reads=len(seen)):
        return guess
    return _further(low) if high is None else (low + high) // 2


def _further(low: int) -> int:
    return next((page for page in _SAMPLE if page > low), low * 8)


def _guess(low: Found, high: int | None, ends: datetime | None) -> int | None:
    """Return the page on which an entry of that moment would stand, at the pace of this page."""
    if ends is None or low.first is None or low.last is None:
        return None
    pace = (low.last - low.first).total_seconds() / max(1, low.count - 1)
    entries = (ends - low.first).total_seconds() / max(pace, _QUICKEST)
    most = _further(max(low.page, _SAMPLE[_IN_ORDER])) if high is None else high - 1
    return min(most, low.page + max(1, math.floor(entries / low.count)))


def _is_affordable(guess: int, low: int, high: int | None, *, reads: int) -> bool:
    """Whether a guess leaves as many reads as it may take if it was wrong."""
    wrong = 1 + max(_at_worst(guess, high), _at_worst(low, guess))
    return wrong <= max(_MOST_READS - reads, _at_worst(low, high))


def _at_worst(low: int, high: int | None) -> int:
    """Return the reads that it takes without any guess, if the end is nearer than page 128."""
    if high is not None:
        return math.ceil(math.log2(max(1, high - low)))
    further = _further(low)
    beyond = _at_worst(further, None) if further < _NEAR else 0
    return 1 + max(beyond, _at_worst(low, further))


@dataclass(frozen=True, slots=True)
class Sweep:
    """Where a walk through a list sorted by change time stands."""

    since: datetime
    page: int = 1


class Wall(ValueError):
    """More changes in one second than the helpdesk lists."""


def onward(at: Sweep, newest: datetime, *, ceiling: int) -> Sweep:
    """Return where to read on: from the newest change seen, so that no page wall is reached.

    Starting anew at page one also keeps tickets that change meanwhile from shifting others past
    us. A second of overlap is kept, because times have no fractions; only a page that holds
    nothing but that second makes us turn to the next one.

    Raises:
        Wall: `ceiling` pages were read within one second of changes.
    """
    restart = newest - timedelta(seconds=1)
    if restart > at.since:
        return Sweep(restart)
    if at.page >= ceiling:
        raise Wall(f"more than {ceiling} pages of changes within a second of {newest.isoformat()}")
    return Sweep(at.since, at.page + 1)


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both included."""

    first: date
    last: date

    def halves(self) -> "tuple[Days, Days] | None":
        """Return it in two, or None when it is one day."""
        length = (self.last - self.first).days
        if length < 1:
            return None
        middle = self.first + timedelta(days=length // 2)
        return Days(self.first, middle), Days(middle + timedelta(days=1), self.last)
