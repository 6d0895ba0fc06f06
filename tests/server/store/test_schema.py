"""A start asks at once whether anything is to be migrated, without loading what migrates."""

from pathlib import Path

from sqlalchemy import text

from server.store.db import open_database
from server.store.migrate import migrate
from server.store.schema import is_current, newest


def test_the_newest_file_is_the_version_that_migrating_reaches(tmp_path: Path) -> None:
    """A file whose name does not say its revision would never be applied by a start."""
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    before = is_current(database)

    reached = migrate(database)
    after = is_current(database)
    database.write_now(lambda c: c.execute(text("UPDATE deskhand_version SET version_num = '1'")))
    older = is_current(database)
    database.close()

    assert newest() == reached
    assert (False, True, False) == (before, after, older)
