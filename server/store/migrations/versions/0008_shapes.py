"""What words a post answers, so that a machine which changes its address is told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the shape of the words answered, and the index by which it is counted."""
    op.add_column("posts", sa.Column("shape", sa.String))
    told = sa.text("shape IS NOT NULL")
    op.create_index(
        "posts_by_shape",
        "posts",
        ["account", "shape", "intended_at", "requester_id"],
        sqlite_where=told,
        postgresql_where=told,
    )
