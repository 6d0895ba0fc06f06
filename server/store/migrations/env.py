"""Run the migrations on the connection that `server.store.migrate` hands over."""

from alembic import context

from server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="deskhand_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
