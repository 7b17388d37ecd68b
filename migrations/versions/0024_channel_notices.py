"""channel_notices: what the carrier told of our numbers by itself, and what of it somebody has seen"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was told before stands in the activity only."""
    op.create_table(
        "channel_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("is_warning", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_channel_notices_channel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_channel_notices"))
    op.create_index("ix_channel_notices_channel_id", "channel_notices", ["channel_id"])


def downgrade() -> None:
    """As it was."""
    op.drop_table("channel_notices")
