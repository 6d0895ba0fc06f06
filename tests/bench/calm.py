"""How much of the machine is ours at this moment: a time measured beside others proves nothing."""

import os
import subprocess
import sys

from tests.bench.figures import Bar

QUIET = 0.9
"""Of each core, what a busy process must get for the machine to count as quiet."""
_SPIN = """
import time
began, used = time.perf_counter(), time.process_time()
while time.perf_counter() - began < {seconds}:
    pass
print((time.process_time() - used) / (time.perf_counter() - began))
"""


def calm(*, seconds: float = 0.15) -> float:
    """Return the share of a core that the worst served of one busy process a core got."""
    cores = len(os.sched_getaffinity(0))
    busy = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", _SPIN.format(seconds=seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(cores)
    ]
    return min(float(one.communicate()[0]) for one in busy)


def timed(bar: Bar, share: float) -> tuple[tuple[Bar, ...], tuple[str, ...]]:
    """Judge a time: kept, it counts; missed, it counts if the machine was quiet.

    Args:
        bar: what was measured, and what it must be.
        share: of a core, the least we got meanwhile.

    Returns:
        The bars that count, and what must be said of one that does not.
    """
    if bar.passed or share >= QUIET:
        return (bar,), ()
    told = (
        f"NOT JUDGED: {bar.what} was {bar.value:.4g} ({bar.bar}) while other processes left us "
        f"{share:.0%} of a core; run it on a quiet machine."
    )
    return (), (told,)
