"""The benchmarks of whole services: short runs that show they measure what they say."""

import sqlite3
from contextlib import closing
from pathlib import Path

from server.engine import NOBODY, Engine
from server.store import inbox
from server.store.db import open_database
from server.store.inbox import State
from server.work import Work
from tests.bench import history, reach_acks
from tests.bench.calm import QUIET, calm, timed
from tests.bench.figures import at_most
from tests.bench.reach_growth import Cost, Growth


def test_every_variant_of_the_intake_is_measured_and_nothing_acknowledged_is_lost() -> None:
    """A floor that stored, or a product that did not, would make the ratio mean nothing."""
    found = reach_acks.measure(rounds=1, seconds=0.2)
    (only,) = found.rounds

    assert (0, 0) == (found.lost, found.refused)
    assert all(rate > 0 for rate in (only.product.rate, only.each.rate, only.without, only.store))
    assert only.floor < min(only.without, only.store)


def test_a_missed_time_counts_on_a_quiet_machine_and_a_kept_one_always() -> None:
    """A busy machine must neither fail us nor excuse us in silence."""
    kept, missed = at_most("s", 1.0, 2.0), at_most("s", 3.0, 2.0)

    assert ((kept,), ()) == timed(kept, 0.1)
    assert ((missed,), ()) == timed(missed, QUIET)
    assert timed(missed, 0.1)[0] == ()
    assert "NOT JUDGED: s was 3" in timed(missed, 0.1)[1][0]
    assert 0.0 < calm(seconds=0.02) <= 1.05


def test_growth_is_told_of_the_whole_and_for_each_stored() -> None:
    """A list may take longer over more; what a delivery costs may not."""
    few = Cost(1_000, 1.0, 1.0, 1.0, 10.0, 2.0, 1.0, 5.0)
    many = Cost(100_000, 1.0, 1.2, 1.0, 50.0, 8.0, 4.0, 5.0)
    growth = Growth((few, many), 1.0)

    assert (1.2, 5.0, 4.0) == (growth.of("ack"), growth.of("run"), growth.of("metrics"))
    assert 0.04 == growth.of_each("metrics")


def test_what_waits_in_a_copied_database_is_work_that_the_engine_knows(tmp_path: Path) -> None:
    """Rows that nobody would run, or that all name one delivery, would cost nothing to store."""
    made = history.template(tmp_path)
    history.copies(made, tmp_path / "waiting", history.WAITS, 50)
    history.copies(made, tmp_path / "ended", history.ENDED, 50)
    database = open_database(f"sqlite:///{tmp_path / 'waiting' / history.FILE}")
    counts = database.read_now(inbox.count)
    late = database.read_now(lambda c: inbox.overdue(c, before=1e12))
    over = Engine(database, executor=NOBODY).over([Work(d.id, d.attempt, "").id for d in late])
    database.close()
    with closing(sqlite3.connect(tmp_path / "ended" / history.FILE)) as ended:
        turns = ended.execute("SELECT count(DISTINCT turn) FROM posts").fetchone()

    assert 51 == counts[State.PENDING]
    assert (51, frozenset()) == (len(late), over)
    assert (51,) == turns
