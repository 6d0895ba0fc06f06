"""One thing that `doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `state` is ok, note or bad; `mend` says what to do."""

    name: str
    state: str
    found: str
    mend: str = ""
