"""Kill, cut off, redeploy, count, and write `chaos.json`: `make chaos`.

`SHORT=1` takes minutes, `KILLS=1000` kills that often under load, `REPLIES=` plays so many in R4,
`ONLY=D1,R4` runs some. Without Postgres half of it is missing, and the run fails for it.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import structlog
from rich.console import Console

from tests import postgres
from tests.chaos.jobs import VIRTUAL, Job, plan
from tests.chaos.report import Progress, Row, show, write

REPORT = Path("chaos.json")

out = Console(highlight=False)


@contextlib.contextmanager
def _databases() -> Iterator[dict[str, str | None]]:
    """Yield the databases to try on, by name: a server's URL, or None for a file."""
    found: dict[str, str | None] = {"sqlite": None}
    with contextlib.ExitStack() as stack:
        try:
            found["postgres"] = stack.enter_context(postgres.server(durable=True))
        except postgres.Missing as fault:
            out.print(f"NOT ON POSTGRES: {fault}", style="red", markup=False)
        yield found


def _done(job: Job, url: str | None, progress: Progress) -> Row:
    """Run a job; one that breaks is a row that did not pass, and the others run all the same."""
    try:
        return job.run(url, progress.tell)
    except Exception as fault:  # noqa: BLE001 -- whatever it was, it is reported
        missed = [f"broke off: {type(fault).__name__}: {fault}"]
        return Row(job.test, job.database, 0, 0, 0, 0, 0, [], missed=missed)


def main() -> int:
    """Run everything, print a table, write the report; 1 where a bar is missed."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    short = bool(os.environ.get("SHORT"))
    kills = int(os.environ.get("KILLS", "60"))
    replies = int(os.environ.get("REPLIES", "500" if short else "10000"))
    only = {name for name in os.environ.get("ONLY", "").split(",") if name}
    rows: list[Row] = []
    with _databases() as databases:
        jobs = plan(list(databases), short=short, kills=kills, replies=replies)
        jobs = [job for job in jobs if not only or job.test in only]
        progress = Progress(out, [job.seconds for job in jobs])
        for number, job in enumerate(jobs):
            progress.job(number, f"{job.test} {job.database}")
            url = None if job.database == VIRTUAL else databases[job.database]
            rows.append(_done(job, url, progress))
        missing = {"sqlite", "postgres"} - databases.keys()
    show(out, rows)
    load = [round(one, 1) for one in os.getloadavg()]
    write(REPORT, rows, short=short, only=sorted(only), missing=sorted(missing), load=load)
    return 0 if all(row.passed for row in rows) and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
