"""Deliveries, runs, posts and switches."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "deliveries",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("ticket_id", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("content_type", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("burst_at", sa.Float, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("first_failed_at", sa.Float),
        sa.Column("run_id", sa.String),
        sa.Column("settled_at", sa.Float),
    )
    op.create_index("deliveries_by_ticket", "deliveries", ["account", "ticket_id", "id"])
    op.create_index("deliveries_by_state", "deliveries", ["state", "account"])
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("ticket_id", sa.String, nullable=False),
        sa.Column("turn", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("disposition", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("runs_by_turn", "runs", ["turn"], unique=True)
    op.create_index("runs_by_ticket", "runs", ["account", "ticket_id", "updated_at"])
    op.create_table(
        "posts",
        sa.Column("turn", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("ticket_id", sa.String, nullable=False),
        sa.Column("requester_id", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("landing", sa.String),
        sa.Column("intended_at", sa.Float, nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text),
    )
    op.create_index(
        "posts_open",
        "posts",
        ["account", "ticket_id"],
        unique=True,
        sqlite_where=sa.text("landing IS NULL"),
        postgresql_where=sa.text("landing IS NULL"),
    )
    op.create_index("posts_by_requester", "posts", ["account", "requester_id", "intended_at"])
    op.create_table(
        "switches",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("level", sa.String, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
