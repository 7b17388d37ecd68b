"""number_moves: from which number to which somebody moved, and when"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the carrier told before is known by the further addresses only."""
    op.create_table(
        "number_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("former", sa.String(20), nullable=False),
        sa.Column("current", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_number_moves"),
        sa.UniqueConstraint("former", "at", "current", name="uq_number_moves_former_at_current"))
    op.create_index("ix_number_moves_current", "number_moves", ["current"])


def downgrade() -> None:
    """As it was."""
    op.drop_table("number_moves")
