"""carrier_facts: what carriers told of templates, numbers and accounts, each once"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "carrier_facts",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_carrier_facts")))
    op.create_index("ix_carrier_facts_subject_at", "carrier_facts", ["subject", "at"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("carrier_facts")
