"""A ticket's posts, found without reading all of its account's."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index that every run asks by."""
    op.create_index("posts_by_ticket", "posts", ["account", "ticket_id", "intended_at"])
