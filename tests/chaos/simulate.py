"""`make simulate SEEDS=n`: play so many seeds; a failing one is printed, and the exit code is 1.

`FIRST=17 SEEDS=1` plays one again.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import structlog
from rich.console import Console

from tests.chaos.simulation import Play, Verdict
from tests.chaos.theatre import read_help_centre
from tools.knowledge.index import KnowledgeIndex

out = Console(highlight=False)


async def play(
    seeds: Iterable[int], knowledge: KnowledgeIndex, *, mutant: str = ""
) -> list[Verdict]:
    """Play every seed and return what each came to."""
    found: list[Verdict] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            try:
                verdict = await Play(Path(folder), seed, knowledge, mutant=mutant).run()
            except Exception as fault:  # noqa: BLE001 -- a play that breaks is a failing seed
                verdict = Verdict(seed, lost=1, wrong=[f"{type(fault).__name__}: {fault}"])
            found.append(verdict)
            (Path(folder) / f"play-{seed}.db").unlink(missing_ok=True)
    return found


async def _all(first: int, many: int) -> list[Verdict]:
    knowledge = await read_help_centre()
    try:
        return await play(range(first, first + many), knowledge)
    finally:
        knowledge.close()


def main() -> int:
    """Play, print the failing seeds and one line of totals."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    first, many = int(os.environ.get("FIRST", "0")), int(os.environ.get("SEEDS", "20"))
    began = time.monotonic()
    found = asyncio.run(_all(first, many))
    for one in found:
        if one.wrong:
            out.print(f"seed {one.seed}: {'; '.join(one.wrong)}", style="red", markup=False)
    names = ("lost", "doubled", "held", "replies", "notes", "kills", "faults", "acts")
    sums = {name: sum(getattr(one, name) for one in found) for name in names}
    seconds = time.monotonic() - began
    totals = ", ".join(f"{name} {n}" for name, n in sums.items())
    out.print(f"{many} schedules, {totals}, {seconds:.1f} s", markup=False, soft_wrap=True)
    return 1 if any(one.wrong for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
