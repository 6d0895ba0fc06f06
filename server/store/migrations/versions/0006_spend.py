"""What each account's model calls cost in a day, in all its processes together."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the daily spend cap."""
    op.create_table(
        "spend",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("aside", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
    )
