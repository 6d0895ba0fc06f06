"""Bring a database to the schema this version needs, under a lock."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.store.db import Database, alone


def migrate(database: Database) -> str:
    """Apply what is missing and return the version reached; two at once wait for each other."""
    config = _config()

    def run(connection: Connection) -> str:
        alone(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return _version(connection) or ""

    return database.write_now(run)


def pending(database: Database) -> list[str]:
    """Return the migrations that are not applied yet, oldest first."""
    script = ScriptDirectory.from_config(_config())
    at = database.read_now(_version)
    missing = [step.revision for step in script.iterate_revisions("head", at or "base")]
    return list(reversed(missing))


def _version(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": "deskhand_version"})
    return context.get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
