"""How much memory this process takes at its worst during a block."""

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Weight:
    """What was found once the block has ended; bytes beyond what was held before."""

    more: int = 0


@contextlib.contextmanager
def weighing() -> Iterator[Weight]:
    """Yield what will hold the most memory that the block added, decompressors' own included."""
    gc.collect()
    _FORGET.write_text("5", encoding="ascii")  # the kernel forgets the peak up to here
    before, weight = _told("VmRSS"), Weight()
    yield weight
    weight.more = _told("VmHWM") - before


def _told(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
