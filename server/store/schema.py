"""Whether a database has this version's tables: asked at every start, without what makes them."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from server.store.db import Database

TABLE = "deskhand_version"
STEPS = Path(__file__).parent / "migrations" / "versions"
"""Migrations are files `NNNN_name.py` of revision `NNNN`, the newest last by name."""


def newest() -> str:
    """Return the version this code needs."""
    return max(path.name.partition("_")[0] for path in STEPS.glob("[0-9]*_*.py"))


def is_current(database: Database) -> bool:
    """Whether nothing is to be migrated.

    Raises:
        Unready: the database cannot be used right now.
    """
    return database.read_now(_version) == newest()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {TABLE}")).scalar()  # noqa: S608 -- ours
    return None if found is None else str(found)
