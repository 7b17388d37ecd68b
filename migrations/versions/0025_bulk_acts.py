"""bulk_acts: acts on many people that are done in the background, and who is left of them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Acts of before are done; none of them is told here."""
    op.create_table(
        "bulk_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=True),
        sa.Column("tag", sa.String(60), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["bulk_changes.id"], name="fk_bulk_acts_change_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_acts"))
    op.create_index("ix_bulk_acts_change_id", "bulk_acts", ["change_id"])
    op.create_index("ix_bulk_acts_state", "bulk_acts", ["state"])
    op.create_table(
        "bulk_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bulk_act_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["bulk_act_id"], ["bulk_acts.id"], name="fk_bulk_parts_bulk_act_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_parts"))
    op.create_index("ix_bulk_parts_bulk_act_id", "bulk_parts", ["bulk_act_id"])


def downgrade() -> None:
    """As it was; what is not done yet is left undone."""
    op.drop_table("bulk_parts")
    op.drop_table("bulk_acts")
