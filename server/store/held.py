"""The database as a process holds it: alone where it is a file, and with this version's tables."""

import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from server.errors import Unready
from server.store.db import Database, open_database
from server.store.schema import is_current


@dataclass(frozen=True, slots=True)
class Held:
    """An open database; `lock` is what keeps other processes from an SQLite file."""

    database: Database
    lock: IO[str] | None

    def close(self) -> None:
        """Give both back; twice does no harm."""
        self.database.close()
        if self.lock is not None:
            self.lock.close()


def open_held(url: str) -> Held:
    """Open a database to serve from, and bring its tables up to date.

    Raises:
        Unready: it cannot be opened, or another process holds it.
    """
    sqlite = url.startswith("sqlite")
    lock = hold(Path(url.removeprefix("sqlite:///"))) if sqlite else None
    held = Held(open_database(url), lock)
    try:
        if not is_current(held.database):
            from server.store.migrate import migrate  # noqa: PLC0415 -- a tenth of a second, seldom

            migrate(held.database)
    except BaseException:
        held.close()
        raise
    return held


def hold(path: Path) -> IO[str]:
    """Hold an SQLite file for this process alone, for as long as the result is open.

    Raises:
        Unready: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Unready(
            f"another process is serving {path}. Stop it first, or give this one its own "
            "DESKHAND_HOME; several processes need Postgres (DESKHAND_DATABASE_URL)."
        ) from None
    return lock
