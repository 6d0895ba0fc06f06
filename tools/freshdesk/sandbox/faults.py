"""The fault plan: which of the next calls go wrong, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal, cast, get_args

from starlette.responses import Response

from tools.freshdesk.sandbox.call import Call
from tools.freshdesk.sandbox.records import Json
from tools.freshdesk.sandbox.routing import Route

Name = Literal[
    "before-apply",
    "reset",
    "5xx-html",
    "429",
    "401",
    "403-suspended",
    "403-denied",
    "400-required",
    "latency",
    "late-apply",
    "after-apply-cut",
    "5xx-after-apply",
    "truncated",
    "slow-drip",
]
NAMES: tuple[Name, ...] = get_args(Name)
How = Literal["close", "reset", "truncated"]

GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class ConnectionCut(Exception):
    """The connection ends here without a whole answer.

    A served app cuts the socket; in-process callers see this exception instead.

    Attributes:
        how: closed politely, reset, or closed in the middle of `answer`.
        answer: what was on its way; None: nothing was.
    """

    def __init__(self, how: How, answer: Response | None = None) -> None:
        """Say how the connection ends."""
        super().__init__(f"the sandbox cut the connection ({how})")
        self.how = how
        self.answer = answer


@dataclass(slots=True)
class Planned:
    """One fault that waits for its call.

    Attributes:
        match: a method and a path glob below `/api/v2`, such as `POST /tickets/*/reply`.
        times: how many calls it still befalls.
        seconds: how long a drip, a delay or a late apply takes.
        retry_after: what a 429 says; text is passed on as it is.
    """

    match: str
    fault: Name
    times: int = 1
    seconds: float = 1.0
    retry_after: str | int | None = None

    def __post_init__(self) -> None:
        """Refuse a fault that nobody knows: it would befall nothing, and a test would pass.

        Raises:
            ValueError: with a sentence that names those there are.
        """
        if self.fault not in NAMES:
            raise ValueError(f"`fault` must be one of {', '.join(NAMES)}")

    def fits(self, method: str, path: str) -> bool:
        """Say whether the fault befalls such a call."""
        wanted, _, glob = self.match.partition(" ")
        return wanted in {method, "*"} and fnmatchcase(path, glob.strip())

    def as_json(self) -> Json:
        """Return the entry as the control route shows it."""
        return {
            "match": self.match,
            "fault": self.fault,
            "times": self.times,
            "seconds": self.seconds,
            "retry_after": self.retry_after,
        }


@dataclass(slots=True)
class Faults:
    """The plan, and the writes that the desk will apply late."""

    planned: list[Planned] = field(default_factory=list)
    late: list[tuple[datetime, Route, Call]] = field(default_factory=list)

    def take(self, method: str, path: str) -> Planned | None:
        """Return the first fault that fits, using it up by one; None if the call goes well."""
        for entry in self.planned:
            if entry.fits(method, path):
                entry.times -= 1
                if entry.times <= 0:
                    self.planned.remove(entry)
                return entry
        return None

    def due(self, now: datetime) -> list[tuple[datetime, Route, Call]]:
        """Hand over the late writes whose moment has come, in order."""
        ready = sorted(
            (entry for entry in self.late if entry[0] <= now), key=lambda entry: entry[0]
        )
        self.late = [entry for entry in self.late if entry[0] > now]
        return ready


def read(body: Mapping[str, object]) -> Planned:
    """Return the fault that a control body asks for.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    strangers = sorted(set(body) - {"match", "fault", "times", "seconds", "retry_after"})
    if strangers:
        raise ValueError(f"unknown keys: {', '.join(strangers)}")
    match, name = body.get("match"), body.get("fault")
    if not isinstance(match, str) or not match.partition(" ")[2].strip().startswith(("/", "*")):
        raise ValueError("`match` must be a method and a path, such as 'POST /tickets/*/reply'")
    times, seconds, retry_after = (
        body.get("times", 1),
        body.get("seconds", 1.0),
        body.get("retry_after"),
    )
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise ValueError("`times` must be a positive whole number")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise ValueError("`seconds` must be a number, zero or more")
    if retry_after is not None and (
        isinstance(retry_after, bool) or not isinstance(retry_after, str | int)
    ):
        raise ValueError("`retry_after` must be whole seconds, or the text to send")
    return Planned(match, cast("Name", name), times, float(seconds), retry_after)
