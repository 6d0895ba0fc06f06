"""Ticket fields as they were last seen, and how they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables of the custom-field contract."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "definitions",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
    )
    op.create_table(
        "drifts",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("change", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("drifts_by_account", "drifts", ["account", "at"])
