"""How far each account was swept for changes, and what was last seen of each ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables of reconciliation."""
    op.create_table(
        "cursors",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("upto", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("swept_at", sa.Float),
        sa.Column("looked", sa.Integer, nullable=False),
        sa.Column("missed", sa.Integer, nullable=False),
    )
    op.create_table(
        "seen",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("ticket_id", sa.String, primary_key=True),
        sa.Column("upto", sa.Float, nullable=False),
        sa.Column("own", sa.Float, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("newest", sa.String, nullable=False),
    )
