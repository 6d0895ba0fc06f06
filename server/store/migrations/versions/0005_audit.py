"""What was done to the outside and by hand, in a chain that shows if a link was changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REFUSE = {
    "sqlite": (
        (
            "CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        ),
    ),
}


def upgrade() -> None:
    """Make the table, and let nobody change or delete a row by accident."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "audit",
        sa.Column("id", serial, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_index("audit_by_subject", "audit", ["subject", "kind"])
    for verb in ("UPDATE", "DELETE"):
        for statement in _REFUSE[op.get_bind().dialect.name]:
            op.execute(statement.format(verb=verb))
